#include "agent/token_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

#include <sddl.h>

enum { TOKEN_BYTES = 1024 * 1024 }; /* 1,000 groups take some 40 KiB */

/* ---- one token ----------------------------------------------------------------------------- */

/* free() frees it. */
static enum status read_token(const struct ag_session_calls *calls, HANDLE token,
                              TOKEN_INFORMATION_CLASS class, void **out, struct err *err)
{
    DWORD size = 0;
    DWORD need = 0;
    DWORD error = ERROR_INSUFFICIENT_BUFFER;
    void *memory = NULL;
    /* It may grow between two calls; it does so once at most in all likelihood. */
    for (int turn = 0; turn < 3 && error == ERROR_INSUFFICIENT_BUFFER && need <= TOKEN_BYTES;
         turn++) {
        free(memory);
        size = need;
        memory = malloc((size_t)size + 1);
        if (memory == NULL) {
            return err_set(err, ST_NO_MEMORY, 0, "no memory for what a token says");
        }
        error = calls->token_information(token, class, memory, size, &need) ? ERROR_SUCCESS
                                                                            : GetLastError();
    }
    if (error != ERROR_SUCCESS) {
        free(memory);
        return error_set(err, error, "cannot read a token");
    }
    *out = memory;
    return ST_OK;
}

static enum status sid_text(PSID sid, char **out, struct err *err)
{
    wchar_t *wide = NULL;
    if (!ConvertSidToStringSidW(sid, &wide)) {
        DWORD error = GetLastError();
        return error_set(err, error, "cannot read the SID in a token");
    }
    enum status st = text_from_wide(wide, wcslen(wide), out);
    (void)LocalFree(wide);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no memory for a SID");
}

enum status ag_token_user(const struct ag_session_calls *calls, HANDLE token, char **out,
                          struct err *err)
{
    void *memory = NULL;
    enum status st = read_token(calls, token, TokenUser, &memory, err);
    if (st == ST_OK) {
        st = sid_text(((const TOKEN_USER *)memory)->User.Sid, out, err);
    }
    free(memory);
    return st;
}

bool ag_token_counts(DWORD attributes)
{
    const DWORD no_group = SE_GROUP_USE_FOR_DENY_ONLY | SE_GROUP_INTEGRITY;
    bool names_logon = (attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID;
    return (attributes & (SE_GROUP_ENABLED | SE_GROUP_MANDATORY)) != 0 &&
           (attributes & no_group) == 0 && !names_logon;
}

/* ---- what several tokens say --------------------------------------------------------------- */

static void free_row(struct ag_token_row *row)
{
    free(row->sid);
    free(row->group);
}

void ag_token_list_done(struct ag_token_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free_row(&list->rows[i]);
    }
    free(list->rows);
    *list = (struct ag_token_list){0};
}

bool ag_token_list_has(const struct ag_token_list *list, const char *sid)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].sid, sid) == 0) {
            return true;
        }
    }
    return false;
}

/* One row for the user himself, so that somebody without groups is known to have none. */
static enum status add_row(struct ag_token_list *list, const char *sid, PSID group, struct err *err)
{
    struct ag_token_row *row = &list->rows[list->count];
    *row = (struct ag_token_row){.sid = text_copy(sid)};
    enum status st = row->sid != NULL ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "no memory");
    if (st == ST_OK && group != NULL) {
        st = sid_text(group, &row->group, err);
    }
    if (st == ST_OK) {
        list->count++;
    } else {
        free_row(row);
    }
    return st;
}

static enum status add_rows(struct ag_token_list *list, const char *sid, const TOKEN_GROUPS *groups,
                            struct err *err)
{
    size_t before = list->count;
    struct ag_token_row *more =
        realloc(list->rows, (before + (size_t)groups->GroupCount + 1) * sizeof *more);
    if (more == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the groups of %s", sid);
    }
    list->rows = more;
    enum status st = add_row(list, sid, NULL, err);
    for (DWORD i = 0; st == ST_OK && i < groups->GroupCount; i++) {
        if (ag_token_counts(groups->Groups[i].Attributes)) {
            st = add_row(list, sid, groups->Groups[i].Sid, err);
        }
    }
    while (st != ST_OK && list->count > before) {
        free_row(&list->rows[--list->count]);
    }
    return st;
}

enum status ag_token_list_add(struct ag_token_list *list, const struct ag_session_calls *calls,
                              HANDLE token, struct err *err)
{
    void *groups = NULL;
    char *sid = NULL;
    enum status st = ag_token_user(calls, token, &sid, err);
    if (st == ST_OK) {
        st = read_token(calls, token, TokenGroups, &groups, err);
    }
    if (st == ST_OK) {
        st = add_rows(list, sid, groups, err);
    }
    free(groups);
    free(sid);
    return st;
}

static int by_user(const void *a, const void *b)
{
    return strcmp(((const struct ag_token_row *)a)->sid, ((const struct ag_token_row *)b)->sid);
}

/* The rows from first on that are of one user. */
static size_t rows_of_one(const struct ag_token_list *list, size_t first, const char **out,
                          size_t *out_count)
{
    size_t i = first;
    *out_count = 0;
    while (i < list->count && strcmp(list->rows[i].sid, list->rows[first].sid) == 0) {
        if (list->rows[i].group != NULL) {
            out[(*out_count)++] = list->rows[i].group;
        }
        i++;
    }
    return i;
}

enum status ag_token_list_keep(struct ag_token_list *list, struct ag_groups *groups,
                               struct err *err)
{
    enum status st = ST_OK;
    size_t count = 0;
    if (list->count == 0) {
        return ST_OK;
    }
    const char **of_one = malloc(list->count * sizeof *of_one);
    if (of_one == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for groups");
    }
    qsort(list->rows, list->count, sizeof *list->rows, by_user);
    for (size_t i = 0; st == ST_OK && i < list->count;) {
        const char *sid = list->rows[i].sid;
        i = rows_of_one(list, i, of_one, &count);
        st = ag_groups_keep(groups, sid, of_one, count);
    }
    free(of_one);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no memory for groups");
}
