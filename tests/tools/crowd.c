/* crowd.c - many users, who log on and off.
 *
 *   crowd load COUNT FILE       the hive FILE is loaded COUNT times, as S-1-5-21-7-7-7-1000 and on
 *   crowd unload COUNT
 *   crowd storm COUNT FILE MS   for so long each of them logs on and off, over and over; then all
 *                               are logged off. Ends with 1 if one could not be for WAIT_MS, that
 *                               is if somebody holds a key of his. Other users than those of the
 *                               other verbs: S-1-5-21-7-7-8-1000 and on.
 *   crowd write COUNT NUMBER    MapiHttpDisabled of each; with "absent" it is removed
 *   crowd count COUNT NUMBER    prints how many have that
 *   crowd add COUNT NUMBER REG  the same as write by one REG add for each, as a script would
 *
 * Wine loads one file as often as it is asked to; Windows would want a copy for each.
 */
#include "tests/tools/privilege.h"

#include <windows.h>

#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { NAME_CHARS = 160, LINE_CHARS = 512, WAIT_MS = 5000 };

static const wchar_t SETTING_KEY[] = L"Software\\Microsoft\\Exchange";
static const wchar_t SETTING_VALUE[] = L"MapiHttpDisabled";

static unsigned long domain = 7;

static void name_user(DWORD i, wchar_t out[NAME_CHARS])
{
    swprintf(out, NAME_CHARS, L"S-1-5-21-7-7-%lu-%lu", domain, 1000 + i);
}

static LSTATUS load(DWORD i, const wchar_t *file)
{
    wchar_t sid[NAME_CHARS];
    name_user(i, sid);
    return RegLoadKeyW(HKEY_USERS, sid, file);
}

/* Refused while the root is open, which is for a moment when somebody looks. */
static LSTATUS unload(DWORD i)
{
    wchar_t sid[NAME_CHARS];
    ULONGLONG end_ms = GetTickCount64() + WAIT_MS;
    name_user(i, sid);
    LSTATUS failure = RegUnLoadKeyW(HKEY_USERS, sid);
    while (failure == ERROR_ACCESS_DENIED && GetTickCount64() < end_ms) {
        Sleep(1);
        failure = RegUnLoadKeyW(HKEY_USERS, sid);
    }
    return failure;
}

static LSTATUS storm(DWORD count, const wchar_t *file, DWORD ms)
{
    ULONGLONG end_ms = GetTickCount64() + ms;
    bool *loaded = calloc(count, sizeof(*loaded));
    unsigned long changes = 0;
    DWORD chance = 1;
    LSTATUS failure = loaded != NULL ? ERROR_SUCCESS : ERROR_OUTOFMEMORY;

    domain = 8;
    while (failure == ERROR_SUCCESS && GetTickCount64() < end_ms) {
        chance = chance * 1664525 + 1013904223;
        DWORD i = (chance >> 16) % count;
        failure = loaded[i] ? unload(i) : load(i, file);
        loaded[i] = !loaded[i];
        changes++;
    }
    for (DWORD i = 0; loaded != NULL && i < count && failure == ERROR_SUCCESS; i++) {
        failure = loaded[i] ? unload(i) : ERROR_SUCCESS;
    }
    free(loaded);
    printf("changes=%lu\n", changes);
    return failure;
}

static LSTATUS open_setting(DWORD i, REGSAM access, HKEY *out)
{
    wchar_t sid[NAME_CHARS];
    wchar_t name[LINE_CHARS];
    name_user(i, sid);
    swprintf(name, LINE_CHARS, L"%ls\\%ls", sid, SETTING_KEY);
    return RegOpenKeyExW(HKEY_USERS, name, 0, access, out);
}

static LSTATUS write(DWORD i, const wchar_t *text)
{
    HKEY key = NULL;
    DWORD number = wcstoul(text, NULL, 10);
    LSTATUS failure = open_setting(i, KEY_SET_VALUE, &key);
    if (failure != ERROR_SUCCESS) {
        return failure;
    }
    if (wcscmp(text, L"absent") == 0) {
        failure = RegDeleteValueW(key, SETTING_VALUE);
        failure = failure == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : failure;
    } else {
        failure =
            RegSetValueExW(key, SETTING_VALUE, 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
    }
    RegCloseKey(key);
    return failure;
}

static bool has(DWORD i, const wchar_t *text)
{
    HKEY key = NULL;
    DWORD type = REG_NONE;
    DWORD number = 0;
    DWORD size = sizeof(number);
    if (open_setting(i, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS) {
        return false;
    }
    LSTATUS failure = RegQueryValueExW(key, SETTING_VALUE, NULL, &type, (BYTE *)&number, &size);
    RegCloseKey(key);
    if (wcscmp(text, L"absent") == 0) {
        return failure == ERROR_FILE_NOT_FOUND;
    }
    return failure == ERROR_SUCCESS && type == REG_DWORD && number == wcstoul(text, NULL, 10);
}

static LSTATUS add(DWORD i, const wchar_t *number, const wchar_t *reg)
{
    wchar_t sid[NAME_CHARS];
    wchar_t line[LINE_CHARS];
    STARTUPINFOW startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION process = {0};
    DWORD code = 1;
    name_user(i, sid);
    swprintf(line, LINE_CHARS, L"\"%ls\" add HKU\\%ls\\%ls /v %ls /t REG_DWORD /d %ls /f", reg, sid,
             SETTING_KEY, SETTING_VALUE, number);
    if (!CreateProcessW(reg, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process)) {
        return (LSTATUS)GetLastError();
    }
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code == 0 ? ERROR_SUCCESS : ERROR_WRITE_FAULT;
}

static int finish(LSTATUS failure, const wchar_t *verb, DWORD i)
{
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "crowd: %ls, user %lu: error %ld\n", verb, 1000 + i, (long)failure);
    }
    return failure != ERROR_SUCCESS;
}

static int do_all(int argc, wchar_t **argv, DWORD count)
{
    LSTATUS failure = ERROR_SUCCESS;
    DWORD held = 0;
    DWORD i = 0;
    for (; i < count && failure == ERROR_SUCCESS; i++) {
        if (argc == 4 && wcscmp(argv[1], L"load") == 0) {
            failure = load(i, argv[3]);
        } else if (argc == 3 && wcscmp(argv[1], L"unload") == 0) {
            failure = unload(i);
        } else if (argc == 4 && wcscmp(argv[1], L"write") == 0) {
            failure = write(i, argv[3]);
        } else if (argc == 4 && wcscmp(argv[1], L"count") == 0) {
            held += has(i, argv[3]);
        } else if (argc == 5 && wcscmp(argv[1], L"add") == 0) {
            failure = add(i, argv[3], argv[4]);
        } else {
            fputs("crowd: say load, unload, storm, write, count or add, how many, and what\n",
                  stderr);
            return 2;
        }
    }
    if (wcscmp(argv[1], L"count") == 0) {
        printf("%lu\n", held);
    }
    return finish(failure, argv[1], i - 1);
}

int main(void)
{
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    DWORD count = argv != NULL && argc > 2 ? wcstoul(argv[2], NULL, 10) : 0;
    if (count == 0 || enable(SE_RESTORE_NAME) != ERROR_SUCCESS ||
        enable(SE_BACKUP_NAME) != ERROR_SUCCESS) {
        fputs("crowd: say how many, and have the privileges\n", stderr);
        return 2;
    }
    if (argc == 5 && wcscmp(argv[1], L"storm") == 0) {
        return finish(storm(count, argv[3], wcstoul(argv[4], NULL, 10)), argv[1], 0);
    }
    return do_all(argc, argv, count);
}
