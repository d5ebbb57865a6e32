/* test_text_win.c - text_win.h: text survives the way to UTF-16 and back, and what is none does not. */
#include "tests/cmocka_all.h"

#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

static void text__of_every_plane__comes_back(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"", "a", "K\xc3\xb6ln", "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80x"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        wchar_t *wide = NULL;
        char *again = NULL;
        assert_int_equal(text_to_wide(TEXTS[i], &wide), ST_OK);
        assert_int_equal(text_from_wide(wide, wcslen(wide), &again), ST_OK);
        assert_string_equal(again, TEXTS[i]);
        free(wide);
        free(again);
    }
}

static void text__that_is_no_utf8__is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xff"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        wchar_t *wide = NULL;
        assert_int_equal(text_to_wide(BAD[i], &wide), ST_IO);
        assert_null(wide);
    }
}

static void text__with_half_a_pair__is_refused(void **state)
{
    (void)state;
    static const wchar_t HALF[] = {L'a', 0xd800, L'b', 0};
    char *text = NULL;
    assert_int_equal(text_from_wide(HALF, 3, &text), ST_IO);
    assert_null(text);
}

static void text__of_so_many_chars__ends_there(void **state)
{
    (void)state;
    char *text = NULL;
    assert_int_equal(text_from_wide(L"abcdef", 3, &text), ST_OK);
    assert_string_equal(text, "abc");
    free(text);
    text = NULL;
    assert_int_equal(text_from_wide(L"abc", 0, &text), ST_OK);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__of_every_plane__comes_back),
        cmocka_unit_test(text__that_is_no_utf8__is_refused),
        cmocka_unit_test(text__with_half_a_pair__is_refused),
        cmocka_unit_test(text__of_so_many_chars__ends_there),
    };
    return cmocka_run_group_tests_name("text_win", tests, NULL, NULL);
}
