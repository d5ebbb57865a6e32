/* test_preflight_win.c - the thread that probes: what it takes, what it gives, and how soon it stops. */
#include "tests/cmocka_all.h"

#include "agent/preflight_win.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#include <winsock2.h>

#include <ws2tcpip.h>

#include "tests/unit/agent/footprint_win.h"

enum { PATIENCE_MS = 40 * 1000, STOP_MOST_MS = 2500, WARM_ROUNDS = 5, ROUNDS = 40 };

static HANDLE woken;
static struct ag_preflight_win *servers;
static struct ag_probing port;

static void wake(void *ctx)
{
    (void)SetEvent(ctx);
}

static int set_up(void **state)
{
    WSADATA data;
    const struct ag_preflight_win_options options = {
        .wake = wake, .ctx = woken = CreateEventW(NULL, FALSE, FALSE, NULL)};
    (void)state;
    assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
    assert_int_equal(ag_preflight_win_start(&options, &servers, NULL), ST_OK);
    port = ag_preflight_win_port(servers);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_preflight_win_stop(servers);
    ag_preflight_win_free(servers);
    servers = NULL;
    (void)CloseHandle(woken);
    (void)WSACleanup();
    return 0;
}

/* A socket on a port of its own; it listens if it is to. */
static SOCKET make_socket(bool listens, char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof address;
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(server != INVALID_SOCKET);
    assert_int_equal(bind(server, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listens ? listen(server, 4) : 0, 0);
    (void)snprintf(url, 64, "https://127.0.0.1:%u/mapi/", ntohs(address.sin_port));
    return server;
}

static void begin(const char *url)
{
    const char *urls[] = {url};
    assert_int_equal(port.start(port.ctx, urls, 1, NULL), ST_OK);
}

static void take__nobody_listens__is_unreachable(void **state)
{
    char first[64];
    char second[64];
    SOCKET one = make_socket(false, first);
    SOCKET other = make_socket(false, second);
    const char *urls[] = {first, second};
    struct ag_probed probed[2];
    size_t count = 0;
    (void)state;
    assert_false(port.take(port.ctx, probed, 2, &count));
    for (int round = 0; round < 2; round++) {
        assert_int_equal(port.start(port.ctx, urls, 2, NULL), ST_OK);
        assert_int_equal(port.start(port.ctx, urls, 2, NULL), ST_BUSY);
        assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
        assert_int_equal(port.start(port.ctx, urls, 2, NULL), ST_BUSY); /* not taken yet */
        assert_true(port.take(port.ctx, probed, 2, &count));
        assert_int_equal(count, 2);
        assert_string_equal(probed[0].url, first);
        assert_string_equal(probed[1].url, second);
        assert_int_equal(probed[0].result.verdict, POL_VERDICT_UNREACHABLE);
        assert_int_equal(probed[1].result.verdict, POL_VERDICT_UNREACHABLE);
        assert_int_equal(probed[0].result.http, 0);
        assert_false(port.take(port.ctx, probed, 2, &count));
    }
    (void)closesocket(one);
    (void)closesocket(other);
}

static void take__less_room__drops_the_rest(void **state)
{
    char url[64];
    SOCKET server = make_socket(false, url);
    const char *urls[] = {url, url};
    struct ag_probed probed[1];
    size_t count = 0;
    (void)state;
    assert_int_equal(port.start(port.ctx, urls, 2, NULL), ST_OK);
    assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(port.take(port.ctx, probed, 1, &count));
    assert_int_equal(count, 1);
    (void)closesocket(server);
}

static void take__no_url__is_left_out(void **state)
{
    struct ag_probed probed[1];
    size_t count = 1;
    (void)state;
    begin("http://127.0.0.1/mapi/");
    assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(port.take(port.ctx, probed, 1, &count));
    assert_int_equal(count, 0);
}

static void probe_once(const char *url)
{
    struct ag_probed probed[1];
    size_t count = 0;
    begin(url);
    assert_int_equal(WaitForSingleObject(woken, PATIENCE_MS), WAIT_OBJECT_0);
    assert_true(port.take(port.ctx, probed, 1, &count));
    assert_int_equal(probed[0].result.verdict, POL_VERDICT_UNREACHABLE);
}

static void take__over_and_over__leaves_nothing_behind(void **state)
{
    char url[64];
    SOCKET server = make_socket(false, url);
    size_t handles = 0;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        if (i == WARM_ROUNDS) {
            handles = handle_count();
        }
        probe_once(url);
    }
    assert_true(handle_count() <= handles + 2); /* WinHTTP's own threads come and go */
    (void)closesocket(server);
}

static void stop__server_that_says_nothing__does_not_wait_for_it(void **state)
{
    char url[64];
    SOCKET server = make_socket(true, url);
    (void)state;
    begin(url);
    SOCKET client = accept(server, NULL, NULL); /* it has come so far */
    assert_true(client != INVALID_SOCKET);
    uint64_t began_ms = clock_monotonic_ms();
    ag_preflight_win_stop(servers);
    ag_preflight_win_free(servers);
    servers = NULL;
    assert_true(clock_monotonic_ms() - began_ms < STOP_MOST_MS);
    assert_int_equal(WaitForSingleObject(woken, 0), WAIT_TIMEOUT);
    (void)closesocket(client);
    (void)closesocket(server);
}

static void stop__nothing_begun__is_at_once(void **state)
{
    uint64_t began_ms = clock_monotonic_ms();
    (void)state;
    ag_preflight_win_stop(servers);
    ag_preflight_win_free(servers);
    servers = NULL;
    assert_true(clock_monotonic_ms() - began_ms < STOP_MOST_MS);
    ag_preflight_win_stop(NULL);
    ag_preflight_win_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(take__nobody_listens__is_unreachable),
        TEST(take__less_room__drops_the_rest),
        TEST(take__no_url__is_left_out),
        TEST(take__over_and_over__leaves_nothing_behind),
        TEST(stop__server_that_says_nothing__does_not_wait_for_it),
        TEST(stop__nothing_begun__is_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
