#include "agent/vault_win.h"

#include "agent/folder_win.h"
#include "agent/running_key_win.h"
#include "base/error_win.h"
#include "base/file.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <wincrypt.h>

enum {
    NAME_BYTES = 96,
    PATH_BYTES = 1024,
    SECRET_BYTES = 64 * 1024, /* tokens and enroll secrets have some hundred */
    FLOOR_CHARS = 4096,       /* 16 lines of a rollout, a version and 64 hex digits */
};

static const wchar_t STATE_KEY[] = L"SOFTWARE\\MapiRollout\\State";
static const wchar_t FLOOR_VALUE[] = L"Floor";
static const wchar_t MARK_VALUE[] = L"User";

struct ag_vault_win {
    char folder[PATH_BYTES];
    HANDLE lock; /* NULL: not locked */
};

/* Letters, digits, dots, hyphens and underscores, no dot first: no way out of the folder, no
 * stream, no device. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < NAME_BYTES && name[0] != '.' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static enum status path_of(const struct ag_vault_win *vault, const char *name, char out[PATH_BYTES],
                           struct err *err)
{
    if (!is_plain_name(name)) {
        return err_set(err, ST_BUG, 0, "%.100s is not a plain file name", name);
    }
    int length = snprintf(out, PATH_BYTES, "%s\\%s", vault->folder, name);
    if (length < 0 || length >= PATH_BYTES) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of %s is too long", name);
    }
    return ST_OK;
}

static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    char path[PATH_BYTES];
    enum status st = path_of(ctx, name, path, err);
    return st == ST_OK ? file_read(path, limit, out, err) : st;
}

static enum status write_file(void *ctx, const char *name, struct span content, struct err *err)
{
    char path[PATH_BYTES];
    enum status st = path_of(ctx, name, path, err);
    return st == ST_OK ? file_write(path, content, FILE_FOR_OWNER, err) : st;
}

static enum status remove_file(void *ctx, const char *name, struct err *err)
{
    char path[PATH_BYTES];
    enum status st = path_of(ctx, name, path, err);
    return st == ST_OK ? file_remove(path, err) : st;
}

static enum status rename_file(void *ctx, const char *from, const char *to, struct err *err)
{
    char path_from[PATH_BYTES];
    char path_to[PATH_BYTES];
    enum status st = path_of(ctx, from, path_from, err);
    if (st == ST_OK) {
        st = path_of(ctx, to, path_to, err);
    }
    return st == ST_OK ? file_rename(path_from, path_to, err) : st;
}

static enum status list_files(void *ctx, bool (*visit)(void *ctx, const char *name),
                              void *visit_ctx, struct err *err)
{
    const struct ag_vault_win *vault = ctx;
    return file_list(vault->folder, visit, visit_ctx, err);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static enum status unseal(struct bytes *sealed, const char *name, struct bytes *out,
                          struct err *err)
{
    DATA_BLOB in = {.cbData = (DWORD)sealed->size, .pbData = sealed->data};
    DATA_BLOB open = {0};
    struct bytes secret = bytes_with_limit(SECRET_BYTES);

    if (!CryptUnprotectData(&in, NULL, NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &open)) {
        return err_set(err, ST_IO, (uint32_t)GetLastError(), "cannot unseal %s", name);
    }
    enum status st = bytes_append(&secret, open.pbData, open.cbData);
    wipe(open.pbData, open.cbData);
    (void)LocalFree(open.pbData);
    if (st != ST_OK) {
        bytes_wipe(&secret);
        return err_set(err, st, 0, "cannot unseal %s", name);
    }
    *out = secret;
    return ST_OK;
}

static enum status read_secret(void *ctx, const char *name, struct bytes *out, struct err *err)
{
    struct bytes sealed = {0};
    enum status st = read_file(ctx, name, SECRET_BYTES, &sealed, err);
    if (st == ST_OK) {
        st = unseal(&sealed, name, out, err);
    }
    bytes_free(&sealed);
    return st;
}

static enum status write_secret(void *ctx, const char *name, struct span content, struct err *err)
{
    char path[PATH_BYTES];
    DATA_BLOB in = {.cbData = (DWORD)content.size, .pbData = (BYTE *)(uintptr_t)content.data};
    DATA_BLOB sealed = {0};

    enum status st = path_of(ctx, name, path, err);
    if (st != ST_OK) {
        return st;
    }
    if (content.size > SECRET_BYTES / 2) {
        return err_set(err, ST_TOO_LARGE, 0, "the secret %s is too large", name);
    }
    if (!CryptProtectData(&in, L"mapi-rollout", NULL, NULL, NULL,
                          CRYPTPROTECT_LOCAL_MACHINE | CRYPTPROTECT_UI_FORBIDDEN, &sealed)) {
        return err_set(err, ST_IO, (uint32_t)GetLastError(), "cannot seal %s", name);
    }
    st = file_write(path, (struct span){sealed.pbData, sealed.cbData}, FILE_FOR_OWNER, err);
    (void)LocalFree(sealed.pbData);
    return st == ST_OK ? ag_file_protect(path, err) : st;
}

/* ---- the floor's second place -------------------------------------------------------------- */

static enum status read_floor(void *ctx, struct bytes *out, struct err *err)
{
    (void)ctx;
    wchar_t wide[FLOOR_CHARS] = L"";
    DWORD size = sizeof wide;
    char *text = NULL;
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, STATE_KEY, FLOOR_VALUE, RRF_RT_REG_SZ, NULL, wide, &size);
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot read HKLM\\%ls value %ls", STATE_KEY,
                         FLOOR_VALUE);
    }
    struct bytes floor = bytes_with_limit(FLOOR_CHARS * 3);
    enum status st = text_from_wide(wide, wcslen(wide), &text);
    if (st == ST_OK) {
        st = bytes_append_text(&floor, text);
    }
    free(text);
    if (st != ST_OK) {
        bytes_free(&floor);
        return err_set(err, st, 0, "cannot read HKLM\\%ls value %ls", STATE_KEY, FLOOR_VALUE);
    }
    *out = floor;
    return ST_OK;
}

static enum status write_floor(void *ctx, struct span content, struct err *err)
{
    (void)ctx;
    wchar_t wide[FLOOR_CHARS] = L"";
    HKEY key = NULL;
    if (content.size >= FLOOR_CHARS) {
        return err_set(err, ST_BUG, 0, "the floor is longer than it can be");
    }
    for (size_t i = 0; i < content.size; i++) {
        wide[i] = content.data[i]; /* ASCII: names, digits, blanks and ends of lines */
    }
    LSTATUS error =
        RegCreateKeyExW(HKEY_LOCAL_MACHINE, STATE_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
    if (error == ERROR_SUCCESS) {
        error = RegSetValueExW(key, FLOOR_VALUE, 0, REG_SZ, (const BYTE *)wide,
                               (DWORD)((content.size + 1) * sizeof *wide));
        if (error == ERROR_SUCCESS) {
            error = RegFlushKey(key);
        }
        (void)RegCloseKey(key);
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot write HKLM\\%ls", STATE_KEY);
}

/* ---- the mark ------------------------------------------------------------------------------ */

static enum status write_mark(void *ctx, const char *mark, struct err *err)
{
    (void)ctx;
    wchar_t wide[AG_MARK_BYTES] = L"";
    HKEY key = NULL;
    size_t length = mark != NULL ? strlen(mark) : 0;
    if (length >= AG_MARK_BYTES) {
        return err_set(err, ST_BUG, 0, "the mark is longer than it can be");
    }
    for (size_t i = 0; i < length; i++) {
        wide[i] = (wchar_t)mark[i]; /* a SID and digits */
    }
    LSTATUS error = ag_running_key_open(&key);
    if (error == ERROR_SUCCESS && mark != NULL) {
        error = RegSetValueExW(key, MARK_VALUE, 0, REG_SZ, (const BYTE *)wide,
                               (DWORD)((length + 1) * sizeof *wide));
    } else if (error == ERROR_SUCCESS) {
        error = RegDeleteValueW(key, MARK_VALUE);
        error = error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    }
    if (key != NULL) {
        (void)RegCloseKey(key);
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot write HKLM\\%ls", AG_RUNNING_KEY);
}

static enum status read_mark(void *ctx, char out[AG_MARK_BYTES], struct err *err)
{
    (void)ctx;
    wchar_t wide[AG_MARK_BYTES] = L"";
    DWORD size = sizeof wide;
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, AG_RUNNING_KEY, MARK_VALUE, RRF_RT_REG_SZ,
                                 NULL, wide, &size);
    out[0] = '\0';
    if (error == ERROR_FILE_NOT_FOUND) {
        return ST_OK;
    }
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot read HKLM\\%ls", AG_RUNNING_KEY);
    }
    for (size_t i = 0; i < AG_MARK_BYTES && wide[i] != L'\0'; i++) {
        out[i] = wide[i] < 0x80 ? (char)wide[i] : '?';
        out[i + 1 < AG_MARK_BYTES ? i + 1 : i] = '\0';
    }
    return ST_OK;
}

enum status ag_vault_win_forget_running(struct err *err)
{
    LSTATUS error = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, AG_RUNNING_KEY, 0, 0);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot remove HKLM\\%ls", AG_RUNNING_KEY);
}

/* ---- the port ------------------------------------------------------------------------------ */

enum status ag_vault_win_open(const char *folder, struct ag_vault_win **out, struct err *err)
{
    if (strlen(folder) + NAME_BYTES >= PATH_BYTES) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %.200s... is too long", folder);
    }
    enum status st = ag_folder_make(folder, err);
    if (st != ST_OK) {
        return st;
    }
    struct ag_vault_win *vault = calloc(1, sizeof *vault);
    if (vault == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the vault");
    }
    (void)snprintf(vault->folder, sizeof vault->folder, "%s", folder);
    *out = vault;
    return ST_OK;
}

/* A file that nobody else may open while this process lives; it goes with the handle. */
enum status ag_vault_win_lock(struct ag_vault_win *vault, struct err *err)
{
    char path[PATH_BYTES];
    wchar_t *wide = NULL;
    enum status st = path_of(vault, "agent.lock", path, err);
    if (st == ST_OK) {
        st = text_to_wide(path, &wide);
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot lock %s", vault->folder);
    }
    HANDLE lock = CreateFileW(wide, GENERIC_WRITE | DELETE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD error = lock == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    free(wide);
    if (error == ERROR_SHARING_VIOLATION) {
        return err_set(err, ST_BUSY, error, "another agent works on %s", vault->folder);
    }
    if (error != ERROR_SUCCESS) {
        return error_set(err, error, "cannot lock %s", vault->folder);
    }
    vault->lock = lock;
    return ST_OK;
}

void ag_vault_win_close(struct ag_vault_win *vault)
{
    if (vault != NULL && vault->lock != NULL) {
        (void)CloseHandle(vault->lock);
    }
    free(vault);
}

struct ag_vault ag_vault_win_port(struct ag_vault_win *vault)
{
    return (struct ag_vault){
        .ctx = vault,
        .read = read_file,
        .write = write_file,
        .remove = remove_file,
        .rename = rename_file,
        .list = list_files,
        .read_secret = read_secret,
        .write_secret = write_secret,
        .read_floor = read_floor,
        .write_floor = write_floor,
        .write_mark = write_mark,
        .read_mark = read_mark,
    };
}
