/* test_status.c - status.h: the same facts for people and as JSON. */
#include "tests/cmocka_all.h"

#include "agent/status.h"

#include <stdlib.h>
#include <string.h>

static struct ag_config config;
static struct ag_policy_store store;
static struct ag_mirror_table table;
static struct ag_status status;
static struct bytes out;

static void put(struct ag_mirror_cell *cell, const char *text)
{
    assert_int_equal(ag_mirror_put_text(cell, text), ST_OK);
}

static void number(struct ag_mirror_cell *cell, int64_t value)
{
    *cell = (struct ag_mirror_cell){.present = true, .number = value};
}

static int start(void **state)
{
    (void)state;
    config = ag_config_defaults();
    assert_int_equal(ag_config_put(&config, AG_SET_DATA_DIR, "x", "C:\\data", NULL), ST_OK);
    assert_int_equal(ag_config_put(&config, AG_SET_TAGS, "x", "hq", NULL), ST_OK);
    memset(&store, 0, sizeof store);
    table = (struct ag_mirror_table){.user_count = 2};
    table.users = calloc(2, sizeof *table.users);
    assert_non_null(table.users);
    table.users[0].sid = text_copy("S-1-5-21-1-2-3-1001");
    table.users[1].sid = text_copy("S-1-5-21-1-2-3-1002");
    put(&table.machine[AG_MACHINE_UPDATED_AT], "2026-11-22T10:00:00Z");
    put(&table.machine[AG_MACHINE_STAGE], "pilot");
    put(&table.machine[AG_MACHINE_OUTLOOK], "16.0.17328.20162");
    put(&table.machine[AG_MACHINE_PREFLIGHT], "allow=ready");
    number(&table.machine[AG_MACHINE_POLICY_VERSION], 4294967298001);
    number(&table.machine[AG_MACHINE_STALE], 1);
    put(&table.users[0].cells[AG_USER_ACCOUNT], "CONTOSO\\J\xc3\xb6rg");
    put(&table.users[0].cells[AG_USER_STATE], "error");
    put(&table.users[0].cells[AG_USER_VALUE], "absent");
    put(&table.users[0].cells[AG_USER_PROTOCOL], "mapi_http");
    put(&table.users[0].cells[AG_USER_ERROR], "denied");
    number(&table.users[0].cells[AG_USER_OURS], 1);
    put(&table.users[1].cells[AG_USER_STATE], "idle");
    put(&table.users[1].cells[AG_USER_VALUE], "1");
    number(&table.users[1].cells[AG_USER_VALUE_DWORD], 1);
    status = (struct ag_status){"1.0.0", "stopped", &config, NULL, &store, &table};
    out = bytes_with_limit(64 * 1024);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    bytes_free(&out);
    ag_mirror_table_done(&table);
    ag_config_done(&config);
    return 0;
}

static void expect_line(const char *line)
{
    if (strstr(bytes_text(&out), line) == NULL) {
        print_error("no \"%s\" in\n%s", line, bytes_text(&out));
        fail();
    }
}

static void text__of_a_machine__has_lines_and_a_table_in_columns(void **state)
{
    (void)state;
    assert_int_equal(ag_status_text(&status, &out), ST_OK);
    expect_line("version        1.0.0\n");
    expect_line("service        stopped\n");
    expect_line("server         -\n");
    expect_line("tags           hq\n");
    expect_line("accepted       nothing yet\n");
    expect_line(
        "as of          2026-11-22T10:00:00Z (no service runs: older facts may be wrong)\n");
    expect_line("in force       4294967298001\n");
    expect_line("stale          the policy in force has expired");
    expect_line("Outlook        16.0.17328.20162\n");
    expect_line("preflight      allow=ready\n");
    expect_line("\n\nACCOUNT              STATE  SET  VALUE   RING  OBSERVED   WHY NOT\n"
                "CONTOSO\\J\xc3\xb6rg         error  -    absent  -     mapi_http  denied\n"
                "S-1-5-21-1-2-3-1002  idle   -    1       -     -          \n");
}

static void text__of_a_running_service__does_not_doubt_its_facts(void **state)
{
    (void)state;
    status.service = "running";
    assert_int_equal(ag_status_text(&status, &out), ST_OK);
    expect_line("as of          2026-11-22T10:00:00Z\n");
}

static void text__without_facts__says_so(void **state)
{
    (void)state;
    status.table = NULL;
    status.store = NULL;
    status.refused = "ServerUrl must be";
    assert_int_equal(ag_status_text(&status, &out), ST_OK);
    expect_line("bad settings   ServerUrl must be\n");
    expect_line("accepted       only administrators may look\n");
    expect_line("as of          no agent has shown anything yet\n");
}

static void json__of_a_machine__has_the_same_with_types(void **state)
{
    (void)state;
    assert_int_equal(ag_status_json(&status, &out), ST_OK);
    expect_line("\"service\":\"stopped\"");
    expect_line("\"tags\":[\"hq\"]");
    expect_line("\"observe\":\"full\"");
    expect_line("\"settings_refused\":null");
    expect_line("\"accepted\":[]");
    expect_line("\"policy_version\":4294967298001");
    expect_line("\"stale\":true");
    expect_line("\"failed\":null");
    expect_line(
        "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":\"CONTOSO\\\\J\xc3\xb6rg\"");
    expect_line("\"value\":\"1\",\"value_dword\":1,\"ours\":null");
    expect_line("\"ours\":true");
    bytes_clear(&out);
    status.table = NULL;
    status.store = NULL;
    assert_int_equal(ag_status_json(&status, &out), ST_OK);
    expect_line("\"accepted\":null,\"state\":null}");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text__of_a_machine__has_lines_and_a_table_in_columns),
        TEST(text__of_a_running_service__does_not_doubt_its_facts),
        TEST(text__without_facts__says_so),
        TEST(json__of_a_machine__has_the_same_with_types),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
