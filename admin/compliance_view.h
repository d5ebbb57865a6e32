/* compliance_view.h - how many users are where, as the server counts them.
 *
 * Effects: asks the server    Units:  users
 * Owns:    nothing            Errors: those of answer.h
 * Threads: one thread         Source: docs/protocol.md "Administrators" (GET /v1/compliance)
 */
#ifndef ADMIN_COMPLIANCE_VIEW_H
#define ADMIN_COMPLIANCE_VIEW_H

#include "admin/answer.h"
#include "policy/words.h"

enum { ADM_VERSIONS_MOST = 64 };

struct adm_version_count {
    int64_t version;
    int64_t users;
};

struct adm_compliance_view {
    int64_t users;
    int64_t devices;
    int64_t state[POL_STATE_COUNT];
    struct adm_version_count versions[ADM_VERSIONS_MOST]; /* effective ones; the rest is not kept */
    size_t version_count;
};

enum status adm_compliance_read(const struct adm_answer *answer, struct adm_compliance_view *out,
                                struct err *err) MUST_USE;
enum status adm_compliance_get(struct adm_client *client, struct adm_compliance_view *out,
                               struct err *err) MUST_USE;

/* Users who have that policy in effect. */
int64_t adm_compliance_users_at(const struct adm_compliance_view *view, int64_t version);

#endif
