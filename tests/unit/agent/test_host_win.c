/* test_host_win.c - this machine's facts and its trusted roots. */
#include "tests/cmocka_all.h"

#include "agent/host_win.h"
#include "agent/rootstore_win.h"

#include <string.h>

#include <windows.h>

static struct err err;

static void host__read__has_a_name_and_a_version(void **state)
{
    struct ag_host host = {0};
    char name[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD chars = sizeof name;
    (void)state;
    assert_true(GetComputerNameA(name, &chars));
    assert_int_equal(ag_host_win_read(&host, &err), ST_OK);
    assert_string_equal(host.name, name);
    assert_int_equal(strspn(host.os, "0123456789."), strlen(host.os));
    assert_string_equal(host.arch, "x64");
    assert_non_null(host.machine_guid);
    assert_int_equal(host.multi_session, POL_NO);
    assert_null(host.computer_ou);
    assert_null(host.ad_site);
    ag_host_win_done(&host);
    assert_null(host.name);
}

static void multi_session__by_suites_and_sku(void **state)
{
    (void)state;
    assert_int_equal(ag_host_multi_session(VER_SUITE_TERMINAL, PRODUCT_STANDARD_SERVER), POL_YES);
    assert_int_equal(
        ag_host_multi_session(VER_SUITE_TERMINAL | VER_SUITE_ENTERPRISE, PRODUCT_ENTERPRISE_SERVER),
        POL_YES);
    assert_int_equal(
        ag_host_multi_session(VER_SUITE_TERMINAL | VER_SUITE_SINGLEUSERTS, PRODUCT_STANDARD_SERVER),
        POL_NO);
    assert_int_equal(ag_host_multi_session(VER_SUITE_SINGLEUSERTS, PRODUCT_PROFESSIONAL), POL_NO);
    assert_int_equal(ag_host_multi_session(0, PRODUCT_PROFESSIONAL), POL_NO);
    assert_int_equal(ag_host_multi_session(VER_SUITE_TERMINAL | VER_SUITE_SINGLEUSERTS, 0xaf),
                     POL_YES);
}

static void rootstore__read__is_pem_from_the_first_byte_to_the_last(void **state)
{
    static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
    static const char END[] = "-----END CERTIFICATE-----\n";
    struct bytes roots = {0};
    (void)state;
    assert_int_equal(ag_rootstore_read(&roots, &err), ST_OK);
    assert_true(roots.size > sizeof BEGIN + sizeof END);
    assert_memory_equal(roots.data, BEGIN, sizeof BEGIN - 1);
    assert_memory_equal(roots.data + roots.size - (sizeof END - 1), END, sizeof END - 1);
    bytes_free(&roots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host__read__has_a_name_and_a_version),
        cmocka_unit_test(multi_session__by_suites_and_sku),
        cmocka_unit_test(rootstore__read__is_pem_from_the_first_byte_to_the_last),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
