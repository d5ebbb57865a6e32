/* test_listener.c - http.h over real sockets: clients that are slow, silent or many. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/listener_bench.h"
#include "tests/unit/server/wire.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char text[TEXT_BYTES];

static void serve_tls(struct bench *b)
{
    char cert[SCRATCH_PATH_BYTES + 16];
    char key[SCRATCH_PATH_BYTES + 16];
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", b->folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", b->folder);
    wire_make_pair(cert, key, 7, 3600);
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, NULL), ST_OK);
}

/* ---- slow and silent clients ----------------------------------------------------------------- */

static void listener__silent_client__is_cut(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial(bench_hasty(b));
    assert_true(wire_ends(fd));
    assert_int_equal(atomic_load(&b->load.cut), 1);
    assert_int_equal(b->opened, 0);
    wire_close(fd);
}

/* Each byte comes long before any idle time is over: only the whole is too slow. */
static void listener__header_bytes_that_drip__are_cut(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial(bench_hasty(b));
    assert_true(wire_put(fd, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "));
    while (wire_put(fd, "a")) {
        (void)usleep(20000);
    }
    assert_int_equal(atomic_load(&b->load.cut), 1);
    assert_int_equal(b->opened, 0);
    wire_close(fd);
}

static void listener__body_bytes_that_drip__are_cut(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial(bench_hasty(b));
    assert_true(wire_put(fd, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"));
    while (wire_put(fd, "a")) {
        (void)usleep(20000);
    }
    bench_await(b, &b->ended, 1);
    assert_int_equal(atomic_load(&b->load.cut), 1);
    assert_int_equal(b->body_bytes, 0);
    wire_close(fd);
}

static void listener__answer_that_nobody_reads__is_cut(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial_little(bench_hasty(b));
    assert_true(wire_put(fd, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
    bench_await(b, &b->ended, 1);
    assert_int_equal(atomic_load(&b->load.cut), 1);
    assert_int_equal(atomic_load(&b->load.lost), 1);
    wire_close(fd);
}

static void listener__connection_kept_for_nothing__is_cut_and_its_answers_were_fine(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial(bench_hasty(b));
    assert_true(wire_put(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_answer(fd, text, sizeof text);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 ", 13), 0);
    assert_true(wire_ends(fd));
    assert_int_equal(atomic_load(&b->load.cut), 1);
    assert_int_equal(atomic_load(&b->load.lost), 0);
    wire_close(fd);
}

static void listener__handshake_that_does_not_go_on__is_cut(void **state)
{
    struct bench *b = *state;
    serve_tls(b);
    const char *url = bench_hasty(b);
    int silent = wire_dial(url);
    int begun = wire_dial(url);
    /* A record of a client's first message: its length, and a part of it. */
    assert_true(wire_put(begun, "\x16\x03\x01\x02\x01\x01"));
    assert_true(wire_ends(silent));
    assert_true(wire_ends(begun));
    assert_int_equal(atomic_load(&b->load.cut), 2);
    assert_int_equal(b->opened, 0);
    assert_int_equal(wire_serial(url), 7); /* others are served */
    wire_close(silent);
    wire_close(begun);
}

/* The library cannot see it go: so it costs a place until it is woken, and nothing else. */
static void listener__client_of_a_parked_request_leaves__is_let_go_when_woken(void **state)
{
    struct bench *b = *state;
    int fd = wire_dial(bench_patient(b));
    assert_true(wire_put(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    bench_await(b, &b->parked, 1);
    wire_close(fd);
    srv_request_wake(b->waiting);
    bench_await(b, &b->ended, 1);
    bench_await_load(&b->load.connections, 0);
}

/* ---- many clients ---------------------------------------------------------------------------- */

static void listener__more_than_its_limit__the_longest_idle_goes(void **state)
{
    struct bench *b = *state;
    int fds[FEW];
    const char *url = bench_patient(b);
    for (unsigned i = 0; i < FEW; i++) {
        fds[i] = wire_dial(url);
        bench_await_load(&b->load.connections, i + 1);
    }
    assert_true(wire_put(fds[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_answer(fds[0], text, sizeof text); /* now the second is idle for longest */
    int one_more = wire_dial(url);
    assert_true(wire_ends(fds[1]));
    assert_int_equal(atomic_load(&b->load.displaced), 1);
    assert_true(wire_put(one_more, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_answer(one_more, text, sizeof text);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 ", 13), 0);
    assert_true(wire_put(fds[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_answer(fds[0], text, sizeof text);
    for (unsigned i = 0; i < FEW; i++) {
        wire_close(fds[i]);
    }
    wire_close(one_more);
}

/* Two threads let people in: of two who come at once either may be the first. */
static void await_arrivals(struct bench *b, uint64_t count)
{
    while (atomic_load(&b->load.connections) + atomic_load(&b->load.displaced) < count) {
        (void)usleep(1000);
    }
}

static void listener__requests_under_way__are_not_ended_for_others(void **state)
{
    struct bench *b = *state;
    int held = wire_dial(bench_patient(b));
    int fds[FEW * 2];
    assert_true(wire_put(held, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    bench_await(b, &b->parked, 1);
    for (unsigned i = 0; i < FEW * 2; i++) {
        fds[i] = wire_dial(srv_listener_url(b->listener));
        await_arrivals(b, i + 2);
    }
    for (unsigned i = 0; i + FEW < FEW * 2 + 1; i++) {
        assert_true(wire_ends(fds[i]));
    }
    srv_request_wake(b->waiting);
    wire_answer(held, text, sizeof text);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 ", 13), 0);
    for (unsigned i = 0; i < FEW * 2; i++) {
        wire_close(fds[i]);
    }
    wire_close(held);
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void take_id(const char *answer, char *out, size_t room)
{
    const char *at = strstr(answer, "X-Request-Id: ");
    assert_non_null(at);
    (void)snprintf(out, room, "%.*s", (int)strcspn(at + 14, "\r"), at + 14);
}

static void listener__each_answer__has_an_id_of_its_own_whatever_the_client_says(void **state)
{
    struct bench *b = *state;
    char first[64];
    char second[64];
    int fd = wire_dial(bench_patient(b));
    for (int i = 0; i < 2; i++) {
        assert_true(wire_put(fd, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n"));
        wire_answer(fd, text, sizeof text);
        take_id(text, i == 0 ? first : second, sizeof first);
    }
    assert_string_not_equal(first, second);
    assert_int_equal(strcspn(first, "-"), 16);
    assert_int_equal(strlen(first), 29);
    assert_memory_equal(first, second, 17);
    assert_null(strstr(text, "mine"));
    wire_close(fd);
    srv_listener_close(b->listener); /* another start */
    fd = wire_dial(bench_patient(b));
    assert_true(wire_put(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_answer(fd, text, sizeof text);
    take_id(text, second, sizeof second);
    assert_int_not_equal(strncmp(first, second, 17), 0);
    wire_close(fd);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void listener__quiesced__answers_who_is_there_and_lets_nobody_in(void **state)
{
    struct bench *b = *state;
    int held = wire_dial(bench_patient(b));
    assert_true(wire_put(held, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    bench_await(b, &b->parked, 1);
    srv_listener_quiesce(b->listener);
    int late = wire_dial(srv_listener_url(b->listener));
    assert_true(wire_ends(late));
    wire_close(late);
    assert_int_equal(atomic_load(&b->load.connections), 1);
    srv_request_wake(b->waiting);
    (void)wire_drain(held, text, sizeof text);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 ", 13), 0);
    assert_non_null(strstr(text, "Connection: close"));
    wire_close(held);
}

static void *wake_later(void *ctx)
{
    struct bench *b = ctx;
    (void)usleep(SHORT_MS * 2 * 1000); /* longer than the grace of whoever closes */
    srv_request_wake(b->waiting);
    return NULL;
}

/* The library aborts the process if it is stopped over a parked request. */
static void listener__closed_while_a_request_is_parked__waits_for_it(void **state)
{
    struct bench *b = *state;
    pthread_t waker;
    int held = wire_dial(bench_patient(b));
    assert_true(wire_put(held, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n"));
    bench_await(b, &b->parked, 1);
    assert_int_equal(pthread_create(&waker, NULL, wake_later, b), 0);
    srv_listener_close(b->listener);
    b->listener = NULL;
    assert_int_equal(b->ended, 1);
    assert_int_equal(pthread_join(waker, NULL), 0);
    wire_close(held);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(listener__silent_client__is_cut),
        TEST(listener__header_bytes_that_drip__are_cut),
        TEST(listener__body_bytes_that_drip__are_cut),
        TEST(listener__answer_that_nobody_reads__is_cut),
        TEST(listener__connection_kept_for_nothing__is_cut_and_its_answers_were_fine),
        TEST(listener__handshake_that_does_not_go_on__is_cut),
        TEST(listener__client_of_a_parked_request_leaves__is_let_go_when_woken),
        TEST(listener__more_than_its_limit__the_longest_idle_goes),
        TEST(listener__requests_under_way__are_not_ended_for_others),
        TEST(listener__each_answer__has_an_id_of_its_own_whatever_the_client_says),
        TEST(listener__quiesced__answers_who_is_there_and_lets_nobody_in),
        TEST(listener__closed_while_a_request_is_parked__waits_for_it),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
