/* test_harden_win.c - ag_harden(): what Windows is asked for, and what never. */
#include "tests/cmocka_all.h"

#include "agent/harden_win.h"

#include <stdbool.h>
#include <string.h>

static struct {
    DWORD confined_to;
    BOOL confines;
    unsigned asked;
    DWORD flags[MaxProcessMitigationPolicy]; /* that hold now */
    bool knows_prefer;                       /* PreferSystem32Images came later than the others */
    bool is_last;                            /* no policy was asked for before */
    DWORD crash_flags;
} windows;

static BOOL WINAPI confine_dlls(DWORD flags)
{
    windows.confined_to = flags;
    windows.is_last = windows.asked == 0;
    return windows.confines;
}

static BOOL WINAPI set_policy(PROCESS_MITIGATION_POLICY policy, void *flags, SIZE_T size)
{
    DWORD wanted = 0;
    assert_int_equal(size, sizeof wanted);
    memcpy(&wanted, flags, sizeof wanted);
    windows.asked++;
    if (policy == ProcessImageLoadPolicy && (wanted & 0x4) != 0 && !windows.knows_prefer) {
        return FALSE;
    }
    windows.flags[policy] = wanted;
    return TRUE;
}

static HRESULT WINAPI set_crash_flags(DWORD flags)
{
    windows.crash_flags = flags;
    return S_OK;
}

static struct ag_harden_calls calls;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    memset(&windows, 0, sizeof windows);
    windows.confines = TRUE;
    windows.knows_prefer = true;
    calls = (struct ag_harden_calls){
        .confine_dlls = confine_dlls, .set_policy = set_policy, .set_crash_flags = set_crash_flags};
    return 0;
}

static void harden__new_windows__gives_up_what_is_not_needed(void **state)
{
    (void)state;
    assert_int_equal(ag_harden(&calls, &err), ST_OK);
    assert_int_equal(windows.confined_to, LOAD_LIBRARY_SEARCH_SYSTEM32);
    assert_true(windows.is_last);
    assert_int_equal(windows.flags[ProcessImageLoadPolicy], 0x7);
    assert_int_equal(windows.flags[ProcessChildProcessPolicy], 0x1);
    assert_int_equal(windows.flags[ProcessRedirectionTrustPolicy], 0x1);
    assert_int_equal(windows.crash_flags, 1); /* no heap */
}

/* Whatever would keep the DLLs of security software out, or end us for their mistakes. */
static void harden__new_windows__refuses_no_security_software(void **state)
{
    (void)state;
    static const PROCESS_MITIGATION_POLICY NEVER[] = {
        ProcessSignaturePolicy,         ProcessDynamicCodePolicy,
        ProcessStrictHandleCheckPolicy, ProcessExtensionPointDisablePolicy,
        ProcessSystemCallDisablePolicy, ProcessASLRPolicy,
    };
    assert_int_equal(ag_harden(&calls, &err), ST_OK);
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        assert_int_equal(windows.flags[NEVER[i]], 0);
    }
}

static void harden__windows_10_without_the_last_flag__keeps_the_others(void **state)
{
    (void)state;
    windows.knows_prefer = false;
    assert_int_equal(ag_harden(&calls, &err), ST_OK);
    assert_int_equal(windows.flags[ProcessImageLoadPolicy], 0x3);
}

static void harden__old_windows_without_policies__goes_on(void **state)
{
    (void)state;
    calls.set_policy = NULL;
    calls.set_crash_flags = NULL;
    assert_int_equal(ag_harden(&calls, &err), ST_OK);
    assert_int_equal(windows.confined_to, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

static void harden__dlls_cannot_be_confined__ends_there(void **state)
{
    (void)state;
    windows.confines = FALSE;
    assert_int_equal(ag_harden(&calls, &err), ST_IO);
    assert_int_equal(windows.asked, 0);
    calls.confine_dlls = NULL;
    assert_int_equal(ag_harden(&calls, &err), ST_IO);
}

/* The real thing, where this test runs: at least the search for DLLs. */
static void harden__here__works_and_can_be_told(void **state)
{
    (void)state;
    struct ag_harden_calls real = ag_harden_calls_win();
    assert_int_equal(ag_harden(&real, &err), ST_OK);
    assert_null(LoadLibraryW(L"no-such-library-anywhere.dll"));
    ag_harden_tell(&real);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(harden__new_windows__gives_up_what_is_not_needed),
        TEST(harden__new_windows__refuses_no_security_software),
        TEST(harden__windows_10_without_the_last_flag__keeps_the_others),
        TEST(harden__old_windows_without_policies__goes_on),
        TEST(harden__dlls_cannot_be_confined__ends_there),
        TEST(harden__here__works_and_can_be_told),
    };
    return cmocka_run_group_tests_name("harden", tests, NULL, NULL);
}
