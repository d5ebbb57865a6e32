/* effect.h - find out what a release would do to whom, by the fleet's last facts.
 *
 * fleet -> lens -> [effect] -> rollout, simulator
 *
 * The same evaluation as on the agents, on what they last reported. What the server cannot know is
 * unknown, as a group that the policy of somebody's last report did not name.
 * Effects: reads the store                      Units:  users; seconds since 1970 UTC
 * Owns:    the list; srv_effect_done() frees    Errors: those of the store; ST_NO_MEMORY
 * Threads: safe                                 Source: docs/protocol.md "Administrators";
 *                                                       docs/policy-format.md "Rules", "Gate"
 */
#ifndef SERVER_EFFECT_H
#define SERVER_EFFECT_H

#include "policy/simulate.h"
#include "server/fleet.h"
#include "server/lens.h"

struct srv_effect {
    uint64_t users;                 /* looked at */
    uint64_t regressing;            /* from `allow` to `block` */
    struct pol_stage_counts counts; /* of what it would be; its moves are those from what is */

    /* The subjects of the gate, and the users of whom nobody can tell whether they are. */
    struct srv_subject *subjects;
    size_t subject_count;
    uint64_t unknown;
};

/* known: the policies whose reports may be asked for groups. from may be NULL: nothing is released
 * yet, so everybody is left alone. now_s: when it will have been released. counts_only: nobody wants
 * to know the subjects, and memory does not grow with the users. patience may be NULL. */
struct srv_effect_question {
    const struct pol_policy *from;
    const struct pol_policy *to;
    const struct srv_known *known;
    int64_t now_s;
    bool counts_only;
    const struct srv_patience *patience;
};

enum status srv_effect_find(const struct srv_store *store,
                            const struct srv_effect_question *question, struct srv_effect *out,
                            struct err *err) MUST_USE;
void srv_effect_done(struct srv_effect *effect);

#endif
