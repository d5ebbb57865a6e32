/* preview.h - ask the server what a release would change for whom, before it is asked for.
 *
 * Effects: asks the server    Units:  users
 * Owns:    nothing            Errors: those of answer.h; what only means that nobody can say it now
 *                                     is no error but `why`
 * Threads: one thread         Source: docs/protocol.md "Simulating at the server"
 */
#ifndef ADMIN_PREVIEW_H
#define ADMIN_PREVIEW_H

#include "admin/rollout_view.h"
#include "policy/simulate.h"

struct adm_preview {
    bool known;     /* false: the rest is not there, but for `why` */
    struct err why; /* it is not known; or, with known, what the server would refuse it with */
    char stage[ADM_NAME_BYTES];
    int64_t version;
    uint64_t users;
    uint64_t unchanged;
    uint64_t regressing;
    uint64_t unknown;
    struct pol_stage_counts counts; /* its moves are the changes */
};

/* stage NULL: the next one. answer is what came, for adm_answer_done(). */
enum status adm_preview_get(struct adm_client *client, const char *stage, struct adm_answer *answer,
                            struct adm_preview *out, struct err *err) MUST_USE;
enum status adm_preview_read(const struct adm_answer *answer, struct adm_preview *out,
                             struct err *err) MUST_USE;

/* Lines for people. */
enum status adm_preview_text(const struct adm_preview *preview, struct bytes *out) MUST_USE;

#endif
