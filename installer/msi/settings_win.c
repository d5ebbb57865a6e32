#include "installer/msi/settings_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1024, NAME_CHARS = 32 };

const wchar_t INS_AGENT_KEY[] = L"SOFTWARE\\MapiRollout\\Agent";
const wchar_t INS_SETUP_KEY[] = L"SOFTWARE\\MapiRollout\\Setup";
const wchar_t INS_LEAVING_VALUE[] = L"OnUninstall";
const wchar_t INS_ORDER_KEY[] = L"SOFTWARE\\Microsoft\\Active Setup\\Installed Components\\"
                                L"{6B1E2D0C-5A0F-4C5B-9E43-7A1D0B6C52F4}";

static enum status registry_error(struct err *err, LSTATUS error, const wchar_t *what)
{
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot change %ls in the registry", what);
}

static enum status set_text(HKEY key, const wchar_t *name, const char *value, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(value, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot set %ls", name);
    }
    DWORD size = (DWORD)((wcslen(wide) + 1) * sizeof *wide);
    st = registry_error(err, RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)wide, size), name);
    free(wide);
    return st;
}

static enum status set_tags(HKEY key, const wchar_t *name, const struct ins_wish *wish,
                            struct err *err)
{
    char tag[PATH_BYTES];
    const char *at = NULL;
    struct bytes list = bytes_with_limit(INS_WISH_BYTES);
    enum status st = ST_OK;
    while (st == ST_OK && ins_wish_next_tag(wish, &at, tag, sizeof tag)) {
        wchar_t *wide = NULL;
        st = text_to_wide(tag, &wide);
        st = st == ST_OK ? bytes_append(&list, wide, (wcslen(wide) + 1) * sizeof *wide) : st;
        free(wide);
    }
    st = st == ST_OK ? bytes_append(&list, L"", sizeof(wchar_t)) : st;
    if (st != ST_OK) {
        st = err_set(err, st, 0, "TAGS are too long");
    } else {
        LSTATUS error = RegSetValueExW(key, name, 0, REG_MULTI_SZ, list.data, (DWORD)list.size);
        st = registry_error(err, error, name);
    }
    bytes_free(&list);
    return st;
}

static enum status set_setting(HKEY key, const char *folder, const struct ins_wish *wish,
                               enum ins_property property, struct err *err)
{
    const struct ins_property_entry *entry = &INS_PROPERTIES[property];
    wchar_t name[NAME_CHARS] = L"";
    char path[PATH_BYTES];
    (void)swprintf(name, NAME_CHARS, L"%hs", AG_CONFIG_ENTRIES[entry->setting].name);
    if (ins_wish_takes_away(wish, property)) {
        LSTATUS error = RegDeleteValueW(key, name);
        return registry_error(err, error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error, name);
    }
    if (property == INS_TAGS) {
        return set_tags(key, name, wish, err);
    }
    if (entry->kept_as == NULL) {
        return set_text(key, name, wish->values[property], err);
    }
    int length = snprintf(path, sizeof path, "%s\\%s", folder, entry->kept_as);
    return length > 0 && (size_t)length < sizeof path
               ? set_text(key, name, path, err)
               : err_set(err, ST_TOO_LARGE, 0, "the path of the data directory is too long");
}

static enum status keep_agents(const char *folder, const struct ins_wish *wish, struct err *err)
{
    HKEY key = NULL;
    enum status st = registry_error(err,
                                    RegCreateKeyExW(HKEY_LOCAL_MACHINE, INS_AGENT_KEY, 0, NULL, 0,
                                                    KEY_SET_VALUE, NULL, &key, NULL),
                                    INS_AGENT_KEY);
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        if (INS_PROPERTIES[i].setting != AG_SET_COUNT && wish->values[i] != NULL) {
            st = set_setting(key, folder, wish, (enum ins_property)i, err);
        }
    }
    if (key != NULL) {
        (void)RegCloseKey(key);
    }
    return st;
}

static enum status keep_leaving(const struct ins_wish *wish, struct err *err)
{
    HKEY key = NULL;
    if (wish->values[INS_ONUNINSTALL] == NULL) {
        return ST_OK;
    }
    enum status st = registry_error(err,
                                    RegCreateKeyExW(HKEY_LOCAL_MACHINE, INS_SETUP_KEY, 0, NULL, 0,
                                                    KEY_SET_VALUE, NULL, &key, NULL),
                                    INS_SETUP_KEY);
    if (st == ST_OK) {
        st = set_text(key, INS_LEAVING_VALUE, wish->values[INS_ONUNINSTALL], err);
        (void)RegCloseKey(key);
    }
    return st;
}

enum status ins_settings_keep(const char *folder, const struct ins_wish *wish, struct err *err)
{
    enum status st = keep_agents(folder, wish, err);
    return st == ST_OK ? keep_leaving(wish, err) : st;
}

/* ---- whole keys ---------------------------------------------------------------------------- */

static LSTATUS copy_tree(const wchar_t *from, const wchar_t *to)
{
    HKEY source = NULL;
    HKEY target = NULL;
    LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, from, 0, KEY_READ, &source);
    if (error == ERROR_FILE_NOT_FOUND) {
        return ERROR_SUCCESS; /* nothing to copy */
    }
    if (error == ERROR_SUCCESS) {
        error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, to, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &target,
                                NULL);
    }
    if (error == ERROR_SUCCESS) {
        error = RegCopyTreeW(source, NULL, target);
    }
    if (source != NULL) {
        (void)RegCloseKey(source);
    }
    if (target != NULL) {
        (void)RegCloseKey(target);
    }
    return error;
}

enum status ins_key_copy(const wchar_t *from, const wchar_t *to, struct err *err)
{
    return registry_error(err, copy_tree(from, to), to);
}

enum status ins_key_drop(const wchar_t *path, struct err *err)
{
    LSTATUS error = RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
    return registry_error(err, error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error, path);
}
