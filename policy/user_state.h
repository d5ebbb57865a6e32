/* user_state.h - name the state of one user from what was decided, written and seen.
 *
 * fetch -> verify -> evaluate -> apply -> [observe] -> report
 *
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "State of one user"
 */
#ifndef POLICY_USER_STATE_H
#define POLICY_USER_STATE_H

#include "policy/words.h"

#include <stdbool.h>
#include <stdint.h>

struct pol_user_view {
    bool failed;    /* a read or write went wrong */
    bool contested; /* rewritten by others too often: not corrected any more, for a while */
    bool paused;    /* machine policy lets nothing be written */
    bool waiting;   /* the policy's `apply` does not let it be written yet */
    bool hive_loaded;
    bool brought; /* this version was brought to the user once */
    enum pol_set set;
    enum pol_blocked blocked_by;
    bool outlook_known; /* processes could be listed */
    bool outlook_running;
    int64_t outlook_started_s; /* of the oldest one running */
    int64_t written_at_s;      /* -1: nothing had to be written */
    bool started_since;        /* a start later than written_at_s was seen at some time: one in the
                                  same second may have read the value before it was written */
    bool settled;              /* two such starts, or 24 h of running since */
    enum pol_expect expect;
    enum pol_observed observed;
    enum pol_confidence confidence;
};

/* Does the evidence agree with what was decided? NOT_KNOWN: it says nothing, being unknown, mixed, or
 * no more than an offer; or nothing was decided that it could agree with. */
enum pol_answer pol_user_agrees(enum pol_set set, enum pol_expect expect,
                                enum pol_observed observed, enum pol_confidence confidence);

enum pol_state pol_user_state(const struct pol_user_view *view);

#endif
