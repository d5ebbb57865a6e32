#include "tests/sim/wire.h"

#include <stdlib.h>

enum { REFUSED_MS = 5, HELD_LEAST_MS = 10 * 1000 };

void sim_wire_init(struct sim_wire *wire, struct sim_world *world, struct sim_server *server,
                   struct sim_paper *paper, size_t machines)
{
    *wire = (struct sim_wire){.world = world, .server = server, .paper = paper, .count = machines};
    wire->plugs = sim_new(machines, sizeof *wire->plugs);
    for (size_t i = 0; i < machines; i++) {
        wire->plugs[i].wire = wire;
        wire->plugs[i].machine = (unsigned)i;
    }
}

static void drop(struct sim_exchange *x)
{
    bytes_wipe(&x->answer.body);
    x->busy = false;
}

void sim_wire_done(struct sim_wire *wire)
{
    for (size_t i = 0; i < wire->count; i++) {
        for (size_t lane = 0; lane < AG_LANE_COUNT; lane++) {
            drop(&wire->plugs[i].exchanges[lane]);
        }
    }
    free(wire->plugs);
    wire->plugs = NULL;
}

/* ---- who reaches whom --------------------------------------------------------------------- */

static bool reaches(const struct sim_plug *plug)
{
    return plug->on && !plug->unplugged && !plug->wire->torn && !plug->wire->server->down;
}

static void tell_paper(const struct sim_plug *plug)
{
    sim_paper_polling(plug->wire->paper, plug->machine, reaches(plug));
}

size_t sim_wire_reaching(const struct sim_wire *wire)
{
    size_t count = 0;
    for (size_t i = 0; i < wire->count; i++) {
        count += reaches(&wire->plugs[i]) ? 1 : 0;
    }
    return count;
}

/* ---- the port ----------------------------------------------------------------------------- */

static void lose(struct sim_exchange *x, uint64_t at_ms)
{
    bytes_wipe(&x->answer.body);
    x->held = false;
    x->at_ms = at_ms;
    x->answer = (struct ag_answer){.st = ST_UNREACHABLE,
                                   .err = {.st = ST_UNREACHABLE, .text = "nobody answers"}};
}

static enum status start(void *ctx, enum ag_lane lane, const struct ag_request *request,
                         struct err *err)
{
    struct sim_plug *plug = ctx;
    struct sim_exchange *x = &plug->exchanges[lane];
    uint64_t now_ms = plug->wire->world->now_ms;
    if (x->busy) {
        return err_set(err, ST_BUG, 0, "the lane is not free");
    }
    *x = (struct sim_exchange){
        .machine = plug->machine, .busy = true, .wait_s = request->wait_s, .started_ms = now_ms};
    plug->started[lane]++;
    if (reaches(plug)) {
        sim_server_serve(plug->wire->server, lane, request, x);
    } else {
        plug->lost++;
        lose(x, now_ms + REFUSED_MS);
    }
    return ST_OK;
}

static void cancel(void *ctx, enum ag_lane lane)
{
    struct sim_plug *plug = ctx;
    sim_server_hung_up(plug->wire->server, &plug->exchanges[lane]);
    drop(&plug->exchanges[lane]);
}

static bool wait(void *ctx, uint32_t timeout_ms, enum ag_lane *lane, struct ag_answer *answer)
{
    (void)ctx;
    (void)timeout_ms;
    (void)lane;
    (void)answer;
    abort(); /* agents are driven in steps here */
}

struct ag_http sim_wire_port(struct sim_plug *plug)
{
    return (struct ag_http){.ctx = plug, .start = start, .cancel = cancel, .wait = wait};
}

/* ---- answers ------------------------------------------------------------------------------ */

/* When a proxy loses patience with this exchange. */
static uint64_t cut_at_ms(const struct sim_plug *plug, const struct sim_exchange *x)
{
    return plug->cut_s > 0 ? x->started_ms + (uint64_t)plug->cut_s * 1000 : SIM_NEVER;
}

static uint64_t end_of(const struct sim_plug *plug, const struct sim_exchange *x)
{
    uint64_t cut_ms = cut_at_ms(plug, x);
    return cut_ms < x->at_ms ? cut_ms : x->at_ms;
}

uint64_t sim_plug_due_ms(const struct sim_plug *plug)
{
    uint64_t due_ms = SIM_NEVER;
    for (size_t i = 0; i < AG_LANE_COUNT; i++) {
        const struct sim_exchange *x = &plug->exchanges[i];
        if (x->busy && end_of(plug, x) < due_ms) {
            due_ms = end_of(plug, x);
        }
    }
    return due_ms;
}

/* A connection that was held for 10 s or more broke: "no failure: the agent halves its wait". */
static void note_cut(const struct sim_plug *plug, const struct sim_exchange *x)
{
    uint64_t now_ms = plug->wire->world->now_ms;
    if (x->wait_s > 0 && now_ms - x->started_ms >= HELD_LEAST_MS) {
        sim_paper_cut(plug->wire->paper, plug->machine, x->wait_s);
    }
}

bool sim_plug_take(struct sim_plug *plug, enum ag_lane *lane, struct ag_answer *answer)
{
    uint64_t now_ms = plug->wire->world->now_ms;
    for (size_t i = 0; i < AG_LANE_COUNT; i++) {
        struct sim_exchange *x = &plug->exchanges[i];
        if (!x->busy || end_of(plug, x) > now_ms) {
            continue;
        }
        if (cut_at_ms(plug, x) < x->at_ms) {
            note_cut(plug, x);
            sim_server_hung_up(plug->wire->server, x);
            lose(x, now_ms);
        }
        *lane = (enum ag_lane)i;
        *answer = x->answer;
        answer->elapsed_ms = (uint32_t)(now_ms - x->started_ms);
        x->answer = (struct ag_answer){.st = ST_OK};
        x->busy = false;
        return true;
    }
    return false;
}

/* ---- what happens to the way -------------------------------------------------------------- */

static void cut_all(struct sim_plug *plug)
{
    uint64_t now_ms = plug->wire->world->now_ms;
    for (size_t i = 0; i < AG_LANE_COUNT; i++) {
        struct sim_exchange *x = &plug->exchanges[i];
        if (x->busy && x->answer.st == ST_OK) {
            note_cut(plug, x);
            sim_server_hung_up(plug->wire->server, x);
            lose(x, now_ms);
            sim_agenda_hurry(&plug->wire->world->agenda, plug->machine, now_ms);
        }
    }
}

void sim_plug_switch(struct sim_plug *plug, bool on)
{
    for (size_t lane = 0; lane < AG_LANE_COUNT; lane++) {
        sim_server_hung_up(plug->wire->server, &plug->exchanges[lane]);
        drop(&plug->exchanges[lane]);
    }
    plug->on = on;
    if (on) {
        sim_paper_started(plug->wire->paper, plug->machine);
    }
    tell_paper(plug);
}

void sim_plug_unplug(struct sim_plug *plug, bool unplugged)
{
    if (unplugged) {
        cut_all(plug);
    }
    plug->unplugged = unplugged;
    tell_paper(plug);
}

static void change_all(struct sim_wire *wire, bool *what, bool to)
{
    for (size_t i = 0; to && i < wire->count; i++) {
        cut_all(&wire->plugs[i]);
    }
    *what = to;
    for (size_t i = 0; i < wire->count; i++) {
        tell_paper(&wire->plugs[i]);
    }
}

void sim_wire_lose_server(struct sim_wire *wire, bool down)
{
    change_all(wire, &wire->server->down, down);
}

void sim_wire_tear(struct sim_wire *wire, bool torn)
{
    change_all(wire, &wire->torn, torn);
}
