/* test_certificate.c - certificate.h: a pair that fits is taken, and connections keep theirs. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "server/heart.h"
#include "tests/unit/server/listener_bench.h"
#include "tests/unit/server/wire.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 24 * 3600, PATH_BYTES = SCRATCH_PATH_BYTES + 16 };

static char cert[PATH_BYTES];
static char key[PATH_BYTES];
static struct err err;

static int setup(void **state)
{
    int code = bench_setup(state);
    struct bench *b = *state;
    (void)snprintf(cert, sizeof cert, "%s/cert.pem", b->folder);
    (void)snprintf(key, sizeof key, "%s/key.pem", b->folder);
    wire_make_pair(cert, key, 7, 30 * DAY_S);
    err = (struct err){0};
    return code;
}

static void spoil(const char *file, const char *content)
{
    assert_int_equal(file_write(file, span_text(content), FILE_FOR_OWNER, NULL), ST_OK);
}

static void certificate__read__tells_serial_and_end(void **state)
{
    struct bench *b = *state;
    struct srv_certificate_facts facts;
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_OK);
    srv_certificate_look(b->certificate, &facts);
    assert_string_equal(facts.serial, "07");
    assert_true(facts.expires_s > time(NULL) + 29 * DAY_S);
    assert_true(facts.starts_s <= time(NULL));
}

static void certificate__what_is_no_pair__is_refused(void **state)
{
    struct bench *b = *state;
    char other[PATH_BYTES];
    (void)snprintf(other, sizeof other, "%s/other.pem", b->folder);
    assert_int_equal(srv_certificate_open(key, key, &b->certificate, &err), ST_REFUSED);
    assert_string_equal(err.code, "certificate_refused");
    assert_int_equal(srv_certificate_open(cert, cert, &b->certificate, &err), ST_REFUSED);
    assert_int_equal(srv_certificate_open(cert, other, &b->certificate, &err), ST_NOT_FOUND);
    spoil(other, "");
    assert_int_equal(srv_certificate_open(other, key, &b->certificate, &err), ST_REFUSED);
    wire_make_pair(other, key, 8, DAY_S); /* the key of another certificate now */
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_REFUSED);
    assert_non_null(strstr(err.text, "do not fit"));
    assert_null(b->certificate);
}

static void certificate__reloaded__is_shown_to_whoever_comes_next(void **state)
{
    struct bench *b = *state;
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_OK);
    const char *url = bench_patient(b);
    assert_int_equal(wire_serial(url), 7);
    wire_make_pair(cert, key, 8, DAY_S);
    assert_int_equal(wire_serial(url), 7); /* nobody has said so */
    assert_int_equal(srv_certificate_reload(b->certificate, &err), ST_OK);
    assert_int_equal(wire_serial(url), 8);
}

/* The handshake of one that began before comes to its end afterwards, with the pair of before. */
static void certificate__reloaded_in_a_handshake__it_keeps_its_pair(void **state)
{
    struct bench *b = *state;
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_OK);
    int early = wire_dial(bench_patient(b));
    bench_await_load(&b->load.connections, 1);
    wire_make_pair(cert, key, 8, DAY_S);
    assert_int_equal(srv_certificate_reload(b->certificate, &err), ST_OK);
    assert_int_equal(wire_serial_of(early), 7);
    assert_int_equal(wire_serial(srv_listener_url(b->listener)), 8);
}

static void certificate__reload_of_what_does_not_fit__keeps_the_old(void **state)
{
    struct bench *b = *state;
    char other[PATH_BYTES];
    (void)snprintf(other, sizeof other, "%s/other.pem", b->folder);
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_OK);
    const char *url = bench_patient(b);
    wire_make_pair(cert, other, 8, DAY_S); /* its key is not there yet */
    assert_int_equal(srv_certificate_reload(b->certificate, &err), ST_REFUSED);
    assert_string_equal(err.code, "certificate_refused");
    spoil(cert, "-----BEGIN CERTIFICATE-----\nMIIB");
    assert_int_equal(srv_certificate_reload(b->certificate, &err), ST_REFUSED);
    assert_int_equal(file_remove(key, NULL), ST_OK);
    assert_int_equal(srv_certificate_reload(b->certificate, &err), ST_NOT_FOUND);
    assert_int_equal(wire_serial(url), 7);
}

static void certificate__its_end_comes_near__is_spoken_of(void **state)
{
    (void)state;
    assert_null(srv_heart_expiry_event(22 * DAY_S, 0));
    assert_string_equal(srv_heart_expiry_event(20 * DAY_S, 0), "certificate_expires");
    assert_string_equal(srv_heart_expiry_event(1, 0), "certificate_expires");
    assert_string_equal(srv_heart_expiry_event(0, 0), "certificate_expired");
}

static void knock__door_that_answers__is_alive_with_tls_and_without(void **state)
{
    struct bench *b = *state;
    char silent[64];
    int fd = -1;
    assert_true(srv_heart_knock(bench_patient(b), LONG_MS));
    srv_listener_close(b->listener);
    b->listener = NULL;
    assert_int_equal(srv_certificate_open(cert, key, &b->certificate, &err), ST_OK);
    assert_true(srv_heart_knock(bench_patient(b), LONG_MS));
    /* Somebody takes connections and nobody looks at them: a server that hangs. */
    assert_int_equal(srv_socket_bind("127.0.0.1:0", true, &fd, NULL), ST_OK);
    srv_socket_url(fd, false, silent, sizeof silent);
    assert_false(srv_heart_knock(silent, SHORT_MS));
    assert_int_equal(srv_socket_listen(fd, silent, NULL), ST_OK);
    assert_false(srv_heart_knock(silent, SHORT_MS));
    wire_close(fd);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, bench_teardown)
    const struct CMUnitTest tests[] = {
        TEST(certificate__read__tells_serial_and_end),
        TEST(certificate__what_is_no_pair__is_refused),
        TEST(certificate__reloaded__is_shown_to_whoever_comes_next),
        TEST(certificate__reloaded_in_a_handshake__it_keeps_its_pair),
        TEST(certificate__reload_of_what_does_not_fit__keeps_the_old),
        TEST(certificate__its_end_comes_near__is_spoken_of),
        TEST(knock__door_that_answers__is_alive_with_tls_and_without),
    };
    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
