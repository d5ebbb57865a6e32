#include "installer/msi/wipe_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

/* Links to it elsewhere would be other files of somebody. */
static enum status check_kind(HANDLE file, const wchar_t *wide, const char *path, struct err *err)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    DWORD attributes = GetFileAttributesW(wide); /* Wine shows links here, and only here */
    if (!GetFileInformationByHandle(file, &info)) {
        return error_set(err, GetLastError(), "cannot see what %s is", path);
    }
    attributes |= info.dwFileAttributes;
    if ((attributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) != 0 ||
        info.nNumberOfLinks != 1) {
        return err_set(err, ST_DENIED, 0, "%s is no plain file; remove it by hand", path);
    }
    return ST_OK;
}

static bool is_line_end(const char *text, size_t size)
{
    return size <= 2 && strspn(text, "\r\n") >= size;
}

static enum status check_content(HANDLE file, const char *path, struct span secret, DWORD *size,
                                 struct err *err)
{
    char content[INS_SECRET_BYTES + 1];
    enum status st = ST_OK;
    memset(content, 0, sizeof content);
    if (!ReadFile(file, content, sizeof content, size, NULL)) {
        st = error_set(err, GetLastError(), "cannot read %s", path);
    } else if (*size > INS_SECRET_BYTES || *size < secret.size ||
               !equal_in_constant_time(content, secret.data, secret.size) ||
               !is_line_end(content + secret.size, *size - secret.size)) {
        st = err_set(err, ST_DENIED, 0, "%s holds something else by now and is left alone", path);
    }
    wipe(content, sizeof content);
    return st;
}

static enum status overwrite(HANDLE file, const char *path, DWORD size, struct err *err)
{
    static const BYTE ZEROS[INS_SECRET_BYTES];
    FILE_DISPOSITION_INFO gone = {.DeleteFile = TRUE};
    DWORD written = 0;
    if (SetFilePointer(file, 0, NULL, FILE_BEGIN) == INVALID_SET_FILE_POINTER ||
        !WriteFile(file, ZEROS, size, &written, NULL) || written != size ||
        !FlushFileBuffers(file)) {
        return error_set(err, GetLastError(), "cannot overwrite %s", path);
    }
    return SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone)
               ? ST_OK
               : error_set(err, GetLastError(), "cannot remove %s", path);
}

static enum status wipe_open(const wchar_t *wide, const char *path, struct span secret,
                             struct err *err)
{
    DWORD size = 0;
    HANDLE file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return error_set(err, GetLastError(), "cannot open %s to overwrite it", path);
    }
    enum status st = check_kind(file, wide, path, err);
    if (st == ST_OK) {
        st = check_content(file, path, secret, &size, err);
    }
    if (st == ST_OK) {
        st = overwrite(file, path, size, err);
    }
    (void)CloseHandle(file);
    return st;
}

enum status ins_wipe_secret(const char *path, struct span secret, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    st = st == ST_OK ? wipe_open(wide, path, secret, err)
                     : err_set(err, st, 0, "cannot remove %s", path);
    free(wide);
    return st;
}
