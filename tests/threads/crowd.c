#include "tests/threads/crowd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void crowd_broken(const char *property, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

unsigned crowd_chance(struct crowd_member *m, unsigned size)
{
    m->chance = m->chance * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
    return (unsigned)(m->chance >> 33) % size;
}

static void *play_on(void *ctx)
{
    struct crowd_member *m = ctx;
    while (!atomic_load(&m->crowd->stopping)) {
        m->play(m);
        atomic_fetch_add(&m->times, 1);
    }
    return NULL;
}

void crowd_add(struct crowd *c, void (*play)(struct crowd_member *m), struct crowd_device *device,
               uint64_t seed)
{
    MUST(c->member_count < CROWD_MOST);
    struct crowd_member *m = &c->members[c->member_count];
    m->crowd = c;
    m->index = c->member_count++;
    m->play = play;
    m->device = device;
    m->chance = seed * 2 + m->index;
}

void crowd_start(struct crowd *c)
{
    atomic_store(&c->stopping, false);
    for (size_t i = 0; i < c->member_count; i++) {
        atomic_store(&c->members[i].times, 0);
        MUST(pthread_create(&c->members[i].thread, NULL, play_on, &c->members[i]) == 0);
    }
}

bool crowd_has_played(struct crowd *c, uint64_t times)
{
    for (size_t i = 0; i < c->member_count; i++) {
        if (atomic_load(&c->members[i].times) < times) {
            return false;
        }
    }
    return true;
}

void crowd_join(struct crowd *c)
{
    atomic_store(&c->stopping, true);
    fake_server_stop(c->server);
    for (size_t i = 0; i < c->member_count; i++) {
        MUST(pthread_join(c->members[i].thread, NULL) == 0);
    }
}
