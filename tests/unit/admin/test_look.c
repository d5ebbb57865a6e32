/* test_look.c - look.h and screen.h: cutting, wrapping, bars, frames. */
#include "tests/cmocka_all.h"

#include "admin/screen.h"

#include <string.h>

static const struct adm_look PLAIN = {.columns = 0};
static const struct adm_look BLOCKS = {.unicode = true};

static void check_bar(const struct adm_look *look, const int64_t parts[ADM_BAR_PARTS], int64_t all,
                      const char *expected)
{
    struct bytes out = bytes_with_limit(1024);
    assert_int_equal(adm_look_append_bar(look, parts, all, 10, &out), ST_OK);
    assert_string_equal(bytes_text(&out), expected);
    bytes_free(&out);
}

static void bar__parts__have_signs_of_their_own(void **state)
{
    (void)state;
    check_bar(&PLAIN, (int64_t[]){40, 20, 10, 10}, 100, "[####==!-..]");
    check_bar(&PLAIN, (int64_t[]){0, 0, 0, 0}, 100, "[..........]");
    check_bar(&PLAIN, (int64_t[]){0, 0, 0, 0}, 0, "[..........]");
    check_bar(&PLAIN, (int64_t[]){100, 0, 0, 0}, 100, "[##########]");
    check_bar(&BLOCKS, (int64_t[]){10, 0, 0, 0}, 100,
              "[\xe2\x96\x88\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91"
              "\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91\xe2\x96\x91]");
}

static void bar__one_of_a_million_fails__is_seen(void **state)
{
    (void)state;
    check_bar(&PLAIN, (int64_t[]){999999, 0, 1, 0}, 1000000, "[#########!]");
    check_bar(&PLAIN, (int64_t[]){999998, 1, 1, 0}, 1000000, "[#########!]");
}

static void bar__more_than_all__is_no_longer(void **state)
{
    (void)state;
    check_bar(&PLAIN, (int64_t[]){90, 90, 90, 90}, 100, "[#!!!!!!!!!]");
    check_bar(&PLAIN, (int64_t[]){INT64_MAX, 0, 0, 0}, 1, "[##########]");
    check_bar(&PLAIN, (int64_t[]){-5, 0, 0, 0}, 10, "[..........]");
}

static void check_cut(const struct adm_look *look, const char *text, size_t width,
                      const char *expected)
{
    struct bytes out = bytes_with_limit(1024);
    assert_int_equal(adm_look_append_cut(look, text, width, &out), ST_OK);
    assert_string_equal(bytes_text(&out), expected);
    bytes_free(&out);
}

static void cut__between_characters__and_says_so(void **state)
{
    (void)state;
    check_cut(&PLAIN, "abcdef", 6, "abcdef");
    check_cut(&PLAIN, "abcdef", 5, "abcd~");
    check_cut(&BLOCKS, "abcdef", 5, "abcd\xe2\x80\xa6");
    check_cut(&PLAIN, "J\xc3\xb6rg M\xc3\xbcller", 3, "J\xc3\xb6~");
    check_cut(&PLAIN, "J\xc3\xb6rg", 2, "J~");
    check_cut(&PLAIN, "\xc3\xb6\xc3\xb6\xc3\xb6", 2, "\xc3\xb6~");
    check_cut(&PLAIN, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6,
              "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
    check_cut(&PLAIN, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5\xe6\x9c\xac~");
    check_cut(&PLAIN, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4, "\xe6\x97\xa5~");
    check_cut(&PLAIN,
              "a\xff\xfe"
              "bcd",
              4, "a\xff\xfe~");
    check_cut(&PLAIN, "abc", 1, "~");
}

static void width__of_other_alphabets__is_that_on_a_screen(void **state)
{
    (void)state;
    assert_int_equal(adm_look_width(""), 0);
    assert_int_equal(adm_look_width("J\xc3\xb6rg"), 4);
    assert_int_equal(adm_look_width("Jo\xcc\x88rg"), 4); /* the dots as a mark of their own */
    assert_int_equal(adm_look_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
    assert_int_equal(adm_look_width("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(adm_look_width("\xd0\x96\xd0\xb5\xd0\xbd\xd1\x8f"), 4);
    assert_int_equal(adm_look_width("\xff\xc3"), 2);
}

static void check_line(size_t columns, size_t indent, const char *text, const char *expected)
{
    struct bytes out = bytes_with_limit(4096);
    const struct adm_look look = {.columns = columns};
    assert_int_equal(adm_look_append_line(&look, ADM_STYLE_PLAIN, indent, text, &out), ST_OK);
    assert_string_equal(bytes_text(&out), expected);
    bytes_free(&out);
}

static void line__longer_than_the_screen__breaks_between_words(void **state)
{
    (void)state;
    check_line(0, 2, "one two three four", "one two three four\n");
    check_line(20, 2, "one two three four", "one two three four\n");
    check_line(18, 2, "one two three four", "one two three four\n");
    check_line(17, 2, "one two three four", "one two three\n  four\n");
    check_line(7, 2, "one two three four", "one two\n  three\n  four\n");
    check_line(5, 2, "abcdefghijk", "abcde\n  fgh\n  ijk\n");
    check_line(5, 0, "", "\n");
    check_line(1, 0, "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\n\xe6\x9c\xac\n");
    check_line(5, 1, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
               "\xe6\x97\xa5\xe6\x9c\xac\n \xe8\xaa\x9e\n");
    check_line(4, 1, "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6",
               "\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6\n \xc3\xb6\n");
}

static void frame__fits__is_drawn_over_what_was_there(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(4096);
    const struct adm_screen screen = {.look = {.columns = 80, .rows = 5}};
    assert_int_equal(adm_screen_append_frame(&screen, "a\nb\n", &out), ST_OK);
    assert_string_equal(bytes_text(&out), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
    bytes_free(&out);
}

static void frame__taller_than_the_screen__says_how_much_is_missing(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(4096);
    const struct adm_screen screen = {.look = {.columns = 80, .rows = 5}};
    assert_int_equal(adm_screen_append_frame(&screen, "a\nb\nc\nd\n", &out), ST_OK);
    assert_null(strstr(bytes_text(&out), "more"));
    bytes_clear(&out);
    /* The cursor needs a line, too, or the first one scrolls away. */
    assert_int_equal(adm_screen_append_frame(&screen, "a\nb\nc\nd\ne\n", &out), ST_OK);
    assert_non_null(strstr(bytes_text(&out), "(2 lines more"));
    bytes_clear(&out);
    assert_int_equal(adm_screen_append_frame(&screen, "a\nb\nc\nd\ne\nf\n", &out), ST_OK);
    assert_string_equal(bytes_text(&out),
                        "\x1b[Ha\x1b[K\nb\x1b[K\nc\x1b[K\n"
                        "(3 lines more: a taller window shows them)\x1b[K\n\x1b[J");
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bar__parts__have_signs_of_their_own),
        cmocka_unit_test(bar__one_of_a_million_fails__is_seen),
        cmocka_unit_test(bar__more_than_all__is_no_longer),
        cmocka_unit_test(cut__between_characters__and_says_so),
        cmocka_unit_test(width__of_other_alphabets__is_that_on_a_screen),
        cmocka_unit_test(line__longer_than_the_screen__breaks_between_words),
        cmocka_unit_test(frame__fits__is_drawn_over_what_was_there),
        cmocka_unit_test(frame__taller_than_the_screen__says_how_much_is_missing),
    };
    return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
