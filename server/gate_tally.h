/* gate_tally.h - count what the subjects of a gate last reported.
 *
 * store -> [tally] -> gate
 *
 * Effects: none       Units:  seconds since 1970 UTC, of the server; users, devices
 * Owns:    nothing    Errors: none
 * Threads: one        Source: docs/policy-format.md "Gate", "State of one user"
 */
#ifndef SERVER_GATE_TALLY_H
#define SERVER_GATE_TALLY_H

#include "server/gate.h"

/* One subject, as the store has it now. */
struct srv_gate_subject {
    int64_t device;
    int64_t version; /* that it reported last */
    enum pol_state state;
    int64_t failing_since_s; /* of a failing state, under whatever version; -1: it does not fail */
    bool gone;               /* the user is off the machine, or the machine out of service */
};

struct srv_gate_tally {
    int64_t version; /* released */
    int64_t released_s;
    int64_t now_s;
    struct srv_gate_counts counts;
    int64_t device; /* the one being counted; 0: none yet */
    bool device_counts;
    bool device_fails;
};

bool srv_state_is_failing(enum pol_state state);

/* Subjects come device by device; the rest of *tally starts zeroed. */
void srv_gate_tally_add(struct srv_gate_tally *tally, const struct srv_gate_subject *subject);

#endif
