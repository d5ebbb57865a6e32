#include "agent/running_key_win.h"

const wchar_t AG_RUNNING_KEY[] = L"SOFTWARE\\MapiRollout\\Running";

/* The key above must be there before, or it becomes volatile, too, and refuses the floor's key. */
LSTATUS ag_running_key_open(HKEY *out)
{
    HKEY above = NULL;
    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout", 0, NULL, 0,
                                    KEY_CREATE_SUB_KEY, NULL, &above, NULL);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    (void)RegCloseKey(above);
    return RegCreateKeyExW(HKEY_LOCAL_MACHINE, AG_RUNNING_KEY, 0, NULL, REG_OPTION_VOLATILE,
                           KEY_SET_VALUE | KEY_QUERY_VALUE, NULL, out, NULL);
}
