/* test_source_http_posix.c - the http port against sockets of this test: nobody there, silence,
 * cancelling, waking. What goes over TLS is tested with the real server. */
#include "tests/cmocka_all.h"

#include "agent/source_http.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ag_source_http *source;
static struct ag_http http;
static struct err err;
static int listener;
static char url[64];

/* A listener that never answers: the TLS handshake hangs. */
static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(address.sin_port));
    struct ag_source_http_options options = {.server_url = url};
    assert_int_equal(ag_source_http_open(&options, &source, &err), ST_OK);
    http = ag_source_http_port(source);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_source_http_close(source);
    (void)close(listener);
    return 0;
}

static enum status start(enum ag_lane lane)
{
    struct ag_request request = {.path = "/v1/policy", .wait_s = 60, .answer_limit_bytes = 100};
    return http.start(http.ctx, lane, &request, &err);
}

static void open__plain_http__is_refused(void **state)
{
    (void)state;
    struct ag_source_http *none = NULL;
    struct ag_source_http_options options = {.server_url = "http://127.0.0.1"};
    assert_int_equal(ag_source_http_open(&options, &none, &err), ST_REFUSED);
    assert_string_equal(err.code, "bad_url");
    assert_null(none);
}

static void start__nobody_listens__is_unreachable_with_a_sentence(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    assert_int_equal(close(listener), 0);
    listener = -1;
    assert_int_equal(start(AG_LANE_REPORT), ST_OK);
    assert_true(http.wait(http.ctx, 10000, &lane, &answer));
    assert_int_equal(lane, AG_LANE_REPORT);
    assert_int_equal(answer.st, ST_UNREACHABLE);
    assert_string_not_equal(answer.err.text, "");
    bytes_free(&answer.body);
    assert_int_equal(start(AG_LANE_REPORT), ST_OK); /* the lane is free again */
}

static void start__lane_is_busy__is_our_mistake(void **state)
{
    (void)state;
    assert_int_equal(start(AG_LANE_POLICY), ST_OK);
    assert_int_equal(start(AG_LANE_POLICY), ST_BUG);
    assert_int_equal(start(AG_LANE_ENROLL), ST_OK);
}

static void cancel__answer_never_comes_and_the_lane_is_free(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    assert_int_equal(start(AG_LANE_POLICY), ST_OK);
    assert_false(http.wait(http.ctx, 20, &lane, &answer));
    http.cancel(http.ctx, AG_LANE_POLICY);
    http.cancel(http.ctx, AG_LANE_POLICY);
    assert_false(http.wait(http.ctx, 0, &lane, &answer));
    assert_int_equal(start(AG_LANE_POLICY), ST_OK);
}

static void *wake(void *unused)
{
    ag_source_http_wake(source);
    return unused;
}

static void wake__from_another_thread__ends_the_wait_before_its_time(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    pthread_t thread;
    assert_int_equal(start(AG_LANE_POLICY), ST_OK);
    uint64_t before_ms = clock_monotonic_ms();
    assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
    assert_false(http.wait(http.ctx, 50000, &lane, &answer));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(clock_monotonic_ms() - before_ms < 50000);
}

static void wake__while_nobody_waits__is_not_lost(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    ag_source_http_wake(source);
    uint64_t before_ms = clock_monotonic_ms();
    assert_false(http.wait(http.ctx, 50000, &lane, &answer));
    assert_true(clock_monotonic_ms() - before_ms < 50000);
}

static void open__no_server__waits_and_wakes_all_the_same(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    ag_source_http_close(source);
    struct ag_source_http_options options = {.server_url = NULL};
    assert_int_equal(ag_source_http_open(&options, &source, &err), ST_OK);
    http = ag_source_http_port(source);
    assert_int_equal(start(AG_LANE_POLICY), ST_BUG);
    assert_false(http.wait(http.ctx, 10, &lane, &answer));
    ag_source_http_wake(source);
    assert_false(http.wait(http.ctx, 50000, &lane, &answer));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(open__plain_http__is_refused),
        TEST(start__nobody_listens__is_unreachable_with_a_sentence),
        TEST(start__lane_is_busy__is_our_mistake),
        TEST(cancel__answer_never_comes_and_the_lane_is_free),
        TEST(wake__from_another_thread__ends_the_wait_before_its_time),
        TEST(wake__while_nobody_waits__is_not_lost),
        TEST(open__no_server__waits_and_wakes_all_the_same),
    };
    return cmocka_run_group_tests_name("source_http", tests, NULL, NULL);
}
