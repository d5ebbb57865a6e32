/* scratch_profile_win.h - the folder of a user's profile as far as Outlook's files go, for one test.
 *
 * Effects: makes and removes folders and files     Units:  seconds since 1970 UTC
 * Owns:    the profile, until ..._remove()         Errors: failed assertions
 * Threads: one thread                              Source: docs/outlook.md "Autodiscover"
 */
#ifndef TESTS_UNIT_AGENT_SCRATCH_PROFILE_WIN_H
#define TESTS_UNIT_AGENT_SCRATCH_PROFILE_WIN_H

#include "tests/unit/agent/scratch_folder_win.h"

#include <stdint.h>
#include <wchar.h>

#define IN_LOCAL   "AppData\\Local"
#define IN_OUTLOOK IN_LOCAL "\\Microsoft\\Outlook"
#define IN_16      IN_OUTLOOK "\\16"
#define ANSWER     IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml"

struct scratch_profile {
    char path[SCRATCH_PATH_BYTES];
    wchar_t wide[SCRATCH_PATH_BYTES];
};

static const char *const SCRATCH_PROFILE_FOLDERS[] = {
    "", "AppData", IN_LOCAL, IN_LOCAL "\\Microsoft", IN_OUTLOOK, IN_16};
enum {
    SCRATCH_PROFILE_DEPTH = sizeof SCRATCH_PROFILE_FOLDERS / sizeof SCRATCH_PROFILE_FOLDERS[0],
    SCRATCH_PROFILE_PATH_BYTES = 2 * SCRATCH_PATH_BYTES,
};

static inline void scratch_profile_path(const struct scratch_profile *profile, const char *name,
                                        char out[SCRATCH_PROFILE_PATH_BYTES])
{
    int length = snprintf(out, SCRATCH_PROFILE_PATH_BYTES, "%s%s%s", profile->path,
                          name[0] != '\0' ? "\\" : "", name);
    assert_true(length > 0 && length < SCRATCH_PROFILE_PATH_BYTES);
}

/* Of the profile's folders this one and all below; links in them are removed themselves. */
static inline void scratch_profile_remove_from(const struct scratch_profile *profile, size_t first)
{
    for (size_t i = SCRATCH_PROFILE_DEPTH; i-- > first;) {
        char path[SCRATCH_PROFILE_PATH_BYTES];
        scratch_profile_path(profile, SCRATCH_PROFILE_FOLDERS[i], path);
        if ((GetFileAttributesA(path) & FILE_ATTRIBUTE_REPARSE_POINT) == 0) {
            scratch_folder_remove(path);
        }
        (void)RemoveDirectoryA(path);
    }
}

static inline void scratch_profile_remove(const struct scratch_profile *profile)
{
    scratch_profile_remove_from(profile, 0);
}

static inline void scratch_profile_make(const char *subject, struct scratch_profile *out)
{
    scratch_folder_name(subject, out->path);
    scratch_profile_remove(out);
    (void)swprintf(out->wide, SCRATCH_PATH_BYTES, L"%hs", out->path);
    for (size_t i = 0; i < SCRATCH_PROFILE_DEPTH; i++) {
        char path[SCRATCH_PROFILE_PATH_BYTES];
        scratch_profile_path(out, SCRATCH_PROFILE_FOLDERS[i], path);
        assert_true(CreateDirectoryA(path, NULL));
    }
}

static inline HANDLE scratch_profile_open(const struct scratch_profile *profile, const char *name,
                                          DWORD access, DWORD share, DWORD disposition)
{
    char path[SCRATCH_PROFILE_PATH_BYTES];
    scratch_profile_path(profile, name, path);
    HANDLE handle = CreateFileA(path, access, share, NULL, disposition, 0, NULL);
    assert_true(handle != INVALID_HANDLE_VALUE);
    return handle;
}

static inline void scratch_profile_set_time(const struct scratch_profile *profile, const char *name,
                                            int64_t modified_s)
{
    uint64_t ticks = (uint64_t)(modified_s + 11644473600) * 10000000;
    FILETIME time = {.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
    HANDLE handle = scratch_profile_open(profile, name, FILE_WRITE_ATTRIBUTES, 0, OPEN_EXISTING);
    assert_true(SetFileTime(handle, NULL, NULL, &time));
    assert_true(CloseHandle(handle));
}

static inline void scratch_profile_put(const struct scratch_profile *profile, const char *name,
                                       const char *content, int64_t modified_s)
{
    DWORD size = (DWORD)strlen(content);
    DWORD put = 0;
    HANDLE handle = scratch_profile_open(profile, name, GENERIC_WRITE, 0, CREATE_ALWAYS);
    assert_true(WriteFile(handle, content, size, &put, NULL) && put == size);
    assert_true(CloseHandle(handle));
    scratch_profile_set_time(profile, name, modified_s);
}

static inline void scratch_profile_drop(const struct scratch_profile *profile, const char *name)
{
    char path[SCRATCH_PROFILE_PATH_BYTES];
    scratch_profile_path(profile, name, path);
    assert_true(DeleteFileA(path));
}

#endif
