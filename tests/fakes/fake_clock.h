/* fake_clock.h - virtual time: nothing passes unless somebody says so. */
#ifndef TESTS_FAKES_FAKE_CLOCK_H
#define TESTS_FAKES_FAKE_CLOCK_H

#include "agent/ports.h"

enum { FAKE_CLOCK_START_S = 1795000000 }; /* 2026-11-18 */

struct fake_clock {
    uint64_t ms;       /* since the test began */
    int64_t offset_s;  /* the wall clock was set wrong by so much */
    uint32_t chance;   /* the next draw */
    uint32_t constant; /* true: every draw is `chance`, else a fixed sequence follows */
};

void fake_clock_init(struct fake_clock *clock);
struct ag_clock fake_clock_port(struct fake_clock *clock);
int64_t fake_clock_now_s(const struct fake_clock *clock);

#endif
