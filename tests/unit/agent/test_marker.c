/* test_marker.c - ag_marker_*(): what is remembered comes back, and nonsense counts as nothing. */
#include "tests/cmocka_all.h"

#include "agent/marker.h"

#include <string.h>

static struct ag_value raw_of(uint32_t size, const char *bytes)
{
    struct ag_value raw = {.present = true, .type = AG_TYPE_BINARY, .size = size};
    memcpy(raw.data, bytes, size);
    return raw;
}

static void encode__then_decode__gives_the_value_back(void **state)
{
    (void)state;
    struct ag_value value = {.present = true, .type = 0x81020304u, .size = 5, .data = "hello"};
    struct ag_value raw;
    ag_marker_encode(&value, &raw);
    struct ag_marked marked = ag_marker_decode(&raw);
    assert_true(marked.there && !marked.lost);
    assert_true(ag_value_same(&marked.value, &value));
    assert_int_equal(raw.data[0], 1);
    assert_int_equal(raw.data[1], 4); /* the type's lowest byte comes first */
}

static void encode__absent__is_there_and_absent(void **state)
{
    (void)state;
    struct ag_value absent = {.present = false};
    struct ag_value raw;
    ag_marker_encode(&absent, &raw);
    struct ag_marked marked = ag_marker_decode(&raw);
    assert_true(marked.there && !marked.lost && !marked.value.present);
}

static void encode__largest_and_one_more__kept_and_lost(void **state)
{
    (void)state;
    struct ag_value value = {.present = true, .type = 3, .size = AG_PRE_IMAGE_BYTES};
    struct ag_value raw;
    ag_marker_encode(&value, &raw);
    assert_int_equal(raw.size, AG_VALUE_BYTES);
    assert_false(ag_marker_decode(&raw).lost);
    value.size++;
    ag_marker_encode(&value, &raw);
    assert_true(ag_marker_decode(&raw).there && ag_marker_decode(&raw).lost);
    value = (struct ag_value){.present = true, .truncated = true};
    ag_marker_encode(&value, &raw);
    assert_true(ag_marker_decode(&raw).lost);
}

static void decode__nonsense__is_not_there(void **state)
{
    (void)state;
    struct ag_value good = raw_of(6, "\1\4\0\0\0x");
    assert_true(ag_marker_decode(&good).there);
    struct ag_value bad[] = {
        raw_of(0, ""),
        raw_of(4, "\1\4\0\0"),
        raw_of(5, "\3\0\0\0\0"),
        raw_of(6, "\0\0\0\0\0x"),
        raw_of(5, "\0\4\0\0\0"),
        raw_of(6, "\2\0\0\0\0x"),
        good,
        good,
        good,
        good,
    };
    bad[6].type = AG_TYPE_SZ;
    bad[7].truncated = true;
    bad[8].present = false;
    bad[9].size = AG_VALUE_BYTES + 1; /* a port that lies */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(ag_marker_decode(&bad[i]).there);
    }
}

static void is_ours__equals_written_or_previous__and_nothing_else(void **state)
{
    (void)state;
    struct ag_value one = {.present = true, .type = 4, .size = 4, .data = {1}};
    struct ag_value zero = {.present = true, .type = 4, .size = 4, .data = {0}};
    struct ag_value absent = {.present = false};
    struct ag_marker marker = {.written = {.there = true, .value = one},
                               .previous = {.there = true, .value = absent}};
    assert_true(ag_marker_is_ours(&marker, &one));
    assert_true(ag_marker_is_ours(&marker, &absent));
    assert_false(ag_marker_is_ours(&marker, &zero));
    marker.previous.there = false;
    assert_false(ag_marker_is_ours(&marker, &absent));
}

static void value_same__cut_values__are_like_nothing(void **state)
{
    (void)state;
    struct ag_value a = {.present = true, .truncated = true, .type = 3};
    struct ag_value b = a;
    assert_false(ag_value_same(&a, &b));
    b.truncated = false;
    assert_false(ag_value_same(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encode__then_decode__gives_the_value_back),
        cmocka_unit_test(encode__absent__is_there_and_absent),
        cmocka_unit_test(encode__largest_and_one_more__kept_and_lost),
        cmocka_unit_test(decode__nonsense__is_not_there),
        cmocka_unit_test(is_ours__equals_written_or_previous__and_nothing_else),
        cmocka_unit_test(value_same__cut_values__are_like_nothing),
    };
    return cmocka_run_group_tests_name("marker", tests, NULL, NULL);
}
