#include "agent/users_win.h"

#include "agent/registry_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/log.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

static const wchar_t PROFILE_LIST[] =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

struct ag_users_win {
    struct ag_users_win_options options;
    struct ag_groups groups;
    struct ag_names names;
    struct ag_asker *asker;
    bool news; /* came with answers, and nobody asked for it yet */
    enum status sessions_trouble;
    enum status kept_trouble;
};

/* ---- lists of SIDs ------------------------------------------------------------------------- */

/* A profile has a folder. A key that lost this value is what an uninstaller or a broken logon left:
 * Windows would make a new profile. */
static bool is_profile(HKEY profiles, const wchar_t *name)
{
    DWORD size = 0;
    DWORD type = REG_NONE;
    HKEY key = NULL;
    if (RegOpenKeyExW(profiles, name, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) !=
        ERROR_SUCCESS) {
        return false;
    }
    LSTATUS error = RegQueryValueExW(key, L"ProfileImagePath", NULL, &type, NULL, &size);
    (void)RegCloseKey(key);
    return error == ERROR_SUCCESS && (type == REG_EXPAND_SZ || type == REG_SZ) &&
           size > sizeof(wchar_t);
}

/* Keep the name if it is the SID of a person. */
static enum status list_name(struct ag_sid_list *list, HKEY profiles, const wchar_t *name,
                             size_t chars)
{
    char *sid = NULL;
    enum status st = text_from_wide(name, chars, &sid);
    if (st == ST_IO) {
        return ST_OK; /* no Unicode: not a SID */
    }
    if (st == ST_OK && ag_sid_is_user(sid) && (profiles == NULL || is_profile(profiles, name))) {
        st = ag_sid_list_take(list, sid);
        sid = st == ST_OK ? NULL : sid;
    }
    free(sid);
    return st;
}

/* profiles: the key itself if its subkeys are profiles; NULL for hives. */
static enum status list_subkeys(HKEY key, HKEY profiles, struct ag_sid_list *out, struct err *err)
{
    wchar_t name[256]; /* the longest name of a key has 255 */
    LSTATUS error = ERROR_SUCCESS;
    enum status st = ST_OK;

    for (DWORD i = 0; st == ST_OK; i++) {
        DWORD chars = sizeof name / sizeof name[0];
        error = RegEnumKeyExW(key, i, name, &chars, NULL, NULL, NULL, NULL);
        if (error != ERROR_SUCCESS) {
            break;
        }
        st = list_name(out, profiles, name, chars);
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "no memory for the list of users");
    }
    return error == ERROR_NO_MORE_ITEMS ? ST_OK
                                        : error_set(err, (uint32_t)error, "cannot list the users");
}

enum status ag_hives_list(struct ag_sid_list *out, struct err *err)
{
    struct ag_sid_list list = {0};
    enum status st = list_subkeys(HKEY_USERS, NULL, &list, err);
    if (st != ST_OK) {
        ag_sid_list_done(&list);
        return st;
    }
    *out = list;
    return ST_OK;
}

static enum status list_profiles(struct ag_sid_list *out, struct err *err)
{
    HKEY key = NULL;
    LSTATUS error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, PROFILE_LIST, 0,
                                  KEY_ENUMERATE_SUB_KEYS | KEY_WOW64_64KEY, &key);
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot open Windows' list of profiles");
    }
    enum status st = list_subkeys(key, key, out, err);
    (void)RegCloseKey(key);
    return st;
}

/* ---- what is known of them ----------------------------------------------------------------- */

/* Told when it begins and when it changes; what was known before still counts. */
static void tell(enum status *trouble, enum status st, const char *what, const struct err *err)
{
    if (st != ST_OK && st != *trouble) {
        log_failure(LOG_WARNING, what, err);
    }
    *trouble = st;
}

static void look_at_sessions(struct ag_users_win *users)
{
    struct err err = {.st = ST_OK};
    enum status st = ag_sessions_look(users->options.sessions, &users->groups, &err);
    tell(&users->sessions_trouble, st, "sessions_not_read", &err);
}

static void keep(struct ag_users_win *users)
{
    const struct ag_vault *vault = users->options.vault;
    struct err err = {.st = ST_OK};
    if (vault == NULL || !users->options.keeps) {
        return;
    }
    enum status st = ag_groups_save(&users->groups, vault, &err);
    if (st == ST_OK) {
        st = ag_names_save(&users->names, vault, &err);
    }
    tell(&users->kept_trouble, st, "users_not_kept", &err);
}

static void take_answers(struct ag_users_win *users)
{
    bool differs = ag_asker_take(users->asker, &users->names, clock_monotonic_ms());
    users->news = users->news || differs;
}

static void replace(char **text, const char *now)
{
    if (now != NULL && (*text == NULL || strcmp(*text, now) != 0)) {
        char *copy = text_copy(now);
        if (copy != NULL) {
            free(*text);
            *text = copy;
        }
    }
}

/* What is kept of a domain that the computer left counts no more: leaving takes a restart. */
static void find_place(struct ag_users_win *users)
{
    struct ag_host *host = users->options.host;
    if (host != NULL && host->domain != NULL) {
        replace(&host->computer_ou, ag_names_find(&users->names, AG_NAMES_COMPUTER_OU));
        replace(&host->ad_site, ag_names_find(&users->names, AG_NAMES_AD_SITE));
    }
}

/* ---- the port ------------------------------------------------------------------------------ */

static enum status compose(struct ag_users_win *users, struct ag_sid_list *loaded,
                           struct ag_sid_list *profiles, struct ag_user **out, size_t *out_count,
                           struct err *err)
{
    const struct ag_known known = {.groups = &users->groups, .names = &users->names};
    ag_names_begin(&users->names);
    find_place(users);
    enum status st = ag_users_compose(loaded, profiles, &known, out, out_count, err);
    if (st == ST_OK) {
        ag_asker_ask(users->asker, &users->names, clock_monotonic_ms());
    }
    return st;
}

/* Once more with the names that came while somebody was willing to wait for them. */
static enum status compose_patiently(struct ag_users_win *users, struct ag_sid_list *loaded,
                                     struct ag_sid_list *profiles, struct ag_user **out,
                                     size_t *out_count, struct err *err)
{
    enum status st = compose(users, loaded, profiles, out, out_count, err);
    if (st != ST_OK || users->options.patience_ms == 0) {
        return st;
    }
    ag_asker_wait(users->asker, users->options.patience_ms);
    take_answers(users);
    ag_users_free(*out, *out_count);
    *out = NULL;
    *out_count = 0;
    return compose(users, loaded, profiles, out, out_count, err);
}

static enum status list_users(void *ctx, struct ag_user **out, size_t *out_count, struct err *err)
{
    struct ag_users_win *users = ctx;
    struct ag_sid_list loaded = {0};
    struct ag_sid_list profiles = {0};

    enum status st = ag_hives_list(&loaded, err);
    if (st == ST_OK) {
        st = list_profiles(&profiles, err);
    }
    if (st == ST_OK) {
        look_at_sessions(users);
        take_answers(users);
        st = compose_patiently(users, &loaded, &profiles, out, out_count, err);
        users->news = false; /* it is in the list */
        keep(users);
    }
    ag_sid_list_done(&loaded);
    ag_sid_list_done(&profiles);
    return st;
}

bool ag_users_win_take_news(struct ag_users_win *users)
{
    take_answers(users);
    ag_asker_ask(users->asker, &users->names, clock_monotonic_ms());
    bool news = users->news;
    users->news = false;
    return news;
}

/* A file that is not there, or not whole, is no reason not to start. */
static void load(struct ag_users_win *users)
{
    const struct ag_vault *vault = users->options.vault;
    struct err err = {.st = ST_OK};
    if (vault == NULL) {
        return;
    }
    if (ag_groups_load(&users->groups, vault, &err) != ST_OK) {
        log_failure(LOG_WARNING, "groups_not_read", &err);
    }
    if (ag_names_load(&users->names, vault, clock_monotonic_ms(), &err) != ST_OK) {
        log_failure(LOG_WARNING, "names_not_read", &err);
    }
}

enum status ag_users_win_new(const struct ag_users_win_options *options, struct ag_users_win **out,
                             struct err *err)
{
    struct ag_users_win *users = calloc(1, sizeof *users);
    if (users == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the users");
    }
    users->options = *options;
    const struct ag_asker_calls *names = options->names != NULL ? options->names : &AG_ASKER_CALLS;
    enum status st = ag_asker_start(names, options->wake, options->ctx, &users->asker, err);
    if (st != ST_OK) {
        free(users);
        return st;
    }
    load(users);
    *out = users;
    return ST_OK;
}

void ag_users_win_free(struct ag_users_win *users)
{
    if (users != NULL) {
        ag_asker_stop(users->asker);
        ag_groups_done(&users->groups);
        ag_names_done(&users->names);
        free(users);
    }
}

struct ag_users ag_users_win_port(struct ag_users_win *users)
{
    return (struct ag_users){.ctx = users, .list = list_users};
}
