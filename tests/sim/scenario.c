#include "tests/sim/scenario.h"

#include "tests/sim/judge.h"
#include "tests/sim/plan.h"
#include "tests/sim/reckon.h"

#include <stdlib.h>
#include <string.h>

enum what {
    RELEASE,        /* text: a stage, arg: its serial */
    OLD_BACKUP,     /* the server hands out an older release once more, or the newest again */
    SERVER_GOES,    /* all connections break */
    SERVER_BACK,    /* arg: requests of each machine beside its poll */
    FORGET_DEVICES, /* the server's table is lost */
    NETWORK_TORN,   /* nobody reaches anybody */
    NETWORK_BACK,
    UNPLUG, /* machines alone */
    PLUG_IN,
    CLOCK,           /* arg: seconds that the wall clocks of machines are wrong */
    DAMAGE,          /* machines lose their stored policy, and restart */
    PUT_OFF_REPORTS, /* arg: Retry-After; 0: no longer */
    PUT_OFF_POLICY,
    COPY, /* the first machine's disk: a clone with its own name, a twin without */
    TWIN_GOES,
    CHECK,
    CHECK_ALL,
    LOOK_AT_MEMORY,
};

enum { YEAR_S = 365 * 86400, WEEK = 7 };

struct event {
    unsigned day; /* of a week */
    unsigned hour;
    unsigned minute;
    enum what what;
    const char *stage;
    int64_t arg;
    unsigned every; /* of machines: number % every == which; 0: not about machines */
    unsigned which;
};

static const struct event EVENTS[] = {
    {0, 6, 0, RELEASE, "observe", 7, 0, 0},
    {0, 7, 0, CHECK, NULL, 0, 0, 0},
    {0, 12, 0, RELEASE, "hold-back", 7, 0, 0},
    {0, 15, 0, CHECK, NULL, 0, 0, 0},
    {1, 3, 0, SERVER_GOES, NULL, 0, 0, 0},
    {1, 3, 1, SERVER_BACK, NULL, 1, 0, 0},
    {1, 6, 0, RELEASE, "pilot", 7, 0, 0},
    {1, 10, 0, CLOCK, NULL, 3600, 10, 3},
    {1, 10, 0, CLOCK, NULL, -3600, 10, 4},
    {1, 10, 0, CLOCK, NULL, INT64_C(10) * YEAR_S, 20, 5},
    {1, 10, 0, CLOCK, NULL, INT64_C(-10) * YEAR_S, 20, 15},
    {1, 12, 0, CHECK, NULL, 0, 0, 0},
    {1, 14, 0, RELEASE, "quarter", 7, 0, 0}, /* while those clocks are wrong */
    {1, 15, 0, CHECK, NULL, 0, 0, 0},
    {1, 15, 30, CLOCK, NULL, 0, 1, 0},
    {1, 15, 50, CHECK, NULL, 0, 0, 0},
    {2, 2, 0, NETWORK_TORN, NULL, 0, 0, 0},
    {2, 2, 20, NETWORK_BACK, NULL, 1, 0, 0},
    {2, 3, 0, OLD_BACKUP, "pilot", 7, 0, 0},
    {2, 3, 10, DAMAGE, NULL, 0, 10, 7},
    {2, 4, 0, OLD_BACKUP, "quarter", 7, 0, 0},
    {2, 5, 0, CHECK, NULL, 0, 0, 0},
    {2, 5, 30, COPY, NULL, 0, 0, 0},
    {2, 10, 0, UNPLUG, NULL, 0, 10, 2},
    {2, 14, 30, PLUG_IN, NULL, 0, 10, 2},
    {2, 15, 15, CHECK, NULL, 0, 0, 0},
    {3, 2, 0, SERVER_GOES, NULL, 0, 0, 0},
    {3, 2, 0, FORGET_DEVICES, NULL, 0, 0, 0},
    {3, 2, 2, SERVER_BACK, NULL, 5, 0, 0},
    {3, 4, 0, CHECK, NULL, 0, 0, 0},
    {3, 6, 0, RELEASE, "everyone", 7, 0, 0}, /* waits for Outlook, for 4 h at the most */
    {3, 9, 0, PUT_OFF_REPORTS, NULL, 120, 0, 0},
    {3, 10, 0, PUT_OFF_REPORTS, NULL, 0, 0, 0},
    {3, 14, 0, PUT_OFF_POLICY, NULL, 60, 0, 0},
    {3, 14, 10, PUT_OFF_POLICY, NULL, 0, 0, 0},
    {3, 15, 0, CHECK, NULL, 0, 0, 0},
    {3, 23, 0, TWIN_GOES, NULL, 0, 0, 0},
    {4, 11, 0, RELEASE, "safe", 7, 0, 0},
    {4, 11, 20, CHECK, NULL, 0, 0, 0},
    {4, 14, 0, SERVER_GOES, NULL, 0, 0, 0},
    {4, 14, 0, SERVER_BACK, NULL, 1, 0, 0}, /* it was as fast as that */
    {4, 15, 0, CHECK, NULL, 0, 0, 0},
    {5, 6, 0, RELEASE, "everyone", 8, 0, 0},
    {5, 12, 0, SERVER_GOES, NULL, 0, 0, 0},
    {5, 13, 30, SERVER_BACK, NULL, 2, 0, 0},
    {5, 15, 0, CHECK, NULL, 0, 0, 0},
    {6, 6, 0, RELEASE, "finish", 8, 0, 0},
    {6, 15, 0, CHECK_ALL, NULL, 0, 0, 0},
};

enum { EVENTS_OF_A_WEEK = sizeof EVENTS / sizeof EVENTS[0] };

/* Each afternoon, when everybody is on: the fleet is as large as at the same time the day before. */
static const struct event DAILY = {0, 15, 50, LOOK_AT_MEMORY, NULL, 0, 0, 0};

/* In longer runs: what happens anyway, once in each further week. */
static const struct event WEEKLY[] = {
    {6, 4, 0, SERVER_GOES, NULL, 0, 0, 0},
    {6, 4, 1, SERVER_BACK, NULL, 1, 0, 0},
};

struct scheduled {
    uint64_t at_ms;
    const struct event *event;
};

struct sim_scene {
    struct scheduled *events;
    size_t count;
    size_t next;
};

/* ---- init and done ------------------------------------------------------------------------ */

static unsigned scaled(const struct sim_fleet *fleet, unsigned day)
{
    return day * fleet->order.days / WEEK;
}

static void schedule(struct sim_scene *scene, const struct event *event, unsigned day)
{
    uint64_t minute = (uint64_t)event->hour * 60 + event->minute;
    size_t place = scene->count++;
    uint64_t at_ms = (uint64_t)day * SIM_DAY_MS + minute * SIM_MINUTE_MS;
    while (place > 0 && scene->events[place - 1].at_ms > at_ms) {
        scene->events[place] = scene->events[place - 1];
        place--;
    }
    scene->events[place] = (struct scheduled){.at_ms = at_ms, .event = event};
}

void sim_scenario_init(struct sim_fleet *fleet)
{
    unsigned weeks = fleet->order.days / WEEK;
    struct sim_scene *scene = sim_new(1, sizeof *scene);
    fleet->scene = scene;
    scene->events =
        sim_new(EVENTS_OF_A_WEEK + 2 * (size_t)weeks + fleet->order.days, sizeof *scene->events);
    for (size_t i = 0; i < EVENTS_OF_A_WEEK; i++) {
        schedule(scene, &EVENTS[i], scaled(fleet, EVENTS[i].day));
    }
    for (unsigned week = 0; week + 1 < weeks; week++) {
        for (size_t i = 0; i < 2; i++) {
            schedule(scene, &WEEKLY[i], week * WEEK + WEEKLY[i].day);
        }
    }
    for (unsigned day = 0; day < fleet->order.days; day++) {
        schedule(scene, &DAILY, day);
    }
    fleet->seasons = (struct sim_seasons){
        .days = fleet->order.days,
        .away_from = scaled(fleet, 2),
        .away_until = scaled(fleet, 4),
        .managed_from_ms = scaled(fleet, 0) + UINT64_C(13) * SIM_HOUR_MS,
        .managed_until_ms = (uint64_t)scaled(fleet, 6) * SIM_DAY_MS,
    };
    sim_plan_sign(fleet);
    /* life.c: all are installed within ten minutes, and each says 5 things until it is held. */
    sim_paper_allow(&fleet->paper, 5.0 * (double)fleet->count, UINT64_C(11) * SIM_MINUTE_MS);
}

void sim_scenario_done(struct sim_fleet *fleet)
{
    sim_plan_done(fleet);
    free(fleet->scene->events);
    free(fleet->scene);
    fleet->scene = NULL;
}

/* ---- events ------------------------------------------------------------------------------- */

static const struct sim_release *find_release(const struct sim_fleet *fleet,
                                              const struct event *event)
{
    for (size_t i = 0; i < SIM_RELEASES; i++) {
        const struct sim_release *release = &fleet->releases[i];
        if (release->version / 1000 == event->arg && strcmp(release->stage, event->stage) == 0) {
            return release;
        }
    }
    abort();
}

/* Each agent gets the body once and asks again at once; it acts, and says so in a full report.
 * What is refused is no policy in force: it is told as a change. */
static void release(struct sim_fleet *fleet, const struct event *event)
{
    double all = (double)fleet->count;
    size_t held = sim_server_release(&fleet->server, find_release(fleet, event));
    bool fresh = event->what == RELEASE;
    sim_paper_released(&fleet->paper, held);
    sim_paper_expect(&fleet->paper, SIM_KIND_BODY, (double)held, all);
    sim_paper_expect(&fleet->paper, SIM_KIND_POLL, 0, (double)held);
    sim_paper_expect(&fleet->paper, SIM_KIND_FULL, fresh ? 0.9 * (double)held : 0, fresh ? all : 0);
    sim_paper_expect(&fleet->paper, SIM_KIND_NEWS, 0, 2 * all);
    fleet->released_ms = fleet->world.now_ms;
    fleet->release_count++;
}

static void come_back(struct sim_fleet *fleet, const struct event *event)
{
    size_t machines = sim_wire_reaching(&fleet->wire);
    sim_paper_reconnect(&fleet->paper, machines, 1 + (double)event->arg);
    /* Once more after a try that met a server on its way up. */
    sim_paper_expect(&fleet->paper, SIM_KIND_POLL, 0, (double)machines);
}

/* The first poll says so; the old token proves nothing any more (401), the secret does (201). Those
 * that are off learn of it when they come back. Then a full report for the new device. */
static void forget_devices(struct sim_fleet *fleet)
{
    double all = (double)fleet->count;
    double on = (double)fleet->wire.count - (double)SIM_COPIES;
    sim_server_forget_devices(&fleet->server);
    sim_paper_expect(&fleet->paper, SIM_KIND_ENROLL, on, 2 * all);
    sim_paper_expect(&fleet->paper, SIM_KIND_FULL, 0.5 * on, all);
    sim_paper_expect(&fleet->paper, SIM_KIND_POLL, 0, 2 * all);
}

static void put_off(struct sim_fleet *fleet, uint32_t *place, const struct event *event)
{
    *place = (uint32_t)event->arg;
    if (event->arg > 0) {
        /* "never faster than Retry-After": at most an hour, 3600 / arg each, and one more. */
        double most = (double)fleet->count * (3600.0 / (double)event->arg + 1);
        sim_paper_expect(&fleet->paper, SIM_KIND_SHED, 1, most);
        sim_paper_expect(&fleet->paper, SIM_KIND_POLL,
                         place == &fleet->server.put_off_policy_s ? -10 * (double)fleet->count : 0,
                         place == &fleet->server.put_off_policy_s ? most : 0);
    }
    /* All that were put off come within Retry-After and a fifth of it: n / 120 a second at most. */
    sim_paper_allow(&fleet->paper, (double)fleet->count * 120, 2 * SIM_HOUR_MS);
}

static void copy_machine(struct sim_fleet *fleet)
{
    struct sim_machine *clone = &fleet->machines[fleet->order.agents + SIM_CLONE];
    struct sim_machine *twin = &fleet->machines[fleet->order.agents + SIM_TWIN];
    sim_machine_copy(clone, &fleet->machines[0], false);
    sim_machine_copy(twin, &fleet->machines[0], true);
    sim_machine_start(clone);
    sim_machine_start(twin);
    fleet->token_shared = true;
}

/* A stored policy that is damaged; the floor beside it is not. */
static void damage(struct sim_machine *m)
{
    if (sim_machine_is_on(m)) {
        sim_machine_stop(m);
        fake_vault_put(&m->vault, "accepted.jws", span_text("{}"));
        sim_machine_start(m);
    }
}

static void change_machine(struct sim_machine *m, const struct event *event)
{
    if (event->what == CLOCK) {
        m->changes += m->wall_offset_s != event->arg ? 4 : 0;
        m->wall_offset_s = event->arg;
    } else if (event->what == DAMAGE) {
        damage(m);
    } else {
        sim_plug_unplug(m->plug, event->what == UNPLUG);
    }
}

static void change_machines(struct sim_fleet *fleet, const struct event *event)
{
    size_t changed = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (event->every > 0 && i % event->every == event->which) {
            change_machine(&fleet->machines[i], event);
            changed++;
        }
    }
    /* All clocks jump in one moment here. A token that is old by then is changed, the next poll is held
     * anew, and what was refused or taken is reported. */
    sim_paper_allow_burst(&fleet->paper, 3 * (double)changed, SIM_MINUTE_MS);
}

static void run_event(struct sim_fleet *fleet, const struct event *event)
{
    switch (event->what) {
    case RELEASE:
    case OLD_BACKUP: release(fleet, event); break;
    case SERVER_GOES: sim_wire_lose_server(&fleet->wire, true); break;
    case NETWORK_TORN: sim_wire_tear(&fleet->wire, true); break;
    case SERVER_BACK:
        sim_wire_lose_server(&fleet->wire, false);
        come_back(fleet, event);
        break;
    case NETWORK_BACK:
        sim_wire_tear(&fleet->wire, false);
        come_back(fleet, event);
        break;
    case FORGET_DEVICES: forget_devices(fleet); break;
    case UNPLUG:
    case PLUG_IN:
    case CLOCK:
    case DAMAGE: change_machines(fleet, event); break;
    case PUT_OFF_REPORTS: put_off(fleet, &fleet->server.put_off_report_s, event); break;
    case PUT_OFF_POLICY: put_off(fleet, &fleet->server.put_off_policy_s, event); break;
    case COPY: copy_machine(fleet); break;
    case TWIN_GOES:
        sim_machine_stop(&fleet->machines[fleet->order.agents + SIM_TWIN]);
        fleet->token_shared = false;
        break;
    case CHECK: sim_judge_check(fleet); break;
    case CHECK_ALL: sim_judge_check_all(fleet); break;
    case LOOK_AT_MEMORY: sim_reckon_memory(fleet); break;
    }
}

uint64_t sim_scenario_due_ms(const struct sim_fleet *fleet)
{
    const struct sim_scene *scene = fleet->scene;
    return scene->next < scene->count ? scene->events[scene->next].at_ms : SIM_NEVER;
}

void sim_scenario_run(struct sim_fleet *fleet)
{
    run_event(fleet, fleet->scene->events[fleet->scene->next++].event);
    for (size_t i = 0; i < fleet->count; i++) {
        sim_fleet_reschedule(fleet, i);
    }
}
