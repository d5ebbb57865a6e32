/* test_csv.c - values in commas: quoted as RFC 4180 has it, and no formula among them. */
#include "tests/cmocka_all.h"

#include "server/csv.h"

static struct bytes text;

static int start(void **state)
{
    (void)state;
    text = bytes_with_limit(4096);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bytes_free(&text);
    return 0;
}

static void expect_field(const char *value, const char *written)
{
    bytes_clear(&text);
    struct srv_csv w = srv_csv_start(&text);
    srv_csv_text(&w, value);
    assert_int_equal(w.st, ST_OK);
    assert_string_equal(bytes_text(&text), written);
}

static void csv__fields__stand_between_commas_and_end_with_crlf(void **state)
{
    struct srv_csv w = srv_csv_start(&text);
    (void)state;
    srv_csv_mark(&w);
    srv_csv_text(&w, "a");
    srv_csv_text(&w, NULL);
    srv_csv_text(&w, "");
    srv_csv_integer(&w, -7);
    srv_csv_boolean(&w, true);
    srv_csv_boolean(&w, false);
    srv_csv_time(&w, 0);
    srv_csv_time(&w, -1);
    srv_csv_end_line(&w);
    srv_csv_integer(&w, 1);
    srv_csv_end_line(&w);
    assert_int_equal(w.st, ST_OK);
    assert_string_equal(bytes_text(&text),
                        "\xef\xbb\xbf\"a\",,\"\",-7,true,false,1970-01-01T00:00:00Z,\r\n1\r\n");
}

static void csv__quotes__are_doubled(void **state)
{
    (void)state;
    expect_field("a\"b", "\"a\"\"b\"");
    expect_field("\"", "\"\"\"\"");
    expect_field("a,b", "\"a,b\"");
    expect_field("CONTOSO\\alice", "\"CONTOSO\\alice\"");
    expect_field("Größe", "\"Größe\"");
}

static void csv__what_would_be_a_formula__gets_an_apostrophe(void **state)
{
    (void)state;
    expect_field("=1+1", "\"'=1+1\"");
    expect_field("+1", "\"'+1\"");
    expect_field("-1", "\"'-1\"");
    expect_field("@SUM(A1)", "\"'@SUM(A1)\"");
    expect_field("=", "\"'=\"");
    expect_field("==", "\"'==\"");
    expect_field("\xef\xbc\x9d"
                 "1",
                 "\"'\xef\xbc\x9d"
                 "1\"");
    expect_field("\xef\xbc\x8b"
                 "1",
                 "\"'\xef\xbc\x8b"
                 "1\"");
    expect_field("\xef\xbc\x8d"
                 "1",
                 "\"'\xef\xbc\x8d"
                 "1\"");
    expect_field("\xef\xbc\xa0"
                 "1",
                 "\"'\xef\xbc\xa0"
                 "1\"");
    expect_field("  =1", "\"  '=1\"");
    expect_field("\xc2\xa0=1", "\"\xc2\xa0'=1\"");
    expect_field("\xef\xbb\xbf=1", "\"\xef\xbb\xbf'=1\"");
    expect_field("\xe2\x80\x8b\xe3\x80\x80=1", "\"\xe2\x80\x8b\xe3\x80\x80'=1\"");
}

static void csv__formula_behind_quotes_and_separators__gets_one_too(void **state)
{
    (void)state;
    expect_field("\"=1", "\"\"\"'=1\"");
    expect_field("a\",=1", "\"a\"\",'=1\"");
    expect_field("a;=1;b", "\"a;'=1;b\"");
    expect_field("a|@x", "\"a|'@x\"");
    expect_field("a; \" -1", "\"a; \"\" '-1\"");
}

static void csv__control_characters__become_spaces_and_hide_nothing(void **state)
{
    (void)state;
    expect_field("\t=1", "\" '=1\"");
    expect_field("\r=1", "\" '=1\"");
    expect_field("a\n=1", "\"a '=1\"");
    expect_field("a\x01\x7f"
                 "b",
                 "\"a  b\"");
}

static void csv__signs_inside_of_a_word__are_left_alone(void **state)
{
    (void)state;
    expect_field("S-1-5-21", "\"S-1-5-21\"");
    expect_field("a=b+c@d", "\"a=b+c@d\"");
    expect_field("a =1", "\"a '=1\""); /* rather once too often */
}

static void csv__no_room__is_told_at_the_end(void **state)
{
    struct bytes small = bytes_with_limit(4);
    struct srv_csv w = srv_csv_start(&small);
    (void)state;
    srv_csv_text(&w, "too long");
    srv_csv_integer(&w, 1);
    srv_csv_end_line(&w);
    assert_int_equal(w.st, ST_TOO_LARGE);
    bytes_free(&small);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {
        TEST(csv__fields__stand_between_commas_and_end_with_crlf),
        TEST(csv__quotes__are_doubled),
        TEST(csv__what_would_be_a_formula__gets_an_apostrophe),
        TEST(csv__formula_behind_quotes_and_separators__gets_one_too),
        TEST(csv__control_characters__become_spaces_and_hide_nothing),
        TEST(csv__signs_inside_of_a_word__are_left_alone),
        TEST(csv__no_room__is_told_at_the_end),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
