/* planted_link_win.h - plant a link where the agent is not to follow it.
 *
 * Wine makes no links by CreateSymbolicLinkA(), but follows those of the system below it.
 * Effects: a link; no process stays behind        Units:  none
 * Owns:    nothing                                Errors: failed assertions
 * Threads: one thread                             Source: ln(1); CreateSymbolicLinkA
 */
#ifndef TESTS_UNIT_AGENT_PLANTED_LINK_WIN_H
#define TESTS_UNIT_AGENT_PLANTED_LINK_WIN_H

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>

#include <windows.h>

enum { PLANTED_PATH_BYTES = 1024 };

static inline bool planted_under_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

/* Run one of Linux' own programs with one or two paths, as Wine can. There is no handle to wait for
 * such a process: who calls this waits for what it does. */
static inline void planted_run(const char *program, const char *option, const char *const *paths,
                               size_t count)
{
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION process = {0};
    char command[4 * PLANTED_PATH_BYTES];
    union {
        FARPROC plain;
        char *(*unix_name)(const wchar_t *path);
    } found = {GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "wine_get_unix_file_name")};
    assert_non_null(found.plain);
    int at = snprintf(command, sizeof command, "%s %s", program, option);
    for (size_t i = 0; i < count; i++) {
        wchar_t wide[PLANTED_PATH_BYTES];
        (void)swprintf(wide, PLANTED_PATH_BYTES, L"%hs", paths[i]);
        char *unix_path = found.unix_name(wide);
        assert_non_null(unix_path);
        at += snprintf(command + at, sizeof command - (size_t)at, " \"%s\"", unix_path);
        (void)HeapFree(GetProcessHeap(), 0, unix_path);
    }
    assert_true(
        CreateProcessA(program, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
}

static inline void planted_wait(const char *link, bool there)
{
    uint64_t until_ms = clock_monotonic_ms() + 20000;
    while ((GetFileAttributesA(link) != INVALID_FILE_ATTRIBUTES) != there) {
        assert_true(clock_monotonic_ms() < until_ms);
        Sleep(1);
    }
}

static inline void plant_link(const char *target, const char *link)
{
    const char *const paths[] = {target, link};
    if (planted_under_wine()) {
        planted_run("Z:\\bin\\ln", "-sn", paths, 2);
    } else {
        bool folder = (GetFileAttributesA(target) & FILE_ATTRIBUTE_DIRECTORY) != 0;
        assert_true(CreateSymbolicLinkA(link, target, folder ? SYMBOLIC_LINK_FLAG_DIRECTORY : 0));
    }
    planted_wait(link, true);
}

/* While its target is there. Wine's own functions would remove that instead. */
static inline void remove_planted_link(const char *link)
{
    if (planted_under_wine()) {
        planted_run("Z:\\bin\\rm", "--", &link, 1);
    } else {
        assert_true(DeleteFileA(link) || RemoveDirectoryA(link));
    }
    planted_wait(link, false);
}

#endif
