/* test_visible.c - visible.h: what is shown as it is, and what is spelled out. */
#include "tests/cmocka_all.h"

#include "base/visible.h"

#include <string.h>

static void assert_shown(const char *text, const char *expected)
{
    char out[256];
    size_t length = visible_copy(text, out, sizeof out);
    assert_string_equal(out, expected);
    assert_int_equal(length, strlen(expected));
}

static void copy__of_ordinary_text__changes_nothing(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("CONTOSO\\alice K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0",
                 "CONTOSO\\alice K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0");
}

static void copy__of_controls_and_line_ends__spells_them_out(void **state)
{
    (void)state;
    assert_shown("a\r\n\t\x1b[m\x7f", "a\\x0d\\x0a\\x09\\x1b[m\\x7f");
    assert_shown("\xc2\x80\xc2\x85\xc2\x9f", "\\u0080\\u0085\\u009f");
    assert_shown("\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029");
}

static void copy__of_marks_of_direction__spells_them_out(void **state)
{
    (void)state;
    assert_shown("\xe2\x80\xaegpj.exe\xe2\x80\xac", "\\u202egpj.exe\\u202c");
    assert_shown("\xe2\x81\xa6x\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c\xef\xbb\xbf",
                 "\\u2066x\\u2069\\u200f\\u061c\\ufeff");
}

static void copy__of_what_is_no_utf8__spells_out_each_byte(void **state)
{
    (void)state;
    assert_shown("\x80\xff", "\\x80\\xff");
    assert_shown("\xc0\x8a", "\\xc0\\x8a");                   /* a line end, spelled too long */
    assert_shown("\xe0\x80\x8a", "\\xe0\\x80\\x8a");          /* the same */
    assert_shown("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* half a pair */
    assert_shown("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond the last character */
    assert_shown("\xe2\x82", "\\xe2\\x82");                   /* the text ends in the middle */
    assert_shown("\xc3\n", "\\xc3\\x0a");
}

static void copy__without_room__cuts_between_characters(void **state)
{
    char out[8];
    (void)state;
    assert_int_equal(visible_copy("abcdefghij", out, sizeof out), 7);
    assert_string_equal(out, "abcdefg");
    assert_int_equal(visible_copy("abcde\xe2\x82\xac", out, sizeof out), 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(visible_copy("abcd\n", out, sizeof out), 4);
    assert_string_equal(out, "abcd");
    assert_int_equal(visible_copy("abc\n", out, sizeof out), 7);
    assert_string_equal(out, "abc\\x0a");
    assert_int_equal(visible_copy("x", out, 1), 0);
    assert_string_equal(out, "");
}

static void copy__twice__is_the_same(void **state)
{
    char once[64];
    char twice[64];
    (void)state;
    (void)visible_copy("\n\xe2\x80\xae\xff\\", once, sizeof once);
    (void)visible_copy(once, twice, sizeof twice);
    assert_string_equal(once, twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy__of_ordinary_text__changes_nothing),
        cmocka_unit_test(copy__of_controls_and_line_ends__spells_them_out),
        cmocka_unit_test(copy__of_marks_of_direction__spells_them_out),
        cmocka_unit_test(copy__of_what_is_no_utf8__spells_out_each_byte),
        cmocka_unit_test(copy__without_room__cuts_between_characters),
        cmocka_unit_test(copy__twice__is_the_same),
    };
    return cmocka_run_group_tests_name("visible", tests, NULL, NULL);
}
