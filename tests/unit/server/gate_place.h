/* gate_place.h - machines and users that report to the rollout of a test, each at its own time.
 *
 * Effects: writes the place's store    Units:  seconds since 1970 UTC
 * Owns:    nothing                     Errors: fail the test
 * Threads: one                         Source: docs/policy-format.md "Gate"
 */
#ifndef TESTS_UNIT_SERVER_GATE_PLACE_H
#define TESTS_UNIT_SERVER_GATE_PLACE_H

#include "server/keeper.h"
#include "tests/unit/server/rollout_place.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400,
    RELEASED_S = NOW_S,
    GATE_FLEET = 30,
    GATE_CROWD = 200
};

/* Who says what of himself; the rest of a report is as usual. */
struct gate_report {
    int64_t device;
    const char *sid;
    int64_t version;
    enum pol_state state;
    int64_t now_s;
    const char *const *groups; /* NULL: not known */
    size_t group_count;
    const char *computer_ou; /* may be NULL */
    const char *outlook;     /* NULL: not known */
};

/* guid may be NULL. The machine's number. */
int64_t gate_enroll(struct rollout_place *p, const char *guid, int64_t now_s);
void gate_tell(struct rollout_place *p, const struct gate_report *report);

/* Users S-1-5-21-1-2-3-FIRST and on, each on a machine of his own from gate_enroll_each(), in that
 * state under that version. */
void gate_enroll_each(struct rollout_place *p, int64_t *devices, size_t count, int64_t now_s);
void gate_tell_each(struct rollout_place *p, const int64_t *devices, size_t count, unsigned first,
                    const struct gate_report *like);

/* GATE_CROWD users of one machine in one report, less those whose lot by the salt "s" is greater. */
void gate_tell_crowd(struct rollout_place *p, unsigned first, uint32_t most_bucket,
                     const struct gate_report *like);

/* Publish and release as alice at that time, without confirming anything. */
void gate_publish(struct rollout_place *p, struct bytes take_bundle);
void gate_release(struct rollout_place *p, const char *stage, int64_t now_s);

/* Stages hold-back, pilot and everyone, which block, allow and allow_explicit for all. The gate of
 * pilot advances after two hours; the second pulls the brake, too. */
extern const char GATE_AUTO[];
extern const char GATE_SAFE[];
/* A fleet that follows hold-back, and then pilot released at RELEASED_S. */
void gate_release_pilot(struct rollout_place *p, int64_t devices[GATE_FLEET], const char *stages);
/* count of the fleet from the first-th on, under pilot. */
void gate_tell_pilot(struct rollout_place *p, const int64_t *devices, size_t first, size_t count,
                     enum pol_state state, int64_t now_s);

/* The clock of keepers, one test after the other. */
extern int64_t gate_clock_s;
int64_t gate_tell_time(void);
/* One look at that moment; what is seen is freed by the next. */
const struct srv_gate_view *gate_look(struct rollout_place *p, int64_t now_s);
void gate_expect(struct rollout_place *p, int64_t now_s, enum srv_gate_verdict verdict,
                 enum srv_gate_reason reason);

#endif
