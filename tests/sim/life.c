#include "tests/sim/life.h"

#include <stdlib.h>

enum deed {
    DEED_POWER_ON,
    DEED_POWER_OFF,
    DEED_RESTART_AGENT,
    DEED_LOG_ON,
    DEED_LOG_OFF,
    DEED_OUTLOOK_STARTS,
    DEED_OUTLOOK_ENDS,
    DEED_REWRITE,
    DEED_NEXT_DAY,
};

struct entry {
    uint64_t at_ms;
    enum deed deed;
    unsigned user;
};

/* A user's day has 4 entries, 24 more if he is contested. */
enum { ENTRIES = 4 + SIM_USERS * 5 + 24 };

struct sim_today {
    struct entry entries[ENTRIES];
    size_t count;
    size_t next;
    unsigned day;
};

/* ---- who is there ------------------------------------------------------------------------- */

static struct sim_traits draw_traits(struct sim_machine *m)
{
    struct sim_traits traits = {.exception = sim_dice_percent(&m->fate, 8),
                                .stranger = sim_dice_percent(&m->fate, 8)};
    bool others = !traits.exception && !traits.stranger;
    traits.rewritten = others && sim_dice_percent(&m->fate, 8);
    traits.contested = others && !traits.rewritten && sim_dice_percent(&m->fate, 2);
    traits.resident = m->habit == SIM_HABIT_TERMINAL_SERVER && !traits.stranger;
    return traits;
}

static void add_user(struct sim_machine *m)
{
    struct ag_hive *hive = sim_hives_add(&m->hives, m->number);
    hive->traits = draw_traits(m);
    /* Before us: half have nothing there, the others a 0 or a 1. */
    hive->value =
        sim_value_of(sim_dice_percent(&m->fate, 50) ? -1 : (int)sim_dice_up_to(&m->fate, 1));
    hive->own = hive->value;
}

static enum sim_habit draw_habit(struct sim_machine *m)
{
    uint32_t share = sim_dice_up_to(&m->fate, 99);
    return share < 55   ? SIM_HABIT_ALWAYS_ON
           : share < 85 ? SIM_HABIT_OFF_AT_NIGHT
           : share < 92 ? SIM_HABIT_AWAY
                        : SIM_HABIT_TERMINAL_SERVER;
}

void sim_life_init(struct sim_machine *m)
{
    m->today = sim_new(1, sizeof *m->today);
    m->habit = draw_habit(m);
    unsigned users = m->habit == SIM_HABIT_TERMINAL_SERVER ? SIM_USERS
                     : sim_dice_percent(&m->fate, 15)      ? 2
                                                           : 1;
    for (unsigned i = 0; i < users; i++) {
        add_user(m);
    }
    /* One way in ten goes through a proxy that loses patience. */
    m->plug->cut_s = sim_dice_percent(&m->fate, 10) ? 60 + sim_dice_up_to(&m->fate, 40) : 0;
    /* The agent is installed by software distribution, within ten minutes. */
    m->today->entries[0] =
        (struct entry){.at_ms = sim_dice_up_to(&m->fate, 600 * 1000), .deed = DEED_POWER_ON};
    m->today->entries[1] = (struct entry){.at_ms = SIM_HOUR_MS / 2, .deed = DEED_NEXT_DAY};
    m->today->count = 2;
}

void sim_life_done(struct sim_machine *m)
{
    free(m->today);
    m->today = NULL;
}

/* ---- a day -------------------------------------------------------------------------------- */

static void plan(struct sim_machine *m, uint64_t at_ms, enum deed deed, unsigned user)
{
    struct sim_today *t = m->today;
    if (at_ms < m->world->now_ms || t->count == ENTRIES) {
        return;
    }
    size_t place = t->count++;
    while (place > 0 && t->entries[place - 1].at_ms > at_ms) {
        t->entries[place] = t->entries[place - 1];
        place--;
    }
    t->entries[place] = (struct entry){.at_ms = at_ms, .deed = deed, .user = user};
}

static uint64_t between(struct sim_machine *m, uint64_t midnight_ms, double from_h, double to_h)
{
    uint32_t width_ms = (uint32_t)((to_h - from_h) * SIM_HOUR_MS);
    return midnight_ms + (uint64_t)(from_h * SIM_HOUR_MS) + sim_dice_up_to(&m->fate, width_ms);
}

/* Log on in the morning, Outlook a little later; the other way round in the evening. */
static void plan_user(struct sim_machine *m, uint64_t midnight_ms, unsigned user)
{
    const struct sim_traits *traits = &m->hives.users[user].traits;
    if (traits->stranger) {
        return;
    }
    uint64_t on_ms = between(m, midnight_ms, 7.5, 9.4);
    uint64_t off_ms = between(m, midnight_ms, 16, 18);
    plan(m, on_ms, DEED_LOG_ON, user);
    plan(m, on_ms + SIM_MINUTE_MS + sim_dice_up_to(&m->fate, 9 * SIM_MINUTE_MS),
         DEED_OUTLOOK_STARTS, user);
    if (!traits->resident) {
        plan(m, off_ms - SIM_MINUTE_MS, DEED_OUTLOOK_ENDS, user);
        plan(m, off_ms, DEED_LOG_OFF, user);
    } else if (sim_dice_percent(&m->fate, 50)) {
        plan(m, off_ms, DEED_OUTLOOK_ENDS, user);
    }
    if (traits->rewritten) {
        plan(m, between(m, midnight_ms, 12, 13), DEED_REWRITE, user);
    }
    for (unsigned hour = 0; traits->contested && hour < 24; hour++) {
        plan(m, between(m, midnight_ms, hour, hour + 1), DEED_REWRITE, user);
    }
}

static bool is_away(const struct sim_machine *m, const struct sim_seasons *seasons, unsigned day)
{
    return m->habit == SIM_HABIT_AWAY && day >= seasons->away_from && day < seasons->away_until;
}

static void plan_day(struct sim_machine *m, const struct sim_seasons *seasons)
{
    struct sim_today *t = m->today;
    unsigned day = (unsigned)(m->world->now_ms / SIM_DAY_MS);
    uint64_t midnight_ms = (uint64_t)day * SIM_DAY_MS;
    t->count = 0;
    t->next = 0;
    plan(m, midnight_ms + SIM_DAY_MS, DEED_NEXT_DAY, 0);
    if (is_away(m, seasons, day)) {
        plan(m, midnight_ms + SIM_HOUR_MS, DEED_POWER_OFF, 0);
        return;
    }
    plan(m, between(m, midnight_ms, 6, 7.4), DEED_POWER_ON, 0);
    for (unsigned i = 0; i < m->hives.count; i++) {
        plan_user(m, midnight_ms, i);
    }
    if (sim_dice_percent(&m->fate, 3)) {
        plan(m, between(m, midnight_ms, 10, 15), DEED_RESTART_AGENT, 0);
    }
    if (m->habit == SIM_HABIT_OFF_AT_NIGHT && day + 1 < seasons->days) {
        plan(m, between(m, midnight_ms, 18.1, 20), DEED_POWER_OFF, 0);
    }
}

/* ---- deeds -------------------------------------------------------------------------------- */

static void touch(struct sim_machine *m, struct ag_hive *hive)
{
    hive->changed_ms = m->world->now_ms;
    m->changes++;
}

static void log_on(struct sim_machine *m, struct ag_hive *hive, bool on)
{
    if (hive->loaded != on) {
        hive->loaded = on;
        m->hive_changed = true;
        touch(m, hive);
    }
}

static void run_outlook(struct sim_machine *m, struct ag_hive *hive, bool on)
{
    if (hive->outlook_running != on && (hive->loaded || !on)) {
        hive->outlook_running = on;
        hive->outlook_started_s =
            SIM_START_S + (int64_t)(m->world->now_ms / 1000) + m->wall_offset_s;
        touch(m, hive);
    }
}

/* Anything but what is there. */
static void rewrite(struct sim_machine *m, struct ag_hive *hive, const struct sim_seasons *seasons)
{
    uint64_t now_ms = m->world->now_ms;
    if (hive->loaded && now_ms >= seasons->managed_from_ms && now_ms < seasons->managed_until_ms) {
        hive->value = sim_value_of(hive->value.present ? -1 : 1);
        hive->foreign_writes++;
        m->hive_changed = true;
        touch(m, hive);
    }
}

static void power(struct sim_machine *m, bool on)
{
    for (unsigned i = 0; !on && i < m->hives.count; i++) {
        run_outlook(m, &m->hives.users[i], false);
        log_on(m, &m->hives.users[i], false);
    }
    if (on) {
        sim_machine_start(m);
    } else {
        sim_machine_stop(m);
    }
}

static void restart_agent(struct sim_machine *m)
{
    if (sim_machine_is_on(m)) {
        sim_machine_stop(m);
        sim_machine_start(m);
    }
}

static void act(struct sim_machine *m, const struct entry *entry, const struct sim_seasons *seasons)
{
    struct ag_hive *hive = &m->hives.users[entry->user];
    switch (entry->deed) {
    case DEED_POWER_ON: power(m, true); break;
    case DEED_POWER_OFF: power(m, false); break;
    case DEED_RESTART_AGENT: restart_agent(m); break;
    case DEED_LOG_ON: log_on(m, hive, sim_machine_is_on(m)); break;
    case DEED_LOG_OFF: log_on(m, hive, false); break;
    case DEED_OUTLOOK_STARTS: run_outlook(m, hive, true); break;
    case DEED_OUTLOOK_ENDS: run_outlook(m, hive, false); break;
    case DEED_REWRITE: rewrite(m, hive, seasons); break;
    case DEED_NEXT_DAY: plan_day(m, seasons); break;
    }
}

uint64_t sim_life_due_ms(const struct sim_machine *m)
{
    const struct sim_today *t = m->today;
    return t != NULL && t->next < t->count ? t->entries[t->next].at_ms : SIM_NEVER;
}

void sim_life_run(struct sim_machine *m, const struct sim_seasons *seasons)
{
    while (sim_life_due_ms(m) <= m->world->now_ms) {
        struct entry entry = m->today->entries[m->today->next++];
        act(m, &entry, seasons);
    }
}
