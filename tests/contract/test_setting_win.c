/* test_setting_win.c - the contract of struct ag_setting, kept by the real registry. */
#include "tests/cmocka_all.h"

#include "tests/contract/setting_contract.h"

#include "agent/setting_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#define SID "S-1-5-21-51-52-53-1001"

/* Whatever a test left; a key that is not there is as good. */
static void reset(void *ctx)
{
    (void)ctx;
    (void)RegDeleteTreeW(HKEY_USERS, L"" SID L"\\Software\\Microsoft");
    (void)RegDeleteTreeW(HKEY_USERS, L"" SID L"\\Software\\MapiRollout");
}

int main(void)
{
    const struct setting_subject subject = {
        .setting = ag_setting_win(NULL),
        .sid = SID,
        .missing_sid = "S-1-5-21-51-52-53-4004",
        .reset = reset,
    };
    scratch_hive_load(L"" SID);
    int failed = setting_contract_run("setting (registry)", &subject);
    scratch_hive_unload(L"" SID);
    return failed;
}
