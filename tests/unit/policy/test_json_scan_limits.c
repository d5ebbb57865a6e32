/* test_json_scan_limits.c - json_scan.h: what is taken at each bound, and refused just beyond it. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/scanning.h"

#include <string.h>

/* ---- bounds ------------------------------------------------------------------------------- */

/* In large pieces: eight million single steps would take seconds. */
static void append_times(struct bytes *document, const char *text, size_t times)
{
    enum { PIECE = 4096 };
    struct bytes piece = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    for (size_t i = 0; i < PIECE; i++) {
        assert_int_equal(bytes_append_text(&piece, text), ST_OK);
    }
    for (; times >= PIECE; times -= PIECE) {
        assert_int_equal(bytes_append(document, piece.data, piece.size), ST_OK);
    }
    assert_int_equal(bytes_append(document, piece.data, times * strlen(text)), ST_OK);
    bytes_free(&piece);
}

/* prefix, then middle so many times, then suffix. */
static struct bytes repeated(const char *prefix, const char *middle, size_t times,
                             const char *suffix)
{
    struct bytes document = bytes_with_limit(LIMIT_BUNDLE_BYTES + 1);
    assert_int_equal(bytes_append_text(&document, prefix), ST_OK);
    append_times(&document, middle, times);
    assert_int_equal(bytes_append_text(&document, suffix), ST_OK);
    return document;
}

static void assert_bound(struct bytes fits, struct bytes over, const char *pointer)
{
    assert_scan_takes(bytes_text(&fits));
    assert_scan_refuses_span(bytes_span(&over), "too_large", pointer);
    bytes_free(&fits);
    bytes_free(&over);
}

static void scan__of_16_levels__is_taken_and_of_17_too_large(void **state)
{
    (void)state;
    assert_scan_takes("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]");
    assert_scan_refuses("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "too_large",
                        "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0");
    assert_bound(repeated("{\"a\":", "{\"a\":", 14, "{}}}}}}}}}}}}}}}}"),
                 repeated("{\"a\":", "{\"a\":", 15, "{}}}}}}}}}}}}}}}}}"),
                 "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a");
    /* Brothers do not add up. */
    assert_scan_takes("[[[[[[[[[[[[[[[[],[]],[[]]]]]]]]]]]]]]]]");
}

static void scan__of_256_bytes_of_text__is_taken_and_of_257_too_large(void **state)
{
    (void)state;
    assert_bound(repeated("[\"", "a", 256, "\"]"), repeated("[\"", "a", 257, "\"]"), "/0");
    /* What counts is what the text means, not how it is spelt. */
    assert_bound(repeated("[\"", "\\u00e4", 128, "\"]"), repeated("[\"", "\\u00e4", 129, "\"]"),
                 "/0");
    assert_bound(repeated("{\"", "k", 256, "\":1}"), repeated("{\"", "k", 257, "\":1}"), "");
}

static void scan__of_16384_items__is_taken_and_of_16385_too_large(void **state)
{
    (void)state;
    assert_bound(repeated("[0", ",0", 16383, "]"), repeated("[0", ",0", 16384, "]"), "/16384");
    /* Members and elements count together, wherever they stand. */
    assert_bound(repeated("{\"a\":[0", ",0", 16381, "],\"b\":0}"),
                 repeated("{\"a\":[0", ",0", 16382, "],\"b\":0}"), "");
}

static void scan__of_one_name_in_many_objects__is_no_duplicate(void **state)
{
    (void)state;
    struct bytes document = repeated("[{}", ",{\"set\":0,\"ring\":0}", 5000, "]");
    assert_scan_takes(bytes_text(&document));
    bytes_free(&document);
}

static void scan__of_a_document_at_its_size__is_taken_and_beyond_too_large(void **state)
{
    (void)state;
    struct pol_json_limits limits = pol_json_limits_document(6);
    struct err err = {0};
    assert_int_equal(pol_json_scan(span_text("[1, 2]"), &limits, &err), ST_OK);
    assert_int_equal(pol_json_scan(span_text("[1, 2] "), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_string_equal(err.pointer, "");
}

static void scan__of_an_envelope__allows_one_text_as_long_as_the_document(void **state)
{
    (void)state;
    struct bytes document = repeated("{\"payload\":\"", "a", 100000, "\"}");
    struct pol_json_limits limits = pol_json_limits_envelope(document.size);
    assert_int_equal(pol_json_scan(bytes_span(&document), &limits, NULL), ST_OK);
    assert_scan_refuses_span(bytes_span(&document), "too_large", "/payload");
    bytes_free(&document);
}

static void scan__of_an_envelope__bounds_names_as_everywhere(void **state)
{
    (void)state;
    struct pol_json_limits limits = pol_json_limits_envelope(LIMIT_ENVELOPE_BYTES);
    struct bytes good = repeated("{\"", "k", LIMIT_STRING_BYTES, "\":0}");
    struct bytes bad = repeated("{\"", "k", LIMIT_STRING_BYTES + 1, "\":0}");
    struct err err = {0};
    assert_int_equal(pol_json_scan(bytes_span(&good), &limits, NULL), ST_OK);
    assert_int_equal(pol_json_scan(bytes_span(&bad), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    bytes_free(&bad);
    bytes_free(&good);
}

static void assert_hostile(const char *prefix, const char *middle, const char *code)
{
    size_t times = (LIMIT_BUNDLE_BYTES - strlen(prefix)) / strlen(middle);
    struct bytes document = repeated(prefix, middle, times, "");
    struct pol_json_limits limits = pol_json_limits_envelope(LIMIT_BUNDLE_BYTES);
    struct err err = {0};
    assert_int_equal(pol_json_scan(bytes_span(&document), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, code);
    bytes_free(&document);
}

static void scan__of_8_mib_of_malice__is_refused(void **state)
{
    (void)state;
    assert_hostile("", "[", "too_large");
    assert_hostile("", "{\"a\":", "too_large");
    assert_hostile("[0", ",0", "too_large");
    assert_hostile("[[]", ",[]", "too_large");
    assert_hostile("{", "\"a\":1,", "json_duplicate_key");
    assert_hostile("\"", "a", "json_syntax");
    assert_hostile("[\"", "\\u0061", "json_syntax");
    assert_hostile("{\"", "k", "too_large");
    assert_hostile("", " ", "json_syntax");
    assert_hostile("", "1", "out_of_range");
    assert_hostile("0.", "0", "out_of_range");
    assert_hostile("{\"a\":\"", "\xf0\x9f\x98\x80", "json_syntax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scan__of_16_levels__is_taken_and_of_17_too_large),
        cmocka_unit_test(scan__of_256_bytes_of_text__is_taken_and_of_257_too_large),
        cmocka_unit_test(scan__of_16384_items__is_taken_and_of_16385_too_large),
        cmocka_unit_test(scan__of_one_name_in_many_objects__is_no_duplicate),
        cmocka_unit_test(scan__of_a_document_at_its_size__is_taken_and_beyond_too_large),
        cmocka_unit_test(scan__of_an_envelope__allows_one_text_as_long_as_the_document),
        cmocka_unit_test(scan__of_an_envelope__bounds_names_as_everywhere),
        cmocka_unit_test(scan__of_8_mib_of_malice__is_refused),
    };
    return cmocka_run_group_tests_name("json_scan_limits", tests, NULL, NULL);
}
