#include "agent/user_keys_win.h"

#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "agent/watched_key_win.h"

#include <stdlib.h>

struct ag_keys {
    struct ag_watched_key setting; /* its values */
    struct ag_watched_key above;   /* in which the setting's key may come or go */
    bool setting_told;
    bool above_told;
};

static bool watch(struct ag_watched_key *watched, const char *sid, const wchar_t *path,
                  DWORD filter, HANDLE signal)
{
    HKEY key = NULL;
    return ag_user_key_open(sid, path, AG_KEY_NOTIFY, &key, NULL) == ST_OK &&
           ag_watched_key_open(watched, key, filter, FALSE, signal);
}

/* The nearest one that is there; all of it may be made at once, so it tells of names. */
static bool watch_above(struct ag_watched_key *watched, const char *sid, HANDLE signal)
{
    static const wchar_t *const ABOVE[] = {L"Software\\Microsoft", L"Software"};
    for (size_t i = 0; i < sizeof ABOVE / sizeof ABOVE[0]; i++) {
        if (watch(watched, sid, ABOVE[i], REG_NOTIFY_CHANGE_NAME, signal)) {
            return true;
        }
    }
    return false;
}

/* From above downwards: a setting's key that is made in between is told of. */
static struct ag_keys *open_keys(void *ctx, const char *sid)
{
    struct ag_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return NULL;
    }
    bool above = watch_above(&keys->above, sid, ctx);
    bool setting = watch(&keys->setting, sid, AG_SETTING_KEY, REG_NOTIFY_CHANGE_LAST_SET, ctx);
    if (!above && !setting) {
        free(keys);
        keys = NULL;
    }
    return keys;
}

static bool take_told(void *ctx, struct ag_keys *keys)
{
    (void)ctx;
    bool setting = ag_watched_key_take(&keys->setting);
    bool above = ag_watched_key_take(&keys->above);
    keys->setting_told = keys->setting_told || setting;
    keys->above_told = keys->above_told || above;
    return setting || above;
}

/* A name that came or went above may be the setting's key: both are looked for anew. */
static bool arm(void *ctx, struct ag_keys *keys)
{
    (void)ctx;
    bool armed = !keys->above_told && (!keys->setting_told || ag_watched_key_arm(&keys->setting));
    keys->setting_told = false;
    return armed;
}

static bool is_alive(void *ctx, const struct ag_keys *keys)
{
    HKEY key = keys->above.key != NULL ? keys->above.key : keys->setting.key;
    (void)ctx;
    /* A key that is gone says so whatever it is asked, and this asks for the least. */
    return RegQueryValueExW(key, L"", NULL, NULL, NULL, NULL) != ERROR_KEY_DELETED;
}

static bool close_keys(void *ctx, struct ag_keys *keys)
{
    (void)ctx;
    bool setting = ag_watched_key_close(&keys->setting);
    bool above = ag_watched_key_close(&keys->above);
    free(keys);
    return setting || above;
}

struct ag_arming_port ag_user_keys_port(HANDLE signal)
{
    return (struct ag_arming_port){.ctx = signal,
                                   .open = open_keys,
                                   .take_told = take_told,
                                   .arm = arm,
                                   .is_alive = is_alive,
                                   .close = close_keys};
}
