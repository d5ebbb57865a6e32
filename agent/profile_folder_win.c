#include "agent/profile_folder_win.h"

#include "agent/registry_win.h"
#include "base/error_win.h"

#include <string.h>

static const wchar_t PROFILE_LIST[] =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
enum { KEY_CHARS = sizeof PROFILE_LIST / sizeof PROFILE_LIST[0] + AG_USER_SID_BYTES };

enum status ag_profile_folder_find(const char *sid, wchar_t out[AG_PROFILE_FOLDER_CHARS],
                                   struct err *err)
{
    wchar_t path[KEY_CHARS];
    wchar_t folder[AG_PROFILE_FOLDER_CHARS] = L"";
    DWORD bytes = sizeof folder;
    HKEY key = NULL;
    if (!ag_sid_is_user(sid)) {
        return err_set(err, ST_BUG, 0, "%.80s is not the SID of a user", sid);
    }
    (void)swprintf(path, KEY_CHARS, L"%ls%hs", PROFILE_LIST, sid);
    LSTATUS error =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    if (error == ERROR_SUCCESS) {
        /* REG_EXPAND_SZ is taken, too, and expanded. */
        error = RegGetValueW(key, NULL, L"ProfileImagePath", RRF_RT_REG_SZ, NULL, folder, &bytes);
        (void)RegCloseKey(key);
    }
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot find the folder of the profile of %s", sid);
    }
    memcpy(out, folder, sizeof folder);
    return ST_OK;
}
