/* footprint_win.h - count the open handles of this process, and its memory.
 *
 * GetProcessHandleCount() is always 0 under Wine, so the system's table of all handles is asked.
 * Effects: none                                   Units:  bytes
 * Owns:    nothing                                Errors: failed assertions
 * Threads: one thread                             Source: SystemExtendedHandleInformation
 */
#ifndef TESTS_UNIT_AGENT_FOOTPRINT_WIN_H
#define TESTS_UNIT_AGENT_FOOTPRINT_WIN_H

#include <stdlib.h>

#include <windows.h>

#include <psapi.h>
#include <winternl.h>

static inline size_t handle_count(void)
{
    enum { SYSTEM_EXTENDED_HANDLE_INFORMATION = 64 };
    struct entry {
        void *object;
        ULONG_PTR process;
        ULONG_PTR handle;
        ULONG access;
        USHORT trace;
        USHORT type;
        ULONG attributes;
        ULONG reserved;
    };
    struct table {
        ULONG_PTR count;
        ULONG_PTR reserved;
        struct entry entries[];
    };
    ULONG size = 4 * 1024 * 1024;
    struct table *table = malloc(size);
    size_t mine = 0;

    assert_non_null(table);
    assert_true(
        NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)SYSTEM_EXTENDED_HANDLE_INFORMATION,
                                 table, size, NULL) >= 0);
    for (size_t i = 0; i < table->count; i++) {
        mine += table->entries[i].process == GetCurrentProcessId();
    }
    free(table);
    assert_true(mine > 0);
    return mine;
}

static inline size_t memory_bytes(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    assert_true(K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
    return counters.PagefileUsage;
}

#endif
