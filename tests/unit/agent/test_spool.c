/* test_spool.c - ag_spool_*(): nothing is lost, the order holds, the bounds hold. */
#include "tests/cmocka_all.h"

#include "agent/spool.h"
#include "policy/limits.h"
#include "tests/fakes/fake_vault.h"

#include <stdlib.h>
#include <string.h>

static struct fake_vault store;
static struct ag_vault vault;
static struct ag_spool spool;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    return ag_spool_open(&spool, &vault, &err) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fake_vault_done(&store);
    return 0;
}

static void put(const char *text)
{
    assert_int_equal(ag_spool_put(&spool, span_text(text), &err), ST_OK);
}

static void must_be_first(const char *text)
{
    struct bytes report = {0};
    assert_int_equal(ag_spool_first(&spool, &report, &err), ST_OK);
    assert_string_equal(bytes_text(&report), text);
    bytes_free(&report);
}

static void put__three__come_out_in_order(void **state)
{
    (void)state;
    struct bytes report = {0};
    put("a");
    put("b");
    put("c");
    must_be_first("a");
    must_be_first("a");
    assert_int_equal(ag_spool_drop_first(&spool, &err), ST_OK);
    must_be_first("b");
    assert_int_equal(ag_spool_drop_first(&spool, &err), ST_OK);
    assert_int_equal(ag_spool_drop_first(&spool, &err), ST_OK);
    assert_int_equal(ag_spool_first(&spool, &report, &err), ST_NOT_FOUND);
    assert_int_equal(ag_spool_drop_first(&spool, &err), ST_NOT_FOUND);
    assert_int_equal(spool.total_bytes, 0);
}

static void open__after_a_restart__finds_all_in_order(void **state)
{
    (void)state;
    char text[2] = "a";
    for (int i = 0; i < 12; i++) {
        put(text);
        text[0]++;
    }
    assert_int_equal(ag_spool_drop_first(&spool, &err), ST_OK);
    assert_int_equal(ag_spool_open(&spool, &vault, &err), ST_OK);
    assert_int_equal(spool.count, 11);
    assert_int_equal(spool.total_bytes, 11);
    must_be_first("b");
    put("z");
    assert_int_equal(spool.count, 12);
    must_be_first("b");
}

static void open__foreign_and_unreadable_files__are_left_alone_or_removed(void **state)
{
    (void)state;
    struct bytes large = bytes_with_limit(LIMIT_REPORT_BYTES + 1);
    char *filler = calloc(1, LIMIT_REPORT_BYTES + 1);
    assert_int_equal(bytes_append(&large, filler, LIMIT_REPORT_BYTES + 1), ST_OK);
    fake_vault_put(&store, "report-1.json", span_text("not ours"));
    fake_vault_put(&store, "report-0000000001.json.new", span_text("not ours"));
    fake_vault_put(&store, "report-0000000009.json", bytes_span(&large));
    fake_vault_put(&store, "report-0000000010.json", span_text("x"));
    assert_int_equal(ag_spool_open(&spool, &vault, &err), ST_OK);
    assert_int_equal(spool.count, 1);
    must_be_first("x");
    assert_null(fake_vault_find(&store, "report-0000000009.json"));
    assert_non_null(fake_vault_find(&store, "report-1.json"));
    bytes_free(&large);
    free(filler);
}

static void put__200_reports__is_full_until_cleared(void **state)
{
    (void)state;
    for (int i = 0; i < AG_SPOOL_REPORTS; i++) {
        put("x");
    }
    assert_int_equal(ag_spool_put(&spool, span_text("y"), &err), ST_NO_SPACE);
    assert_int_equal(ag_spool_open(&spool, &vault, &err), ST_OK);
    assert_int_equal(spool.count, AG_SPOOL_REPORTS);
    assert_int_equal(ag_spool_clear(&spool, &err), ST_OK);
    assert_int_equal(fake_vault_count(&store, "report-"), 0);
    put("y");
    assert_int_equal(spool.numbers[0], AG_SPOOL_REPORTS + 1); /* no number is used twice */
}

static void put__8_mib__is_full(void **state)
{
    (void)state;
    char *filler = calloc(1, LIMIT_REPORT_BYTES);
    struct span report = {.data = (uint8_t *)filler, .size = LIMIT_REPORT_BYTES};
    for (int i = 0; i < AG_SPOOL_BYTES / LIMIT_REPORT_BYTES; i++) {
        assert_int_equal(ag_spool_put(&spool, report, &err), ST_OK);
    }
    assert_int_equal(ag_spool_put(&spool, span_text("y"), &err), ST_NO_SPACE);
    free(filler);
}

static void put__disk_fails__is_told_and_nothing_is_counted(void **state)
{
    (void)state;
    store.dies_after = 1;
    put("a");
    assert_int_equal(ag_spool_put(&spool, span_text("b"), &err), ST_IO);
    assert_int_equal(spool.count, 1);
    assert_int_equal(spool.total_bytes, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(put__three__come_out_in_order),
        TEST(open__after_a_restart__finds_all_in_order),
        TEST(open__foreign_and_unreadable_files__are_left_alone_or_removed),
        TEST(put__200_reports__is_full_until_cleared),
        TEST(put__8_mib__is_full),
        TEST(put__disk_fails__is_told_and_nothing_is_counted),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
