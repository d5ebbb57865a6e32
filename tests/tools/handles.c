/* handles.c - count what a process holds: `handles PID|NAME.EXE`.
 *
 * Prints "pid=N handles=N pagefile_bytes=N working_set_bytes=N". Handles are counted one by one in
 * the system's own table, because GetProcessHandleCount() is always 0 under Wine.
 */
#include <windows.h>

#include <psapi.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <tlhelp32.h>
#include <wchar.h>

enum { EXTENDED_HANDLES = 64, TABLE_LIMIT_BYTES = 256 * 1024 * 1024 };

/* winternl.h does not have these; the layout is the one of SystemExtendedHandleInformation. */
struct handle_entry {
    void *object;
    ULONG_PTR pid;
    ULONG_PTR handle;
    ULONG access;
    USHORT trace;
    USHORT type;
    ULONG attributes;
    ULONG reserved;
};

struct handle_table {
    ULONG_PTR count;
    ULONG_PTR reserved;
    struct handle_entry entries[];
};

/* ntdll exports it; winternl.h has it without this class. */
LONG NTAPI NtQuerySystemInformation(ULONG class, void *out, ULONG size, ULONG *used);

static struct handle_table *read_table(void)
{
    static const LONG LENGTH_MISMATCH = (LONG)0xC0000004;
    struct handle_table *table = NULL;
    LONG answer = LENGTH_MISMATCH;

    for (ULONG size = 1 << 20; size <= TABLE_LIMIT_BYTES; size *= 2) {
        free(table);
        table = malloc(size);
        answer = table == NULL ? -1 : NtQuerySystemInformation(EXTENDED_HANDLES, table, size, NULL);
        if (answer != LENGTH_MISMATCH) {
            break;
        }
    }
    if (answer < 0) {
        free(table);
        table = NULL;
    }
    return table;
}

static DWORD find_process(const wchar_t *name)
{
    PROCESSENTRY32W process = {.dwSize = sizeof(process)};
    DWORD pid = 0;

    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE) {
        return 0;
    }
    for (BOOL more = Process32FirstW(snapshot, &process); more && pid == 0;
         more = Process32NextW(snapshot, &process)) {
        if (_wcsicmp(process.szExeFile, name) == 0) {
            pid = process.th32ProcessID;
        }
    }
    CloseHandle(snapshot);
    return pid;
}

static int print_counts(DWORD pid)
{
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
    size_t handles = 0;

    struct handle_table *table = read_table();
    HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
    if (table == NULL || process == NULL ||
        !GetProcessMemoryInfo(process, &memory, sizeof(memory))) {
        fprintf(stderr, "handles: process %lu: error %lu\n", pid, GetLastError());
        return 1;
    }
    for (ULONG_PTR i = 0; i < table->count; i++) {
        handles += table->entries[i].pid == pid;
    }
    CloseHandle(process);
    free(table);
    printf("pid=%lu handles=%llu pagefile_bytes=%llu working_set_bytes=%llu\n", pid,
           (unsigned long long)handles, (unsigned long long)memory.PagefileUsage,
           (unsigned long long)memory.WorkingSetSize);
    return 0;
}

int main(void)
{
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL || argc != 2) {
        fputs("handles: say a process id or the name of a program\n", stderr);
        return 2;
    }
    DWORD pid = (DWORD)wcstoul(argv[1], NULL, 10);
    if (pid == 0) {
        pid = find_process(argv[1]);
    }
    if (pid == 0) {
        fprintf(stderr, "handles: no process %ls\n", argv[1]);
        return 1;
    }
    return print_counts(pid);
}
