/* apply.h - make one user's setting what was decided, writing only where something differs.
 *
 * fetch -> verify -> evaluate -> [apply] -> observe -> report
 *
 * Before the value is touched, the marker says what was there and what comes, and is flushed; so a
 * kill at any point is recognised by the next pass, and the pre-image is never lost or overwritten.
 * Effects: reads and writes one user's hive    Units:  none
 * Owns:    nothing                             Errors: those of the port; ST_IO if the value does
 *                                                      not hold what was written. *out is set
 *                                                      only on ST_OK
 * Threads: one thread                          Source: docs/policy-format.md "The setting"
 */
#ifndef AGENT_APPLY_H
#define AGENT_APPLY_H

#include "agent/marker.h"
#include "policy/evaluate.h"

struct ag_applied {
    enum pol_action action;
    enum pol_blocked blocked_by; /* the decision's, or foreign or pre_image_lost */
    bool withheld;               /* something was to be written, and may not be yet */
    bool ours;                   /* after all */
    struct ag_value value;       /* what is there now: looked at again after writing */
    struct ag_marked pre_image;
};

/* Bring the decision of a policy to an open hive.
 *
 * policy      in force; gives its kind and the name of the rollout
 * may_write   false: find out whether anything is to be written, and write nothing */
enum status ag_apply(const struct ag_setting *setting, struct ag_hive *hive,
                     const struct pol_policy *policy, const struct pol_decision *decision,
                     bool may_write, struct ag_applied *out, struct err *err) MUST_USE;

/* Look, and change nothing: while no policy is in force. */
enum status ag_apply_look(const struct ag_setting *setting, struct ag_hive *hive,
                          struct ag_applied *out, struct err *err) MUST_USE;

#endif
