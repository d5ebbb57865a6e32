/* test_source_http_proxy_posix.c - the http port by way of proxies: sockets of this test that are
 * asked to CONNECT. */
#include "tests/cmocka_all.h"

#include "agent/source_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ag_source_http *source;
static struct ag_http http;
static struct err err;
static int listener;
static unsigned port;
static unsigned closed_port; /* nobody listens there */

static struct ag_proxy_list known;
static unsigned doubts;

static bool list(void *ctx, struct ag_proxy_list *out)
{
    (void)ctx;
    *out = known;
    return known.count > 0;
}

static void doubt(void *ctx)
{
    (void)ctx;
    doubts++;
}

static unsigned listen_somewhere(int *out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*out, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(*out, 4), 0);
    assert_int_equal(getsockname(*out, (struct sockaddr *)&address, &length), 0);
    return ntohs(address.sin_port);
}

/* Bound, so that nobody else gets it, but not listening. */
static int closed;

static int set_up(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    port = listen_somewhere(&listener);
    closed = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(closed, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(closed, (struct sockaddr *)&address, &length), 0);
    closed_port = ntohs(address.sin_port);
    known.count = 0;
    doubts = 0;
    source = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_source_http_close(source);
    (void)close(listener);
    (void)close(closed);
    return 0;
}

static void open_by(const char *proxy, bool looked_up)
{
    struct ag_source_http_options options = {.server_url = "https://rollout.test:8443",
                                             .proxy = proxy};
    if (looked_up) {
        options.proxies = (struct ag_proxy_source){.list = list, .doubt = doubt};
    }
    assert_int_equal(ag_source_http_open(&options, &source, &err), ST_OK);
    http = ag_source_http_port(source);
}

static void know(unsigned first, unsigned second)
{
    char text[128];
    (void)snprintf(text, sizeof text, "127.0.0.1:%u;127.0.0.1:%u", first, second);
    ag_proxy_list_read(text, &known); /* port 0 is none */
}

static void start(void)
{
    struct ag_request request = {
        .path = "/v1/policy", .bearer = "t0ken", .wait_s = 60, .answer_limit_bytes = 100};
    assert_int_equal(http.start(http.ctx, AG_LANE_POLICY, &request, &err), ST_OK);
}

static bool is_called(void)
{
    struct pollfd wanted = {.fd = listener, .events = POLLIN};
    return poll(&wanted, 1, 0) > 0;
}

/* Let the port work until somebody calls us; what was said up to the empty line. */
static int take_call(char *said, size_t room)
{
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    for (int i = 0; i < 500 && !is_called(); i++) {
        assert_false(http.wait(http.ctx, 10, &lane, &answer));
    }
    assert_true(is_called());
    int peer = accept(listener, NULL, NULL);
    assert_true(peer >= 0);
    size_t size = 0;
    said[0] = '\0';
    for (int i = 0; i < 500 && strstr(said, "\r\n\r\n") == NULL; i++) {
        assert_false(http.wait(http.ctx, 10, &lane, &answer));
        ssize_t more = recv(peer, said + size, room - size - 1, MSG_DONTWAIT);
        size += more > 0 ? (size_t)more : 0;
        said[size] = '\0';
    }
    return peer;
}

static struct ag_answer end(void)
{
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer = {.st = ST_OK};
    assert_true(http.wait(http.ctx, 10000, &lane, &answer));
    bytes_free(&answer.body);
    return answer;
}

static void say(int peer, const char *text)
{
    assert_int_equal(send(peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void proxy__fixed__is_asked_to_connect_and_told_nothing_else(void **state)
{
    (void)state;
    char said[2048];
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    assert_int_equal(setenv("no_proxy", "*", 1), 0); /* the environment counts for nothing */
    assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
    open_by(url, false);
    start();
    int peer = take_call(said, sizeof said);
    assert_ptr_equal(strstr(said, "CONNECT rollout.test:8443 HTTP/1.1\r\n"), said);
    assert_null(strstr(said, "uthorization"));
    assert_null(strstr(said, "t0ken"));
    assert_null(strstr(said, "If-None-Match"));
    (void)close(peer);
    assert_int_equal(end().st, ST_UNREACHABLE);
    assert_int_equal(unsetenv("no_proxy"), 0);
    assert_int_equal(unsetenv("https_proxy"), 0);
}

static void proxy__wants_credentials__gets_none_and_the_error_says_so(void **state)
{
    (void)state;
    char said[2048];
    open_by(NULL, true);
    know(port, 0);
    start();
    int peer = take_call(said, sizeof said);
    say(peer, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
              "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n");
    struct ag_answer answer = end();
    assert_int_equal(answer.st, ST_UNREACHABLE);
    assert_non_null(strstr(answer.err.text, "credentials"));
    assert_non_null(strstr(answer.err.text, "by way of http://127.0.0.1"));
    assert_false(is_called());
    assert_int_equal(doubts, 1);
    (void)close(peer);
}

static void proxies__first_is_dead__second_is_taken(void **state)
{
    (void)state;
    char said[2048];
    open_by(NULL, true);
    know(closed_port, port);
    start();
    int peer = take_call(said, sizeof said);
    say(peer, "HTTP/1.1 200 OK\r\n\r\nno TLS at all");
    (void)close(peer);
    assert_int_equal(end().st, ST_DENIED);
    assert_int_equal(doubts, 1);
}

static void proxies__not_known_yet__nobody_is_called_until_they_are(void **state)
{
    (void)state;
    char said[2048];
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    open_by(NULL, true);
    start();
    assert_false(http.wait(http.ctx, 50, &lane, &answer));
    assert_false(is_called());
    know(port, 0);
    ag_source_http_wake(source);
    assert_false(http.wait(http.ctx, 50000, &lane, &answer)); /* woken */
    (void)close(take_call(said, sizeof said));
    (void)end();
}

static void proxies__not_known_and_cancelled__the_lane_is_free(void **state)
{
    (void)state;
    enum ag_lane lane = AG_LANE_COUNT;
    struct ag_answer answer;
    open_by(NULL, true);
    start();
    http.cancel(http.ctx, AG_LANE_POLICY);
    assert_int_equal(doubts, 1); /* it may be another network */
    know(port, 0);
    assert_false(http.wait(http.ctx, 20, &lane, &answer));
    assert_false(is_called());
    start();
}

static void proxies__all_dead__each_is_tried_once_and_then_doubted(void **state)
{
    (void)state;
    open_by(NULL, true);
    know(closed_port, closed_port);
    start();
    assert_int_equal(end().st, ST_UNREACHABLE);
    assert_int_equal(doubts, 1);
    start(); /* the lane is free again */
}

static unsigned reads;

static enum status read_roots(struct bytes *out, struct err *why)
{
    (void)why;
    reads++;
    *out = bytes_with_limit(16);
    return bytes_append_text(out, "no PEM");
}

/* Such roots hold for nobody. */
static void fail_in_tls(void)
{
    start();
    assert_int_equal(end().st, ST_DENIED);
}

static void roots__tls_fails_again_and_again__are_read_again_once(void **state)
{
    (void)state;
    char url[64];
    reads = 0;
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u", port);
    struct ag_source_http_options options = {.server_url = url, .read_roots = read_roots};
    assert_int_equal(ag_source_http_open(&options, &source, &err), ST_OK);
    http = ag_source_http_port(source);
    assert_int_equal(reads, 1);
    fail_in_tls();
    assert_int_equal(reads, 1);
    fail_in_tls();
    assert_int_equal(reads, 2);
    fail_in_tls();
    assert_int_equal(reads, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(proxy__fixed__is_asked_to_connect_and_told_nothing_else),
        TEST(proxy__wants_credentials__gets_none_and_the_error_says_so),
        TEST(proxies__first_is_dead__second_is_taken),
        TEST(proxies__not_known_yet__nobody_is_called_until_they_are),
        TEST(proxies__not_known_and_cancelled__the_lane_is_free),
        TEST(roots__tls_fails_again_and_again__are_read_again_once),
        TEST(proxies__all_dead__each_is_tried_once_and_then_doubted),
    };
    return cmocka_run_group_tests_name("source_http_proxy", tests, NULL, NULL);
}
