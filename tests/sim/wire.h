/* wire.h - the way between simulated machines and their server: networks that go, proxies that cut.
 *
 * Effects: tells the server and the paper       Units:  _ms of virtual time, _s durations
 * Owns:    exchanges and the answers in them; sim_wire_done()
 * Errors:  ST_UNREACHABLE where nobody answers  Threads: one thread
 * Source:  docs/protocol.md "Agents"
 */
#ifndef TESTS_SIM_WIRE_H
#define TESTS_SIM_WIRE_H

#include "tests/sim/server.h"

struct sim_wire;

/* Where one machine is plugged in. */
struct sim_plug {
    struct sim_wire *wire;
    unsigned machine;
    bool on;                         /* its agent runs */
    bool unplugged;                  /* this machine alone reaches nobody */
    uint32_t cut_s;                  /* a proxy cuts what is silent for so long; 0: none does */
    uint64_t started[AG_LANE_COUNT]; /* requests, arrived or not */
    uint64_t lost;                   /* of them: those that reached nobody */
    struct sim_exchange exchanges[AG_LANE_COUNT];
};

struct sim_wire {
    struct sim_world *world;
    struct sim_server *server;
    struct sim_paper *paper;
    struct sim_plug *plugs;
    size_t count;
    bool torn; /* nobody reaches the server */
};

void sim_wire_init(struct sim_wire *wire, struct sim_world *world, struct sim_server *server,
                   struct sim_paper *paper, size_t machines);
void sim_wire_done(struct sim_wire *wire);
/* Everything but wait(): who drives an agent in steps takes the answers himself. */
struct ag_http sim_wire_port(struct sim_plug *plug);

/* When the next answer comes; SIM_NEVER: nothing is on its way. */
uint64_t sim_plug_due_ms(const struct sim_plug *plug);
/* The lane whose answer has come; false: none. *answer is the caller's. */
bool sim_plug_take(struct sim_plug *plug, enum ag_lane *lane, struct ag_answer *answer);

/* The agent starts and ends; all that was on its way is dropped. */
void sim_plug_switch(struct sim_plug *plug, bool on);
void sim_plug_unplug(struct sim_plug *plug, bool unplugged);

/* The server goes away, or everybody's network does: what is on its way is lost at once. */
void sim_wire_lose_server(struct sim_wire *wire, bool down);
void sim_wire_tear(struct sim_wire *wire, bool torn);

/* How many machines are there that would reach the server. */
size_t sim_wire_reaching(const struct sim_wire *wire);

#endif
