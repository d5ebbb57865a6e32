#include "agent/files_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTES_BYTES = 4096
}; /* if more is told at once Windows says so, and everything may be there */

static const wchar_t POLICY_FILE[] = L"policy.jws";

struct ag_files_watch {
    HANDLE folder;
    OVERLAPPED told;
    bool asked; /* Windows may write into notes until this is false */
    DWORD notes[NOTES_BYTES / sizeof(DWORD)];
};

/* Names only: whoever copies in place makes the name first, and source_file.c looks twice. */
static bool ask(struct ag_files_watch *watch)
{
    watch->asked =
        ReadDirectoryChangesW(watch->folder, watch->notes, sizeof watch->notes, FALSE,
                              FILE_NOTIFY_CHANGE_FILE_NAME, NULL, &watch->told, NULL) != 0;
    return watch->asked;
}

enum status ag_files_watch_open(const char *folder, struct ag_files_watch **out, struct err *err)
{
    wchar_t *wide = NULL;
    struct ag_files_watch *watch = calloc(1, sizeof *watch);
    enum status st = watch != NULL ? text_to_wide(folder, &wide) : ST_NO_MEMORY;
    if (st != ST_OK) {
        free(watch);
        return err_set(err, st, 0, "cannot watch the folder %s", folder);
    }
    watch->folder = CreateFileW(
        wide, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
    watch->told.hEvent =
        watch->folder != INVALID_HANDLE_VALUE ? CreateEventW(NULL, TRUE, FALSE, NULL) : NULL;
    if (watch->told.hEvent == NULL || !ask(watch)) {
        st = error_set(err, (uint32_t)GetLastError(), "cannot watch the folder %s", folder);
        ag_files_watch_close(watch);
        watch = NULL;
    }
    free(wide);
    if (st == ST_OK) {
        *out = watch;
    }
    return st;
}

void ag_files_watch_close(struct ag_files_watch *watch)
{
    DWORD bytes = 0;
    if (watch == NULL) {
        return;
    }
    if (watch->asked) {
        (void)CancelIoEx(watch->folder, &watch->told);
        (void)GetOverlappedResult(watch->folder, &watch->told, &bytes, TRUE);
    }
    if (watch->told.hEvent != NULL) {
        (void)CloseHandle(watch->told.hEvent);
    }
    if (watch->folder != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(watch->folder);
    }
    free(watch);
}

HANDLE ag_files_watch_event(const struct ag_files_watch *watch)
{
    return watch->told.hEvent;
}

/* What Windows wrote lies within bytes; a note that would reach beyond is not believed. */
static bool names_policy(const DWORD *notes, size_t bytes)
{
    const size_t head = offsetof(FILE_NOTIFY_INFORMATION, FileName);
    size_t at = 0;
    while (bytes - at >= head) {
        const FILE_NOTIFY_INFORMATION *note =
            (const FILE_NOTIFY_INFORMATION *)(const void *)((const char *)notes + at);
        size_t name_bytes = note->FileNameLength;
        if (name_bytes > bytes - at - head) {
            return true;
        }
        bool came =
            note->Action == FILE_ACTION_ADDED || note->Action == FILE_ACTION_RENAMED_NEW_NAME;
        if (came && CompareStringOrdinal(note->FileName, (int)(name_bytes / sizeof(wchar_t)),
                                         POLICY_FILE, -1, TRUE) == CSTR_EQUAL) {
            return true;
        }
        if (note->NextEntryOffset == 0) {
            return false;
        }
        if (note->NextEntryOffset > bytes - at) {
            return true;
        }
        at += note->NextEntryOffset;
    }
    return false;
}

bool ag_files_watch_take(struct ag_files_watch *watch, bool *broken)
{
    DWORD bytes = 0;
    DWORD error = ERROR_SUCCESS;
    *broken = !watch->asked;
    if (*broken) {
        return false;
    }
    if (!GetOverlappedResult(watch->folder, &watch->told, &bytes, FALSE)) {
        error = GetLastError();
    }
    if (error == ERROR_IO_INCOMPLETE) {
        return false;
    }
    /* No bytes: there was more to tell than room for it. */
    bool came = bytes == 0 || names_policy(watch->notes, bytes);
    watch->asked = false;
    *broken = (error != ERROR_SUCCESS && error != ERROR_NOTIFY_ENUM_DIR) || !ask(watch);
    return came;
}
