/* world.h - what all parts of a simulated fleet share: one time, chance by seed, and what went wrong.
 *
 * Effects: prints faults                         Units:  _ms of virtual time since the simulation began
 * Owns:    struct sim_agenda; sim_agenda_done()  Errors: none; out of memory ends the program
 * Threads: one thread                            Source: tests/sim/README.md
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_MINUTE_MS = 60 * 1000, SIM_HOUR_MS = 60 * SIM_MINUTE_MS, SIM_DAY_MS = 24 * SIM_HOUR_MS };

/* Midnight of 2026-11-18, UTC: when the simulation begins, by all clocks that go right. */
#define SIM_START_S INT64_C(1794960000)

#define SIM_NEVER UINT64_MAX

/* ---- chance ------------------------------------------------------------------------------- */

struct sim_dice {
    uint64_t state;
};

struct sim_dice sim_dice_new(uint64_t seed, uint64_t stream);
uint32_t sim_dice_draw(struct sim_dice *dice);
/* 0..most, most included. */
uint32_t sim_dice_up_to(struct sim_dice *dice, uint32_t most);
bool sim_dice_percent(struct sim_dice *dice, uint32_t percent);

/* ---- who is next -------------------------------------------------------------------------- */

/* A heap of numbered members by time; equal times in the order of their numbers. */
struct sim_agenda {
    uint64_t *at_ms; /* of each member */
    size_t *heap;    /* members, the first on top */
    size_t *place;   /* of each member in the heap */
    size_t count;
};

void sim_agenda_init(struct sim_agenda *agenda, size_t members);
void sim_agenda_done(struct sim_agenda *agenda);
void sim_agenda_set(struct sim_agenda *agenda, size_t member, uint64_t at_ms);
/* The same if that is earlier than what is there. */
void sim_agenda_hurry(struct sim_agenda *agenda, size_t member, uint64_t at_ms);
size_t sim_agenda_first(const struct sim_agenda *agenda, uint64_t *at_ms);

/* ---- what went wrong ---------------------------------------------------------------------- */

enum sim_fault {
    SIM_FAULT_HERD,   /* too many requests at once */
    SIM_FAULT_STATE,  /* a value, marker, floor or reported row is not what it should be */
    SIM_FAULT_COUNT,  /* more or fewer requests than computed */
    SIM_FAULT_WRITE,  /* something was written where nothing differed, or in the wrong order */
    SIM_FAULT_WAKE,   /* the agent woke more often than it has reasons to */
    SIM_FAULT_MEMORY, /* memory grows with time */
    SIM_FAULT_KINDS
};

/* A mistake planted at the ports, to see that it is found (test_flaws_posix.c). */
enum sim_flaw {
    SIM_FLAW_NONE,
    SIM_FLAW_NO_CHANCE,      /* every draw is 0: no jitter, no spread */
    SIM_FLAW_NO_ETAG,        /* If-None-Match is lost on the way */
    SIM_FLAW_LOST_FLOOR,     /* the floor is never stored */
    SIM_FLAW_SPOOL_STAYS,    /* a report that was sent comes back into the spool */
    SIM_FLAW_RESTLESS,       /* watchers see changes all the time */
    SIM_FLAW_DEAF_VALUE,     /* what is written into hives gets lost */
    SIM_FLAW_FORGETS_DEVICE, /* the device is not kept over a restart */
    SIM_FLAW_COUNT
};

struct sim_world {
    uint64_t now_ms;
    struct sim_agenda agenda; /* of the machines */
    enum sim_flaw flaw;
    bool quiet; /* faults are counted, and not printed */
    unsigned faults[SIM_FAULT_KINDS];
    uint64_t story; /* a digest of all that happened */
};

void sim_fault(struct sim_world *world, enum sim_fault kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
unsigned sim_faults(const struct sim_world *world);

/* Goes into the digest: equal seeds tell equal stories. */
void sim_tell(struct sim_world *world, uint64_t what);

/* malloc'ed, zeroed; ends the program when there is none. */
void *sim_new(size_t count, size_t size);

#endif
