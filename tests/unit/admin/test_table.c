/* test_table.c - adm_table_write(): columns for people, whatever the cells hold. */
#include "tests/cmocka_all.h"

#include "admin/table.h"

static void assert_table(struct adm_table *table, const char *expected)
{
    struct bytes out = bytes_with_limit(4096);
    assert_int_equal(adm_table_write(table, &out), ST_OK);
    assert_string_equal(bytes_text(&out), expected);
    bytes_free(&out);
    adm_table_done(table);
}

static void table__rows__line_up(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(3);
    adm_table_cell(&table, "SID");
    adm_table_cell(&table, "SET");
    adm_table_cell(&table, "VERSION");
    adm_table_cell(&table, "S-1-5");
    adm_table_cell(&table, NULL);
    adm_table_number(&table, 7002);
    assert_table(&table, "SID    SET  VERSION\nS-1-5  -    7002\n");
}

static void table__other_alphabets__count_in_code_points(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(2);
    adm_table_cell(&table, "J\xc3\xb6rg");
    adm_table_cell(&table, "a");
    adm_table_cell(&table, "Anna");
    adm_table_cell(&table, "b");
    assert_table(&table, "J\xc3\xb6rg  a\nAnna  b\n");
}

static void table__control_characters__are_escaped(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(1);
    adm_table_cell(&table, "a\x1b[2J\n\x7f\xc2\x9bm");
    assert_table(&table, "a\\x1b[2J\\x0a\\x7f\\u009bm\n");
}

static void table__row_not_full__is_our_mistake(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(2);
    struct bytes out = bytes_with_limit(64);
    adm_table_cell(&table, "alone");
    assert_int_equal(adm_table_write(&table, &out), ST_BUG);
    bytes_free(&out);
    adm_table_done(&table);
}

static void table__no_room__is_told(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(1);
    struct bytes out = bytes_with_limit(4);
    adm_table_cell(&table, "longer than that");
    assert_int_equal(adm_table_write(&table, &out), ST_TOO_LARGE);
    bytes_free(&out);
    adm_table_done(&table);
}

static struct adm_table wide(size_t columns)
{
    static const char *const HEAD[] = {"SID", "ACCOUNT", "WHY"};
    struct adm_table table = adm_table_with(3);
    table.look.columns = columns;
    table.spare[0] = 1;
    adm_table_heading(&table, HEAD);
    adm_table_cell(&table, "S-1-5-21-1-2-3-1001");
    adm_table_cell(&table, "CONTOSO\\alice");
    adm_table_cell(&table, "the registry denied it");
    return table;
}

static void table__narrower_and_narrower__misses_columns_then_cuts(void **state)
{
    (void)state;
    struct adm_table table = wide(58);
    assert_false(adm_table_leaves_out(&table, 0));
    assert_table(&table, "SID                  ACCOUNT        WHY\n"
                         "S-1-5-21-1-2-3-1001  CONTOSO\\alice  the registry denied it\n");
    table = wide(57);
    assert_true(adm_table_leaves_out(&table, 0));
    assert_false(adm_table_leaves_out(&table, 1));
    assert_table(&table, "ACCOUNT        WHY\nCONTOSO\\alice  the registry denied it\n");
    table = wide(30);
    assert_table(&table, "ACCOUNT        WHY\nCONTOSO\\alice  the registry d~\n");
    table = wide(20);
    assert_table(&table, "ACCOUNT    WHY\nCONTOSO\\~  the regi~\n");
}

static void table__narrower_than_anything__stays_readable(void **state)
{
    (void)state;
    struct adm_table table = wide(1);
    assert_table(&table, "ACCOUNT   WHY\nCONTOSO~  the reg~\n");
}

static void table__drawn_cells__are_never_cut(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(2);
    table.look.columns = 20;
    adm_table_cell(&table, "BAR");
    adm_table_cell(&table, "A NAME");
    adm_table_cell_drawn(&table, "[##########....]", 16);
    adm_table_cell(&table, "a name that is long");
    assert_table(&table, "BAR               A NAME\n[##########....]  a name ~\n");
}

static void table__styles__colour_cells_and_not_their_padding(void **state)
{
    (void)state;
    struct adm_table table = adm_table_with(2);
    table.look.colours = true;
    adm_table_cell_in(&table, ADM_STYLE_BAD, "error");
    adm_table_cell(&table, "a");
    adm_table_cell_in(&table, ADM_STYLE_GOOD, "compliant");
    adm_table_cell_in(&table, ADM_STYLE_GOOD, "");
    assert_table(&table, "\x1b[31merror\x1b[0m      a\n\x1b[32mcompliant\x1b[0m  \n");
}

static void table__last_row__is_a_line_of_its_own(void **state)
{
    (void)state;
    struct adm_table table = wide(20);
    struct bytes out = bytes_with_limit(1024);
    assert_int_equal(adm_table_last_row(&table, &out), ST_OK);
    assert_string_equal(bytes_text(&out),
                        "S-1-5-21-1-2-3-1001  CONTOSO\\alice  the registry denied it");
    adm_table_cell(&table, "not whole");
    assert_int_equal(adm_table_last_row(&table, &out), ST_BUG);
    bytes_free(&out);
    adm_table_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__rows__line_up),
        cmocka_unit_test(table__other_alphabets__count_in_code_points),
        cmocka_unit_test(table__control_characters__are_escaped),
        cmocka_unit_test(table__row_not_full__is_our_mistake),
        cmocka_unit_test(table__no_room__is_told),
        cmocka_unit_test(table__narrower_and_narrower__misses_columns_then_cuts),
        cmocka_unit_test(table__narrower_than_anything__stays_readable),
        cmocka_unit_test(table__drawn_cells__are_never_cut),
        cmocka_unit_test(table__styles__colour_cells_and_not_their_padding),
        cmocka_unit_test(table__last_row__is_a_line_of_its_own),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
