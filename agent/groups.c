#include "agent/groups.h"

#include "agent/kept_file.h"
#include "agent/sorted.h"
#include "policy/report_shape.h"

#include <stdlib.h>
#include <string.h>

enum { SID_BYTES = 192 };

static const struct ag_kept_file FILE_OF_GROUPS = {
    .name = "groups.kept", .format = "mapi-rollout/groups/1", .most_bytes = AG_GROUPS_BYTES};

/* What a user takes of the file, and more or less of memory; the last line of the file as well. */
static size_t bytes_of(const struct ag_kept_groups *user)
{
    return strlen(user->sid) + user->size + sizeof "end\n";
}

static void free_user(struct ag_kept_groups *user)
{
    free(user->sid);
    free(user->text);
    *user = (struct ag_kept_groups){0};
}

void ag_groups_done(struct ag_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free_user(&groups->users[i]);
    }
    free(groups->users);
    *groups = (struct ag_groups){0};
}

/* ---- the table ----------------------------------------------------------------------------- */

static const char *sid_at(const void *users, size_t i)
{
    return ((const struct ag_kept_groups *)users)[i].sid;
}

static size_t place_of(const struct ag_groups *groups, const char *sid, bool *found)
{
    return ag_sorted_place(groups->users, groups->count, sid_at, sid, found);
}

const struct ag_kept_groups *ag_groups_find(const struct ag_groups *groups, const char *sid)
{
    bool found = false;
    size_t place = place_of(groups, sid, &found);
    return found ? &groups->users[place] : NULL;
}

const char *ag_groups_next(const struct ag_kept_groups *user, const char *before)
{
    const char *next = before == NULL ? user->text : before + strlen(before) + 1;
    return next == NULL || next >= user->text + user->size ? NULL : next;
}

static void remove_at(struct ag_groups *groups, size_t place)
{
    groups->bytes -= bytes_of(&groups->users[place]);
    free_user(&groups->users[place]);
    groups->count--;
    memmove(groups->users + place, groups->users + place + 1,
            (groups->count - place) * sizeof *groups->users);
    groups->changed = true;
}

static void drop_oldest(struct ag_groups *groups)
{
    size_t oldest = 0;
    for (size_t i = 1; i < groups->count; i++) {
        if (groups->users[i].seen < groups->users[oldest].seen) {
            oldest = i;
        }
    }
    remove_at(groups, oldest);
}

/* Takes the user over; he is not in the table yet. */
static enum status insert(struct ag_groups *groups, struct ag_kept_groups *user)
{
    size_t room = AG_GROUPS_BYTES - strlen(FILE_OF_GROUPS.format) - sizeof "\nend\n";
    bool found = false;
    while (groups->count > 0 &&
           (groups->count >= AG_GROUPS_USERS || groups->bytes + bytes_of(user) > room)) {
        drop_oldest(groups);
    }
    struct ag_kept_groups *more = realloc(groups->users, (groups->count + 1) * sizeof *more);
    if (more == NULL) {
        return ST_NO_MEMORY;
    }
    groups->users = more;
    size_t place = place_of(groups, user->sid, &found);
    memmove(more + place + 1, more + place, (groups->count - place) * sizeof *more);
    more[place] = *user;
    groups->count++;
    groups->bytes += bytes_of(user);
    groups->changed = true;
    *user = (struct ag_kept_groups){0};
    return ST_OK;
}

/* ---- what a token said --------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One text of all SIDs, in order and each once; list is sorted in place. */
static enum status join(const char **list, size_t count, struct ag_kept_groups *out)
{
    struct bytes text = bytes_with_limit((size_t)AG_GROUPS_EACH * SID_BYTES);
    enum status st = ST_OK;
    qsort(list, count, sizeof *list, by_text);
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        if (i > 0 && strcmp(list[i], list[i - 1]) == 0) {
            continue;
        }
        st = bytes_append(&text, list[i], strlen(list[i]) + 1);
        out->count++;
    }
    if (st == ST_OK) {
        out->text = (char *)text.data;
        out->size = text.size;
        text.data = NULL;
    }
    bytes_free(&text);
    return st;
}

static bool is_usable(const char *sid)
{
    return strlen(sid) < SID_BYTES && pol_shape_is_sid(sid);
}

/* ST_TOO_LARGE: not all of them could be kept. */
static enum status make_user(const char *sid, const char *const *list, size_t count,
                             struct ag_kept_groups *out)
{
    if (count > AG_GROUPS_EACH || !is_usable(sid)) {
        return ST_TOO_LARGE;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_usable(list[i])) {
            return ST_TOO_LARGE;
        }
    }
    const char **sorted = malloc((count + 1) * sizeof *sorted);
    char *copy = text_copy(sid);
    enum status st = sorted != NULL && copy != NULL ? ST_OK : ST_NO_MEMORY;
    if (st == ST_OK) {
        for (size_t i = 0; i < count; i++) {
            sorted[i] = list[i];
        }
        out->sid = copy;
        copy = NULL;
        st = join(sorted, count, out);
    }
    free(sorted);
    free(copy);
    return st;
}

static bool same_groups(const struct ag_kept_groups *a, const struct ag_kept_groups *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}

enum status ag_groups_keep(struct ag_groups *groups, const char *sid, const char *const *list,
                           size_t count)
{
    struct ag_kept_groups user = {.seen = ++groups->seen};
    bool found = false;
    size_t place = place_of(groups, sid, &found);
    enum status st = make_user(sid, list, count, &user);
    if (found && st == ST_OK && same_groups(&groups->users[place], &user)) {
        groups->users[place].seen = user.seen;
    } else if (st != ST_NO_MEMORY) {
        if (found) {
            remove_at(groups, place);
        }
        if (st == ST_OK) {
            st = insert(groups, &user);
        }
    }
    free_user(&user);
    return st == ST_TOO_LARGE ? ST_OK : st;
}

/* ---- the file ------------------------------------------------------------------------------ */

/* The user's SID and those of his groups, one blank between. */
static bool load_line(void *ctx, char *line)
{
    struct ag_groups *groups = ctx;
    const char *list[AG_GROUPS_EACH];
    size_t count = 0;
    char *at = strchr(line, ' ');
    while (at != NULL && count < AG_GROUPS_EACH) {
        *at = '\0';
        list[count++] = at + 1;
        at = strchr(at + 1, ' ');
    }
    struct ag_kept_groups user = {0};
    bool done = at == NULL && groups->count < AG_GROUPS_USERS &&
                ag_groups_find(groups, line) == NULL &&
                make_user(line, list, count, &user) == ST_OK && insert(groups, &user) == ST_OK;
    free_user(&user);
    return done;
}

enum status ag_groups_load(struct ag_groups *groups, const struct ag_vault *vault, struct err *err)
{
    *groups = (struct ag_groups){0};
    enum status st = ag_kept_read(&FILE_OF_GROUPS, vault, load_line, groups, err);
    if (st != ST_OK) {
        ag_groups_done(groups);
    }
    groups->changed = false;
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status append_user(const struct ag_kept_groups *user, struct bytes *out)
{
    enum status st = bytes_append_text(out, user->sid);
    const char *group = ag_groups_next(user, NULL);
    while (st == ST_OK && group != NULL) {
        st = bytes_append_format(out, " %s", group);
        group = ag_groups_next(user, group);
    }
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

enum status ag_groups_save(struct ag_groups *groups, const struct ag_vault *vault, struct err *err)
{
    struct bytes lines = {0};
    if (!groups->changed) {
        return ST_OK;
    }
    enum status st = ag_kept_begin(&FILE_OF_GROUPS, &lines);
    for (size_t i = 0; st == ST_OK && i < groups->count; i++) {
        st = append_user(&groups->users[i], &lines);
    }
    st = st == ST_OK ? ag_kept_write(&FILE_OF_GROUPS, vault, &lines, err)
                     : err_set(err, st, 0, "the groups of users do not fit");
    if (st == ST_OK) {
        groups->changed = false;
    }
    bytes_free(&lines);
    return st;
}
