/* test_bytes.c - bytes.h: a buffer never grows beyond its cap and always ends in a NUL. */
#include "tests/cmocka_all.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

static void bytes__while_empty__read_as_empty_text(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(10);
    assert_string_equal(bytes_text(&b), "");
    assert_int_equal(bytes_span(&b).size, 0);
    bytes_clear(&b);
    bytes_free(&b);
    bytes_wipe(&b);
    bytes_free(NULL);
    bytes_wipe(NULL);
    assert_null(b.data);
}

static void bytes__exactly_at_the_cap__fit(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(5);
    assert_int_equal(bytes_append(&b, "abc", 3), ST_OK);
    assert_int_equal(bytes_append_text(&b, "de"), ST_OK);
    assert_string_equal(bytes_text(&b), "abcde");
    assert_int_equal(b.size, 5);
    bytes_free(&b);
}

static void bytes__one_beyond_the_cap__are_refused_and_content_stays(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(5);
    assert_int_equal(bytes_append_text(&b, "abc"), ST_OK);
    assert_int_equal(bytes_append_text(&b, "def"), ST_TOO_LARGE);
    assert_int_equal(bytes_append_format(&b, "%d", 100), ST_TOO_LARGE);
    assert_int_equal(bytes_append(&b, "x", SIZE_MAX), ST_TOO_LARGE);
    assert_string_equal(bytes_text(&b), "abc");
    assert_int_equal(b.size, 3);
    bytes_free(&b);
}

static void bytes__with_no_room_at_all__take_only_nothing(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(0);
    assert_int_equal(bytes_append(&b, NULL, 0), ST_OK);
    assert_int_equal(bytes_append_text(&b, "a"), ST_TOO_LARGE);
    assert_string_equal(bytes_text(&b), "");
    bytes_free(&b);
}

static void bytes__growing_in_small_steps__keep_every_byte(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(5000);
    for (unsigned i = 0; i < 5000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_int_equal(bytes_append(&b, &byte, 1), ST_OK);
        assert_true(b.capacity <= 5000);
        assert_int_equal(b.data[b.size], 0);
    }
    for (unsigned i = 0; i < 5000; i++) {
        assert_int_equal(b.data[i], (uint8_t)(i * 7));
    }
    assert_int_equal(bytes_append(&b, "", 1), ST_TOO_LARGE);
    bytes_free(&b);
}

static void bytes__with_a_nul_inside__count_it(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(10);
    assert_int_equal(bytes_append(&b, "a\0b", 3), ST_OK);
    assert_int_equal(b.size, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    bytes_free(&b);
}

static void bytes__formatted_across_a_growth__are_whole(void **state)
{
    (void)state;
    char expected[700];
    struct bytes b = bytes_with_limit(4096);
    assert_int_equal(bytes_append_format(&b, "%s-%d", "start", 7), ST_OK);
    assert_int_equal(bytes_append_format(&b, "%600d", 42), ST_OK);
    memcpy(expected, "start-7", 7);
    memset(expected + 7, ' ', 598);
    memcpy(expected + 605, "42", 3);
    assert_string_equal(bytes_text(&b), expected);
    bytes_free(&b);
}

static void bytes__cleared__start_again_in_the_same_memory(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(10);
    assert_int_equal(bytes_append_text(&b, "abc"), ST_OK);
    const uint8_t *memory = b.data;
    bytes_clear(&b);
    assert_string_equal(bytes_text(&b), "");
    assert_int_equal(bytes_append_text(&b, "d"), ST_OK);
    assert_ptr_equal(b.data, memory);
    assert_string_equal(bytes_text(&b), "d");
    bytes_free(&b);
}

static void bytes__freed__can_be_filled_again_up_to_the_same_cap(void **state)
{
    (void)state;
    struct bytes b = bytes_with_limit(3);
    assert_int_equal(bytes_append_text(&b, "abc"), ST_OK);
    bytes_wipe(&b);
    assert_int_equal(b.size, 0);
    assert_int_equal(bytes_append_text(&b, "abcd"), ST_TOO_LARGE);
    assert_int_equal(bytes_append_text(&b, "xyz"), ST_OK);
    bytes_free(&b);
}

static void span__compared__looks_at_size_and_content(void **state)
{
    (void)state;
    assert_true(span_equal(span_text("abc"), span_text("abc")));
    assert_false(span_equal(span_text("abc"), span_text("abd")));
    assert_false(span_equal(span_text("abc"), span_text("ab")));
    assert_true(span_equal((struct span){0}, span_text("")));
    assert_false(span_equal((struct span){0}, span_text("a")));
}

static void wipe__of_a_part__leaves_the_rest(void **state)
{
    (void)state;
    char text[] = "secret!";
    wipe(text, 6);
    assert_memory_equal(text, "\0\0\0\0\0\0!", 8);
}

static void equal_in_constant_time__differing_anywhere__is_false(void **state)
{
    (void)state;
    assert_true(equal_in_constant_time("abcd", "abcd", 4));
    assert_true(equal_in_constant_time("abcd", "abcx", 3));
    assert_true(equal_in_constant_time("a", "b", 0));
    assert_false(equal_in_constant_time("abcd", "abcx", 4));
    assert_false(equal_in_constant_time("abcd", "xbcd", 4));
    assert_false(equal_in_constant_time("\x80", "\x00", 1));
    for (size_t size = 1; size < 39; size++) {
        char one[40] = "";
        char other[40] = "";
        for (size_t i = 0; i < size; i++) {
            other[i] = 1;
            assert_false(equal_in_constant_time(one, other, size));
            assert_true(equal_in_constant_time(one, other, i));
            other[i] = 0;
        }
        other[size] = 1; /* behind what is looked at */
        assert_true(equal_in_constant_time(one, other, size));
    }
}

static void text_copy__of_a_text__is_equal_and_apart(void **state)
{
    (void)state;
    const char *text = "C\xc3\xb6ln";
    char *copy = text_copy(text);
    assert_string_equal(copy, text);
    assert_ptr_not_equal(copy, text);
    free(copy);
}

static void hex__round_trip__keeps_every_byte_value(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint8_t again[256];
    char text[513];
    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (uint8_t)i;
    }
    hex_encode(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text + 2 * 0xa9, "a9aa", 4);
    assert_true(hex_decode(text, again, sizeof again));
    assert_memory_equal(again, bytes, sizeof bytes);
}

static void hex_decode__of_anything_but_so_many_digits__is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",   "0",  "000", "0000", "0g",
                                      "g0", " 0", "-1",  "0x",   "\xc3\xa9"};
    uint8_t byte = 0;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(hex_decode(BAD[i], &byte, 1));
    }
    assert_true(hex_decode("aF", &byte, 1));
    assert_int_equal(byte, 0xaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes__while_empty__read_as_empty_text),
        cmocka_unit_test(bytes__exactly_at_the_cap__fit),
        cmocka_unit_test(bytes__one_beyond_the_cap__are_refused_and_content_stays),
        cmocka_unit_test(bytes__with_no_room_at_all__take_only_nothing),
        cmocka_unit_test(bytes__growing_in_small_steps__keep_every_byte),
        cmocka_unit_test(bytes__with_a_nul_inside__count_it),
        cmocka_unit_test(bytes__formatted_across_a_growth__are_whole),
        cmocka_unit_test(bytes__cleared__start_again_in_the_same_memory),
        cmocka_unit_test(bytes__freed__can_be_filled_again_up_to_the_same_cap),
        cmocka_unit_test(span__compared__looks_at_size_and_content),
        cmocka_unit_test(wipe__of_a_part__leaves_the_rest),
        cmocka_unit_test(equal_in_constant_time__differing_anywhere__is_false),
        cmocka_unit_test(text_copy__of_a_text__is_equal_and_apart),
        cmocka_unit_test(hex__round_trip__keeps_every_byte_value),
        cmocka_unit_test(hex_decode__of_anything_but_so_many_digits__is_refused),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
