/* scratch_hive_win.h - a user's hive that a test loads, spoils and unloads.
 *
 * Wine reads hives in its own text form; Windows makes an empty one where the file is missing.
 * Effects: a file in the temporary folder, a key of HKEY_USERS    Units: none
 * Owns:    the loaded hive, until scratch_hive_unload()           Errors: failed assertions
 * Threads: one thread                                             Source: RegLoadKeyW
 */
#ifndef TESTS_UNIT_AGENT_SCRATCH_HIVE_WIN_H
#define TESTS_UNIT_AGENT_SCRATCH_HIVE_WIN_H

#include <stdbool.h>
#include <stdio.h>

#include <windows.h>

static inline bool enable_privilege(const wchar_t *name)
{
    HANDLE token = NULL;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    bool done = OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token) &&
                LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid);
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    done = done && AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    (void)CloseHandle(token);
    return done;
}

static inline void scratch_hive_path(const wchar_t *sid, wchar_t out[MAX_PATH])
{
    wchar_t folder[MAX_PATH] = L"";
    assert_true(GetTempPathW(MAX_PATH, folder) > 0);
    (void)swprintf(out, MAX_PATH, L"%lsmr-%ls-%lu.dat", folder, sid, GetCurrentProcessId());
}

static inline void scratch_hive_load(const wchar_t *sid)
{
    static const char EMPTY[] =
        "WINE REGISTRY Version 2\n;; All keys relative to \\\\User\\\\S-1\n\n"
        "#arch=win64\n\n[Software] 1795349257\n";
    wchar_t path[MAX_PATH];
    scratch_hive_path(sid, path);
    if (GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL) {
        FILE *file = _wfopen(path, L"wb");
        assert_non_null(file);
        assert_int_equal(fwrite(EMPTY, 1, sizeof EMPTY - 1, file), sizeof EMPTY - 1);
        assert_int_equal(fclose(file), 0);
    }
    assert_true(enable_privilege(SE_RESTORE_NAME));
    assert_true(enable_privilege(SE_BACKUP_NAME));
    assert_int_equal(RegLoadKeyW(HKEY_USERS, sid, path), ERROR_SUCCESS);
}

/* Refused while a handle to the hive's root is open: for a moment when something looks into it, for
 * ever if one leaked. */
static inline void scratch_hive_unload(const wchar_t *sid)
{
    enum { TRIES = 2000 };
    wchar_t path[MAX_PATH];
    LSTATUS error = RegUnLoadKeyW(HKEY_USERS, sid);
    for (int i = 0; i < TRIES && error == ERROR_ACCESS_DENIED; i++) {
        Sleep(10);
        error = RegUnLoadKeyW(HKEY_USERS, sid);
    }
    assert_int_equal(error, ERROR_SUCCESS);
    scratch_hive_path(sid, path);
    (void)DeleteFileW(path);
}

static inline void scratch_key_make(HKEY root, const wchar_t *path)
{
    HKEY key = NULL;
    assert_int_equal(RegCreateKeyExW(root, path, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

/* Make path below root a registry link to the key that the kernel calls target. */
static inline void scratch_link_make(HKEY root, const wchar_t *path, const wchar_t *target)
{
    HKEY key = NULL;
    assert_int_equal(RegCreateKeyExW(root, path, 0, NULL, REG_OPTION_CREATE_LINK, KEY_ALL_ACCESS,
                                     NULL, &key, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)target,
                                    (DWORD)(wcslen(target) * sizeof *target)),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

#endif
