#include "server/meter.h"

#include <stdlib.h>

const char *const SRV_DOOR_WORDS[SRV_DOOR_COUNT] = {"agents", "admins"};

/* All that handlers and the router answer with; any other counts as 500. */
static const unsigned STATUSES[SRV_METER_STATUSES] = {0,   200, 201, 202, 204, 304, 400,
                                                      401, 403, 404, 405, 409, 412, 413,
                                                      422, 428, 429, 500, 501, 503};

enum status srv_meter_open(int64_t now_s, struct srv_meter **out, struct err *err)
{
    struct srv_meter *meter = calloc(1, sizeof *meter);
    if (meter == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot count requests");
    }
    meter->started_s = now_s;
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        for (size_t i = 0; i < SRV_METER_ROUTES; i++) {
            meter->routes[door][i].took.buckets = SRV_BUCKETS_MS;
        }
    }
    *out = meter;
    return ST_OK;
}

void srv_meter_free(struct srv_meter *meter)
{
    free(meter);
}

void srv_meter_event(struct srv_meter *meter, enum srv_event event)
{
    atomic_fetch_add_explicit(&meter->events[event], 1, memory_order_relaxed);
}

enum srv_crowd srv_load_crowd(struct srv_load *load)
{
    uint64_t count = atomic_load_explicit(&load->requests, memory_order_relaxed);
    if (count > load->limit) {
        return SRV_CROWD_FULL;
    }
    return count >= load->limit - load->limit / 16 ? SRV_CROWD_BUSY : SRV_CROWD_NONE;
}

static size_t index_of(unsigned status)
{
    size_t at = 0;
    while (at < SRV_METER_STATUSES && STATUSES[at] != status) {
        at++;
    }
    return at < SRV_METER_STATUSES ? at : index_of(500);
}

void srv_meter_request(struct srv_route_meter *route, unsigned status, uint64_t took_ms)
{
    atomic_fetch_add_explicit(&route->statuses[index_of(status)], 1, memory_order_relaxed);
    if (took_ms != SRV_METER_UNTIMED) {
        srv_histogram_add(&route->took, took_ms);
    }
}

uint64_t srv_meter_statuses(struct srv_route_meter *route, unsigned first, unsigned last)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SRV_METER_STATUSES; i++) {
        if (STATUSES[i] >= first && STATUSES[i] <= last) {
            sum += atomic_load_explicit(&route->statuses[i], memory_order_relaxed);
        }
    }
    return sum;
}
