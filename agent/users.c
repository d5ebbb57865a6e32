#include "agent/users.h"

#include <stdlib.h>
#include <string.h>

static void free_user(struct ag_user *user)
{
    for (size_t i = 0; user->groups != NULL && i < user->group_count; i++) {
        free(user->groups[i]);
    }
    free(user->groups);
    free(user->account);
    free(user->sid);
}

void ag_users_free(struct ag_user *users, size_t count)
{
    for (size_t i = 0; users != NULL && i < count; i++) {
        free_user(&users[i]);
    }
    free(users);
}

/* ---- lists of SIDs ------------------------------------------------------------------------- */

void ag_sid_list_done(struct ag_sid_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->sids[i]);
    }
    free(list->sids);
    *list = (struct ag_sid_list){0};
}

enum status ag_sid_list_take(struct ag_sid_list *list, char *sid)
{
    if (list->count >= AG_USERS_MOST) {
        free(sid);
        return ST_OK;
    }
    if ((list->count & (list->count - 1)) == 0) {
        size_t capacity = list->count == 0 ? 1 : list->count * 2;
        char **more = realloc(list->sids, capacity * sizeof *more);
        if (more == NULL) {
            return ST_NO_MEMORY;
        }
        list->sids = more;
    }
    list->sids[list->count++] = sid;
    return ST_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(struct ag_sid_list *list)
{
    if (list->count > 1) {
        qsort(list->sids, list->count, sizeof *list->sids, by_text);
    }
}

static bool has(const struct ag_sid_list *sorted, const char *sid)
{
    return sorted->count > 0 &&
           bsearch(&sid, sorted->sids, sorted->count, sizeof *sorted->sids, by_text) != NULL;
}

/* ---- the list of users --------------------------------------------------------------------- */

static bool add_text(struct ag_user *user, const char *text)
{
    char *copy = text_copy(text);
    if (copy != NULL) {
        user->groups[user->group_count++] = copy;
    }
    return copy != NULL;
}

/* Each SID, and its name behind it. */
static enum status take_groups(struct ag_user *user, const struct ag_kept_groups *kept,
                               struct ag_names *names)
{
    user->groups = calloc(2 * kept->count + 1, sizeof *user->groups);
    if (user->groups == NULL) {
        return ST_NO_MEMORY;
    }
    for (const char *sid = ag_groups_next(kept, NULL); sid != NULL;
         sid = ag_groups_next(kept, sid)) {
        const char *name = ag_names_find(names, sid);
        user->groups_without_names = user->groups_without_names || name == NULL;
        if (!add_text(user, sid) || (name != NULL && !add_text(user, name))) {
            return ST_NO_MEMORY;
        }
    }
    return ST_OK;
}

static enum status make_user(const char *sid, bool loaded, const struct ag_known *known,
                             struct ag_user *out)
{
    const char *account = ag_names_find(known->names, sid);
    const struct ag_kept_groups *kept = ag_groups_find(known->groups, sid);
    struct ag_user user = {.sid = text_copy(sid), .hive_loaded = loaded};
    enum status st = user.sid != NULL ? ST_OK : ST_NO_MEMORY;
    if (st == ST_OK && account != NULL) {
        user.account = text_copy(account);
        st = user.account != NULL ? ST_OK : ST_NO_MEMORY;
    }
    if (st == ST_OK && kept != NULL) {
        st = take_groups(&user, kept, known->names);
    }
    if (st == ST_OK) {
        *out = user;
        user = (struct ag_user){0};
    }
    free_user(&user);
    return st;
}

static enum status add_users(const struct ag_sid_list *sids, const struct ag_sid_list *but,
                             const struct ag_known *known, struct ag_user *list, size_t *count)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < sids->count && *count < AG_USERS_MOST; i++) {
        bool twice = i > 0 && strcmp(sids->sids[i], sids->sids[i - 1]) == 0;
        if (twice || (but != NULL && has(but, sids->sids[i]))) {
            continue;
        }
        st = make_user(sids->sids[i], but == NULL, known, &list[*count]);
        *count += st == ST_OK ? 1 : 0;
    }
    return st;
}

enum status ag_users_compose(struct ag_sid_list *loaded, struct ag_sid_list *profiles,
                             const struct ag_known *known, struct ag_user **out, size_t *out_count,
                             struct err *err)
{
    size_t count = 0;
    struct ag_user *list = calloc(loaded->count + profiles->count + 1, sizeof *list);
    enum status st = list != NULL ? ST_OK : ST_NO_MEMORY;
    sort(loaded);
    sort(profiles);
    if (st == ST_OK) {
        st = add_users(loaded, NULL, known, list, &count);
    }
    if (st == ST_OK) {
        st = add_users(profiles, loaded, known, list, &count);
    }
    if (st == ST_OK) {
        *out = list;
        *out_count = count;
        return ST_OK;
    }
    ag_users_free(list, count);
    return err_set(err, st, 0, "no memory for the list of users");
}

/* ---- facts --------------------------------------------------------------------------------- */

struct pol_facts ag_user_facts(const struct ag_user *user, const struct ag_host *host,
                               char *const *tags, size_t tag_count, const struct ag_seen *seen)
{
    return (struct pol_facts){
        .sid = user->sid,
        .account = user->account,
        .groups = (const char *const *)user->groups,
        .group_count = user->group_count,
        .groups_without_names = user->groups_without_names,
        .host = host->name,
        .computer_ou = host->computer_ou,
        .ad_site = host->ad_site,
        .tags = (const char *const *)tags,
        .tag_count = tag_count,
        .multi_session = host->multi_session,
        .outlook = seen->outlook,
        .mailbox = seen->mailbox,
        .preflight_allow = seen->preflight_allow,
        .preflight_block = seen->preflight_block,
    };
}
