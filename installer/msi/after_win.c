#include "installer/msi/after_win.h"

#include "agent/eventlog_win.h"
#include "agent/folder_win.h"
#include "base/error_win.h"
#include "base/file.h"
#include "base/text_win.h"
#include "installer/msi/settings_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1024, VERSION_CHARS = 48 };

/* ---- at the next logon --------------------------------------------------------------------- */

static const wchar_t ORDER_TITLE[] = L"MAPI over HTTP rollout agent: its value goes";
static const wchar_t ORDER_COMMAND[] =
    L"%SystemRoot%\\System32\\reg.exe delete HKCU\\Software\\Microsoft\\Exchange "
    L"/v MapiHttpDisabled /f";

/* Each user's hive remembers the version that was carried out; only a higher one is again. */
static void version_now(wchar_t out[VERSION_CHARS])
{
    SYSTEMTIME now;
    GetSystemTime(&now);
    (void)swprintf(out, VERSION_CHARS, L"%u,%u,%u,%u", now.wYear, now.wMonth * 100 + now.wDay,
                   now.wHour * 100 + now.wMinute, now.wSecond);
}

static LSTATUS order_value(const wchar_t *name, DWORD type, const wchar_t *text)
{
    return RegSetKeyValueW(HKEY_LOCAL_MACHINE, INS_ORDER_KEY, name, type, text,
                           (DWORD)((wcslen(text) + 1) * sizeof *text));
}

enum status ins_after_order(struct err *err)
{
    wchar_t version[VERSION_CHARS];
    version_now(version);
    LSTATUS error = order_value(NULL, REG_SZ, ORDER_TITLE);
    if (error == ERROR_SUCCESS) {
        error = order_value(L"StubPath", REG_EXPAND_SZ, ORDER_COMMAND);
    }
    if (error == ERROR_SUCCESS) {
        error = order_value(L"Version", REG_SZ, version);
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot write the entry of Active Setup");
}

enum status ins_after_cancel(struct err *err)
{
    return ins_key_drop(INS_ORDER_KEY, err);
}

/* ---- the data directory -------------------------------------------------------------------- */

static const char *const OUR_FILES[] = {
    "accepted.jws",  "accepted.etag", "accepted.at",  "accepted.floor", "accepted.trust",
    "trust.kept",    "device.sealed", "users.ledger", "groups.kept",    "names.kept",
    "enroll.sealed", "policy.jws",    "agent.lock",   "trust.json",     "ca.pem",
};

static bool has_form(const char *name, const char *start, const char *end)
{
    size_t length = strlen(name);
    size_t first = strlen(start);
    size_t last = strlen(end);
    return length >= first + last && strncmp(name, start, first) == 0 &&
           strcmp(name + length - last, end) == 0;
}

/* What an undone installation, a refused policy or a write that was cut short leaves behind. */
static bool is_form_of_ours(const char *end)
{
    return end[0] == '\0' || strcmp(end, ".before") == 0 || strcmp(end, ".refused") == 0 ||
           has_form(end, ".", ".new");
}

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < sizeof OUR_FILES / sizeof OUR_FILES[0]; i++) {
        size_t length = strlen(OUR_FILES[i]);
        if (strncmp(name, OUR_FILES[i], length) == 0 && is_form_of_ours(name + length)) {
            return true;
        }
    }
    return has_form(name, "report-", ".json") || has_form(name, "report-", ".new") ||
           has_form(name, "agent", ".log");
}

struct removal {
    const char *folder;
    struct err failure;
};

static bool remove_one(void *ctx, const char *name)
{
    struct removal *r = ctx;
    char path[PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s\\%s", r->folder, name);
    if (length < 0 || (size_t)length >= sizeof path || !is_ours(name)) {
        return true; /* not ours */
    }
    struct err why = {.st = ST_OK};
    enum status st = file_remove(path, &why);
    if (st != ST_OK && st != ST_NOT_FOUND && r->failure.st == ST_OK) {
        r->failure = why;
    }
    return true;
}

static enum status remove_folder(const char *folder, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(folder, &wide);
    if (st == ST_OK && !RemoveDirectoryW(wide)) {
        DWORD error = GetLastError();
        st = error == ERROR_DIR_NOT_EMPTY
                 ? err_set(err, ST_EXISTS, 0, "%s stays: there is more in it than ours", folder)
                 : error_set(err, error, "cannot remove %s", folder);
    } else if (st != ST_OK) {
        st = err_set(err, st, 0, "cannot remove %s", folder);
    }
    free(wide);
    return st;
}

static bool is_missing(const char *folder)
{
    wchar_t *wide = NULL;
    bool missing =
        text_to_wide(folder, &wide) == ST_OK && GetFileAttributesW(wide) == INVALID_FILE_ATTRIBUTES;
    free(wide);
    return missing;
}

/* The folder is checked as the agent does it: a link that somebody put there is not followed. */
enum status ins_after_remove_data(const char *folder, struct err *err)
{
    struct removal removal = {.folder = folder, .failure = {.st = ST_OK}};
    if (is_missing(folder)) {
        return ST_OK;
    }
    enum status st = ag_folder_make(folder, err);
    if (st == ST_OK) {
        st = file_list(folder, remove_one, &removal, err);
    }
    if (st == ST_OK && removal.failure.st != ST_OK) {
        *err = removal.failure;
        st = removal.failure.st;
    }
    return st == ST_OK ? remove_folder(folder, err) : st;
}

enum status ins_after_remove_settings(struct err *err)
{
    enum status st = ag_eventlog_unregister(err);
    return st == ST_OK ? ins_key_drop(L"SOFTWARE\\MapiRollout", err) : st;
}
