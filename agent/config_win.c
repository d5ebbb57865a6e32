#include "agent/config_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum {
    TEXT_CHARS = 2048,  /* a URL or a path */
    LIST_CHARS = 16384, /* all tags together */
};

/* The stronger one first. */
static const struct {
    const wchar_t *key;
    const char *name;
    bool machine_policy;
} PLACES[] = {
    {L"SOFTWARE\\Policies\\MapiRollout", "HKLM\\SOFTWARE\\Policies\\MapiRollout", true},
    {L"SOFTWARE\\MapiRollout\\Agent", "HKLM\\SOFTWARE\\MapiRollout\\Agent", false},
};
enum { PLACE_COUNT = sizeof PLACES / sizeof PLACES[0], NAME_CHARS = 32 };

static enum status refuse(struct err *err, const char *code, size_t place, const char *name,
                          const char *wanted)
{
    return err_refuse(err, code, name, "%s in %s must be %s", name, PLACES[place].name, wanted);
}

/* ST_NOT_FOUND: it is not set in this place. chars: room in out, the final two NULs included. */
static enum status read_raw(size_t place, const struct ag_config_entry *entry, wchar_t *out,
                            size_t chars, struct err *err)
{
    wchar_t name[NAME_CHARS] = L"";
    DWORD wanted = entry->is_list ? REG_MULTI_SZ : REG_SZ;
    DWORD type = REG_NONE;
    DWORD size = (DWORD)((chars - 2) * sizeof *out);
    for (size_t i = 0; entry->name[i] != '\0' && i + 1 < NAME_CHARS; i++) {
        name[i] = (wchar_t)entry->name[i];
    }
    memset(out, 0, chars * sizeof *out); /* what the registry holds need not end in NUL */
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, PLACES[place].key, name,
                                 RRF_RT_ANY | RRF_NOEXPAND, &type, out, &size);
    if (error == ERROR_MORE_DATA) {
        return refuse(err, "too_large", place, entry->name, "shorter");
    }
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot read %s in %s", entry->name,
                         PLACES[place].name);
    }
    if (type != wanted) {
        return refuse(err, "wrong_type", place, entry->name,
                      entry->is_list ? "REG_MULTI_SZ" : "REG_SZ");
    }
    return ST_OK;
}

static enum status put_wide(struct ag_config *config, enum ag_setting_id id, size_t place,
                            const wchar_t *wide, struct err *err)
{
    char *text = NULL;
    enum status st = text_from_wide(wide, wcslen(wide), &text);
    if (st == ST_IO) {
        st = refuse(err, "wrong_type", place, AG_CONFIG_ENTRIES[id].name, "valid Unicode");
    } else if (st == ST_OK) {
        st = ag_config_put(config, id, PLACES[place].name, text, err);
    }
    free(text);
    return st;
}

/* A text that is empty is as good as none: that is how a policy editor clears a setting. It still
 * keeps the weaker place from being asked. */
static enum status read_from(struct ag_config *config, enum ag_setting_id id, size_t place,
                             wchar_t *wide, struct err *err)
{
    const struct ag_config_entry *entry = &AG_CONFIG_ENTRIES[id];
    size_t chars = entry->is_list ? LIST_CHARS : TEXT_CHARS;
    enum status st = read_raw(place, entry, wide, chars, err);
    if (st == ST_OK && entry->machine_policy && !PLACES[place].machine_policy) {
        return err_refuse(err, "unknown_field", entry->name,
                          "%s in %s is not looked at: it is for machine policy, set it in %s",
                          entry->name, PLACES[place].name, PLACES[0].name);
    }
    for (const wchar_t *at = wide; st == ST_OK && *at != L'\0'; at += wcslen(at) + 1) {
        st = put_wide(config, id, place, at, err);
    }
    return st;
}

static enum status read_entry(struct ag_config *config, enum ag_setting_id id, wchar_t *wide,
                              struct err *err)
{
    enum status st = ST_NOT_FOUND;
    for (size_t place = 0; st == ST_NOT_FOUND && place < PLACE_COUNT; place++) {
        st = read_from(config, id, place, wide, err);
    }
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Where Windows itself keeps the folder's place. The environment is no help: services and consoles
 * may see different ones. */
static enum status default_data_dir(struct ag_config *config, struct err *err)
{
    static const wchar_t PROFILES[] =
        L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
    static const wchar_t NAME[] = L"\\MapiRollout";
    wchar_t wide[MAX_PATH];
    DWORD size = sizeof wide - sizeof NAME;
    if (config->data_dir != NULL) {
        return ST_OK;
    }
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, PROFILES, L"ProgramData", RRF_RT_REG_SZ, NULL,
                                 wide, &size);
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "Windows does not say where ProgramData is");
    }
    size_t chars = wcslen(wide);
    memcpy(wide + chars, NAME, sizeof NAME); /* room was left for it */
    return text_from_wide(wide, chars + wcslen(NAME), &config->data_dir);
}

static enum status read_all(struct ag_config *config, struct err *err)
{
    wchar_t *wide = calloc(LIST_CHARS, sizeof *wide);
    config->tags = calloc(1, sizeof *config->tags); /* none are known to be none */
    enum status st = wide != NULL && config->tags != NULL ? ST_OK : ST_NO_MEMORY;
    for (unsigned id = 0; id < AG_SET_COUNT && st == ST_OK; id++) {
        st = read_entry(config, (enum ag_setting_id)id, wide, err);
    }
    free(wide);
    return st == ST_OK ? default_data_dir(config, err) : st;
}

enum status ag_config_win_read(struct ag_config *out, struct err *err)
{
    struct ag_config config = ag_config_defaults();
    (void)err_set(err, ST_NO_MEMORY, 0, "no memory for the settings");
    enum status st = read_all(&config, err);
    if (st != ST_OK) {
        ag_config_done(&config);
        return st;
    }
    *out = config;
    return ST_OK;
}
