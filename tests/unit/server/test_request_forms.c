/* test_request_forms.c - http.h over real sockets: requests that can be read in several ways. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/listener_bench.h"
#include "tests/unit/server/wire.h"

#include <stdio.h>
#include <string.h>

static char text[TEXT_BYTES];

/* ---- odd requests ---------------------------------------------------------------------------- */

/* What the answers to those bytes are, in the order of their status lines. */
static void statuses(struct bench *b, const char *bytes, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    int fd = wire_dial(srv_listener_url(b->listener));
    (void)wire_put(fd, bytes); /* it may have closed already */
    (void)wire_drain(fd, text, sizeof text);
    for (const char *at = text; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9) {
        used += (size_t)snprintf(out + used, room - used, "%s%.3s", used > 0 ? " " : "", at + 9);
    }
    wire_close(fd);
}

/* The library says what it cannot read in words of its own, its head twice sometimes, and closes. */
static bool is_refusal(const char *said)
{
    static const char *const REFUSALS[] = {"",        "400", "400 400", "413",
                                           "413 413", "500", "500 500", "505"};
    bool found = false;
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        found = found || strcmp(said, REFUSALS[i]) == 0;
    }
    return found;
}

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

static void request__ambiguous_requests__are_refused_and_nothing_follows(void **state)
{
    static const char *const ODD[] = {
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
        "0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 44\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x,\r\n\tchunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" SMUGGLED,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n" SMUGGLED,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02",
    };
    struct bench *b = *state;
    char said[64];
    (void)bench_hasty(b);
    for (size_t i = 0; i < sizeof ODD / sizeof ODD[0]; i++) {
        statuses(b, ODD[i], said, sizeof said);
        if (!is_refusal(said)) {
            fail_msg("%s\n -> %s", ODD[i], said);
        }
    }
    assert_int_equal(b->body_bytes, 0);
}

static void request__requests_in_one_piece__are_answered_one_after_the_other(void **state)
{
    struct bench *b = *state;
    char said[64];
    (void)bench_hasty(b);
    statuses(b,
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
             "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
             "GET /behind HTTP/1.1\r\nHost: x\r\n\r\n",
             said, sizeof said);
    assert_string_equal(said, "204 204 204");
    assert_int_equal(b->body_bytes, 5);
}

/* Allowed by RFC 9112, 2.2; what counts is that it is one request, and the next one another. */
static void request__lines_that_end_in_a_line_feed__are_lines(void **state)
{
    struct bench *b = *state;
    char said[64];
    (void)bench_hasty(b);
    statuses(b, "POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabcGET / HTTP/1.1\nHost: x\n\n",
             said, sizeof said);
    assert_string_equal(said, "204 204");
    assert_int_equal(b->body_bytes, 3);
}

static void request__what_is_too_long__is_refused(void **state)
{
    static char request[TEXT_BYTES];
    struct bench *b = *state;
    char said[64];
    (void)bench_hasty(b);
    int used = snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ");
    memset(request + used, 'a', 8000);
    (void)snprintf(request + used + 8000, sizeof request - (size_t)used - 8000, "\r\n\r\n");
    statuses(b, request, said, sizeof said);
    assert_string_equal(said, "431");
    used = snprintf(request, sizeof request,
                    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    memset(request + used, 'e', 8000);
    (void)snprintf(request + used + 8000, sizeof request - (size_t)used - 8000,
                   "\r\na\r\n0\r\n\r\n");
    statuses(b, request, said, sizeof said);
    assert_true(is_refusal(said));
    assert_int_equal(b->body_bytes, 0);
    used = snprintf(request, sizeof request,
                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BODY_LIMIT + 1);
    memset(request + used, 'b', BODY_LIMIT + 1);
    request[used + BODY_LIMIT + 1] = '\0';
    statuses(b, request, said, sizeof said);
    assert_string_equal(said, "413");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(request__ambiguous_requests__are_refused_and_nothing_follows),
        TEST(request__requests_in_one_piece__are_answered_one_after_the_other),
        TEST(request__lines_that_end_in_a_line_feed__are_lines),
        TEST(request__what_is_too_long__is_refused),
    };
    return cmocka_run_group_tests_name("request_forms", tests, NULL, NULL);
}
