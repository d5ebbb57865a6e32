#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAULTS_PRINTED = 12 }; /* of a kind; one mistake shows a thousand times */

void *sim_new(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* ---- chance ------------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do. */
static uint64_t next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct sim_dice sim_dice_new(uint64_t seed, uint64_t stream)
{
    uint64_t state = seed ^ (stream * UINT64_C(0xd1342543de82ef95));
    return (struct sim_dice){.state = next(&state)};
}

uint32_t sim_dice_draw(struct sim_dice *dice)
{
    return (uint32_t)(next(&dice->state) >> 32);
}

uint32_t sim_dice_up_to(struct sim_dice *dice, uint32_t most)
{
    return (uint32_t)(((uint64_t)sim_dice_draw(dice) * ((uint64_t)most + 1)) >> 32);
}

bool sim_dice_percent(struct sim_dice *dice, uint32_t percent)
{
    return sim_dice_up_to(dice, 99) < percent;
}

/* ---- who is next -------------------------------------------------------------------------- */

void sim_agenda_init(struct sim_agenda *agenda, size_t members)
{
    agenda->count = members;
    agenda->at_ms = sim_new(members, sizeof *agenda->at_ms);
    agenda->heap = sim_new(members, sizeof *agenda->heap);
    agenda->place = sim_new(members, sizeof *agenda->place);
    for (size_t i = 0; i < members; i++) {
        agenda->at_ms[i] = SIM_NEVER;
        agenda->heap[i] = i;
        agenda->place[i] = i;
    }
}

void sim_agenda_done(struct sim_agenda *agenda)
{
    free(agenda->at_ms);
    free(agenda->heap);
    free(agenda->place);
    *agenda = (struct sim_agenda){0};
}

static bool is_before(const struct sim_agenda *a, size_t x, size_t y)
{
    return a->at_ms[x] != a->at_ms[y] ? a->at_ms[x] < a->at_ms[y] : x < y;
}

static void put(struct sim_agenda *a, size_t place, size_t member)
{
    a->heap[place] = member;
    a->place[member] = place;
}

static void sift_up(struct sim_agenda *a, size_t place)
{
    size_t member = a->heap[place];
    while (place > 0 && is_before(a, member, a->heap[(place - 1) / 2])) {
        put(a, place, a->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(a, place, member);
}

static void sift_down(struct sim_agenda *a, size_t place)
{
    size_t member = a->heap[place];
    for (size_t child = 2 * place + 1; child < a->count; child = 2 * place + 1) {
        bool second = child + 1 < a->count && is_before(a, a->heap[child + 1], a->heap[child]);
        child += second ? 1 : 0;
        if (!is_before(a, a->heap[child], member)) {
            break;
        }
        put(a, place, a->heap[child]);
        place = child;
    }
    put(a, place, member);
}

void sim_agenda_set(struct sim_agenda *agenda, size_t member, uint64_t at_ms)
{
    bool sooner = at_ms < agenda->at_ms[member];
    agenda->at_ms[member] = at_ms;
    if (sooner) {
        sift_up(agenda, agenda->place[member]);
    } else {
        sift_down(agenda, agenda->place[member]);
    }
}

void sim_agenda_hurry(struct sim_agenda *agenda, size_t member, uint64_t at_ms)
{
    if (at_ms < agenda->at_ms[member]) {
        sim_agenda_set(agenda, member, at_ms);
    }
}

size_t sim_agenda_first(const struct sim_agenda *agenda, uint64_t *at_ms)
{
    *at_ms = agenda->at_ms[agenda->heap[0]];
    return agenda->heap[0];
}

/* ---- what went wrong ---------------------------------------------------------------------- */

void sim_fault(struct sim_world *world, enum sim_fault kind, const char *format, ...)
{
    static const char *const WORDS[SIM_FAULT_KINDS] = {"herd",  "state", "count",
                                                       "write", "wake",  "memory"};
    unsigned long long now_ms = world->now_ms;
    va_list arguments;
    world->faults[kind]++;
    if (world->quiet || world->faults[kind] > FAULTS_PRINTED) {
        return;
    }
    (void)fprintf(stderr, "%s: day %llu %02llu:%02llu:%06.3f: ", WORDS[kind], now_ms / SIM_DAY_MS,
                  now_ms % SIM_DAY_MS / SIM_HOUR_MS, now_ms % SIM_HOUR_MS / SIM_MINUTE_MS,
                  (double)(now_ms % SIM_MINUTE_MS) / 1000);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

unsigned sim_faults(const struct sim_world *world)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < SIM_FAULT_KINDS; i++) {
        sum += world->faults[i];
    }
    return sum;
}

void sim_tell(struct sim_world *world, uint64_t what)
{
    world->story = (world->story ^ what ^ (world->now_ms << 20)) * UINT64_C(0x100000001b3);
}
