/* test_mirror_paint.c - ag_mirror_paint(): what is seen of Outlook and of servers, in words. */
#include "tests/cmocka_all.h"

#include "agent/mirror.h"

#include <string.h>

static struct pol_report_user alice;
static const struct pol_report_user *rows[] = {&alice};
static struct ag_picture picture;
static struct ag_mirror_table table;

static int set_up(void **state)
{
    (void)state;
    alice = (struct pol_report_user){.sid = "S-1-5-21-1-2-3-1001", .changed_at_s = -1};
    picture = (struct ag_picture){.device_id = "", .rows = rows, .row_count = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_mirror_table_done(&table);
    return 0;
}

static void paint(void)
{
    static const struct ag_mirror_about ABOUT = {"1.0.0", 1795340000, 1795342000};
    ag_mirror_table_done(&table);
    assert_int_equal(ag_mirror_paint(&picture, &ABOUT, &table), ST_OK);
}

static const char *shows(const struct ag_mirror_cell *cell)
{
    return cell->present ? cell->text : "(not there)";
}

static void paint__of_what_nobody_saw__leaves_it_out(void **state)
{
    (void)state;
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_OUTLOOK]), "(not there)");
    assert_string_equal(shows(&table.machine[AG_MACHINE_PREFLIGHT]), "(not there)");
    assert_string_equal(shows(&table.users[0].cells[AG_USER_EVIDENCE]), "(not there)");
}

static void paint__of_a_client__has_its_version_or_none(void **state)
{
    (void)state;
    picture.outlook = "";
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_OUTLOOK]), "none");
    picture.outlook = "16.0.17328.20162";
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_OUTLOOK]), "16.0.17328.20162");
}

static void paint__of_probes__has_the_best_of_each_use(void **state)
{
    static const struct pol_report_probe PROBES[] = {
        {.url = "a", .verdict = POL_VERDICT_UNREACHABLE},
        {.url = "b", .verdict = POL_VERDICT_READY},
        {.url = "c", .for_block = true, .verdict = POL_VERDICT_UNHEALTHY},
        {.url = "d", .for_block = true, .verdict = POL_VERDICT_TOO_OLD},
    };
    (void)state;
    picture.probes = PROBES;
    picture.probe_count = 4;
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_PREFLIGHT]), "allow=ready block=too_old");
    picture.probe_count = 1;
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_PREFLIGHT]), "allow=unreachable");
    picture.probes = &PROBES[2];
    paint();
    assert_string_equal(shows(&table.machine[AG_MACHINE_PREFLIGHT]), "block=unhealthy");
}

static void paint__of_evidence__is_one_text(void **state)
{
    static const char *const EVIDENCE[] = {"profile:001f6622", "hint:recreate_profile"};
    (void)state;
    alice.mailbox = POL_MAILBOX_EXCHANGE_ONLINE;
    alice.evidence = EVIDENCE;
    alice.evidence_count = 2;
    paint();
    assert_string_equal(shows(&table.users[0].cells[AG_USER_MAILBOX]), "exchange_online");
    assert_string_equal(shows(&table.users[0].cells[AG_USER_EVIDENCE]),
                        "profile:001f6622 hint:recreate_profile");
}

/* Inventory takes 255 characters. */
static void paint__of_much_evidence__has_whole_words_only(void **state)
{
    char item[51];
    const char *items[] = {item, item, item, item, item, item};
    (void)state;
    memset(item, 'x', sizeof item - 1);
    item[50] = '\0';
    alice.evidence = items;
    alice.evidence_count = 5;
    paint();
    assert_int_equal(strlen(shows(&table.users[0].cells[AG_USER_EVIDENCE])), 5 * 51 - 1);
    alice.evidence_count = 6;
    paint();
    assert_int_equal(strlen(shows(&table.users[0].cells[AG_USER_EVIDENCE])), 5 * 51 - 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(paint__of_what_nobody_saw__leaves_it_out),
        TEST(paint__of_a_client__has_its_version_or_none),
        TEST(paint__of_probes__has_the_best_of_each_use),
        TEST(paint__of_evidence__is_one_text),
        TEST(paint__of_much_evidence__has_whole_words_only),
    };
    return cmocka_run_group_tests_name("mirror_paint", tests, NULL, NULL);
}
