/* test_metrics.c - what a server without listeners says of its store, its release and its gate. */
#include "tests/cmocka_all.h"

#include "server/metrics.h"
#include "tests/unit/server/gate_place.h"

#include <string.h>

enum { TEXT_BYTES = 64 * 1024, PAUSE_MS = 3600000 };

static struct srv_app app;
static struct bytes text;

static int64_t tell_now(void)
{
    return NOW_S;
}

static int metrics_setup(void **state)
{
    if (rollout_setup(state) != 0) {
        return -1;
    }
    struct rollout_place *p = *state;
    gate_clock_s = NOW_S;
    app = (struct srv_app){
        .store = p->store, .feed = p->feed, .rollout = p->rollout, .now_s = tell_now};
    struct srv_keeper_parts parts = {
        .store = &p->store, .rollout = p->rollout, .now_s = tell_now, .pause_ms = PAUSE_MS};
    assert_int_equal(srv_keeper_open(&parts, &app.keeper, NULL), ST_OK);
    assert_int_equal(srv_meter_open(NOW_S - 60, &app.meter, NULL), ST_OK);
    assert_int_equal(srv_auth_open(&p->store, &app.auth, NULL), ST_OK);
    text = bytes_with_limit(TEXT_BYTES);
    return 0;
}

static int metrics_teardown(void **state)
{
    srv_keeper_close(app.keeper);
    srv_meter_free(app.meter);
    srv_auth_free(app.auth);
    bytes_free(&text);
    return rollout_teardown(state);
}

static const char *look(void)
{
    bytes_clear(&text);
    assert_int_equal(srv_metrics_write(&app, &text, NULL), ST_OK);
    return bytes_text(&text);
}

/* A line of the last look; the final line end is part of it. */
static void expect_line(const char *line)
{
    if (strstr(bytes_text(&text), line) == NULL) {
        fail_msg("no line %s in:\n%s", line, bytes_text(&text));
    }
}

static void expect_no(const char *part)
{
    if (strstr(bytes_text(&text), part) != NULL) {
        fail_msg("%s is in:\n%s", part, bytes_text(&text));
    }
}

static void metrics__nothing_released__has_neither_stage_nor_gate(void **state)
{
    (void)state;
    (void)look();
    expect_line("\nmapi_rollout_released_version 0\n");
    expect_line("\nmapi_rollout_policy_served 1\n");
    expect_line("\nmapi_rollout_store_readable 1\n");
    expect_line("\nmapi_rollout_users 0\n");
    expect_line("\n# TYPE mapi_rollout_gate_verdict gauge\n");
    expect_no("\nmapi_rollout_released_info{");
    expect_no("\nmapi_rollout_gate_verdict{");
    expect_no("\nmapi_rollout_policy_expiry_seconds ");
}

static void metrics__released__names_the_stage_and_counts_down(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    (void)look();
    expect_line("\nmapi_rollout_released_version 7002\n");
    expect_line("\nmapi_rollout_released_info{stage=\"pilot\"} 1\n");
    expect_line("\nmapi_rollout_released_safe 0\n");
    expect_line("\nmapi_rollout_released_timestamp_seconds 1800000000\n");
    expect_line("\nmapi_rollout_start_timestamp_seconds 1799999940\n");
    expect_line("\nmapi_rollout_policy_expiry_seconds ");
    expect_no("\nmapi_rollout_policy_expiry_seconds -");
}

static void metrics__brake__is_told_and_never_expires(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    (void)look();
    expect_line("\nmapi_rollout_released_safe 1\n");
    expect_no("\nmapi_rollout_policy_expiry_seconds ");
}

/* A gate with 30 subjects, 10 of whom are healthy, that somebody has looked at. */
static void await_gate(struct rollout_place *p)
{
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_AUTO);
    gate_tell_pilot(p, devices, 0, 10, POL_STATE_COMPLIANT, NOW_S);
    do {
        srv_keeper_wake(app.keeper);
        (void)look();
    } while (strstr(bytes_text(&text), "\nmapi_rollout_gate_users{count=\"healthy\"} 10\n") ==
             NULL);
}

static void metrics__gate__tells_its_word_and_its_numbers(void **state)
{
    struct rollout_place *p = *state;
    await_gate(p);
    expect_line("\nmapi_rollout_gate_users{count=\"subjects\"} 30\n");
    expect_line("\nmapi_rollout_gate_users{count=\"reporting\"} 10\n");
    expect_line("\nmapi_rollout_gate_users{count=\"failing\"} 0\n");
    expect_line("\nmapi_rollout_gate_devices{count=\"subjects\"} 30\n");
    expect_line("\nmapi_rollout_gate_missing{number=\"soak\"} 1\n");
    expect_line("\nmapi_rollout_gate_missing{number=\"reporting\"} 1\n");
    expect_line("\nmapi_rollout_gate_missing{number=\"healthy\"} 0\n");
    expect_line("\nmapi_rollout_gate_verdict{verdict=\"advance\"} 0\n");
    expect_line("\nmapi_rollout_gate_soak_left_seconds 7200\n");
    expect_line("\nmapi_rollout_gate_look_age_seconds 0\n");
}

static void metrics__gate_of_a_stage_that_was_left__is_not_told(void **state)
{
    struct rollout_place *p = *state;
    await_gate(p);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    (void)look(); /* nobody has looked at a gate since */
    expect_line("\nmapi_rollout_released_safe 1\n");
    expect_no("\nmapi_rollout_gate_verdict{");
    expect_no("\nmapi_rollout_gate_users{");
}

static enum status cannot_count(void *ctx, const struct srv_count_question *question,
                                bool (*visit)(void *v, const struct srv_count_row *row), void *v,
                                struct err *err)
{
    const struct srv_count_row half = {.kind = "total", .name = "users", .count = 5};
    (void)ctx;
    (void)question;
    (void)visit(v, &half);
    return err_set(err, ST_IO, 0, "cannot read");
}

static void metrics__store_unreadable__says_so_and_leaves_the_numbers_out(void **state)
{
    (void)state;
    app.store.counts = cannot_count;
    (void)look();
    expect_line("\nmapi_rollout_store_readable 0\n");
    expect_line("\n# TYPE mapi_rollout_users gauge\n# HELP");
    expect_no("\nmapi_rollout_users ");
    expect_no("\nmapi_rollout_devices ");
    expect_no("\nmapi_rollout_users_by_state{");
    expect_line("\nmapi_rollout_released_version 0\n");
}

/* What a store that somebody else wrote may say. */
static enum status count_strangers(void *ctx, const struct srv_count_question *question,
                                   bool (*visit)(void *v, const struct srv_count_row *row), void *v,
                                   struct err *err)
{
    static const struct srv_count_row ROWS[] = {
        {.kind = "state", .name = "error", .count = 3},
        {.kind = "state", .name = "invented", .count = 4},
        {.kind = "ring", .name = "secret-ring", .count = 5},
        {.kind = "outlook", .name = "16.0.99999.1", .count = 6},
        {.kind = "set", .name = "error", .count = 7},
    };
    (void)ctx;
    (void)question;
    (void)err;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        (void)visit(v, &ROWS[i]);
    }
    return ST_OK;
}

static void metrics__unknown_words__get_no_label(void **state)
{
    (void)state;
    app.store.counts = count_strangers;
    (void)look();
    expect_line("\nmapi_rollout_users_by_state{state=\"error\"} 3\n");
    expect_line("\nmapi_rollout_users_by_state{state=\"compliant\"} 0\n");
    expect_no("invented");
    expect_no("secret-ring");
    expect_no("16.0.99999");
    expect_no("set=\"error\"");
}

static void metrics__too_small_a_buffer__fails_whole(void **state)
{
    (void)state;
    struct err err = {0};
    struct bytes small = bytes_with_limit(1024);
    assert_int_equal(srv_metrics_write(&app, &small, &err), ST_TOO_LARGE);
    bytes_free(&small);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, metrics_setup, metrics_teardown)
    const struct CMUnitTest tests[] = {
        TEST(metrics__nothing_released__has_neither_stage_nor_gate),
        TEST(metrics__released__names_the_stage_and_counts_down),
        TEST(metrics__brake__is_told_and_never_expires),
        TEST(metrics__gate__tells_its_word_and_its_numbers),
        TEST(metrics__gate_of_a_stage_that_was_left__is_not_told),
        TEST(metrics__store_unreadable__says_so_and_leaves_the_numbers_out),
        TEST(metrics__unknown_words__get_no_label),
        TEST(metrics__too_small_a_buffer__fails_whole),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
