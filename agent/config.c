#include "agent/config.h"

#include "agent/proxy.h"
#include "base/bytes.h"
#include "policy/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SETTING_MOST_BYTES = 2048, TAGS_MOST = 64 };

struct ag_config ag_config_defaults(void)
{
    return (struct ag_config){.observe = AG_OBSERVE_FULL, .log_level = LOG_INFO};
}

void ag_config_done(struct ag_config *config)
{
    for (size_t i = 0; i < config->tag_count; i++) {
        free(config->tags[i]);
    }
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

static enum status out_of_memory(struct err *err)
{
    return err_set(err, ST_NO_MEMORY, 0, "no memory for the settings");
}

static char **find_text(struct ag_config *config, const char *flag)
{
    const struct {
        const char *flag;
        char **place;
    } texts[] = {
        {"--server-url", &config->server_url},
        {"--ca-file", &config->ca_file},
        {"--trust-file", &config->trust_file},
        {"--rollout", &config->rollout},
        {"--enroll-secret-file", &config->enroll_secret_file},
        {"--proxy", &config->proxy},
        {"--data-dir", &config->data_dir},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].flag, flag) == 0) {
            return texts[i].place;
        }
    }
    return NULL;
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

/* The first --tags on a command line replaces what was there, later ones add to it. */
static enum status add_tag(struct ag_config *config, const char *value, struct err *err)
{
    if (config->tag_count == TAGS_MOST) {
        return err_refuse(err, "too_large", "--tags", "at most %d tags", TAGS_MOST);
    }
    char **tags = realloc(config->tags, (config->tag_count + 1) * sizeof *tags);
    if (tags == NULL) {
        return out_of_memory(err);
    }
    config->tags = tags;
    enum status st = ST_OK;
    config->tags[config->tag_count] = NULL;
    st = put_text(&config->tags[config->tag_count], value, err);
    if (st == ST_OK) {
        config->tag_count++;
    }
    return st;
}

static void drop_tags(struct ag_config *config)
{
    while (config->tag_count > 0) {
        free(config->tags[--config->tag_count]);
    }
}

/* value: NULL if the flag stands last. */
static enum status read_flag(struct ag_config *config, const char *flag, const char *value,
                             struct err *err)
{
    char **place = find_text(config, flag);
    if (place == NULL && strcmp(flag, "--tags") != 0 && strcmp(flag, "--log-level") != 0) {
        return err_refuse(err, "unknown_field", flag, "there is no flag %s", flag);
    }
    if (value == NULL) {
        return err_refuse(err, "missing_field", flag, "%s needs a value", flag);
    }
    if (strlen(value) > SETTING_MOST_BYTES) {
        return err_refuse(err, "too_large", flag, "%s is longer than %d bytes", flag,
                          SETTING_MOST_BYTES);
    }
    if (place != NULL) {
        return put_text(place, value, err);
    }
    if (strcmp(flag, "--tags") == 0) {
        return add_tag(config, value, err);
    }
    if (!log_level_find(value, &config->log_level)) {
        return err_refuse(err, "out_of_range", flag,
                          "--log-level is one of error, warning, info, debug");
    }
    return ST_OK;
}

enum status ag_config_read_flags(struct ag_config *config, int argc, char *const *argv,
                                 struct err *err)
{
    enum status st = ST_OK;
    bool tags_seen = false;
    for (int i = 0; st == ST_OK && i < argc; i += 2) {
        if (strcmp(argv[i], "--tags") == 0 && !tags_seen) {
            tags_seen = true;
            drop_tags(config);
        }
        st = read_flag(config, argv[i], i + 1 < argc ? argv[i + 1] : NULL, err);
    }
    return st;
}

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

enum status ag_config_check(const struct ag_config *config, struct err *err)
{
    if (config->data_dir == NULL || config->data_dir[0] == '\0') {
        return err_refuse(err, "missing_field", "DataDir", "set DataDir (--data-dir)");
    }
    if (config->trust_file == NULL || config->trust_file[0] == '\0') {
        return err_refuse(err, "missing_field", "TrustFile",
                          "set TrustFile (--trust-file): without it no policy can be verified");
    }
    if (config->server_url != NULL && !is_url(config->server_url, "https://")) {
        return err_refuse(err, "bad_url", "ServerUrl",
                          "ServerUrl (--server-url) must look like https://host:port");
    }
    enum ag_proxy_kind kind = AG_PROXY_NONE;
    const char *url = NULL;
    if (!ag_proxy_setting_read(config->proxy, &kind, &url)) {
        return err_refuse(err, "bad_url", "Proxy",
                          "Proxy (--proxy) must be none, auto, http://host:port or pac:URL");
    }
    if (config->rollout != NULL && !is_name(config->rollout)) {
        return err_refuse(err, "out_of_range", "Rollout",
                          "Rollout (--rollout) has up to %d of a-z, 0-9 and -", LIMIT_NAME_BYTES);
    }
    for (size_t i = 0; i < config->tag_count; i++) {
        size_t length = strlen(config->tags[i]);
        if (length == 0 || length > LIMIT_STRING_BYTES) {
            return err_refuse(err, "out_of_range", "Tags", "a tag has 1 to %d bytes",
                              LIMIT_STRING_BYTES);
        }
    }
    return ST_OK;
}
