#include "agent/harden_win.h"

#include "base/error_win.h"
#include "base/log.h"

/* WER_FAULT_REPORTING_FLAG_NOHEAP of werapi.h, which mingw has for old Windows only. */
enum { CRASH_WITHOUT_HEAP = 1 };

/* Each policy is a set of flags in 32 bits. What a Windows does not know it refuses as a whole, so
 * flags that came later are asked for after those of Windows 10 1607. */
static const struct {
    PROCESS_MITIGATION_POLICY policy;
    DWORD flags;
    const char *name;
} POLICIES[] = {
    /* NoRemoteImages, NoLowMandatoryLabelImages; PreferSystem32Images */
    {ProcessImageLoadPolicy, 0x1 | 0x2, "image_load"},
    {ProcessImageLoadPolicy, 0x1 | 0x2 | 0x4, "image_load"},
    /* NoChildProcessCreation; Windows 10 1709 */
    {ProcessChildProcessPolicy, 0x1, "child_process"},
    /* EnforceRedirectionTrust; Windows 11, Server 2022 */
    {ProcessRedirectionTrustPolicy, 0x1, "redirection_trust"},
};
enum { POLICY_COUNT = sizeof POLICIES / sizeof POLICIES[0] };

/* mingw's enumeration counts on: a missing member would shift the numbers. */
_Static_assert(ProcessImageLoadPolicy == 10, "as Windows numbers it");
_Static_assert(ProcessChildProcessPolicy == 13, "as Windows numbers it");
_Static_assert(ProcessRedirectionTrustPolicy == 16, "as Windows numbers it");
_Static_assert(sizeof(PROCESS_MITIGATION_IMAGE_LOAD_POLICY) == sizeof(DWORD), "32 bits of flags");

static FARPROC find(const wchar_t *module, const char *name)
{
    HMODULE loaded = GetModuleHandleW(module);
    return loaded != NULL ? GetProcAddress(loaded, name) : NULL;
}

/* A function's address has no type of its own until it is given one. */
#define FIND(type, name) ((type)(void (*)(void))find(L"kernel32.dll", name))

struct ag_harden_calls ag_harden_calls_win(void)
{
    return (struct ag_harden_calls){
        .confine_dlls = FIND(BOOL(WINAPI *)(DWORD), "SetDefaultDllDirectories"),
        .set_policy = FIND(BOOL(WINAPI *)(PROCESS_MITIGATION_POLICY, void *, SIZE_T),
                           "SetProcessMitigationPolicy"),
        .get_policy = FIND(BOOL(WINAPI *)(HANDLE, PROCESS_MITIGATION_POLICY, void *, SIZE_T),
                           "GetProcessMitigationPolicy"),
        .set_crash_flags = FIND(HRESULT(WINAPI *)(DWORD), "WerSetFlags"),
    };
}

enum status ag_harden(const struct ag_harden_calls *calls, struct err *err)
{
    if (calls->confine_dlls == NULL) {
        return err_set(err, ST_IO, 0, "this Windows cannot confine the search for DLLs");
    }
    if (!calls->confine_dlls(LOAD_LIBRARY_SEARCH_SYSTEM32)) {
        return err_set(err, ST_IO, (uint32_t)GetLastError(), "cannot confine the search for DLLs");
    }
    (void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
    (void)HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    if (calls->set_crash_flags != NULL) {
        (void)calls->set_crash_flags(CRASH_WITHOUT_HEAP);
    }
    for (size_t i = 0; calls->set_policy != NULL && i < POLICY_COUNT; i++) {
        DWORD flags = POLICIES[i].flags;
        (void)calls->set_policy(POLICIES[i].policy, &flags, sizeof flags); /* told by _tell() */
    }
    return ST_OK;
}

void ag_harden_tell(const struct ag_harden_calls *calls)
{
    for (size_t i = 0; calls->get_policy != NULL && i < POLICY_COUNT; i++) {
        DWORD flags = 0;
        bool last = i + 1 == POLICY_COUNT || POLICIES[i + 1].policy != POLICIES[i].policy;
        if (last &&
            calls->get_policy(GetCurrentProcess(), POLICIES[i].policy, &flags, sizeof flags)) {
            log_write(LOG_DEBUG, "event=hardened policy=%s flags=0x%lx wanted=0x%lx",
                      POLICIES[i].name, flags, POLICIES[i].flags);
        }
    }
}
