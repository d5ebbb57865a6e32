#include "agent/config_win.h"

#include "base/error_win.h"
#include "base/text_win.h"
#include "policy/limits.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum {
    TEXT_CHARS = 2048, /* a URL or a path */
    TAG_CHARS = 16384, /* all tags together */
    TAGS_MOST = 64,
};

static const wchar_t *const KEYS[] = {L"SOFTWARE\\Policies\\MapiRollout",
                                      L"SOFTWARE\\MapiRollout\\Agent"};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };

static enum status refuse(struct err *err, const char *code, const wchar_t *key,
                          const wchar_t *name, const char *wanted)
{
    return err_refuse(err, code, "", "HKLM\\%ls value %ls must be %s", key, name, wanted);
}

/* ST_NOT_FOUND: neither key has it. chars: room in out, the final two NULs included. */
static enum status read_raw(const wchar_t *name, DWORD type_wanted, wchar_t *out, size_t chars,
                            const wchar_t **key, struct err *err)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        DWORD type = REG_NONE;
        DWORD size = (DWORD)((chars - 2) * sizeof *out);
        memset(out, 0, chars * sizeof *out); /* what the registry holds need not end in NUL */
        LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, KEYS[i], name, RRF_RT_ANY | RRF_NOEXPAND,
                                     &type, out, &size);
        *key = KEYS[i];
        if (error == ERROR_FILE_NOT_FOUND) {
            continue;
        }
        if (error == ERROR_MORE_DATA) {
            return refuse(err, "too_large", KEYS[i], name, "shorter");
        }
        if (error != ERROR_SUCCESS) {
            return error_set(err, (uint32_t)error, "cannot read HKLM\\%ls value %ls", KEYS[i],
                             name);
        }
        if (type != type_wanted) {
            return refuse(err, "wrong_type", KEYS[i], name,
                          type_wanted == REG_SZ ? "REG_SZ" : "REG_MULTI_SZ");
        }
        return ST_OK;
    }
    return ST_NOT_FOUND;
}

/* An empty text is as good as none: that is how a policy editor clears a setting. */
static enum status read_text(const wchar_t *name, char **out, struct err *err)
{
    wchar_t wide[TEXT_CHARS];
    const wchar_t *key = NULL;
    enum status st = read_raw(name, REG_SZ, wide, TEXT_CHARS, &key, err);
    if (st == ST_NOT_FOUND || (st == ST_OK && wide[0] == L'\0')) {
        return ST_OK;
    }
    if (st == ST_OK) {
        st = text_from_wide(wide, wcslen(wide), out);
        if (st == ST_IO) {
            st = refuse(err, "wrong_type", key, name, "valid Unicode");
        }
    }
    return st;
}

static enum status add_tag(struct ag_config *config, const wchar_t *wide, const wchar_t *key,
                           struct err *err)
{
    char *tag = NULL;
    enum status st = text_from_wide(wide, wcslen(wide), &tag);
    if (st == ST_IO) {
        st = refuse(err, "wrong_type", key, L"Tags", "valid Unicode");
    } else if (st == ST_OK && strlen(tag) > LIMIT_STRING_BYTES) {
        st = refuse(err, "too_large", key, L"Tags", "of at most 256 bytes each");
    } else if (st == ST_OK && config->tag_count >= TAGS_MOST) {
        st = refuse(err, "too_large", key, L"Tags", "at most 64 texts");
    }
    if (st == ST_OK) {
        config->tags[config->tag_count++] = tag;
        tag = NULL;
    }
    free(tag);
    return st;
}

static enum status read_tags(struct ag_config *config, struct err *err)
{
    const wchar_t *key = NULL;
    wchar_t *wide = calloc(TAG_CHARS, sizeof *wide);
    config->tags = calloc(TAGS_MOST, sizeof *config->tags);
    enum status st = wide != NULL && config->tags != NULL
                         ? read_raw(L"Tags", REG_MULTI_SZ, wide, TAG_CHARS, &key, err)
                         : ST_NO_MEMORY;
    for (const wchar_t *at = wide; st == ST_OK && *at != L'\0'; at += wcslen(at) + 1) {
        st = add_tag(config, at, key, err);
    }
    free(wide);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status read_level(struct ag_config *config, struct err *err)
{
    char *word = NULL;
    enum status st = read_text(L"LogLevel", &word, err);
    if (st == ST_OK && word != NULL && !log_level_find(word, &config->log_level)) {
        st = err_refuse(err, "out_of_range", "", "LogLevel must be error, warning, info or debug");
    }
    free(word);
    return st;
}

static enum status read_min_version(struct ag_config *config, struct err *err)
{
    char *digits = NULL;
    enum status st = read_text(L"MinVersion", &digits, err);
    if (st == ST_OK && digits != NULL) {
        size_t length = strlen(digits);
        int64_t version = strtoll(digits, NULL, 10);
        if (length > 10 || strspn(digits, "0123456789") != length || version > VERSION_MOST) {
            st = err_refuse(err, "out_of_range", "", "MinVersion must be a version in digits");
        } else {
            config->min_version = version;
        }
    }
    free(digits);
    return st;
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
    const struct {
        const wchar_t *name;
        char **text;
    } texts[] = {
        {L"ServerUrl", &config->server_url},
        {L"CaFile", &config->ca_file},
        {L"TrustFile", &config->trust_file},
        {L"Rollout", &config->rollout},
        {L"EnrollSecretFile", &config->enroll_secret_file},
        {L"Proxy", &config->proxy},
        {L"DataDir", &config->data_dir},
    };
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && st == ST_OK; i++) {
        st = read_text(texts[i].name, texts[i].text, err);
    }
    if (st == ST_OK) {
        st = read_tags(config, err);
    }
    if (st == ST_OK) {
        st = read_level(config, err);
    }
    if (st == ST_OK) {
        st = read_min_version(config, err);
    }
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
