/* hives.h - the users of one simulated machine, their hives and their Outlooks.
 *
 * Lean beside tests/fakes/fake_hives.h: values of a few bytes. Watches each write: whether it was
 * needed, and whether the marker came first.
 * Effects: faults of kind SIM_FAULT_WRITE    Units:  seconds since 1970 by the machine's clock
 * Owns:    nothing on the heap               Errors: those of agent/ports.h
 * Threads: one thread                        Source: docs/policy-format.md "The setting"
 */
#ifndef TESTS_SIM_HIVES_H
#define TESTS_SIM_HIVES_H

#include "agent/ports.h"
#include "tests/sim/world.h"

enum { SIM_USERS = 3, SIM_VALUE_BYTES = 72, SIM_SID_BYTES = 48 };

struct sim_value {
    bool present;
    uint32_t type;
    uint32_t size;
    uint8_t data[SIM_VALUE_BYTES]; /* a marker's part of a DWORD has 9 bytes, a rollout's name 64 */
};

/* What kind of user, for life.c and judge.c. */
struct sim_traits {
    bool exception; /* in the ring of exceptions */
    bool stranger;  /* has a profile here and never logs on */
    bool rewritten; /* a logon script of others writes the value once a day */
    bool contested; /* the same every hour */
    bool resident;  /* never logs off: a terminal server's session */
};

struct ag_hive {
    struct sim_hives *hives;
    char sid[SIM_SID_BYTES];
    char account[32];
    struct sim_traits traits;
    bool loaded;
    struct sim_value value;
    struct sim_value marker[AG_MARKER_PARTS];
    bool marker_dirty; /* written and not flushed */
    bool outlook_running;
    int64_t outlook_started_s;

    struct sim_value own;    /* what the value is without us */
    uint64_t changed_ms;     /* when anything about this user changed last, not by the agent */
    unsigned value_writes;   /* by the agent */
    unsigned foreign_writes; /* by others, while the agent looks after the value */
};

struct sim_hives {
    struct sim_world *world;
    const int64_t *wall_offset_s;
    struct ag_hive users[SIM_USERS];
    size_t count;
    uint64_t marker_writes;
};

void sim_hives_init(struct sim_hives *hives, struct sim_world *world, const int64_t *wall_offset_s);
struct ag_hive *sim_hives_add(struct sim_hives *hives, unsigned machine);
const struct ag_hive *sim_hives_find(const struct sim_hives *hives, const char *sid);

/* dword < 0: absent */
struct sim_value sim_value_of(int dword);
bool sim_value_same(const struct sim_value *a, const struct sim_value *b);
bool sim_hive_has_marker(const struct ag_hive *hive);

struct ag_users sim_hives_users(struct sim_hives *hives);
struct ag_setting sim_hives_setting(struct sim_hives *hives);
struct ag_outlook sim_hives_outlook(struct sim_hives *hives);

#endif
