#include "agent/image_win.h"

#include "agent/client.h"
#include "agent/folder_win.h"
#include "agent/local_path_win.h"
#include "base/error_win.h"

#include <stdlib.h>

#include <windows.h>

enum {
    HEAD_BYTES = 4096,                   /* the headers that matter are in there */
    FILE_MOST_BYTES = 512 * 1024 * 1024, /* Outlook's has some 40 MiB */
    VERSION_MOST_BYTES = 64 * 1024,
    AS_IT_STANDS_CHARS = sizeof AG_AS_IT_STANDS / sizeof(wchar_t) - 1,
};

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static enum status read_bitness(HANDLE file, enum pol_bitness *out, struct err *err)
{
    BYTE head[HEAD_BYTES];
    LARGE_INTEGER size = {.QuadPart = 0};
    DWORD got = 0;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size)) {
        return err_set(err, ST_IO, 0, "the program is no plain file");
    }
    if (size.QuadPart > FILE_MOST_BYTES) {
        return err_set(err, ST_TOO_LARGE, 0, "the program is too large");
    }
    if (!ReadFile(file, head, sizeof head, &got, NULL)) {
        DWORD error = GetLastError();
        return error_set(err, error, "cannot read the program");
    }
    *out = ag_client_bitness((struct span){.data = head, .size = got});
    return *out != POL_BITNESS_UNKNOWN
               ? ST_OK
               : err_set(err, ST_IO, 0, "the program is none for processors that are known");
}

/* Of the file itself, not of the texts for a language that lie beside it. */
static enum status read_version(const wchar_t *path, uint64_t *out, struct err *err)
{
    VS_FIXEDFILEINFO *fixed = NULL;
    UINT fixed_size = 0;
    DWORD unused = 0;
    enum status st = ST_OK;
    DWORD size = GetFileVersionInfoSizeExW(FILE_VER_GET_NEUTRAL, path, &unused);
    if (size == 0 || size > VERSION_MOST_BYTES) {
        return err_set(err, ST_IO, 0, "the program does not say its version");
    }
    void *info = malloc(size);
    if (info == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for a program's version");
    }
    if (GetFileVersionInfoExW(FILE_VER_GET_NEUTRAL, path, 0, size, info) &&
        VerQueryValueW(info, L"\\", (void **)&fixed, &fixed_size) && fixed_size >= sizeof *fixed &&
        fixed->dwSignature == VS_FFI_SIGNATURE) {
        *out = (uint64_t)fixed->dwFileVersionMS << 32 | fixed->dwFileVersionLS;
    } else {
        st = err_set(err, ST_IO, 0, "the program's version makes no sense");
    }
    free(info);
    return st;
}

static enum status read_file(HANDLE file, bool only_trusted, struct ag_image *out, struct err *err)
{
    struct ag_image image = {.version = 0};
    wchar_t path[AG_LOCAL_PATH_CHARS];
    wchar_t drive = L'\0';
    if (!ag_path_find_real(file, &drive, path)) {
        return err_set(err, ST_DENIED, 0, "the program is not on a disk of this machine");
    }
    if (only_trusted && !ag_owner_is_trusted(file)) {
        return err_set(err, ST_DENIED, 0, "the program belongs to somebody who may not say");
    }
    enum status st = read_bitness(file, &image.bitness, err);
    if (st == ST_OK) {
        st = read_version(path + AS_IT_STANDS_CHARS, &image.version, err);
    }
    if (st == ST_OK) {
        *out = image;
    }
    return st;
}

enum status ag_image_read(const wchar_t *path, bool only_trusted, struct ag_image *out,
                          struct err *err)
{
    wchar_t drive = L'\0';
    if (!ag_path_is_local(path, &drive)) {
        return err_set(err, ST_DENIED, 0, "the program is not on a disk of this machine");
    }
    HANDLE file =
        CreateFileW(path, FILE_READ_DATA | FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE,
                    SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        return error_set(err, error, "cannot open the program");
    }
    enum status st = read_file(file, only_trusted, out, err);
    (void)CloseHandle(file);
    return st;
}
