#include "agent/settings.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_BYTES = 256 };

static enum status read_good(const struct ag_settings *settings, struct ag_config *out,
                             struct err *err)
{
    struct ag_config config = ag_config_defaults();
    enum status st = settings->read(settings->ctx, &config, err);
    if (st == ST_OK) {
        st = ag_config_check(&config, err);
    }
    if (st == ST_OK) {
        *out = config;
    } else {
        ag_config_done(&config);
    }
    return st;
}

enum status ag_settings_open(struct ag_settings *settings, struct err *err)
{
    return read_good(settings, &settings->config, err);
}

void ag_settings_done(struct ag_settings *settings)
{
    ag_config_done(&settings->config);
    ag_config_done(&settings->next);
    ag_config_done(&settings->before);
    ag_config_done(&settings->bad);
}

/* The same complaint once. */
static void refuse(struct ag_settings *settings, const struct err *why)
{
    if (settings->refused.st != why->st || strcmp(settings->refused.text, why->text) != 0) {
        log_failure(LOG_ERROR, "settings_refused", why);
    }
    settings->refused = *why;
}

static void move(struct ag_config *to, struct ag_config *from)
{
    ag_config_done(to);
    *to = *from;
    *from = ag_config_defaults();
}

bool ag_settings_look(struct ag_settings *settings)
{
    struct err why = {.st = ST_OK};
    struct ag_config now = ag_config_defaults();
    if (read_good(settings, &now, &why) != ST_OK) {
        refuse(settings, &why);
        return false;
    }
    bool same = ag_config_same(&now, &settings->config);
    bool bad = settings->has_bad && ag_config_same(&now, &settings->bad);
    if (same && settings->refused.st != ST_OK) {
        log_write(LOG_INFO, "event=settings_well");
    }
    if (!bad) {
        settings->refused.st = ST_OK;
        settings->has_bad = false;
    }
    if (!same && !bad) {
        move(&settings->next, &now);
        settings->waits = true;
    }
    ag_config_done(&now);
    return !same && !bad;
}

static void tell_change(const struct ag_config *before, const struct ag_config *now)
{
    char names[NAMES_BYTES] = "";
    size_t used = 0;
    for (unsigned id = 0; id < AG_SET_COUNT; id++) {
        const char *name = AG_CONFIG_ENTRIES[id].name;
        if (ag_config_same_entry(before, now, (enum ag_setting_id)id) ||
            used + strlen(name) + 2 > sizeof names) {
            continue;
        }
        used +=
            (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? "," : "", name);
    }
    log_write(LOG_INFO, "event=settings_changed settings=%s", names);
}

void ag_settings_take(struct ag_settings *settings)
{
    if (!settings->waits) {
        return;
    }
    tell_change(&settings->config, &settings->next);
    move(&settings->before, &settings->config);
    move(&settings->config, &settings->next);
    settings->waits = false;
    settings->goes_back = true;
}

void ag_settings_keep(struct ag_settings *settings)
{
    ag_config_done(&settings->before);
    settings->goes_back = false;
}

bool ag_settings_go_back(struct ag_settings *settings, const struct err *why)
{
    if (!settings->goes_back) {
        return false;
    }
    refuse(settings, why);
    move(&settings->bad, &settings->config);
    move(&settings->config, &settings->before);
    settings->has_bad = true;
    settings->goes_back = false;
    return true;
}
