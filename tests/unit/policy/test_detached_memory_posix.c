/* test_detached_memory_posix.c - both rounds of signing elsewhere when memory runs out. */
#include "tests/cmocka_all.h"

#include "policy/detached.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

/* One key and one stage: each step is done again for each allocation that it makes. */
struct work {
    struct pol_key *key;
    struct pol_plan *plan;
    struct bytes file; /* what the step reads */
    struct pol_detached *detached;
    struct pol_detached *made;
    struct bytes out;
    uint8_t signature[SIGNATURE_BYTES];
};

static void sign_item(struct work *w, struct pol_detached *detached, size_t i)
{
    struct bytes input = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(pol_detached_item_input(detached, i, &input, NULL), ST_OK);
    assert_int_equal(pol_key_sign(w->key, bytes_span(&input), w->signature, NULL), ST_OK);
    bytes_free(&input);
}

static enum status start_round(void *ctx, struct err *err)
{
    struct work *w = ctx;
    return pol_detached_start(w->plan, "observe", pol_key_public(w->key), 1, &w->out, err);
}

static enum status parse(void *ctx, struct err *err)
{
    struct work *w = ctx;
    return pol_detached_parse(bytes_span(&w->file), &w->made, err);
}

static enum status answer(void *ctx, struct err *err)
{
    struct work *w = ctx;
    return pol_detached_answer(w->detached, 0, (struct span){w->signature, SIGNATURE_BYTES}, err);
}

static enum status finish(void *ctx, struct err *err)
{
    struct work *w = ctx;
    return pol_detached_finish(w->detached, &w->out, err);
}

static void after_writing(void *ctx, bool good)
{
    struct work *w = ctx;
    assert_true(!good || w->out.size > 0);
    bytes_clear(&w->out);
    bytes_free(&w->out);
}

static void after_parsing(void *ctx, bool good)
{
    struct work *w = ctx;
    assert_int_equal(w->made != NULL, good);
    pol_detached_free(w->made);
    w->made = NULL;
}

static void after_answering(void *ctx, bool good)
{
    (void)ctx;
    (void)good;
}

/* The steps of one round on w->file; what comes out of it becomes w->file. */
static void run_round(struct work *w)
{
    struct nth_call parsing = {.ctx = w, .call = parse, .after = after_parsing};
    struct nth_call answering = {.ctx = w, .call = answer, .after = after_answering};
    struct nth_call finishing = {.ctx = w, .call = finish, .after = after_writing};
    assert_true(nth_allocation_each(&parsing) >= 5);
    assert_int_equal(pol_detached_parse(bytes_span(&w->file), &w->detached, NULL), ST_OK);
    sign_item(w, w->detached, 0);
    assert_true(nth_allocation_each(&answering) >= 5);
    for (size_t i = 0; i < pol_detached_item_count(w->detached); i++) {
        sign_item(w, w->detached, i);
        assert_int_equal(
            pol_detached_answer(w->detached, i, (struct span){w->signature, SIGNATURE_BYTES}, NULL),
            ST_OK);
    }
    assert_true(nth_allocation_each(&finishing) >= 10);
    bytes_free(&w->file);
    assert_int_equal(pol_detached_finish(w->detached, &w->file, NULL), ST_OK);
    pol_detached_free(w->detached);
    w->detached = NULL;
}

static void rounds__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct work w = {.key = signing_key(),
                     .plan = plan_of(EXAMPLE_PLAN),
                     .file = bytes_with_limit(DETACHED_FILE_BYTES),
                     .out = bytes_with_limit(DETACHED_FILE_BYTES)};
    struct nth_call starting = {.ctx = &w, .call = start_round, .after = after_writing};
    assert_true(nth_allocation_each(&starting) >= 10);
    assert_int_equal(pol_detached_start(w.plan, "observe", pol_key_public(w.key), 1, &w.file, NULL),
                     ST_OK);
    run_round(&w);
    run_round(&w);
    assert_non_null(strstr(bytes_text(&w.file), "\"signatures\""));
    bytes_free(&w.file);
    bytes_free(&w.out);
    pol_plan_free(w.plan);
    pol_key_free(w.key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests_name("detached_memory", tests, signing_start, NULL);
}
