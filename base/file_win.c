#include "base/file.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

static enum status open_file(const char *path, DWORD access, DWORD disposition, HANDLE *out,
                             struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    HANDLE handle = CreateFileW(wide, access, FILE_SHARE_READ, NULL, disposition,
                                FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    DWORD error = GetLastError();
    free(wide);
    if (handle == INVALID_HANDLE_VALUE) {
        return error_set(err, error, "cannot open %s", path);
    }
    *out = handle;
    return ST_OK;
}

/* A folder, a pipe or a link in the file's place is refused. */
static enum status expect_plain(HANDLE handle, const char *path, struct err *err)
{
    BY_HANDLE_FILE_INFORMATION info;
    if (GetFileType(handle) != FILE_TYPE_DISK || !GetFileInformationByHandle(handle, &info) ||
        (info.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0) {
        return err_set(err, ST_IO, 0, "cannot read %s: it is not a plain file", path);
    }
    return ST_OK;
}

/* The file may be a key or a token. */
static enum status read_all(HANDLE handle, const char *path, struct bytes *out, struct err *err)
{
    uint8_t chunk[16384];
    DWORD got = 1;
    enum status st = ST_OK;
    while (st == ST_OK && got > 0) {
        if (!ReadFile(handle, chunk, sizeof chunk, &got, NULL)) {
            DWORD error = GetLastError();
            st = error_set(err, error, "cannot read %s", path);
        } else if ((st = bytes_append(out, chunk, got)) != ST_OK) {
            (void)err_set(err, st, 0, "%s is larger than %zu bytes", path, out->limit);
        }
    }
    wipe(chunk, sizeof chunk);
    return st;
}

enum status file_read(const char *path, size_t limit, struct bytes *out, struct err *err)
{
    struct bytes content = bytes_with_limit(limit);
    HANDLE handle = INVALID_HANDLE_VALUE;
    enum status st = open_file(path, GENERIC_READ, OPEN_EXISTING, &handle, err);
    if (st != ST_OK) {
        return st;
    }
    st = expect_plain(handle, path, err);
    if (st == ST_OK) {
        st = read_all(handle, path, &content, err);
    }
    (void)CloseHandle(handle);
    if (st == ST_OK) {
        *out = content;
        content = (struct bytes){0};
    }
    bytes_wipe(&content);
    return st;
}

static enum status write_all(HANDLE handle, const char *path, struct span content, struct err *err)
{
    while (content.size > 0) {
        DWORD want = content.size > 0x100000 ? 0x100000 : (DWORD)content.size;
        DWORD put = 0;
        if (!WriteFile(handle, content.data, want, &put, NULL)) {
            DWORD error = GetLastError();
            return error_set(err, error, "cannot write %s", path);
        }
        content.data += put;
        content.size -= put;
    }
    if (!FlushFileBuffers(handle)) {
        DWORD error = GetLastError();
        return error_set(err, error, "cannot flush %s", path);
    }
    return ST_OK;
}

/* Clear away what nobody is to see; that it may not be there is the reason for not asking. */
static void drop_file(const char *path)
{
    wchar_t *wide = NULL;
    if (text_to_wide(path, &wide) == ST_OK) {
        (void)DeleteFileW(wide);
    }
    free(wide);
}

enum status file_create(const char *path, struct span content, enum file_access access,
                        struct err *err)
{
    (void)access; /* the folder's access list is inherited */
    HANDLE handle = INVALID_HANDLE_VALUE;
    enum status st = open_file(path, GENERIC_WRITE, CREATE_NEW, &handle, err);
    if (st != ST_OK) {
        return st;
    }
    st = write_all(handle, path, content, err);
    (void)CloseHandle(handle);
    if (st != ST_OK) {
        drop_file(path); /* half a file; the first failure is the one to tell */
    }
    return st;
}

enum status file_rename(const char *from, const char *to, struct err *err)
{
    wchar_t *wide_from = NULL;
    wchar_t *wide_to = NULL;
    enum status st = text_to_wide(from, &wide_from);
    if (st == ST_OK) {
        st = text_to_wide(to, &wide_to);
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the path %s is not valid text", to);
    } else if (!MoveFileExW(wide_from, wide_to,
                            MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        DWORD error = GetLastError();
        st = error_set(err, error, "cannot replace %s", to);
    }
    free(wide_from);
    free(wide_to);
    return st;
}

enum status file_write(const char *path, struct span content, enum file_access access,
                       struct err *err)
{
    char beside[1024];
    int length = snprintf(beside, sizeof beside, "%s.%lu.new", path, GetCurrentProcessId());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", path);
    }
    drop_file(beside); /* left by a run of the same number that was killed */
    enum status st = file_create(beside, content, access, err);
    if (st == ST_OK) {
        st = file_rename(beside, path, err);
        if (st != ST_OK) {
            drop_file(beside);
        }
    }
    return st;
}

static enum status open_stream(const char *path, const wchar_t *mode, FILE **out, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    FILE *file = _wfopen(wide, mode);
    DWORD error = GetLastError();
    free(wide);
    if (file == NULL) {
        return error_set(err, error, "cannot open %s", path);
    }
    *out = file;
    return ST_OK;
}

enum status file_open_to_read(const char *path, FILE **out, struct err *err)
{
    return open_stream(path, L"rb", out, err);
}

enum status file_open_to_append(const char *path, FILE **out, struct err *err)
{
    return open_stream(path, L"ab", out, err);
}

enum status file_close(FILE *file, const char *path, struct err *err)
{
    bool written = fflush(file) == 0 && _commit(_fileno(file)) == 0;
    DWORD error = written ? ERROR_SUCCESS : GetLastError();
    if (fclose(file) != 0 && written) {
        written = false;
        error = GetLastError();
    }
    return written ? ST_OK : error_set(err, error, "cannot write %s", path);
}

enum status file_remove(const char *path, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    if (!DeleteFileW(wide)) {
        DWORD error = GetLastError();
        st = error_set(err, error, "cannot remove %s", path);
    }
    free(wide);
    return st;
}

enum status file_make_folder(const char *path, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    if (!CreateDirectoryW(wide, NULL)) {
        DWORD error = GetLastError();
        DWORD attributes = GetFileAttributesW(wide);
        bool folder =
            attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        st = error == ERROR_ALREADY_EXISTS && folder
                 ? ST_OK
                 : error_set(err, error, "cannot create %s", path);
    }
    free(wide);
    return st;
}

static bool visit_entry(const WIN32_FIND_DATAW *entry, bool (*visit)(void *ctx, const char *name),
                        void *ctx)
{
    char *name = NULL;
    bool go_on = true;
    if ((entry->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) ==
            0 &&
        text_from_wide(entry->cFileName, wcslen(entry->cFileName), &name) == ST_OK) {
        go_on = visit(ctx, name);
    }
    free(name);
    return go_on;
}

enum status file_list(const char *folder, bool (*visit)(void *ctx, const char *name), void *ctx,
                      struct err *err)
{
    char pattern[1024];
    wchar_t *wide = NULL;
    WIN32_FIND_DATAW entry;
    int length = snprintf(pattern, sizeof pattern, "%s\\*", folder);
    if (length < 0 || (size_t)length >= sizeof pattern) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
    }
    enum status st = text_to_wide(pattern, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", folder);
    }
    HANDLE find = FindFirstFileW(wide, &entry);
    DWORD error = GetLastError();
    free(wide);
    if (find == INVALID_HANDLE_VALUE) {
        return error_set(err, error, "cannot list %s", folder);
    }
    error = ERROR_SUCCESS;
    while (error == ERROR_SUCCESS && visit_entry(&entry, visit, ctx)) {
        error = FindNextFileW(find, &entry) ? ERROR_SUCCESS : GetLastError();
    }
    (void)FindClose(find);
    return error == ERROR_SUCCESS || error == ERROR_NO_MORE_FILES
               ? ST_OK
               : error_set(err, error, "cannot list %s", folder);
}
