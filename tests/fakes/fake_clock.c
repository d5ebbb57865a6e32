#include "tests/fakes/fake_clock.h"

enum { FIRST_MS = 1000 };

static int64_t wall_s(void *ctx)
{
    return fake_clock_now_s(ctx);
}

static uint64_t monotonic_ms(void *ctx)
{
    const struct fake_clock *clock = ctx;
    return clock->ms + FIRST_MS;
}

static uint32_t draw(void *ctx)
{
    struct fake_clock *clock = ctx;
    if (!clock->constant) {
        clock->chance = clock->chance * 1664525u + 1013904223u;
    }
    return clock->chance;
}

void fake_clock_init(struct fake_clock *clock)
{
    *clock = (struct fake_clock){.chance = 4711};
}

struct ag_clock fake_clock_port(struct fake_clock *clock)
{
    return (struct ag_clock){
        .ctx = clock, .wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = draw};
}

int64_t fake_clock_now_s(const struct fake_clock *clock)
{
    return FAKE_CLOCK_START_S + (int64_t)(clock->ms / 1000) + clock->offset_s;
}
