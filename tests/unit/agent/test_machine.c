/* test_machine.c - ag_machine_look(): what is known of a machine's Outlook, and when that is news. */
#include "tests/cmocka_all.h"

#include "agent/machine.h"
#include "tests/fakes/fake_sights.h"

#include <string.h>

static struct fake_sights sights;
static struct ag_machine machine;
static struct pol_policy policy;

static int set_up(void **state)
{
    (void)state;
    sights = (struct fake_sights){.count = 0};
    machine = (struct ag_machine){.known = false};
    policy = (struct pol_policy){.version = 1};
    return 0;
}

static void install(const char *version)
{
    sights.client = (struct ag_client){
        .known = true, .bitness = POL_BITNESS_X64, .install = POL_INSTALL_CLICK_TO_RUN};
    memcpy(sights.client.version, version, strlen(version) + 1);
}

static void look(void)
{
    struct ag_sights port = fake_sights_port(&sights);
    ag_machine_look(&machine, &port, &policy);
}

static void machine__nobody_looked_at__is_not_known_and_no_news(void **state)
{
    (void)state;
    look();
    assert_null(ag_machine_client(&machine));
    assert_int_equal(machine.minimum, POL_NOT_KNOWN);
    assert_int_equal(machine.changes, 0);
}

static void machine__looked_at__is_news_once_and_again_when_it_changes(void **state)
{
    (void)state;
    install("16.0.17328.20162");
    look();
    look();
    assert_string_equal(ag_machine_client(&machine)->version, "16.0.17328.20162");
    assert_int_equal(machine.minimum, POL_YES);
    assert_int_equal(machine.changes, 1);
    sights.client.bitness = POL_BITNESS_X86;
    look();
    assert_int_equal(machine.changes, 2);
    sights.client.dotnet_release = 533320;
    look();
    assert_int_equal(machine.changes, 3);
    sights.client.install = POL_INSTALL_MSI;
    look();
    assert_int_equal(machine.changes, 4);
    install("");
    look();
    assert_string_equal(ag_machine_client(&machine)->version, "");
    assert_int_equal(machine.minimum, POL_NOT_KNOWN);
    assert_int_equal(machine.changes, 5);
    sights.client.known = false;
    look();
    assert_null(ag_machine_client(&machine));
    assert_int_equal(machine.changes, 6);
}

static void machine__without_a_guard__goes_by_what_can_do_mapi_http(void **state)
{
    (void)state;
    install("15.0.4420.1017");
    look();
    assert_int_equal(machine.minimum, POL_NO);
    policy.guards.minimum_outlook[0] = (uint64_t)15 << 48;
    policy.guards.minimum_count = 1;
    look();
    assert_int_equal(machine.minimum, POL_YES);
    assert_int_equal(machine.changes, 2);
    install("15.0.4569");
    policy.guards.minimum_outlook[0] |= (uint64_t)9999 << 16;
    look();
    assert_int_equal(machine.minimum, POL_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(machine__nobody_looked_at__is_not_known_and_no_news, set_up),
        cmocka_unit_test_setup(machine__looked_at__is_news_once_and_again_when_it_changes, set_up),
        cmocka_unit_test_setup(machine__without_a_guard__goes_by_what_can_do_mapi_http, set_up),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
