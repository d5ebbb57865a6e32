#include "agent/restore.h"

#include "agent/users.h"

/* The marker goes last: a kill before that leaves a value that is known as ours. */
static enum status bring(const struct ag_setting *setting, struct ag_hive *hive,
                         enum ag_restore_how how, struct ag_restored *row)
{
    static const struct pol_policy STAGE = {.rollout = "", .kind = POL_KIND_STAGE};
    struct pol_decision decision = {
        .set = how == AG_RESTORE_ALLOW ? POL_SET_ALLOW : POL_SET_RESTORE, .rule = -1};
    struct ag_marker marker = {0};

    enum status st = ag_marker_read(setting, hive, &marker, &row->err);
    if (st == ST_OK) {
        row->marked = ag_marker_is_there(&marker);
        st = ag_apply(setting, hive, &STAGE, &decision, true, &row->after, &row->err);
    }
    if (st == ST_OK && how == AG_RESTORE_ALLOW) {
        st = setting->forget_marker(setting->ctx, hive, &row->err);
        row->after.ours = false;
    }
    return st;
}

static void restore(const struct ag_setting *setting, enum ag_restore_how how,
                    struct ag_restored *row)
{
    struct ag_hive *hive = NULL;
    enum status st = setting->open(setting->ctx, row->user->sid, &hive, &row->err);
    row->reached = st != ST_NOT_FOUND; /* else he logged off meanwhile */
    if (st == ST_OK) {
        st = bring(setting, hive, how, row);
        setting->close(setting->ctx, hive);
    }
    if (st == ST_OK || st == ST_NOT_FOUND) {
        row->err = (struct err){.st = ST_OK};
    }
}

enum status ag_restore_all(const struct ag_users *users, const struct ag_setting *setting,
                           enum ag_restore_how how,
                           void (*visit)(void *ctx, const struct ag_restored *row), void *ctx,
                           struct err *err)
{
    struct ag_user *list = NULL;
    size_t count = 0;
    enum status st = users->list(users->ctx, &list, &count, err);
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        struct ag_restored row = {.user = &list[i], .err = {.st = ST_OK}};
        if (list[i].hive_loaded) {
            restore(setting, how, &row);
        }
        visit(ctx, &row);
    }
    ag_users_free(list, count);
    return st;
}
