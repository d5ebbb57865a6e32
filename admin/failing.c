#include "admin/failing.h"

#include "admin/user_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MOST = 200 }; /* of each state: a page */

/* Those whom a gate counts as failing, and those whom it waits for although nothing will happen by
 * itself. */
static const enum pol_state STATES[] = {POL_STATE_ERROR, POL_STATE_MISMATCH, POL_STATE_CONTESTED,
                                        POL_STATE_BLOCKED};

static const char *text_or(const char *text, const char *other)
{
    return text != NULL ? text : other;
}

static enum pol_state state_of(const char *word)
{
    size_t i = 0;
    while (i < POL_STATE_COUNT && strcmp(POL_STATE_WORDS[i], word) != 0) {
        i++;
    }
    return (enum pol_state)i;
}

/* Where nothing is said of a contradiction: what was seen instead of what was decided. */
static const char *reason_of(const struct adm_user_view *user, enum pol_state state)
{
    const char *why = adm_user_why(user);
    if (why != NULL) {
        return why;
    }
    return state == POL_STATE_MISMATCH ? text_or(user->observed, "-") : "-";
}

static struct adm_reason *find(struct adm_failing *failing, enum pol_state state, const char *why)
{
    for (size_t i = 0; i < failing->count; i++) {
        if (failing->reasons[i].state == state && strcmp(failing->reasons[i].why, why) == 0) {
            return &failing->reasons[i];
        }
    }
    return NULL;
}

void adm_failing_add(struct adm_failing *failing, const struct pol_at *user)
{
    struct adm_user_view view;
    char why[ADM_REASON_BYTES];
    adm_user_read(user, &view);
    enum pol_state state = state_of(text_or(view.state, ""));
    if (state == POL_STATE_COUNT) {
        return;
    }
    (void)snprintf(why, sizeof why, "%s", reason_of(&view, state));
    failing->looked[state]++;
    struct adm_reason *reason = find(failing, state, why);
    if (reason == NULL && failing->count < ADM_REASONS_MOST) {
        reason = &failing->reasons[failing->count++];
        *reason = (struct adm_reason){.state = state};
        memcpy(reason->why, why, sizeof why);
        (void)snprintf(reason->account, sizeof reason->account, "%s", text_or(view.account, ""));
        (void)snprintf(reason->sid, sizeof reason->sid, "%s", text_or(view.sid, ""));
        (void)snprintf(reason->host, sizeof reason->host, "%s", text_or(view.host, ""));
    }
    if (reason != NULL) {
        reason->users++;
    } else {
        failing->more = true;
    }
}

/* The worst states first among equals: they are in that order. */
static int by_users(const void *a, const void *b)
{
    const struct adm_reason *x = a;
    const struct adm_reason *y = b;
    if (x->users != y->users) {
        return x->users < y->users ? 1 : -1;
    }
    return x->state != y->state ? (int)x->state - (int)y->state : strcmp(x->why, y->why);
}

void adm_failing_sort(struct adm_failing *failing)
{
    qsort(failing->reasons, failing->count, sizeof failing->reasons[0], by_users);
}

static enum status take_user(void *ctx, const struct pol_at *item, struct err *err)
{
    (void)err;
    adm_failing_add(ctx, item);
    return ST_OK;
}

enum status adm_failing_get(struct adm_client *client, const struct adm_compliance_view *fleet,
                            struct adm_failing *out, struct err *err)
{
    enum status st = ST_OK;
    *out = (struct adm_failing){.count = 0};
    for (size_t i = 0; st == ST_OK && i < sizeof STATES / sizeof STATES[0]; i++) {
        char query[ADM_REASON_BYTES];
        (void)snprintf(query, sizeof query, "state=%s", POL_STATE_WORDS[STATES[i]]);
        const struct adm_pages pages = {.path = "/v1/users",
                                        .query = query,
                                        .list = "users",
                                        .most = LOOK_MOST,
                                        .visit = take_user,
                                        .ctx = out};
        st = fleet->state[STATES[i]] > 0 ? adm_pages_walk(client, &pages, err) : ST_OK;
    }
    adm_failing_sort(out);
    return st;
}
