#include "agent/watch_win.h"

#include "agent/registry_win.h"
#include "agent/setting_win.h"
#include "agent/users_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_EVERY_MS = 1000,       /* at the list of hives, besides being told */
    CHECK_EVERY_MS = 60 * 1000, /* at everything: a rewrite that nobody told us about */
    LET_GO_MS = 10 * 1000,      /* after a logoff: Windows unloads the hive within that */
    KEYS_A_USER = 2,
};

enum { WAIT_STOP, WAIT_SESSION, WAIT_HIVES, WAIT_USERS, WAIT_COUNT };

struct ag_watch {
    void (*changed)(void *ctx);
    void *ctx;
    atomic_bool change;
    atomic_bool logged_off;
    HANDLE thread;
    HANDLE stop;
    HANDLE session;
    HANDLE hives; /* signalled when a key of HKEY_USERS comes or goes */
    HANDLE users; /* signalled when a key in `keys` changes, or is closed: see watch_users() */
    HKEY *keys;
    size_t key_count;
    struct ag_sid_list seen;
    uint64_t let_go_until_ms;
    uint64_t checked_ms;
};

static void close_handle(HANDLE handle)
{
    if (handle != NULL) {
        (void)CloseHandle(handle);
    }
}

static void close_keys(HKEY *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ag_user_key_close(keys[i]);
    }
    free(keys);
}

/* Be told of changes below one user's key; false if the key is not there or not ours to see. */
static bool watch_key(const char *sid, const wchar_t *path, DWORD filter, HANDLE event, HKEY *out)
{
    HKEY key = NULL;
    if (ag_user_key_open(sid, path, AG_KEY_NOTIFY, &key, NULL) != ST_OK) {
        return false;
    }
    if (RegNotifyChangeKeyValue(key, FALSE, filter, event, TRUE) != ERROR_SUCCESS) {
        ag_user_key_close(key);
        return false;
    }
    *out = key;
    return true;
}

/* The setting's values, and the nearest key above in which the setting's key may come or go. */
static size_t watch_user(const char *sid, HANDLE event, HKEY keys[KEYS_A_USER])
{
    static const wchar_t *const ABOVE[] = {L"Software\\Microsoft", L"Software"};
    size_t count = 0;
    if (watch_key(sid, AG_SETTING_KEY, REG_NOTIFY_CHANGE_LAST_SET, event, &keys[count])) {
        count++;
    }
    for (size_t i = 0; i < sizeof ABOVE / sizeof ABOVE[0]; i++) {
        if (watch_key(sid, ABOVE[i], REG_NOTIFY_CHANGE_NAME, event, &keys[count])) {
            return count + 1;
        }
    }
    return count;
}

/* Watch all loaded hives anew. One event serves all keys, so any number of users needs one place in
 * the wait; but a key that is closed signals its event, so each set of keys gets a fresh one. */
static void watch_users(struct ag_watch *watch, const struct ag_sid_list *sids)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    HKEY *keys = calloc(sids->count * KEYS_A_USER + 1, sizeof *keys);
    size_t count = 0;
    if (event == NULL || keys == NULL) {
        close_handle(event);
        free(keys);
        return; /* the old ones stay, and the poll goes on */
    }
    for (size_t i = 0; i < sids->count; i++) {
        count += watch_user(sids->sids[i], event, keys + count);
    }
    close_keys(watch->keys, watch->key_count);
    close_handle(watch->users);
    watch->keys = keys;
    watch->key_count = count;
    watch->users = event;
}

static void tell(struct ag_watch *watch)
{
    atomic_store(&watch->change, true);
    watch->changed(watch->ctx);
}

static bool same_list(const struct ag_sid_list *a, const struct ag_sid_list *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->sids[i], b->sids[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Rearm first, tell then: what changes in between is seen by the look that telling causes. */
static void look(struct ag_watch *watch, bool users_changed)
{
    static const struct ag_sid_list NOBODY = {0};
    struct ag_sid_list now = {0};
    uint64_t now_ms = clock_monotonic_ms();
    bool let_go = now_ms < watch->let_go_until_ms;
    if (ag_hives_list(&now, NULL) != ST_OK) {
        return; /* the next look is a second away */
    }
    bool differs = !same_list(&now, &watch->seen);
    bool lapsed = !let_go && watch->let_go_until_ms != 0;
    bool due = now_ms - watch->checked_ms >= CHECK_EVERY_MS;
    if (differs || users_changed || lapsed || due) {
        watch_users(watch, let_go ? &NOBODY : &now);
    }
    if (lapsed) {
        watch->let_go_until_ms = 0;
    }
    if (differs || users_changed || lapsed || due) {
        watch->checked_ms = now_ms;
        tell(watch);
    }
    ag_sid_list_done(&watch->seen);
    watch->seen = now;
}

static void watch_hives(struct ag_watch *watch)
{
    /* A failure leaves the look at every second. */
    (void)RegNotifyChangeKeyValue(HKEY_USERS, FALSE, REG_NOTIFY_CHANGE_NAME, watch->hives, TRUE);
}

static DWORD WINAPI watch_all(void *argument)
{
    struct ag_watch *watch = argument;
    watch_hives(watch);
    look(watch, true);
    for (;;) {
        HANDLE all[WAIT_COUNT] = {watch->stop, watch->session, watch->hives, watch->users};
        DWORD count = watch->users != NULL ? WAIT_COUNT : WAIT_USERS;
        DWORD woken = WaitForMultipleObjects(count, all, FALSE, LOOK_EVERY_MS);
        switch (woken) {
        case WAIT_OBJECT_0 + WAIT_STOP: return 0;
        case WAIT_OBJECT_0 + WAIT_SESSION:
            if (atomic_exchange(&watch->logged_off, false)) {
                watch->let_go_until_ms = clock_monotonic_ms() + LET_GO_MS;
            }
            look(watch, true);
            break;
        case WAIT_OBJECT_0 + WAIT_HIVES:
            watch_hives(watch);
            look(watch, false);
            break;
        case WAIT_OBJECT_0 + WAIT_USERS: look(watch, true); break;
        case WAIT_TIMEOUT: look(watch, false); break;
        default: /* WAIT_FAILED: a handle of ours is broken */
            log_write(LOG_ERROR, "event=watch_ended os_code=%lu", GetLastError());
            return 1;
        }
    }
}

static void free_watch(struct ag_watch *watch)
{
    close_keys(watch->keys, watch->key_count);
    close_handle(watch->thread);
    close_handle(watch->stop);
    close_handle(watch->session);
    close_handle(watch->hives);
    close_handle(watch->users);
    ag_sid_list_done(&watch->seen);
    free(watch);
}

enum status ag_watch_start(void (*changed)(void *ctx), void *ctx, struct ag_watch **out,
                           struct err *err)
{
    struct ag_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the watch on the registry");
    }
    watch->changed = changed;
    watch->ctx = ctx;
    watch->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    watch->session = CreateEventW(NULL, FALSE, FALSE, NULL);
    watch->hives = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (watch->stop != NULL && watch->session != NULL && watch->hives != NULL) {
        watch->thread = CreateThread(NULL, 0, watch_all, watch, 0, NULL);
    }
    if (watch->thread == NULL) {
        enum status st =
            error_set(err, (uint32_t)GetLastError(), "cannot start the watch on the registry");
        free_watch(watch);
        return st;
    }
    *out = watch;
    return ST_OK;
}

void ag_watch_stop(struct ag_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    (void)SetEvent(watch->stop);
    (void)WaitForSingleObject(watch->thread, INFINITE);
    free_watch(watch);
}

bool ag_watch_take_change(struct ag_watch *watch)
{
    return atomic_exchange(&watch->change, false);
}

void ag_watch_session_changed(struct ag_watch *watch, bool logged_off)
{
    if (logged_off) {
        atomic_store(&watch->logged_off, true);
    }
    (void)SetEvent(watch->session);
}
