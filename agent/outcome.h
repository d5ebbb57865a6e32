/* outcome.h - what one pass found out about each user.
 *
 * Effects: none       Units:  none
 * Owns:    struct ag_pass owns everything its rows point to; ag_pass_free()
 * Errors:  ST_NO_MEMORY
 * Threads: one thread Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_OUTCOME_H
#define AGENT_OUTCOME_H

#include "agent/evidence.h"
#include "agent/permit.h"
#include "agent/ports.h"
#include "policy/limits.h"
#include "policy/policy.h"
#include "policy/report.h"

struct ag_outcome {
    struct pol_report_user row;      /* its texts live in the pass */
    char ring[LIMIT_NAME_BYTES + 1]; /* a copy: the policy may be gone when rows are compared */
    const char **groups;             /* of the user's, those that the policy names */
    struct ag_evidence evidence;     /* what the row's protocol was inferred from */
    const char *evidence_texts[AG_EVIDENCE_MOST];
    enum pol_action wrote; /* in this pass */
    bool corrected;        /* somebody else had rewritten it */
    enum ag_permit permit; /* to write */
    bool withheld;         /* something was to be written, and the permit was not given */
    int64_t turn_at_s;     /* when he may be written to, if only that is waited for; -1 */
    struct err err;        /* why row.error_code is set */
};

struct ag_pass {
    struct ag_user *users;
    struct ag_outcome *outcomes; /* one for each user */
    size_t count;
    bool cut;            /* the agent is to stop: those at the end were not looked after */
    struct err mark_err; /* the first mark that could not be written; st ST_OK: all could */
};

/* Rows that say who there is, and that nothing is decided of anybody yet. Takes the list of users in
 * any case, also on failure. */
enum status ag_pass_new(struct ag_user *users, size_t count, struct ag_pass **out,
                        struct err *err) MUST_USE;
void ag_pass_free(struct ag_pass *pass);

/* Keep a copy of the deciding ring's name; NULL is fine. */
void ag_outcome_keep_ring(struct ag_outcome *outcome, const char *ring);

/* Keep a copy of the evidence, and show it in the row. */
void ag_outcome_keep_evidence(struct ag_outcome *outcome, const struct ag_evidence *evidence);

/* Put those of the user's groups into the row that the policy names; NULL groups stay unknown. */
enum status ag_outcome_keep_groups(struct ag_outcome *outcome, const struct ag_user *user,
                                   const struct pol_policy *policy, struct err *err) MUST_USE;

/* NULL if the pass has no such user; pass may be NULL. */
const struct ag_outcome *ag_pass_find(const struct ag_pass *pass, const char *sid);

/* Would a report show the same? */
bool ag_outcome_same(const struct ag_outcome *a, const struct ag_outcome *b);

#endif
