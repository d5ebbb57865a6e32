/* harden_win.h - give up, before anything else, what this program never needs.
 *
 * DLLs come from System32 only; no DLL from a share or of low integrity; no child processes; no
 * junctions that a user planted are followed; a damaged heap ends the process; no boxes on anybody's
 * screen; crash reports go without the heap, where the token is. Nothing that would refuse or break
 * the DLLs of security software: no signature, dynamic-code or extension-point policy, no exception
 * for others' bad handles.
 * Effects: the process, until it ends          Units:  none
 * Owns:    nothing                             Errors: ST_IO: the search for DLLs cannot be confined,
 *                                                      nothing else must follow. What this Windows
 *                                                      does not have is no error
 * Threads: first thing in main                 Source: SetProcessMitigationPolicy; "Hardening"
 */
#ifndef AGENT_HARDEN_WIN_H
#define AGENT_HARDEN_WIN_H

#include "base/err.h"

#include <windows.h>

/* What is asked of Windows; a member is NULL where Windows does not have it. */
struct ag_harden_calls {
    BOOL(WINAPI *confine_dlls)(DWORD flags);
    BOOL(WINAPI *set_policy)(PROCESS_MITIGATION_POLICY policy, void *flags, SIZE_T size);
    BOOL(WINAPI *get_policy)
    (HANDLE process, PROCESS_MITIGATION_POLICY policy, void *flags, SIZE_T size);
    HRESULT(WINAPI *set_crash_flags)(DWORD flags);
};

struct ag_harden_calls ag_harden_calls_win(void);

enum status ag_harden(const struct ag_harden_calls *calls, struct err *err) MUST_USE;

/* Write into the log what holds, as Windows says. */
void ag_harden_tell(const struct ag_harden_calls *calls);

#endif
