#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 86400, KEEP = 5 };

static enum status put(struct store_place *p, int64_t step_s, int64_t now_s, const char *body)
{
    struct srv_write w = {.kind = SRV_WRITE_SAMPLE, .now_s = now_s};
    w.u.sample.step_s = step_s;
    w.u.sample.body = span_text(body);
    w.u.sample.keep = KEEP;
    return srv_store_write(&p->store, &w, NULL);
}

static bool add_sample(void *v, const struct srv_sample_row *row)
{
    char *seen = v;
    size_t used = strlen(seen);
    (void)snprintf(seen + used, 128 - used, "%lld:%s ", (long long)row->at_s, row->body);
    return true;
}

static void expect_samples(struct store_place *p, struct srv_sample_question question,
                           const char *samples)
{
    char seen[128] = "";
    question.limit = question.limit == 0 ? 10 : question.limit;
    assert_int_equal(p->store.samples(p->store.ctx, &question, add_sample, seen, NULL), ST_OK);
    assert_string_equal(seen, samples);
}

static void store__second_sample_of_an_hour__exists_and_changes_nothing(void **state)
{
    struct store_place *p = *state;
    assert_int_equal(put(p, HOUR_S, 2 * HOUR_S, "a"), ST_OK);
    assert_int_equal(put(p, HOUR_S, 3 * HOUR_S - 1, "b"), ST_EXISTS);
    assert_int_equal(put(p, DAY_S, 3 * HOUR_S - 1, "c"), ST_OK); /* days are beside */
    store_reopen(p);
    assert_int_equal(put(p, HOUR_S, 2 * HOUR_S + 5, "d"), ST_EXISTS);
    assert_int_equal(put(p, HOUR_S, 3 * HOUR_S, "e"), ST_OK);
    expect_samples(p, (struct srv_sample_question){.step_s = HOUR_S, .to_s = DAY_S},
                   "7200:a 10800:e ");
    expect_samples(p, (struct srv_sample_question){.step_s = DAY_S, .to_s = DAY_S}, "10799:c ");
}

static void store__samples__are_told_from_then_to_then(void **state)
{
    struct store_place *p = *state;
    assert_int_equal(put(p, HOUR_S, 1 * HOUR_S + 9, "a"), ST_OK);
    assert_int_equal(put(p, HOUR_S, 2 * HOUR_S + 9, "b"), ST_OK);
    assert_int_equal(put(p, HOUR_S, 9 * HOUR_S + 9, "c"), ST_OK); /* nobody saw the hours between */
    const struct {
        int64_t from_s;
        int64_t to_s;
        size_t limit;
        const char *samples;
    } CASES[] = {
        {0, DAY_S, 0, "3609:a 7209:b 32409:c "},
        {3609, 7209, 0, "3609:a 7209:b "},
        {3610, 7208, 0, ""},
        {0, DAY_S, 2, "3609:a 7209:b "},
        {7210, INT64_MAX, 0, "32409:c "},
        {9, 8, 0, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct srv_sample_question question = {.step_s = HOUR_S,
                                                     .from_s = CASES[i].from_s,
                                                     .to_s = CASES[i].to_s,
                                                     .limit = CASES[i].limit};
        expect_samples(p, question, CASES[i].samples);
    }
}

/* A clock that jumped ten years ahead and came back takes the place of one sample, no more. */
static void store__more_samples_than_are_kept__the_oldest_go(void **state)
{
    struct store_place *p = *state;
    char body[2] = "a";
    assert_int_equal(put(p, HOUR_S, (int64_t)3650 * DAY_S, "z"), ST_OK);
    assert_int_equal(put(p, DAY_S, 0, "d"), ST_OK);
    for (int hour = 0; hour < 7; hour++) {
        assert_int_equal(put(p, HOUR_S, hour * HOUR_S, body), ST_OK);
        body[0]++;
    }
    expect_samples(p, (struct srv_sample_question){.step_s = HOUR_S, .to_s = DAY_S},
                   "10800:d 14400:e 18000:f 21600:g ");
    expect_samples(p, (struct srv_sample_question){.step_s = HOUR_S, .to_s = INT64_MAX},
                   "10800:d 14400:e 18000:f 21600:g 315360000:z ");
    expect_samples(p, (struct srv_sample_question){.step_s = DAY_S, .to_s = DAY_S}, "0:d ");
}

int store_contract_samples(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__second_sample_of_an_hour__exists_and_changes_nothing),
        TEST(store__samples__are_told_from_then_to_then),
        TEST(store__more_samples_than_are_kept__the_oldest_go),
    };
    return cmocka_run_group_tests_name("store: samples", tests, NULL, NULL);
}
