/* meter.h - count what the server does, from its start on.
 *
 * Everything is a number in memory that any thread may add to; nothing waits, and nothing is kept
 * over a restart: whoever reads counters as rates expects that.
 * Effects: none                               Units:  _ms; requests, connections
 * Owns:    struct srv_meter; srv_meter_free() Errors: ST_NO_MEMORY
 * Threads: safe                               Source: docs/operations-metrics.md
 */
#ifndef SERVER_METER_H
#define SERVER_METER_H

#include "base/err.h"
#include "server/histogram.h"

enum srv_door { SRV_DOOR_AGENTS, SRV_DOOR_ADMINS, SRV_DOOR_COUNT };
extern const char *const SRV_DOOR_WORDS[SRV_DOOR_COUNT];

/* Routes of a door; the last stands for what is none. */
enum { SRV_METER_ROUTES = 32, SRV_METER_NO_ROUTE = SRV_METER_ROUTES - 1, SRV_METER_STATUSES = 20 };

/* Of a request that has no time worth telling: a poll that was held, a client that left. */
static const uint64_t SRV_METER_UNTIMED = UINT64_MAX;

/* What no status tells. */
enum srv_event {
    SRV_EVENT_REPORT_STORED,
    SRV_EVENT_REPORT_REPEATED,
    SRV_EVENT_ENROLLED_NEW,
    SRV_EVENT_ENROLLED_KEPT,
    SRV_EVENT_ENROLLED_DUPLICATE,
    SRV_EVENT_SHED,
    SRV_EVENT_COUNT
};

/* How busy a door is; its listener keeps this up to date. */
struct srv_load {
    unsigned limit; /* set before anybody comes */
    atomic_uint_fast64_t connections;
    atomic_uint_fast64_t requests;            /* under way, held polls, too */
    atomic_uint_fast64_t cut;                 /* connections that took too long for a request */
    atomic_uint_fast64_t displaced;           /* idle ones that ended for others */
    atomic_uint_fast64_t turned_away;         /* closed at once: no room at all */
    atomic_uint_fast64_t turned_away_address; /* or not for that address */
    atomic_uint_fast64_t lost;                /* answers that the client did not wait for */
};

/* How many connections have a request under way, measured by how many there should be: the others
 * make room. */
enum srv_crowd {
    SRV_CROWD_NONE,
    SRV_CROWD_BUSY, /* fifteen sixteenths */
    SRV_CROWD_FULL, /* more */
};

enum srv_crowd srv_load_crowd(struct srv_load *load);

struct srv_route_meter {
    atomic_uint_fast64_t statuses[SRV_METER_STATUSES];
    struct srv_histogram took;
};

struct srv_meter {
    int64_t started_s; /* wall seconds since 1970 UTC */
    struct srv_load loads[SRV_DOOR_COUNT];
    struct srv_route_meter routes[SRV_DOOR_COUNT][SRV_METER_ROUTES];
    atomic_uint_fast64_t events[SRV_EVENT_COUNT];
    atomic_uint exports; /* under way */
};

enum status srv_meter_open(int64_t now_s, struct srv_meter **out, struct err *err) MUST_USE;
void srv_meter_free(struct srv_meter *meter); /* NULL is fine */

void srv_meter_event(struct srv_meter *meter, enum srv_event event);
/* status 0: the client left before it had an answer. */
void srv_meter_request(struct srv_route_meter *route, unsigned status, uint64_t took_ms);

/* Requests with a status from first to last; both 0: without an answer. */
uint64_t srv_meter_statuses(struct srv_route_meter *route, unsigned first, unsigned last);

#endif
