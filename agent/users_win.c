#include "agent/users_win.h"

#include "agent/registry_win.h"
#include "agent/users.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>

static const wchar_t PROFILE_LIST[] =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

enum {
    NAME_CHARS = 257,              /* UNLEN and its NUL; domains are shorter */
    ASK_AGAIN_MS = 10 * 60 * 1000, /* a name that could not be had: a domain was away */
};

struct known_account {
    char sid[AG_USER_SID_BYTES];
    char *account; /* NULL: could not be had at asked_ms */
    uint64_t asked_ms;
};

struct ag_users_win {
    struct known_account *known;
    size_t count;
};

/* ---- lists of SIDs ------------------------------------------------------------------------- */

void ag_sid_list_done(struct ag_sid_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->sids[i]);
    }
    free(list->sids);
    *list = (struct ag_sid_list){0};
}

static enum status list_take(struct ag_sid_list *list, char *sid)
{
    char **more = realloc(list->sids, (list->count + 1) * sizeof *more);
    if (more == NULL) {
        return ST_NO_MEMORY;
    }
    list->sids = more;
    list->sids[list->count++] = sid;
    return ST_OK;
}

/* Keep the name if it is the SID of a person. */
static enum status list_name(struct ag_sid_list *list, const wchar_t *name, size_t chars)
{
    char *sid = NULL;
    enum status st = text_from_wide(name, chars, &sid);
    if (st == ST_IO) {
        return ST_OK; /* no Unicode: not a SID */
    }
    if (st == ST_OK && ag_sid_is_user(sid) && list->count < AG_USERS_MOST) {
        st = list_take(list, sid);
        sid = st == ST_OK ? NULL : sid;
    }
    free(sid);
    return st;
}

static enum status list_subkeys(HKEY key, struct ag_sid_list *out, struct err *err)
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
        st = list_name(out, name, chars);
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
    enum status st = list_subkeys(HKEY_USERS, &list, err);
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
    enum status st = list_subkeys(key, out, err);
    (void)RegCloseKey(key);
    return st;
}

/* ---- account names ------------------------------------------------------------------------- */

/* DOMAIN\name, or NULL. May ask a domain controller, so answers are kept. */
static char *look_up_account(const char *sid)
{
    wchar_t wide_sid[AG_USER_SID_BYTES];
    wchar_t name[NAME_CHARS];
    wchar_t domain[NAME_CHARS];
    wchar_t both[2 * NAME_CHARS];
    DWORD name_chars = NAME_CHARS;
    DWORD domain_chars = NAME_CHARS;
    SID_NAME_USE use = SidTypeUnknown;
    PSID binary = NULL;
    char *account = NULL;

    (void)swprintf(wide_sid, AG_USER_SID_BYTES, L"%hs", sid);
    if (ConvertStringSidToSidW(wide_sid, &binary) &&
        LookupAccountSidW(NULL, binary, name, &name_chars, domain, &domain_chars, &use) &&
        use == SidTypeUser && swprintf(both, 2 * NAME_CHARS, L"%ls\\%ls", domain, name) > 0 &&
        text_from_wide(both, wcslen(both), &account) != ST_OK) {
        account = NULL;
    }
    (void)LocalFree(binary);
    return account;
}

static struct known_account *find_known(struct ag_users_win *users, const char *sid)
{
    for (size_t i = 0; i < users->count; i++) {
        if (strcmp(users->known[i].sid, sid) == 0) {
            return &users->known[i];
        }
    }
    return NULL;
}

static struct known_account *add_known(struct ag_users_win *users, const char *sid)
{
    if (users->count >= AG_USERS_MOST) {
        return NULL;
    }
    struct known_account *more = realloc(users->known, (users->count + 1) * sizeof *more);
    if (more == NULL) {
        return NULL;
    }
    users->known = more;
    struct known_account *added = &more[users->count++];
    *added = (struct known_account){0};
    (void)snprintf(added->sid, sizeof added->sid, "%s", sid);
    return added;
}

static const char *account_of(struct ag_users_win *users, const char *sid)
{
    struct known_account *known = find_known(users, sid);
    uint64_t now_ms = clock_monotonic_ms();
    if (known != NULL && (known->account != NULL || now_ms - known->asked_ms < ASK_AGAIN_MS)) {
        return known->account;
    }
    if (known == NULL) {
        known = add_known(users, sid);
    }
    if (known != NULL) {
        known->account = look_up_account(sid);
        known->asked_ms = now_ms;
    }
    return known != NULL ? known->account : NULL;
}

/* ---- the port ------------------------------------------------------------------------------ */

static bool has_sid(const struct ag_user *list, size_t count, const char *sid)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i].sid, sid) == 0) {
            return true;
        }
    }
    return false;
}

/* Append those of the SIDs that are not there yet; takes the texts over. */
static enum status add_users(struct ag_users_win *users, struct ag_sid_list *sids, bool loaded,
                             struct ag_user **list, size_t *count)
{
    for (size_t i = 0; i < sids->count && *count < AG_USERS_MOST; i++) {
        if (!loaded && has_sid(*list, *count, sids->sids[i])) {
            continue;
        }
        struct ag_user *more = realloc(*list, (*count + 1) * sizeof *more);
        if (more == NULL) {
            return ST_NO_MEMORY;
        }
        *list = more;
        const char *account = account_of(users, sids->sids[i]);
        more[*count] = (struct ag_user){.sid = sids->sids[i],
                                        .account = account != NULL ? text_copy(account) : NULL,
                                        .hive_loaded = loaded};
        sids->sids[i] = NULL;
        *count += 1;
    }
    return ST_OK;
}

static enum status list_users(void *ctx, struct ag_user **out, size_t *out_count, struct err *err)
{
    struct ag_sid_list loaded = {0};
    struct ag_sid_list profiles = {0};
    struct ag_user *list = NULL;
    size_t count = 0;

    enum status st = ag_hives_list(&loaded, err);
    if (st == ST_OK) {
        st = list_profiles(&profiles, err);
    }
    if (st == ST_OK) {
        st = add_users(ctx, &loaded, true, &list, &count);
        if (st == ST_OK) {
            st = add_users(ctx, &profiles, false, &list, &count);
        }
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "no memory for the list of users");
        }
    }
    if (st == ST_OK) {
        *out = list;
        *out_count = count;
        list = NULL;
        count = 0;
    }
    ag_users_free(list, count);
    ag_sid_list_done(&loaded);
    ag_sid_list_done(&profiles);
    return st;
}

enum status ag_users_win_new(struct ag_users_win **out, struct err *err)
{
    struct ag_users_win *users = calloc(1, sizeof *users);
    if (users == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the users");
    }
    *out = users;
    return ST_OK;
}

void ag_users_win_free(struct ag_users_win *users)
{
    if (users == NULL) {
        return;
    }
    for (size_t i = 0; i < users->count; i++) {
        free(users->known[i].account);
    }
    free(users->known);
    free(users);
}

struct ag_users ag_users_win_port(struct ag_users_win *users)
{
    return (struct ag_users){.ctx = users, .list = list_users};
}
