/* hive.c - log users on and off, as far as the registry sees it.
 *
 *   hive load SID FILE      the hive FILE (a Windows path) becomes HKEY_USERS\SID; the user gets a
 *                           profile, too
 *   hive unload SID         the hive goes, the profile stays
 *   hive profile SID        a profile alone: somebody who has not logged on yet
 *   hive forget SID         the profile goes
 *
 * Wine never writes a hive back to its file; a test that logs somebody off and on again says which
 * file is loaded the second time.
 */
#include "tests/tools/privilege.h"

#include <windows.h>

#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

enum { KEY_CHARS = 256 };

static const wchar_t PROFILES[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";

static LSTATUS profile_add(const wchar_t *sid)
{
    wchar_t name[KEY_CHARS];
    wchar_t path[KEY_CHARS];
    HKEY key = NULL;

    swprintf(name, KEY_CHARS, L"%ls%ls", PROFILES, sid);
    int chars = swprintf(path, KEY_CHARS, L"C:\\users\\%ls", sid);
    LSTATUS failure = RegCreateKeyExW(HKEY_LOCAL_MACHINE, name, 0, NULL, 0,
                                      KEY_SET_VALUE | KEY_WOW64_64KEY, NULL, &key, NULL);
    if (failure == ERROR_SUCCESS) {
        failure = RegSetValueExW(key, L"ProfileImagePath", 0, REG_EXPAND_SZ, (const BYTE *)path,
                                 (DWORD)(((size_t)chars + 1) * sizeof(wchar_t)));
        RegCloseKey(key);
    }
    return failure;
}

static LSTATUS profile_remove(const wchar_t *sid)
{
    wchar_t name[KEY_CHARS];

    swprintf(name, KEY_CHARS, L"%ls%ls", PROFILES, sid);
    return RegDeleteKeyExW(HKEY_LOCAL_MACHINE, name, KEY_WOW64_64KEY, 0);
}

static LSTATUS load(const wchar_t *sid, const wchar_t *file)
{
    LSTATUS failure = profile_add(sid);
    if (failure == ERROR_SUCCESS) {
        failure = RegLoadKeyW(HKEY_USERS, sid, file);
    }
    return failure;
}

static bool is_call(int argc, wchar_t **argv, const wchar_t *verb, int arguments)
{
    return argc == arguments + 2 && wcscmp(argv[1], verb) == 0 && wcslen(argv[2]) < 100;
}

int main(void)
{
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL) {
        return 1;
    }

    LSTATUS failure = enable(SE_RESTORE_NAME);
    if (failure == ERROR_SUCCESS) {
        failure = enable(SE_BACKUP_NAME);
    }
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "hive: privileges: error %ld\n", (long)failure);
        return 1;
    }

    if (is_call(argc, argv, L"load", 2)) {
        failure = load(argv[2], argv[3]);
    } else if (is_call(argc, argv, L"unload", 1)) {
        failure = RegUnLoadKeyW(HKEY_USERS, argv[2]);
    } else if (is_call(argc, argv, L"profile", 1)) {
        failure = profile_add(argv[2]);
    } else if (is_call(argc, argv, L"forget", 1)) {
        failure = profile_remove(argv[2]);
    } else {
        fputs("hive: say load SID FILE, unload SID, profile SID or forget SID\n", stderr);
        return 2;
    }
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "hive: %ls %ls: error %ld\n", argv[1], argv[2], (long)failure);
        return 1;
    }
    return 0;
}
