#include "agent/config.h"

#include "agent/proxy.h"
#include "base/bytes.h"
#include "base/time_text.h"
#include "base/visible.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    SETTING_MOST_BYTES = 2048,
    TAGS_MOST = 64,
    PLACE_BYTES = 128,
    SHOWN_BYTES = 64, /* of a wrong value, in the sentence about it */
};

_Static_assert(SETTING_MOST_BYTES == 2048 && TAGS_MOST == 64 && LIMIT_NAME_BYTES == 64 &&
                   LIMIT_STRING_BYTES == 256,
               "sentences below name these bounds");

const struct ag_config_entry AG_CONFIG_ENTRIES[AG_SET_COUNT] = {
    [AG_SET_SERVER_URL] = {"ServerUrl", "--server-url", false, false},
    [AG_SET_CA_FILE] = {"CaFile", "--ca-file", false, false},
    [AG_SET_TRUST_FILE] = {"TrustFile", "--trust-file", false, false},
    [AG_SET_ROLLOUT] = {"Rollout", "--rollout", false, false},
    [AG_SET_ENROLL_SECRET_FILE] = {"EnrollSecretFile", "--enroll-secret-file", false, false},
    [AG_SET_PROXY] = {"Proxy", "--proxy", false, false},
    [AG_SET_DATA_DIR] = {"DataDir", "--data-dir", false, false},
    [AG_SET_TAGS] = {"Tags", "--tags", true, false},
    [AG_SET_LOG_LEVEL] = {"LogLevel", "--log-level", false, false},
    [AG_SET_OBSERVE] = {"Observe", "--observe", false, false},
    [AG_SET_MIN_VERSION] = {"MinVersion", "--min-version", false, true},
    [AG_SET_PAUSE] = {"Pause", "--pause", false, true},
};

const char *const AG_OBSERVE_WORDS[4] = {"none", "process", "profile", "full"};

struct ag_config ag_config_defaults(void)
{
    return (struct ag_config){.observe = AG_OBSERVE_FULL, .log_level = LOG_INFO};
}

static void drop_tags(struct ag_config *config)
{
    while (config->tag_count > 0) {
        free(config->tags[--config->tag_count]);
    }
}

void ag_config_done(struct ag_config *config)
{
    drop_tags(config);
    free(config->tags);
    free(config->server_url);
    free(config->ca_file);
    free(config->trust_file);
    free(config->rollout);
    free(config->enroll_secret_file);
    free(config->proxy);
    free(config->data_dir);
    *config = ag_config_defaults();
}

/* ---- comparing ---------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_tags(const struct ag_config *a, const struct ag_config *b)
{
    bool same = a->tag_count == b->tag_count;
    for (size_t i = 0; same && i < a->tag_count; i++) {
        same = strcmp(a->tags[i], b->tags[i]) == 0;
    }
    return same;
}

bool ag_config_same_entry(const struct ag_config *a, const struct ag_config *b,
                          enum ag_setting_id id)
{
    switch (id) {
    case AG_SET_SERVER_URL: return same_text(a->server_url, b->server_url);
    case AG_SET_CA_FILE: return same_text(a->ca_file, b->ca_file);
    case AG_SET_TRUST_FILE: return same_text(a->trust_file, b->trust_file);
    case AG_SET_ROLLOUT: return same_text(a->rollout, b->rollout);
    case AG_SET_ENROLL_SECRET_FILE: return same_text(a->enroll_secret_file, b->enroll_secret_file);
    case AG_SET_PROXY: return same_text(a->proxy, b->proxy);
    case AG_SET_DATA_DIR: return same_text(a->data_dir, b->data_dir);
    case AG_SET_TAGS: return same_tags(a, b);
    case AG_SET_LOG_LEVEL: return a->log_level == b->log_level;
    case AG_SET_OBSERVE: return a->observe == b->observe;
    case AG_SET_MIN_VERSION: return a->min_version == b->min_version;
    case AG_SET_PAUSE: return a->pause_until_s == b->pause_until_s;
    case AG_SET_COUNT: break;
    }
    return true;
}

bool ag_config_same(const struct ag_config *a, const struct ag_config *b)
{
    bool same = true;
    for (unsigned id = 0; same && id < AG_SET_COUNT; id++) {
        same = ag_config_same_entry(a, b, (enum ag_setting_id)id);
    }
    return same;
}

/* ---- taking one value ---------------------------------------------------------------------- */

static enum status out_of_memory(struct err *err)
{
    return err_set(err, ST_NO_MEMORY, 0, "no memory for the settings");
}

/* "ServerUrl in HKLM\...", or "--server-url". place NULL: it was set nowhere. */
static void name_place(enum ag_setting_id id, const char *place, char out[PLACE_BYTES])
{
    const struct ag_config_entry *entry = &AG_CONFIG_ENTRIES[id];
    if (place == NULL) {
        (void)snprintf(out, PLACE_BYTES, "%s (%s)", entry->name, entry->flag);
    } else if (strcmp(place, entry->flag) == 0) {
        (void)snprintf(out, PLACE_BYTES, "%s", place);
    } else {
        (void)snprintf(out, PLACE_BYTES, "%s in %s", entry->name, place);
    }
}

/* What was wrong is shown only where it cannot be a secret. text NULL: it is not shown. */
static enum status refuse(enum ag_setting_id id, const char *place, const char *code,
                          const char *text, const char *allowed, struct err *err)
{
    char where[PLACE_BYTES];
    char shown[SHOWN_BYTES];
    name_place(id, place, where);
    const char *pointer = place != NULL && strcmp(place, AG_CONFIG_ENTRIES[id].flag) == 0
                              ? place
                              : AG_CONFIG_ENTRIES[id].name;
    if (text == NULL) {
        return err_refuse(err, code, pointer, "%s must be %s", where, allowed);
    }
    (void)visible_copy(text, shown, sizeof shown);
    return err_refuse(err, code, pointer, "%s is \"%s\"; it must be %s", where, shown, allowed);
}

static enum status put_text(char **place, const char *value, struct err *err)
{
    char *copy = text_copy(value);
    if (copy == NULL) {
        return out_of_memory(err);
    }
    free(*place);
    *place = copy;
    return ST_OK;
}

static enum status add_tag(struct ag_config *config, const char *place, const char *value,
                           struct err *err)
{
    if (config->tag_count == TAGS_MOST) {
        return refuse(AG_SET_TAGS, place, "too_large", NULL, "at most 64 texts", err);
    }
    char **tags = realloc(config->tags, (config->tag_count + 1) * sizeof *tags);
    if (tags == NULL) {
        return out_of_memory(err);
    }
    config->tags = tags;
    config->tags[config->tag_count] = NULL;
    enum status st = put_text(&config->tags[config->tag_count], value, err);
    if (st == ST_OK) {
        config->tag_count++;
    }
    return st;
}

static bool read_observe(const char *text, enum ag_observe_level *out)
{
    for (int i = AG_OBSERVE_NONE; i <= AG_OBSERVE_FULL; i++) {
        if (strcmp(text, AG_OBSERVE_WORDS[i]) == 0) {
            *out = (enum ag_observe_level)i;
            return true;
        }
    }
    return false;
}

static bool read_version(const char *text, int64_t *out)
{
    size_t length = strlen(text);
    if (length == 0 || length > 10 || strspn(text, "0123456789") != length) {
        return false;
    }
    int64_t version = strtoll(text, NULL, 10);
    if (version > VERSION_MOST) {
        return false;
    }
    *out = version;
    return true;
}

/* What is a word, a number or a time. */
static enum status put_word(struct ag_config *config, enum ag_setting_id id, const char *place,
                            const char *text, struct err *err)
{
    bool good = false;
    const char *allowed = "";
    if (id == AG_SET_LOG_LEVEL) {
        good = log_level_find(text, &config->log_level);
        allowed = "error, warning, info or debug";
    } else if (id == AG_SET_OBSERVE) {
        good = read_observe(text, &config->observe);
        allowed = "none, process, profile or full";
    } else if (id == AG_SET_MIN_VERSION) {
        good = read_version(text, &config->min_version);
        allowed = "a version in digits";
    } else {
        good = time_text_read(text, &config->pause_until_s);
        allowed = "a time in UTC such as 2026-11-22T10:00:00Z";
    }
    return good ? ST_OK : refuse(id, place, "out_of_range", text, allowed, err);
}

static char **text_of(struct ag_config *config, enum ag_setting_id id)
{
    switch (id) {
    case AG_SET_SERVER_URL: return &config->server_url;
    case AG_SET_CA_FILE: return &config->ca_file;
    case AG_SET_TRUST_FILE: return &config->trust_file;
    case AG_SET_ROLLOUT: return &config->rollout;
    case AG_SET_ENROLL_SECRET_FILE: return &config->enroll_secret_file;
    case AG_SET_PROXY: return &config->proxy;
    case AG_SET_DATA_DIR: return &config->data_dir;
    case AG_SET_TAGS:
    case AG_SET_LOG_LEVEL:
    case AG_SET_OBSERVE:
    case AG_SET_MIN_VERSION:
    case AG_SET_PAUSE:
    case AG_SET_COUNT: return NULL;
    }
    return NULL;
}

enum status ag_config_put(struct ag_config *config, enum ag_setting_id id, const char *place,
                          const char *text, struct err *err)
{
    char **field = text_of(config, id);
    if (strlen(text) > SETTING_MOST_BYTES) {
        return refuse(id, place, "too_large", NULL, "at most 2048 bytes long", err);
    }
    enum status st = field != NULL       ? put_text(field, text, err)
                     : id == AG_SET_TAGS ? add_tag(config, place, text, err)
                                         : put_word(config, id, place, text, err);
    if (st == ST_OK) {
        config->places[id] = place;
    }
    return st;
}

/* ---- flags --------------------------------------------------------------------------------- */

/* value: NULL if the flag stands last. */
static enum status read_flag(struct ag_config *config, const char *flag, const char *value,
                             struct err *err)
{
    unsigned id = 0;
    while (id < AG_SET_COUNT && strcmp(AG_CONFIG_ENTRIES[id].flag, flag) != 0) {
        id++;
    }
    if (id == AG_SET_COUNT) {
        return err_refuse(err, "unknown_field", flag, "there is no flag %s", flag);
    }
    if (value == NULL) {
        return err_refuse(err, "missing_field", flag, "%s needs a value", flag);
    }
    return ag_config_put(config, (enum ag_setting_id)id, AG_CONFIG_ENTRIES[id].flag, value, err);
}

enum status ag_config_read_flags(struct ag_config *config, int argc, char *const *argv,
                                 struct err *err)
{
    enum status st = ST_OK;
    bool tags_seen = false; /* the first replaces what was there, later ones add to it */
    for (int i = 0; st == ST_OK && i < argc; i += 2) {
        if (strcmp(argv[i], AG_CONFIG_ENTRIES[AG_SET_TAGS].flag) == 0 && !tags_seen) {
            tags_seen = true;
            drop_tags(config);
        }
        st = read_flag(config, argv[i], i + 1 < argc ? argv[i + 1] : NULL, err);
    }
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static bool is_url(const char *text, const char *scheme)
{
    size_t length = strlen(scheme);
    if (strncasecmp(text, scheme, length) != 0 || text[length] == '\0' || text[length] == '/') {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p <= 0x20 || *p > 0x7e || *p == '@' || *p == '?' || *p == '#') {
            return false; /* no credentials, no queries: paths are appended */
        }
    }
    return true;
}

static bool is_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= LIMIT_NAME_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static enum status check_tags(const struct ag_config *config, struct err *err)
{
    for (size_t i = 0; i < config->tag_count; i++) {
        size_t length = strlen(config->tags[i]);
        if (length == 0 || length > LIMIT_STRING_BYTES) {
            return refuse(AG_SET_TAGS, config->places[AG_SET_TAGS], "out_of_range", NULL,
                          "texts of 1 to 256 bytes", err);
        }
    }
    return ST_OK;
}

enum status ag_config_check(const struct ag_config *config, struct err *err)
{
    const char *const *places = config->places;
    if (config->data_dir == NULL || config->data_dir[0] == '\0') {
        return err_refuse(err, "missing_field", "DataDir", "set DataDir (--data-dir)");
    }
    if (config->trust_file == NULL || config->trust_file[0] == '\0') {
        return err_refuse(err, "missing_field", "TrustFile",
                          "set TrustFile (--trust-file): without it no policy can be verified");
    }
    if (config->server_url != NULL && !is_url(config->server_url, "https://")) {
        return refuse(AG_SET_SERVER_URL, places[AG_SET_SERVER_URL], "bad_url", NULL,
                      "like https://host:port", err);
    }
    enum ag_proxy_kind kind = AG_PROXY_NONE;
    const char *url = NULL;
    if (!ag_proxy_setting_read(config->proxy, &kind, &url)) {
        return refuse(AG_SET_PROXY, places[AG_SET_PROXY], "bad_url", NULL,
                      "none, auto, http://host:port or pac:URL", err);
    }
    if (config->rollout != NULL && !is_name(config->rollout)) {
        return refuse(AG_SET_ROLLOUT, places[AG_SET_ROLLOUT], "out_of_range", config->rollout,
                      "a name of up to 64 of a-z, 0-9 and -", err);
    }
    return check_tags(config, err);
}
