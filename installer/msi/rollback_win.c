#include "installer/msi/rollback_win.h"

#include "installer/msi/package_win.h"

#include <stdbool.h>
#include <stdlib.h>

enum { VALUE_CHARS = 4096 };

static bool is_off_in(HKEY place)
{
    DWORD policy = 0;
    DWORD size = sizeof policy;
    return RegGetValueW(place, L"SOFTWARE\\Policies\\Microsoft\\Windows\\Installer",
                        L"DisableRollback", RRF_RT_REG_DWORD, NULL, &policy,
                        &size) == ERROR_SUCCESS &&
           policy != 0;
}

/* Of machine or user: it counts in either place, even if the other one says no. */
static bool is_off_by_policy(void)
{
    HKEY user = NULL;
    bool off = is_off_in(HKEY_LOCAL_MACHINE);
    if (RegOpenCurrentUser(KEY_READ, &user) == ERROR_SUCCESS) {
        off = off || is_off_in(user);
        (void)RegCloseKey(user);
    }
    return off;
}

enum status ins_rollback_check(MSIHANDLE package, struct err *err)
{
    static const wchar_t *const SAYING[] = {L"DISABLEROLLBACK", L"RollbackDisabled"};
    enum status st = ST_OK;
    bool off = is_off_by_policy();
    for (size_t i = 0; i < sizeof SAYING / sizeof SAYING[0] && st == ST_OK && !off; i++) {
        char *value = NULL;
        st = ins_package_read(package, SAYING[i], VALUE_CHARS, &value, err);
        off = st == ST_OK && value[0] != '\0';
        free(value);
    }
    return st == ST_OK && off
               ? err_refuse(err, "rollback_disabled", "DISABLEROLLBACK",
                            "rollback is switched off here, by DISABLEROLLBACK or the policy "
                            "DisableRollback of Windows Installer: without it the installation "
                            "could not be finished, nor undone")
               : st;
}
