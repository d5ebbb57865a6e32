/* privilege.h - switch on what an administrator may do but does not by itself.
 *
 * Effects: this process's token      Units:  none
 * Owns:    nothing                   Errors: the code of Windows; also when not all were given
 * Threads: one thread                Source: AdjustTokenPrivileges
 */
#ifndef TESTS_TOOLS_PRIVILEGE_H
#define TESTS_TOOLS_PRIVILEGE_H

#include <windows.h>

static inline LSTATUS enable(const wchar_t *privilege)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    HANDLE token = NULL;

    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, privilege, &wanted.Privileges[0].Luid) ||
        !OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) {
        return (LSTATUS)GetLastError();
    }
    AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    LSTATUS failure = (LSTATUS)GetLastError();
    CloseHandle(token);
    return failure;
}

#endif
