#include "installer/msi/upgrade_win.h"

#include <stdint.h>

#include <windows.h>

static const wchar_t MARK_KEY[] = L"SOFTWARE\\MapiRollout\\Upgrading";
static const wchar_t PROCESS_VALUE[] = L"Process";
static const wchar_t STARTED_VALUE[] = L"Started";

/* Numbers of processes are used again; with the time of its start one is never mistaken. */
static uint64_t started_at(HANDLE process)
{
    FILETIME created = {0};
    FILETIME unused;
    return GetProcessTimes(process, &created, &unused, &unused, &unused)
               ? ((uint64_t)created.dwHighDateTime << 32) | created.dwLowDateTime
               : 0;
}

void ins_upgrade_begin(void)
{
    HKEY key = NULL;
    DWORD process = GetCurrentProcessId();
    uint64_t started = started_at(GetCurrentProcess());
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, MARK_KEY, 0, NULL, REG_OPTION_VOLATILE, KEY_SET_VALUE,
                        NULL, &key, NULL) != ERROR_SUCCESS) {
        return;
    }
    (void)RegSetValueExW(key, PROCESS_VALUE, 0, REG_DWORD, (const BYTE *)&process, sizeof process);
    (void)RegSetValueExW(key, STARTED_VALUE, 0, REG_QWORD, (const BYTE *)&started, sizeof started);
    (void)RegCloseKey(key);
}

bool ins_upgrade_is_running(void)
{
    DWORD process = 0;
    uint64_t started = 0;
    DWORD process_size = sizeof process;
    DWORD started_size = sizeof started;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, MARK_KEY, PROCESS_VALUE, RRF_RT_REG_DWORD, NULL, &process,
                     &process_size) != ERROR_SUCCESS ||
        RegGetValueW(HKEY_LOCAL_MACHINE, MARK_KEY, STARTED_VALUE, RRF_RT_REG_QWORD, NULL, &started,
                     &started_size) != ERROR_SUCCESS) {
        return false;
    }
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, process);
    bool running = handle != NULL && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT &&
                   started_at(handle) == started && started != 0;
    if (handle != NULL) {
        (void)CloseHandle(handle);
    }
    return running;
}

void ins_upgrade_end(void)
{
    (void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, MARK_KEY); /* it ends with its process anyhow */
}
