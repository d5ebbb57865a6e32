/* test_json_memory_posix.c - scanner, reader and writer when memory runs out. */
#include "tests/cmocka_all.h"

#include "policy/json_read.h"
#include "tests/fakes/nth_allocation.h"

#include <string.h>

static const char DOCUMENT[] =
    "{\"a\":[1,2.5,-3,true,null,{\"b\":\"\\u00e4\",\"c\":{}}],\"text\":\"x\",\"d\":9007199254740991}";

/* More names than the first table of names has room for. */
static struct bytes many_names(void)
{
    struct bytes out = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(bytes_append_text(&out, "{\"first\":0"), ST_OK);
    for (int i = 0; i < 300; i++) {
        assert_int_equal(bytes_append_format(&out, ",\"name-%d\":%d", i, i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&out, "}"), ST_OK);
    return out;
}

struct reading {
    struct span document;
    struct pol_json *json;
    struct bytes written;
};

static enum status scan(void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    return pol_json_scan(r->document, &limits, err);
}

static void after_scan(void *ctx, bool good)
{
    (void)ctx;
    (void)good;
}

static enum status parse(void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    return pol_json_parse(r->document, &limits, &r->json, err);
}

static void after_parse(void *ctx, bool good)
{
    struct reading *r = ctx;
    assert_int_equal(r->json != NULL, good);
    pol_json_free(r->json);
    r->json = NULL;
}

static enum status write_back(void *ctx, struct err *err)
{
    struct reading *r = ctx;
    struct pol_problems problems = {0};
    struct pol_at root = pol_json_root(r->json, &problems);
    struct pol_json_writer w = pol_json_write_start(&r->written);
    pol_at_write(&root, &w, NULL);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "writing");
}

static void after_write(void *ctx, bool good)
{
    struct reading *r = ctx;
    if (good) {
        assert_true(span_equal(bytes_span(&r->written), r->document));
    }
    bytes_free(&r->written);
}

static void scan__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct bytes names = many_names();
    struct reading r = {.document = bytes_span(&names)};
    struct nth_call call = {.ctx = &r, .call = scan, .after = after_scan};
    assert_true(nth_allocation_each(&call) >= 4);
    bytes_free(&names);
}

static void parse__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct reading r = {.document = span_text(DOCUMENT)};
    struct nth_call call = {.ctx = &r, .call = parse, .after = after_parse};
    assert_true(nth_allocation_each(&call) >= 20);
}

static void write__every_allocation_fails__no_memory(void **state)
{
    (void)state;
    struct bytes names = many_names();
    struct reading r = {.document = bytes_span(&names), .written = bytes_with_limit(100000)};
    struct nth_call call = {.ctx = &r, .call = write_back, .after = after_write};
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(pol_json_parse(r.document, &limits, &r.json, NULL), ST_OK);
    assert_true(nth_allocation_each(&call) >= 3);
    pol_json_free(r.json);
    bytes_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__every_allocation_fails__no_memory),
        cmocka_unit_test(parse__every_allocation_fails__no_memory),
        cmocka_unit_test(write__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
