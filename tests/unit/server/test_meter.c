/* test_meter.c - counting requests by status, from several threads. */
#include "tests/cmocka_all.h"

#include "server/meter.h"

#include <pthread.h>

enum { THREADS = 4, EACH = 20000, ANY_STATUS = 599 };

static struct srv_meter *open_meter(void)
{
    struct srv_meter *meter = NULL;
    assert_int_equal(srv_meter_open(1000, &meter, NULL), ST_OK);
    assert_int_equal(meter->started_s, 1000);
    return meter;
}

static void meter__each_status__counts_where_it_belongs(void **state)
{
    (void)state;
    static const unsigned SEEN[] = {0,   200, 201, 202, 204, 304, 400, 401, 403, 404,
                                    405, 409, 412, 413, 422, 428, 429, 500, 501, 503};
    struct srv_meter *meter = open_meter();
    struct srv_route_meter *route = &meter->routes[SRV_DOOR_AGENTS][0];
    for (size_t i = 0; i < sizeof SEEN / sizeof SEEN[0]; i++) {
        srv_meter_request(route, SEEN[i], 1);
        assert_int_equal(srv_meter_statuses(route, SEEN[i], SEEN[i]), 1);
    }
    assert_int_equal(srv_meter_statuses(route, 200, 299), 4);
    assert_int_equal(srv_meter_statuses(route, 400, 499), 11);
    assert_int_equal(srv_meter_statuses(route, 0, ANY_STATUS), sizeof SEEN / sizeof SEEN[0]);
    assert_int_equal(srv_meter_statuses(&meter->routes[SRV_DOOR_ADMINS][0], 0, ANY_STATUS), 0);
    srv_meter_free(meter);
}

static void meter__unforeseen_status__is_the_servers_fault(void **state)
{
    (void)state;
    struct srv_meter *meter = open_meter();
    struct srv_route_meter *route = &meter->routes[SRV_DOOR_ADMINS][SRV_METER_NO_ROUTE];
    srv_meter_request(route, 418, 1);
    assert_int_equal(srv_meter_statuses(route, 500, ANY_STATUS), 1);
    assert_int_equal(srv_meter_statuses(route, 400, 499), 0);
    srv_meter_free(meter);
}

static void meter__untimed__is_counted_and_has_no_duration(void **state)
{
    (void)state;
    struct srv_meter *meter = open_meter();
    struct srv_route_meter *route = &meter->routes[SRV_DOOR_AGENTS][0];
    srv_meter_request(route, 304, SRV_METER_UNTIMED);
    srv_meter_request(route, 304, 7);
    assert_int_equal(srv_meter_statuses(route, 304, 304), 2);
    assert_int_equal(route->took.counts[1], 1); /* 5 to 25 ms */
    assert_int_equal(route->took.sum, 7);
    srv_meter_free(meter);
}

static enum srv_crowd crowd_of(unsigned limit, uint64_t connections)
{
    struct srv_load load = {.limit = limit};
    atomic_init(&load.requests, connections);
    return srv_load_crowd(&load);
}

static void load__crowd__is_busy_before_it_is_full(void **state)
{
    (void)state;
    assert_int_equal(crowd_of(160, 0), SRV_CROWD_NONE);
    assert_int_equal(crowd_of(160, 149), SRV_CROWD_NONE);
    assert_int_equal(crowd_of(160, 150), SRV_CROWD_BUSY);
    assert_int_equal(crowd_of(160, 160), SRV_CROWD_BUSY);
    assert_int_equal(crowd_of(160, 161), SRV_CROWD_FULL);
    assert_int_equal(crowd_of(1, 0), SRV_CROWD_NONE);
    assert_int_equal(crowd_of(1, 2), SRV_CROWD_FULL);
}

static void *count_much(void *ctx)
{
    struct srv_meter *meter = ctx;
    for (int i = 0; i < EACH; i++) {
        srv_meter_request(&meter->routes[SRV_DOOR_AGENTS][0], 204, 1);
        srv_meter_event(meter, SRV_EVENT_REPORT_STORED);
    }
    return NULL;
}

static void meter__several_threads__lose_nothing(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct srv_meter *meter = open_meter();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, meter), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    struct srv_route_meter *route = &meter->routes[SRV_DOOR_AGENTS][0];
    assert_int_equal(srv_meter_statuses(route, 204, 204), THREADS * EACH);
    assert_int_equal(route->took.sum, THREADS * EACH);
    assert_int_equal(meter->events[SRV_EVENT_REPORT_STORED], THREADS * EACH);
    srv_meter_free(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meter__each_status__counts_where_it_belongs),
        cmocka_unit_test(meter__unforeseen_status__is_the_servers_fault),
        cmocka_unit_test(meter__untimed__is_counted_and_has_no_duration),
        cmocka_unit_test(load__crowd__is_busy_before_it_is_full),
        cmocka_unit_test(meter__several_threads__lose_nothing),
    };
    return cmocka_run_group_tests_name("meter", tests, NULL, NULL);
}
