/* test_http_kept.c - one connection for many requests: what the server remembers of it is never more than a digest. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/machines.h"
#include "tests/unit/server/wire.h"

#include <stdio.h>
#include <string.h>

enum { KEPT_BYTES = 4096 };

/* Asks for the policy over the connection that stays; the answer's text is good until the next call. */
static const char *poll_with(int fd, const char *token)
{
    static char text[KEPT_BYTES];
    char request[512];
    (void)snprintf(request, sizeof request, "GET /v1/policy HTTP/1.1\r\nHost: x\r\n%s%s%s\r\n",
                   token != NULL ? "Authorization: Bearer " : "", token != NULL ? token : "",
                   token != NULL ? "\r\n" : "");
    assert_true(wire_put(fd, request));
    wire_answer(fd, text, sizeof text);
    assert_int_equal(strncmp(text, "HTTP/1.1 204 ", 13), 0);
    return text;
}

static bool is_known(int fd, const char *token)
{
    return strstr(poll_with(fd, token), "Enrollment-Required: true") == NULL;
}

static int report_with(int fd, const char *token)
{
    static char text[KEPT_BYTES];
    char request[512];
    int status = 0;
    (void)snprintf(request, sizeof request,
                   "POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                   "Content-Length: 2\r\n\r\n{}",
                   token);
    assert_true(wire_put(fd, request));
    wire_answer(fd, text, sizeof text);
    assert_int_equal(sscanf(text, "HTTP/1.1 %d", &status), 1);
    return status;
}

static void kept__token_retired_between_two_requests__is_not_good_for_the_second(void **state)
{
    struct place *p = *state;
    struct machine d;
    machine_enroll(p, bearer(p->secret, ""), &d);
    int fd = wire_dial(agents_url(p));
    assert_true(is_known(fd, d.token));
    assert_true(is_known(fd, d.token));
    place_retire(p, d.id);
    assert_false(is_known(fd, d.token));
    assert_int_equal(report_with(fd, d.token), 401);
    wire_close(fd);
}

static void kept__token_expires_between_two_requests__is_not_good_for_the_second(void **state)
{
    struct place *p = *state;
    struct machine first;
    struct machine again;
    machine_enroll(p, bearer(p->secret, ""), &first);
    machine_enroll(p, old_token(first.token), &again);
    int fd = wire_dial(agents_url(p));
    assert_true(is_known(fd, first.token)); /* for a day */
    machines_now_s += 86400;
    assert_false(is_known(fd, first.token));
    assert_true(is_known(fd, again.token));
    wire_close(fd);
}

/* Each request is judged by what it shows itself. */
static void kept__another_token_or_none__counts_for_its_own_request(void **state)
{
    struct place *p = *state;
    struct machine one;
    struct machine other;
    char odd[SRV_SECRET_BYTES];
    machine_enroll(p, bearer(p->secret, ""), &one);
    machine_enroll(p, bearer(p->secret, ""), &other);
    int fd = wire_dial(agents_url(p));
    assert_true(is_known(fd, one.token));
    assert_false(is_known(fd, NULL));
    for (size_t i = 0; i < SRV_SECRET_BYTES - 1; i++) {
        memcpy(odd, one.token, sizeof odd);
        odd[i] = odd[i] == '0' ? '1' : '0'; /* one letter beside the one that is remembered */
        assert_false(is_known(fd, odd));
        assert_true(is_known(fd, one.token));
    }
    memcpy(odd, one.token, sizeof odd);
    odd[SRV_SECRET_BYTES - 2] = '\0'; /* its beginning */
    assert_false(is_known(fd, odd));
    assert_true(is_known(fd, other.token));
    place_retire(p, other.id);
    assert_true(is_known(fd, one.token));
    assert_false(is_known(fd, other.token));
    assert_int_equal(report_with(fd, other.token), 401);
    assert_int_equal(report_with(fd, one.token), 422); /* let in, and then not understood */
    wire_close(fd);
}

/* What no connection showed before is not known on another one. */
static void kept__two_connections__do_not_share_what_they_showed(void **state)
{
    struct place *p = *state;
    struct machine d;
    machine_enroll(p, bearer(p->secret, ""), &d);
    int first = wire_dial(agents_url(p));
    int second = wire_dial(agents_url(p));
    assert_true(is_known(first, d.token));
    assert_false(is_known(second, NULL));
    assert_true(is_known(second, d.token));
    assert_false(is_known(first, NULL));
    wire_close(first);
    wire_close(second);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, machines_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(kept__token_retired_between_two_requests__is_not_good_for_the_second),
        TEST(kept__token_expires_between_two_requests__is_not_good_for_the_second),
        TEST(kept__another_token_or_none__counts_for_its_own_request),
        TEST(kept__two_connections__do_not_share_what_they_showed),
    };
    return cmocka_run_group_tests_name("http_kept", tests, NULL, NULL);
}
