/* test_facts_memory_posix.c - reading and preparing facts when memory runs out; deciding takes none. */
#include "tests/cmocka_all.h"

#include "policy/evaluate.h"
#include "policy/facts.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>

static const char LINE[] =
    "{\"host\":{\"name\":\"HQ-IT-0042\",\"tags\":[\"hq\",\"lab\"],\"multi_session\":false},"
    "\"outlook\":{\"version\":\"16.0.16130.20306\"},"
    "\"user\":{\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":\"CONTOSO\\\\alice\","
    "\"groups\":[\"S-1-5-21-1-2-3-513\",\"CONTOSO\\\\MAPI-Pilot\"]},\"mailbox\":\"on_premises\"}";

struct deciding {
    struct pol_fact_line *line;
    struct pol_policy *policy;
    struct pol_preparation preparation;
};

static enum status parse(void *ctx, struct err *err)
{
    struct deciding *d = ctx;
    return pol_fact_line_parse(span_text(LINE), &d->line, err);
}

static void after_parse(void *ctx, bool good)
{
    struct deciding *d = ctx;
    assert_int_equal(d->line != NULL, good);
    pol_fact_line_free(d->line);
    d->line = NULL;
}

static enum status prepare(void *ctx, struct err *err)
{
    struct deciding *d = ctx;
    enum status st = pol_prepare(&d->preparation, d->policy, pol_fact_line_facts(d->line));
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "preparing");
}

/* What has been prepared halfway serves the next user, or is freed. */
static void after_prepare(void *ctx, bool good)
{
    struct deciding *d = ctx;
    assert_int_equal(d->preparation.facts.buckets != NULL, good);
    pol_preparation_done(&d->preparation);
}

static enum status evaluate(void *ctx, struct err *err)
{
    struct deciding *d = ctx;
    (void)err;
    (void)pol_evaluate(d->policy, &d->preparation.facts, NULL);
    return ST_OK;
}

static void after_evaluate(void *ctx, bool good)
{
    (void)ctx;
    assert_true(good);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct deciding d = {0};
    struct nth_call call = {.ctx = &d, .call = parse, .after = after_parse};
    assert_true(nth_allocation_each(&call) >= 30);
}

static void prepare__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct deciding d = {0};
    struct nth_call preparing = {.ctx = &d, .call = prepare, .after = after_prepare};
    struct nth_call deciding = {.ctx = &d, .call = evaluate, .after = after_evaluate};
    char *payload = with_change(EXAMPLE_POLICY, "{\"host\":[\"HQ-IT-*\"]}",
                                "{\"group\":[\"CONTOSO\\\\MAPI-Pilot\"],\"percent\":25,"
                                "\"of\":\"user\",\"salt\":\"a\"}");
    d.policy = good_policy_of(payload);
    assert_int_equal(parse(&d, NULL), ST_OK);
    assert_true(nth_allocation_each(&preparing) >= 2);
    assert_int_equal(prepare(&d, NULL), ST_OK);
    assert_int_equal(nth_allocation_each(&deciding), 0);
    pol_preparation_done(&d.preparation);
    pol_fact_line_free(d.line);
    pol_policy_free(d.policy);
    free(payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
        cmocka_unit_test(prepare__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, signing_start, NULL);
}
