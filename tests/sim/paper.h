/* paper.h - what the rules of docs/protocol.md ("No herd") come to, computed without the agent.
 *
 * Two things: how many requests may arrive within a second and within ten (herd), and how many of each
 * kind there should have been at the end (count). Each formula says its rule beside it, in paper.c.
 * Effects: faults of kinds HERD and COUNT       Units:  _ms of virtual time, _s durations
 * Owns:    struct sim_paper; sim_paper_done()   Errors: none
 * Threads: one thread                           Source: docs/protocol.md "Agents"
 */
#ifndef TESTS_SIM_PAPER_H
#define TESTS_SIM_PAPER_H

#include "tests/sim/world.h"

/* The plan's `timing` in scenario.c. */
enum { SIM_POLL_S = 900, SIM_WAIT_S = 240, SIM_SPREAD_S = 10, SIM_REPORT_S = 86400 };

enum sim_kind {
    SIM_KIND_POLL,   /* asking for the policy, whatever the answer */
    SIM_KIND_BODY,   /* of those: a policy came back */
    SIM_KIND_ENROLL, /* enrolling, whatever the answer */
    SIM_KIND_FULL,   /* a full report that was stored */
    SIM_KIND_NEWS,   /* a report on change that was stored */
    SIM_KIND_SHED,   /* answered 429 or 503 */
    SIM_KIND_COUNT
};

/* One machine, as the rules have it. */
struct sim_expected {
    bool polling;    /* its agent runs, and reaches the server */
    uint32_t cap_s;  /* what cut polls taught it; 0: nothing */
    uint64_t cap_ms; /* when */
    uint64_t since_ms;
};

/* More requests than ever so often, for a while. */
struct sim_allowance {
    uint64_t from_ms;
    uint64_t until_ms;
    double per_ms;
    double at_once; /* these may all come in any one moment of it */
};

struct sim_window {
    uint64_t width_ms;
    size_t first; /* in arrived */
    size_t count;
    size_t peak;
    double bound_at_peak;
    uint64_t told_ms;
};

enum { SIM_ALLOWANCES = 64, SIM_WINDOWS = 2 };

struct sim_paper {
    struct sim_world *world;
    size_t machines;
    struct sim_expected *expected;

    /* herd */
    double polls_per_ms; /* of all machines that are polling */
    uint64_t in_step_until_ms;
    struct sim_allowance allowances[SIM_ALLOWANCES];
    size_t allowance_count;
    uint64_t *arrived; /* a ring */
    size_t room;
    size_t end;
    struct sim_window windows[SIM_WINDOWS];

    /* count: what was, and what should have been */
    uint64_t seen[SIM_KIND_COUNT];
    double least[SIM_KIND_COUNT];
    double most[SIM_KIND_COUNT];
};

void sim_paper_init(struct sim_paper *paper, struct sim_world *world, size_t machines);
void sim_paper_done(struct sim_paper *paper);

/* ---- what happens to machines ------------------------------------------------------------- */

/* An agent starts, or its machine wakes: it knows nothing of how long this way carries a silence. */
void sim_paper_started(struct sim_paper *paper, size_t machine);
/* It reaches the server from now on, or no longer. */
void sim_paper_polling(struct sim_paper *paper, size_t machine, bool polling);
/* A poll was cut that was held for 10 s or more. */
void sim_paper_cut(struct sim_paper *paper, size_t machine, uint32_t asked_wait_s);

/* ---- what happens to all ------------------------------------------------------------------ */

/* So many machines come back within the 60 s that reconnects spread over, each with so many requests. */
void sim_paper_reconnect(struct sim_paper *paper, size_t machines, double requests_each);
/* A policy was released to so many held polls. */
void sim_paper_released(struct sim_paper *paper, size_t held);
/* So many requests within so long, for another reason. */
void sim_paper_allow(struct sim_paper *paper, double requests, uint64_t for_ms);
/* So many at once, at some moment within so long. */
void sim_paper_allow_burst(struct sim_paper *paper, double requests, uint64_t for_ms);

/* ---- what is seen ------------------------------------------------------------------------- */

/* A request arrived at the server: checks both windows. */
void sim_paper_arrived(struct sim_paper *paper);
void sim_paper_count(struct sim_paper *paper, enum sim_kind kind);
/* One event lets so many more requests of a kind come, at least and at most. */
void sim_paper_expect(struct sim_paper *paper, enum sim_kind kind, double least, double most);

/* At the end: compare all counts. */
void sim_paper_check(struct sim_paper *paper);

extern const char *const SIM_KIND_WORDS[SIM_KIND_COUNT];

#endif
