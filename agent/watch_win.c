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

/* One key that is watched. Each has an event of its own: RegNotifyChangeKeyValue resets the event
 * that it is given, so that with a shared one the change of one key is lost while the next key is
 * being armed. A wait of the thread pool passes it on, for any number of users. */
struct watched_key {
    HKEY key;
    HANDLE event;
    HANDLE wait;
};

struct ag_watch {
    void (*changed)(void *ctx);
    void *ctx;
    atomic_bool change;
    atomic_bool logged_off;
    HANDLE thread;
    HANDLE stop;
    HANDLE session;
    HANDLE hives; /* signalled when a key of HKEY_USERS comes or goes */
    HANDLE users; /* signalled when one of `keys` changed */
    struct watched_key *keys;
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

static void CALLBACK key_changed(void *users, BOOLEAN timed_out)
{
    (void)timed_out;
    (void)SetEvent(users);
}

/* The wait first, and until its call is over: closing the key signals the event once more. */
static void close_key(struct watched_key *watched)
{
    if (watched->wait != NULL) {
        (void)UnregisterWaitEx(watched->wait, INVALID_HANDLE_VALUE);
    }
    ag_user_key_close(watched->key);
    close_handle(watched->event);
}

static void close_keys(struct watched_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        close_key(&keys[i]);
    }
    free(keys);
}

/* Be told of changes below one user's key; false if the key is not there or not ours to see. */
static bool watch_key(HANDLE users, const char *sid, const wchar_t *path, DWORD filter,
                      struct watched_key *out)
{
    struct watched_key watched = {0};
    watched.event = CreateEventW(NULL, FALSE, FALSE, NULL);
    bool done =
        watched.event != NULL &&
        ag_user_key_open(sid, path, AG_KEY_NOTIFY, &watched.key, NULL) == ST_OK &&
        RegNotifyChangeKeyValue(watched.key, FALSE, filter, watched.event, TRUE) == ERROR_SUCCESS &&
        RegisterWaitForSingleObject(&watched.wait, watched.event, key_changed, users, INFINITE,
                                    WT_EXECUTEONLYONCE);
    if (done) {
        *out = watched;
    } else {
        close_key(&watched);
    }
    return done;
}

/* The setting's values, and the nearest key above in which the setting's key may come or go. */
static size_t watch_user(HANDLE users, const char *sid, struct watched_key keys[KEYS_A_USER])
{
    static const wchar_t *const ABOVE[] = {L"Software\\Microsoft", L"Software"};
    size_t count = 0;
    if (watch_key(users, sid, AG_SETTING_KEY, REG_NOTIFY_CHANGE_LAST_SET, &keys[count])) {
        count++;
    }
    for (size_t i = 0; i < sizeof ABOVE / sizeof ABOVE[0]; i++) {
        if (watch_key(users, sid, ABOVE[i], REG_NOTIFY_CHANGE_NAME, &keys[count])) {
            return count + 1;
        }
    }
    return count;
}

/* Watch all loaded hives anew; the old keys go once the new ones are there. */
static void watch_users(struct ag_watch *watch, const struct ag_sid_list *sids)
{
    struct watched_key *keys = calloc(sids->count * KEYS_A_USER + 1, sizeof *keys);
    size_t count = 0;
    if (keys == NULL) {
        return; /* the old ones stay, and the poll goes on */
    }
    for (size_t i = 0; i < sids->count; i++) {
        count += watch_user(watch->users, sids->sids[i], keys + count);
    }
    close_keys(watch->keys, watch->key_count);
    watch->keys = keys;
    watch->key_count = count;
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
        DWORD woken = WaitForMultipleObjects(WAIT_COUNT, all, FALSE, LOOK_EVERY_MS);
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
    watch->users = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (watch->stop != NULL && watch->session != NULL && watch->hives != NULL &&
        watch->users != NULL) {
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
