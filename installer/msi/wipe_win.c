#include "installer/msi/wipe_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>

#include <windows.h>

enum { BLOCK_BYTES = 4096, MOST_BYTES = 1024 * 1024 };

static enum status overwrite(HANDLE file, const char *path, struct err *err)
{
    static const BYTE ZEROS[BLOCK_BYTES];
    LARGE_INTEGER size = {.QuadPart = 0};
    if (!GetFileSizeEx(file, &size)) {
        return error_set(err, GetLastError(), "cannot see how long %s is", path);
    }
    for (int64_t done = 0; done < size.QuadPart && done < MOST_BYTES;) {
        int64_t left = size.QuadPart - done;
        DWORD wanted = left < BLOCK_BYTES ? (DWORD)left : BLOCK_BYTES;
        DWORD written = 0;
        if (!WriteFile(file, ZEROS, wanted, &written, NULL) || written == 0) {
            return error_set(err, GetLastError(), "cannot overwrite %s", path);
        }
        done += written;
    }
    return FlushFileBuffers(file) ? ST_OK
                                  : error_set(err, GetLastError(), "cannot overwrite %s", path);
}

static enum status wipe(const wchar_t *wide, const char *path, struct err *err)
{
    DWORD attributes = GetFileAttributesW(wide); /* Wine shows links here, and only here */
    if (attributes == INVALID_FILE_ATTRIBUTES) {
        return error_set(err, GetLastError(), "cannot find %s", path);
    }
    if ((attributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) != 0) {
        return err_set(err, ST_DENIED, 0, "%s is no plain file", path);
    }
    HANDLE file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return error_set(err, GetLastError(), "cannot open %s to overwrite it", path);
    }
    enum status st = overwrite(file, path, err);
    (void)CloseHandle(file);
    if (st == ST_OK && !DeleteFileW(wide)) {
        st = error_set(err, GetLastError(), "cannot remove %s", path);
    }
    return st;
}

enum status ins_wipe_file(const char *path, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    st = st == ST_OK ? wipe(wide, path, err) : err_set(err, st, 0, "cannot remove %s", path);
    free(wide);
    return st;
}
