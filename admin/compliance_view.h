/* compliance_view.h - how many users are where, as the server counts them.
 *
 * Effects: asks the server    Units:  users
 * Owns:    nothing            Errors: those of answer.h
 * Threads: one thread         Source: docs/protocol.md "Administrators" (GET /v1/compliance)
 */
#ifndef ADMIN_COMPLIANCE_VIEW_H
#define ADMIN_COMPLIANCE_VIEW_H

#include "admin/answer.h"
#include "admin/look.h"
#include "policy/words.h"

enum {
    ADM_VERSIONS_MOST = 64,
    ADM_STAGES_COUNTED = 2 * LIMIT_STAGES + 3,
    ADM_BUILDS_MOST = 256,
    ADM_BUILD_BYTES = 64
};

struct adm_version_count {
    int64_t version;
    int64_t users;
};

/* Users who have a stage in effect, by how well. */
struct adm_stage_count {
    char stage[LIMIT_NAME_BYTES + 1];
    int64_t parts[ADM_BAR_PARTS];
};

/* Users whose value is 1 and whose Outlook has started twice or more since, by what they use now. */
struct adm_build_count {
    char outlook[ADM_BUILD_BYTES];
    int64_t users;
    int64_t rpc_http;
    int64_t mapi_http;
    int64_t other;
};

struct adm_compliance_view {
    int64_t users;
    int64_t devices;
    int64_t stale_devices; /* -1: this server does not say */
    int64_t state[POL_STATE_COUNT];
    struct adm_version_count versions[ADM_VERSIONS_MOST]; /* effective ones; the rest is not kept */
    size_t version_count;
    bool splits_stages; /* false: an older server, and stages is empty */
    struct adm_stage_count stages[ADM_STAGES_COUNTED];
    size_t stage_count;
    struct adm_build_count builds[ADM_BUILDS_MOST]; /* most users first; the rest is not kept */
    size_t build_count;
};

enum status adm_compliance_read(const struct adm_answer *answer, struct adm_compliance_view *out,
                                struct err *err) MUST_USE;
enum status adm_compliance_get(struct adm_client *client, struct adm_compliance_view *out,
                               struct err *err) MUST_USE;

/* NULL: nobody has it in effect, or this server does not say. */
const struct adm_stage_count *adm_compliance_stage(const struct adm_compliance_view *view,
                                                   const char *stage);

/* Users who have that policy in effect. */
int64_t adm_compliance_users_at(const struct adm_compliance_view *view, int64_t version);

#endif
