#include "agent/mirror_win.h"

#include "agent/registry_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/text_win.h"
#include "version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

static const wchar_t STATE_KEY[] = L"SOFTWARE\\MapiRollout\\State";
static const wchar_t USERS_KEY[] = L"SOFTWARE\\MapiRollout\\State\\Users";

enum {
    PATH_CHARS = 160,
    NAME_CHARS = 32,
    USERS_MOST = 20000, /* more than one machine has profiles for */
};

struct ag_mirror_win {
    struct ag_mirror_shown shown;
    int64_t started_at_s;
    HKEY key; /* open while something is written: of `sid` */
    char sid[AG_USER_SID_BYTES];
};

/* ---- keys and names ------------------------------------------------------------------------- */

/* ASCII: the names of columns, and SIDs that were looked at. */
static void widen(const char *text, wchar_t *out, size_t chars)
{
    size_t i = 0;
    for (; text[i] != '\0' && i + 1 < chars; i++) {
        out[i] = (wchar_t)(unsigned char)text[i];
    }
    out[i] = L'\0';
}

/* Only what is a user's SID may become part of a path. */
static enum status path_of(const char *sid, wchar_t out[PATH_CHARS], struct err *err)
{
    wchar_t wide[AG_USER_SID_BYTES];
    if (sid == NULL) {
        memcpy(out, STATE_KEY, sizeof STATE_KEY);
        return ST_OK;
    }
    if (!ag_sid_is_user(sid)) {
        return err_set(err, ST_BUG, 0, "%.80s is no user's SID", sid);
    }
    widen(sid, wide, AG_USER_SID_BYTES);
    (void)swprintf(out, PATH_CHARS, L"%ls\\%ls", USERS_KEY, wide);
    return ST_OK;
}

static void close_key(struct ag_mirror_win *mirror)
{
    if (mirror->key != NULL) {
        (void)RegCloseKey(mirror->key);
        mirror->key = NULL;
    }
}

/* The columns of one key come one after the other. */
static enum status open_key(struct ag_mirror_win *mirror, const char *sid, struct err *err)
{
    wchar_t path[PATH_CHARS];
    const char *wanted = sid != NULL ? sid : "";
    if (mirror->key != NULL && strcmp(mirror->sid, wanted) == 0) {
        return ST_OK;
    }
    close_key(mirror);
    enum status st = path_of(sid, path, err);
    if (st != ST_OK) {
        return st;
    }
    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_SET_VALUE, NULL,
                                    &mirror->key, NULL);
    if (error != ERROR_SUCCESS) {
        mirror->key = NULL;
        return error_set(err, (uint32_t)error, "cannot open HKLM\\%ls", path);
    }
    (void)snprintf(mirror->sid, sizeof mirror->sid, "%s", wanted);
    return ST_OK;
}

/* ---- the store ------------------------------------------------------------------------------ */

static LSTATUS set_text(HKEY key, const wchar_t *name, const char *text)
{
    wchar_t *wide = NULL;
    if (text_to_wide(text, &wide) != ST_OK) {
        return ERROR_NOT_ENOUGH_MEMORY; /* it is valid UTF-8: visible_copy() made it */
    }
    LSTATUS error = RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)wide,
                                   (DWORD)((wcslen(wide) + 1) * sizeof *wide));
    free(wide);
    return error;
}

static LSTATUS set_cell(HKEY key, const wchar_t *name, const struct ag_mirror_column *column,
                        const struct ag_mirror_cell *cell)
{
    char digits[24];
    DWORD number = (DWORD)cell->number;
    switch (column->type) {
    case AG_MIRROR_TEXT:
    case AG_MIRROR_TIME: return set_text(key, name, cell->text);
    case AG_MIRROR_DIGITS:
        (void)snprintf(digits, sizeof digits, "%" PRId64, cell->number);
        return set_text(key, name, digits);
    case AG_MIRROR_DWORD:
    case AG_MIRROR_FLAG:
        return RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof number);
    }
    return ERROR_INVALID_PARAMETER;
}

static enum status set(void *ctx, const char *sid, const struct ag_mirror_column *column,
                       const struct ag_mirror_cell *cell, struct err *err)
{
    struct ag_mirror_win *mirror = ctx;
    wchar_t name[NAME_CHARS];
    enum status st = open_key(mirror, sid, err);
    if (st != ST_OK) {
        return st;
    }
    widen(column->name, name, NAME_CHARS);
    LSTATUS error = set_cell(mirror->key, name, column, cell);
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot write %s in the key State", column->name);
}

static enum status remove_value(void *ctx, const char *sid, const struct ag_mirror_column *column,
                                struct err *err)
{
    struct ag_mirror_win *mirror = ctx;
    wchar_t name[NAME_CHARS];
    enum status st = open_key(mirror, sid, err);
    if (st != ST_OK) {
        return st;
    }
    widen(column->name, name, NAME_CHARS);
    LSTATUS error = RegDeleteValueW(mirror->key, name);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot remove %s in the key State", column->name);
}

static enum status remove_user(void *ctx, const char *sid, struct err *err)
{
    struct ag_mirror_win *mirror = ctx;
    wchar_t path[PATH_CHARS];
    close_key(mirror);
    enum status st = path_of(sid, path, err);
    if (st != ST_OK) {
        return st;
    }
    LSTATUS error = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, 0, 0);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot remove HKLM\\%ls", path);
}

/* From the last one on: visit() may remove the one it is shown. */
static enum status list_users(void *ctx, bool (*visit)(void *ctx, const char *sid), void *visit_ctx,
                              struct err *err)
{
    HKEY users = NULL;
    DWORD count = 0;
    bool more = true;
    (void)ctx;
    LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, USERS_KEY, 0,
                                  KEY_ENUMERATE_SUB_KEYS | KEY_QUERY_VALUE, &users);
    if (error == ERROR_FILE_NOT_FOUND) {
        return ST_OK;
    }
    if (error == ERROR_SUCCESS) {
        error = RegQueryInfoKeyW(users, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL, NULL,
                                 NULL, NULL);
    }
    count = count < USERS_MOST ? count : USERS_MOST;
    while (error == ERROR_SUCCESS && count > 0 && more) {
        wchar_t name[AG_USER_SID_BYTES];
        char sid[AG_USER_SID_BYTES];
        DWORD chars = AG_USER_SID_BYTES;
        count--;
        if (RegEnumKeyExW(users, count, name, &chars, NULL, NULL, NULL, NULL) != ERROR_SUCCESS) {
            continue; /* gone meanwhile, or a name that is longer than a SID: not ours */
        }
        int length = snprintf(sid, sizeof sid, "%ls", name);
        if (length > 0 && length < AG_USER_SID_BYTES && ag_sid_is_user(sid)) {
            more = visit(visit_ctx, sid);
        }
    }
    if (users != NULL) {
        (void)RegCloseKey(users);
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot list HKLM\\%ls", USERS_KEY);
}

/* ---- the port ------------------------------------------------------------------------------- */

enum status ag_mirror_win_new(int64_t started_at_s, struct ag_mirror_win **out, struct err *err)
{
    struct ag_mirror_win *mirror = calloc(1, sizeof *mirror);
    if (mirror == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the mirror");
    }
    mirror->started_at_s = started_at_s;
    *out = mirror;
    return ST_OK;
}

void ag_mirror_win_free(struct ag_mirror_win *mirror)
{
    if (mirror != NULL) {
        close_key(mirror);
        ag_mirror_shown_done(&mirror->shown);
        free(mirror);
    }
}

static enum status show(void *ctx, const struct ag_picture *picture, struct err *err)
{
    struct ag_mirror_win *mirror = ctx;
    const struct ag_mirror_store store = {.ctx = mirror,
                                          .set = set,
                                          .remove = remove_value,
                                          .remove_user = remove_user,
                                          .list_users = list_users};
    const struct ag_mirror_about about = {
        .agent_version = MR_VERSION, .started_at_s = mirror->started_at_s, .now_s = clock_wall_s()};
    enum status st = ag_mirror_show(&mirror->shown, picture, &about, &store, err);
    close_key(mirror);
    return st;
}

struct ag_mirror ag_mirror_win_port(struct ag_mirror_win *mirror)
{
    return (struct ag_mirror){.ctx = mirror, .show = show};
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status read_text(const wchar_t *path, const wchar_t *name, char **out)
{
    wchar_t wide[AG_MIRROR_TEXT_BYTES];
    DWORD size = sizeof wide;
    *out = NULL;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_SZ, NULL, wide, &size) !=
        ERROR_SUCCESS) {
        return ST_OK;
    }
    enum status st = text_from_wide(wide, wcslen(wide), out);
    return st == ST_NO_MEMORY ? st : ST_OK; /* what is no Unicode is passed over */
}

static bool read_digits(const char *text, int64_t *out)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < 19 && strspn(text, "0123456789") == length;
    *out = good ? strtoll(text, NULL, 10) : 0;
    return good;
}

static enum status read_cell(const wchar_t *path, const struct ag_mirror_column *column,
                             struct ag_mirror_cell *out)
{
    wchar_t name[NAME_CHARS];
    DWORD number = 0;
    DWORD size = sizeof number;
    char *text = NULL;
    enum status st = ST_OK;
    widen(column->name, name, NAME_CHARS);
    if (column->type == AG_MIRROR_DWORD || column->type == AG_MIRROR_FLAG) {
        out->present = RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_DWORD, NULL, &number,
                                    &size) == ERROR_SUCCESS;
        out->number = number;
        return ST_OK;
    }
    st = read_text(path, name, &text);
    if (st == ST_OK && column->type == AG_MIRROR_DIGITS) {
        out->present = text != NULL && read_digits(text, &out->number);
    } else if (st == ST_OK) {
        st = ag_mirror_put_text(out, text);
    }
    free(text);
    return st;
}

static enum status read_cells(const char *sid, const struct ag_mirror_column *columns, size_t count,
                              struct ag_mirror_cell *out, struct err *err)
{
    wchar_t path[PATH_CHARS];
    enum status st = path_of(sid, path, err);
    for (size_t i = 0; i < count && st == ST_OK; i++) {
        st = read_cell(path, &columns[i], &out[i]);
    }
    return st;
}

struct reader {
    struct ag_mirror_table *table;
    enum status st;
    struct err *err;
};

static bool read_user(void *ctx, const char *sid)
{
    struct reader *reader = ctx;
    struct ag_mirror_table *table = reader->table;
    struct ag_mirror_row *users =
        realloc(table->users, (table->user_count + 1) * sizeof *table->users);
    if (users == NULL) {
        reader->st = ST_NO_MEMORY;
        return false;
    }
    table->users = users;
    struct ag_mirror_row *row = &users[table->user_count++];
    *row = (struct ag_mirror_row){.sid = text_copy(sid)};
    reader->st = row->sid != NULL ? read_cells(row->sid, AG_MIRROR_USER, AG_USER_COLUMNS,
                                               row->cells, reader->err)
                                  : ST_NO_MEMORY;
    return reader->st == ST_OK;
}

enum status ag_mirror_win_read(struct ag_mirror_table *out, struct err *err)
{
    struct ag_mirror_table table = {.users = NULL};
    struct reader reader = {.table = &table, .st = ST_OK, .err = err};
    enum status st = read_cells(NULL, AG_MIRROR_MACHINE, AG_MACHINE_COLUMNS, table.machine, err);
    if (st == ST_OK && !table.machine[AG_MACHINE_UPDATED_AT].present) {
        st = err_set(err, ST_NOT_FOUND, 0, "no agent has shown its state on this machine yet");
    }
    if (st == ST_OK) {
        st = list_users(NULL, read_user, &reader, err);
    }
    st = st == ST_OK ? reader.st : st;
    if (st == ST_OK) {
        ag_mirror_table_sort(&table);
        *out = table;
    } else {
        ag_mirror_table_done(&table);
        st = st == ST_NO_MEMORY ? err_set(err, st, 0, "no memory for the state") : st;
    }
    return st;
}
