/* test_bucket.c - bucket.h: the golden vectors of tests/data/bucket.json, and what follows from them. */
#include "tests/cmocka_all.h"

#include "policy/bucket.h"
#include "policy/json_read.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <string.h>

struct vector {
    const char *salt;
    const char *unit;
    bool of_host;
    int64_t bucket;
};

static uint32_t bucket_of(const char *salt, const char *unit)
{
    uint32_t bucket = UINT32_MAX;
    assert_int_equal(pol_bucket(salt, unit, &bucket), ST_OK);
    assert_true(bucket < 1000000);
    return bucket;
}

/* The bucket by the policy that has this one percentage. */
static uint32_t bucket_by_policy(const struct vector *v)
{
    struct pol_draw draw = {.of_host = v->of_host, .salt = v->salt};
    struct pol_policy policy = {.draws = &draw, .draw_count = 1};
    const char *sid = v->of_host ? "S-1-5-18" : v->unit;
    const char *host = v->of_host ? v->unit : "OTHER";
    uint32_t bucket = UINT32_MAX;
    assert_int_equal(pol_buckets(&policy, sid, host, &bucket), ST_OK);
    return bucket;
}

static void read_vector(const struct pol_at *row, struct vector *out)
{
    static const char *const UNITS[] = {"user", "host"};
    size_t unit = 0;
    *out = (struct vector){0};
    assert_true(pol_read_text(row, "salt", POL_REQUIRED, LIMIT_SALT_BYTES, &out->salt));
    assert_true(pol_read_text(row, "unit", POL_REQUIRED, LIMIT_STRING_BYTES, &out->unit));
    assert_true(pol_read_word(row, "of", POL_REQUIRED, UNITS, 2, &unit));
    assert_true(pol_read_integer(row, "bucket", POL_REQUIRED, 0, 999999, &out->bucket));
    out->of_host = unit == 1;
}

static void bucket__of_each_golden_vector__is_the_same_here(void **state)
{
    (void)state;
    struct bytes file = signing_stored("bucket.json");
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_problems problems = {0};
    struct pol_json *json = NULL;
    struct pol_at rows;
    struct pol_at row;
    size_t count = 0;
    assert_int_equal(pol_json_parse(bytes_span(&file), &limits, &json, NULL), ST_OK);
    struct pol_at root = pol_json_root(json, &problems);
    assert_true(pol_read_array(&root, "rows", POL_REQUIRED, 1000, &rows, &count));
    assert_int_equal(count, 60);
    for (bool more = pol_first(&rows, &row); more; more = pol_next(&row)) {
        struct vector v;
        read_vector(&row, &v);
        assert_int_equal(bucket_by_policy(&v), v.bucket);
        if (!v.of_host) {
            assert_int_equal(bucket_of(v.salt, v.unit), v.bucket);
        }
    }
    assert_int_equal(problems.found, 0);
    pol_json_free(json);
    bytes_free(&file);
}

static void bucket__of_a_user__depends_on_the_case_of_salt_and_sid(void **state)
{
    (void)state;
    assert_int_not_equal(bucket_of("salt", "S-1-5-21-1"), bucket_of("Salt", "S-1-5-21-1"));
    assert_int_not_equal(bucket_of("salt", "S-1-5-21-1"), bucket_of("salt", "s-1-5-21-1"));
    /* The NUL between keeps salt and unit apart. */
    assert_int_not_equal(bucket_of("ab", "c"), bucket_of("a", "bc"));
}

static void bucket__of_texts_too_long__is_too_large_and_leaves_out_alone(void **state)
{
    (void)state;
    char text[LIMIT_STRING_BYTES + 2];
    uint32_t bucket = 42;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(pol_bucket("salt", text, &bucket), ST_TOO_LARGE);
    assert_int_equal(pol_bucket("salt", text + 1, &bucket), ST_OK);
    bucket = 42;
    text[LIMIT_SALT_BYTES + 1] = '\0';
    assert_int_equal(pol_bucket(text, "unit", &bucket), ST_TOO_LARGE);
    assert_int_equal(bucket, 42);
    assert_int_equal(pol_bucket(text + 1, "unit", &bucket), ST_OK);
    memset(text, 'x', sizeof text - 1);
    struct pol_policy none = {.draw_count = 0};
    assert_int_equal(pol_buckets(&none, "S-1-5-18", text, &bucket), ST_TOO_LARGE);
}

/* Who is in 5 percent is in 25 and in 50: the share only grows. And it is about as large as said. */
static void bucket__of_many_users__grows_with_the_percentage(void **state)
{
    (void)state;
    enum { USERS = 4000, STEPS = 5 };
    static const uint32_t THRESHOLDS[STEPS] = {0, 50000, 250000, 500000, 1000000};
    size_t inside[STEPS] = {0};
    for (unsigned u = 0; u < USERS; u++) {
        char sid[64];
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%u", 1000 + u);
        uint32_t bucket = bucket_of("mapihttp-2026", sid);
        for (size_t i = 0; i < STEPS; i++) {
            bool in = bucket < THRESHOLDS[i];
            inside[i] += in ? 1 : 0;
            assert_true(i == 0 || in || bucket >= THRESHOLDS[i - 1]);
        }
    }
    assert_int_equal(inside[0], 0);
    assert_in_range(inside[1], 150, 250);   /* 200 are wanted; 4 sigma are 55 */
    assert_in_range(inside[2], 890, 1110);  /* 1000; 110 */
    assert_in_range(inside[3], 1873, 2127); /* 2000; 127 */
    assert_int_equal(inside[4], USERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket__of_each_golden_vector__is_the_same_here),
        cmocka_unit_test(bucket__of_a_user__depends_on_the_case_of_salt_and_sid),
        cmocka_unit_test(bucket__of_texts_too_long__is_too_large_and_leaves_out_alone),
        cmocka_unit_test(bucket__of_many_users__grows_with_the_percentage),
    };
    return cmocka_run_group_tests_name("bucket", tests, signing_start, NULL);
}
