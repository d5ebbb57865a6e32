/* test_report_memory_posix.c - reports when memory runs out. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "policy/report.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/signing.h"

struct reporting {
    struct bytes document;
    struct pol_report *report;
    struct bytes written;
};

static enum status parse(void *ctx, struct err *err)
{
    struct reporting *r = ctx;
    return pol_report_parse(bytes_span(&r->document), &r->report, err);
}

static void after_parse(void *ctx, bool good)
{
    struct reporting *r = ctx;
    assert_int_equal(r->report != NULL, good);
    pol_report_free(r->report);
    r->report = NULL;
}

static enum status write_report(void *ctx, struct err *err)
{
    struct reporting *r = ctx;
    return pol_report_write(r->report, &r->written, err);
}

static void after_write(void *ctx, bool good)
{
    struct reporting *r = ctx;
    assert_int_equal(r->written.size > 0, good);
    bytes_free(&r->written);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct reporting r = {.document = signing_stored("report/full.json")};
    struct nth_call call = {.ctx = &r, .call = parse, .after = after_parse};
    assert_true(nth_allocation_each(&call) >= 100);
    bytes_free(&r.document);
}

static void write__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct reporting r = {.document = signing_stored("report/full.json"),
                          .written = bytes_with_limit(LIMIT_REPORT_BYTES)};
    struct nth_call call = {.ctx = &r, .call = write_report, .after = after_write};
    assert_int_equal(parse(&r, NULL), ST_OK);
    assert_true(nth_allocation_each(&call) >= 5);
    pol_report_free(r.report);
    bytes_free(&r.document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
        cmocka_unit_test(write__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
