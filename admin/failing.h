/* failing.h - why users fail or are held back: the reasons, how many each, and one user as an
 * example.
 *
 * Looks at the first few hundred users of each such state; how many there are in all, the counts of
 * GET /v1/compliance say.
 * Effects: asks the server    Units:  users
 * Owns:    nothing            Errors: those of answer.h
 * Threads: one thread         Source: docs/protocol.md "Administrators" (GET /v1/users)
 */
#ifndef ADMIN_FAILING_H
#define ADMIN_FAILING_H

#include "admin/compliance_view.h"

enum { ADM_REASONS_MOST = 64, ADM_REASON_BYTES = 64, ADM_WHO_BYTES = 128 };

struct adm_reason {
    enum pol_state state;
    char why[ADM_REASON_BYTES]; /* "-": nothing is said */
    int64_t users;              /* of those that were looked at */
    char account[ADM_WHO_BYTES];
    char sid[ADM_WHO_BYTES];
    char host[ADM_WHO_BYTES];
};

struct adm_failing {
    struct adm_reason reasons[ADM_REASONS_MOST]; /* most users first */
    size_t count;
    int64_t looked[POL_STATE_COUNT]; /* of each state */
    bool more;                       /* there were other reasons, without room */
};

enum status adm_failing_get(struct adm_client *client, const struct adm_compliance_view *fleet,
                            struct adm_failing *out, struct err *err) MUST_USE;

/* Count one user in. */
void adm_failing_add(struct adm_failing *failing, const struct pol_at *user);
/* Once all are in. */
void adm_failing_sort(struct adm_failing *failing);

/* A table of the first reasons, and the commands that list all. Nothing if nobody fails. */
enum status adm_failing_text(const struct adm_failing *failing,
                             const struct adm_compliance_view *fleet, const struct adm_look *look,
                             struct bytes *out) MUST_USE;

/* An array with all of them. */
void adm_failing_json(const struct adm_failing *failing, struct pol_json_writer *w,
                      const char *key);

#endif
