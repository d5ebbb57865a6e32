/* scratch_folder_win.h - a folder of the test's own below the temporary one.
 *
 * Effects: makes and removes a folder             Units:  none
 * Owns:    the folder, until ..._remove()         Errors: failed assertions
 * Threads: one thread                             Source: GetTempPathA
 */
#ifndef TESTS_UNIT_AGENT_SCRATCH_FOLDER_WIN_H
#define TESTS_UNIT_AGENT_SCRATCH_FOLDER_WIN_H

#include <stdio.h>

#include <windows.h>

enum { SCRATCH_PATH_BYTES = 512 };

/* One level: plain files and empty folders. */
static inline void scratch_folder_remove(const char *path)
{
    char pattern[SCRATCH_PATH_BYTES + 8];
    char one[SCRATCH_PATH_BYTES + MAX_PATH];
    WIN32_FIND_DATAA entry;
    (void)snprintf(pattern, sizeof pattern, "%s\\*", path);
    HANDLE find = FindFirstFileA(pattern, &entry);
    if (find == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        (void)snprintf(one, sizeof one, "%s\\%s", path, entry.cFileName);
        (void)DeleteFileA(one);
    } while (FindNextFileA(find, &entry));
    (void)FindClose(find);
    (void)RemoveDirectoryA(path);
}

/* Only its name: the test makes it. What a killed run of the same number left is removed. */
static inline void scratch_folder_name(const char *subject, char out[SCRATCH_PATH_BYTES])
{
    char temporary[MAX_PATH] = "";
    assert_true(GetTempPathA(MAX_PATH, temporary) > 0);
    assert_true(snprintf(out, SCRATCH_PATH_BYTES, "%smr-%s-%lu", temporary, subject,
                         GetCurrentProcessId()) < SCRATCH_PATH_BYTES);
    scratch_folder_remove(out);
}

#endif
