/* test_preflight_proxy_win.c - whose proxies count, and that nobody's rights are kept longer than it takes to read
 * them. Of all settings Wine has one user's and the machine's. */
#include "tests/cmocka_all.h"

#include "agent/preflight_proxy_win.h"
#include "tests/unit/agent/fake_sessions_win.h"

#include <winhttp.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define URL   "https://mapi.contoso.example/mapi/"

static struct ag_probe_target target;
static struct ag_proxy_list list;

/* As Windows' own dialog leaves it: flags, then texts with their sizes. */
static void set_user(DWORD flags, const char *proxies, const char *bypass)
{
    BYTE blob[256] = {0x46};
    DWORD sizes[] = {(DWORD)strlen(proxies), (DWORD)strlen(bypass)};
    const char *texts[] = {proxies, bypass};
    DWORD used = 12;
    memcpy(blob + 8, &flags, sizeof flags);
    for (size_t i = 0; i < 2; i++) {
        memcpy(blob + used, &sizes[i], sizeof sizes[i]);
        memcpy(blob + used + 4, texts[i], sizes[i]);
        used += 4 + sizes[i];
    }
    assert_int_equal(RegSetKeyValueW(HKEY_CURRENT_USER,
                                     L"Software\\Microsoft\\Windows\\CurrentVersion\\"
                                     L"Internet Settings\\Connections",
                                     L"DefaultConnectionSettings", REG_BINARY, blob, used + 36),
                     ERROR_SUCCESS);
}

static void set_machine(const wchar_t *proxies)
{
    wchar_t named[64];
    (void)swprintf(named, 64, L"%ls", proxies);
    WINHTTP_PROXY_INFO info = {.dwAccessType = WINHTTP_ACCESS_TYPE_NAMED_PROXY, .lpszProxy = named};
    assert_true(WinHttpSetDefaultProxyConfiguration(&info));
}

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    assert_true(ag_probe_target_of(URL, &target));
    set_user(3, "user.example:8080", "");
    set_machine(L"machine.example:3128");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_expect_all_closed();
    return 0;
}

static const char *first_proxy(void)
{
    list = (struct ag_proxy_list){.count = 0};
    assert_int_equal(ag_preflight_find_proxies(&FAKE_CALLS, URL, &target, &list), ERROR_SUCCESS);
    assert_int_equal(list.count, 1);
    return list.urls[0];
}

static void proxies__somebody_is_logged_on__are_his_read_with_his_rights(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    assert_string_equal(first_proxy(), "http://user.example:8080");
    assert_string_equal(fake.done, BOB " revert ");
}

static void proxies__several_are_logged_on__one_is_enough(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    fake_logon(3, ALICE);
    assert_string_equal(first_proxy(), "http://user.example:8080");
    assert_string_equal(fake.done, ALICE " revert ");
}

static void proxies__nobody_is_logged_on__are_the_machines(void **state)
{
    (void)state;
    assert_string_equal(first_proxy(), "http://machine.example:3128");
    fake_logon(1, NULL);
    assert_string_equal(first_proxy(), "http://machine.example:3128");
    assert_string_equal(fake.done, "");
}

static void proxies__his_rights_are_not_to_be_had__are_the_machines(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    fake.no_impersonation = ERROR_ACCESS_DENIED;
    assert_string_equal(first_proxy(), "http://machine.example:3128");
    assert_string_equal(fake.done, "");
}

static void proxies__sessions_cannot_be_listed__are_the_machines(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    fake.no_list = ERROR_ACCESS_DENIED;
    assert_string_equal(first_proxy(), "http://machine.example:3128");
}

static void proxies__console_of_an_administrator__are_his_own(void **state)
{
    (void)state;
    fake.own.sid = ALICE;
    assert_string_equal(first_proxy(), "http://user.example:8080");
    assert_string_equal(fake.done, "");
}

static void proxies__exception_or_nothing_set__is_straight_on(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    set_user(3, "user.example:8080", "*.contoso.example");
    assert_string_equal(first_proxy(), "");
    set_user(1, "", "");
    assert_string_equal(first_proxy(), "");
}

static void proxies__rights_that_cannot_be_given_back__end_the_process(void **state)
{
    (void)state;
    fake_logon(2, BOB);
    fake.no_revert = ERROR_ACCESS_DENIED;
    (void)first_proxy();
    assert_int_equal(fake.ended, ERROR_ACCESS_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(proxies__somebody_is_logged_on__are_his_read_with_his_rights),
        TEST(proxies__several_are_logged_on__one_is_enough),
        TEST(proxies__nobody_is_logged_on__are_the_machines),
        TEST(proxies__his_rights_are_not_to_be_had__are_the_machines),
        TEST(proxies__sessions_cannot_be_listed__are_the_machines),
        TEST(proxies__console_of_an_administrator__are_his_own),
        TEST(proxies__exception_or_nothing_set__is_straight_on),
        TEST(proxies__rights_that_cannot_be_given_back__end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
