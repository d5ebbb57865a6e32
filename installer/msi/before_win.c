#include "installer/msi/before_win.h"

#include "base/error_win.h"
#include "installer/msi/named_win.h"
#include "installer/msi/settings_win.h"

#include <stdio.h>

enum { NAME_BYTES = 64, WORD_CHARS = 16 };

static const wchar_t BEFORE_KEY[] = L"SOFTWARE\\MapiRollout\\Setup\\Before";
static const wchar_t BEFORE_AGENT_KEY[] = L"SOFTWARE\\MapiRollout\\Setup\\Before\\Agent";
static const wchar_t BEFORE_ORDER_KEY[] = L"SOFTWARE\\MapiRollout\\Setup\\Before\\Order";
static const wchar_t FRESH_VALUE[] = L"Fresh";

/* What the installer puts there; enroll.sealed is the agent's own copy of the secret. */
static const char *const KEPT_FILES[] = {"trust.json", "ca.pem", "enroll.sealed"};
enum { KEPT_COUNT = sizeof KEPT_FILES / sizeof KEPT_FILES[0] };

static void name_before(size_t i, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "%s.before", KEPT_FILES[i]);
}

/* The one value of the installer's own. What is not there at one place goes at the other. */
static enum status copy_leaving(const wchar_t *from, const wchar_t *to, struct err *err)
{
    wchar_t word[WORD_CHARS] = L"";
    DWORD size = sizeof word;
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE, from, INS_LEAVING_VALUE, RRF_RT_REG_SZ, NULL, word, &size);
    if (error == ERROR_SUCCESS) {
        error = RegSetKeyValueW(HKEY_LOCAL_MACHINE, to, INS_LEAVING_VALUE, REG_SZ, word,
                                (DWORD)((wcslen(word) + 1) * sizeof word[0]));
    } else {
        error = RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, to, INS_LEAVING_VALUE);
        error = error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot copy %ls", INS_LEAVING_VALUE);
}

/* The mark is the sign that there is something to bring back. It is made last, before anything
 * changes. */
enum status ins_before_settings(bool fresh, struct err *err)
{
    DWORD value = fresh ? 1 : 0;
    enum status st = ins_key_drop(BEFORE_KEY, err);
    if (st == ST_OK) {
        st = ins_key_copy(INS_AGENT_KEY, BEFORE_AGENT_KEY, err);
    }
    if (st == ST_OK) {
        st = ins_key_copy(INS_ORDER_KEY, BEFORE_ORDER_KEY, err);
    }
    if (st == ST_OK) {
        st = copy_leaving(INS_SETUP_KEY, BEFORE_KEY, err);
    }
    if (st == ST_OK) {
        LSTATUS error = RegSetKeyValueW(HKEY_LOCAL_MACHINE, BEFORE_KEY, FRESH_VALUE, REG_DWORD,
                                        &value, sizeof value);
        st = error == ERROR_SUCCESS
                 ? ST_OK
                 : error_set(err, (uint32_t)error, "cannot write %ls", BEFORE_KEY);
    }
    return st;
}

static enum status remember(const struct ag_vault *vault, size_t i, struct err *err)
{
    char before[NAME_BYTES];
    struct bytes content = {0};
    name_before(i, before);
    enum status st = vault->read(vault->ctx, KEPT_FILES[i], INS_CA_BYTES, &content, err);
    if (st == ST_OK) {
        st = vault->write(vault->ctx, before, bytes_span(&content), err);
    } else if (st == ST_NOT_FOUND) {
        st = vault->remove(vault->ctx, before, err); /* of an installation that was cut short */
        st = st == ST_NOT_FOUND ? ST_OK : st;
    }
    bytes_wipe(&content);
    return st;
}

enum status ins_before_files(const struct ag_vault *vault, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < KEPT_COUNT && st == ST_OK; i++) {
        st = remember(vault, i, err);
    }
    return st;
}

bool ins_before_is_there(bool *fresh)
{
    DWORD value = 0;
    DWORD size = sizeof value;
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, BEFORE_KEY, FRESH_VALUE, RRF_RT_REG_DWORD,
                                 NULL, &value, &size);
    *fresh = error == ERROR_SUCCESS && value == 1;
    return error == ERROR_SUCCESS;
}

static enum status bring_file(const struct ag_vault *vault, size_t i, struct err *err)
{
    char before[NAME_BYTES];
    name_before(i, before);
    enum status st = vault->rename(vault->ctx, before, KEPT_FILES[i], err);
    if (st == ST_NOT_FOUND) {
        st = vault->remove(vault->ctx, KEPT_FILES[i], err);
    }
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* One that cannot be does not keep the others from it. */
enum status ins_before_bring_files(const struct ag_vault *vault, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        struct err why = {.st = ST_OK};
        enum status one = bring_file(vault, i, &why);
        if (one != ST_OK && st == ST_OK) {
            st = one;
            *err = why;
        }
    }
    return st;
}

enum status ins_before_bring_settings(bool fresh, bool whole, struct err *err)
{
    enum status st = ins_key_drop(INS_AGENT_KEY, err);
    if (st == ST_OK) {
        st = ins_key_copy(BEFORE_AGENT_KEY, INS_AGENT_KEY, err);
    }
    if (st == ST_OK) {
        st = ins_key_copy(BEFORE_ORDER_KEY, INS_ORDER_KEY, err);
    }
    if (st == ST_OK) {
        st = copy_leaving(BEFORE_KEY, INS_SETUP_KEY, err);
    }
    if (st == ST_OK && whole) {
        st = ins_key_drop(fresh ? INS_SETUP_KEY : BEFORE_KEY, err);
    }
    if (st == ST_OK && whole && fresh) {
        /* Only if nothing is below it. */
        (void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout");
    }
    return st;
}

enum status ins_before_forget(const struct ag_vault *vault, struct err *err)
{
    char before[NAME_BYTES];
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        name_before(i, before);
        enum status st = vault->remove(vault->ctx, before, err);
        if (st != ST_OK && st != ST_NOT_FOUND) {
            return st;
        }
    }
    return ins_key_drop(BEFORE_KEY, err);
}
