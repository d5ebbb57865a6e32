#include "admin/folder.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>

enum status adm_folder_remove(const char *path, struct err *err)
{
    wchar_t *wide = NULL;

    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the path %s is not valid text", path);
    } else if (!RemoveDirectoryW(wide)) {
        DWORD error = GetLastError();
        bool there = error == ERROR_DIR_NOT_EMPTY || error == ERROR_DIRECTORY;
        st = there ? err_set(err, ST_EXISTS, error,
                             "%s is there already: name a folder that is empty or not there yet",
                             path)
                   : error_set(err, error, "cannot remove %s", path);
    }
    free(wide);
    return st;
}

enum status adm_folder_make_room(const char *path, struct err *err)
{
    enum status st = adm_folder_remove(path, err);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status adm_folder_move(const char *from, const char *to, struct err *err)
{
    wchar_t *wide_from = NULL;
    wchar_t *wide_to = NULL;

    enum status st = text_to_wide(from, &wide_from);
    if (st == ST_OK) {
        st = text_to_wide(to, &wide_to);
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the path %s is not valid text", to);
    } else if (!MoveFileExW(wide_from, wide_to, MOVEFILE_WRITE_THROUGH)) {
        st = error_set(err, GetLastError(), "cannot rename %s to %s", from, to);
    }
    free(wide_from);
    free(wide_to);
    return st;
}
