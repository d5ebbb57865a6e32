#include "agent/watch_win.h"

#include "agent/arming.h"
#include "agent/files_win.h"
#include "agent/registry_win.h"
#include "agent/settings_watch_win.h"
#include "agent/user_keys_win.h"
#include "agent/users_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIST_EVERY_MS = 10 * 1000, /* the hives, besides being told */
    LIST_AGAIN_MS = 1000,      /* when it could not be listed, or nobody will tell */
    LEAVING_MOST = 16,         /* sessions that end at once; more: everybody's keys are let go */
};

/* The lowest that is signalled is served first, so what a user can signal at will comes last. */
enum { WAIT_STOP, WAIT_SESSION, WAIT_HIVES, WAIT_SETTINGS, WAIT_FILES, WAIT_KEYS, WAIT_COUNT };

struct leaving {
    char sids[LEAVING_MOST][AG_USER_SID_BYTES];
    size_t count;
    bool everybody;
};

struct ag_watch {
    void (*changed)(void *ctx);
    void *ctx;
    char *data_dir;
    atomic_bool change;
    atomic_bool file;
    atomic_bool settings_change;
    HANDLE thread;
    HANDLE events[WAIT_COUNT];
    SRWLOCK lock;
    struct leaving leaving; /* behind the lock */

    /* The thread's own. */
    struct ag_arming arming;
    struct ag_settings_watch settings;
    struct ag_files_watch *files; /* NULL: not watched */
    bool hives_will_tell;
    uint64_t list_due_ms;
};

static void tell(struct ag_watch *watch, atomic_bool *what)
{
    atomic_store(what, true);
    watch->changed(watch->ctx);
}

/* ---- users --------------------------------------------------------------------------------- */

static void watch_hives(struct ag_watch *watch)
{
    watch->hives_will_tell =
        RegNotifyChangeKeyValue(HKEY_USERS, FALSE, REG_NOTIFY_CHANGE_NAME,
                                watch->events[WAIT_HIVES], TRUE) == ERROR_SUCCESS;
}

/* True if somebody came or went. */
static bool list_hives(struct ag_watch *watch, uint64_t now_ms)
{
    struct ag_sid_list now = {0};
    bool listed = ag_hives_list(&now, NULL) == ST_OK;
    bool differs = listed && ag_arming_take_list(&watch->arming, now.sids, now.count, now_ms);
    ag_sid_list_done(&now);
    if (!watch->hives_will_tell) {
        watch_hives(watch);
    }
    watch->list_due_ms =
        now_ms + (listed && watch->hives_will_tell ? LIST_EVERY_MS : LIST_AGAIN_MS);
    return differs;
}

static void let_go(struct ag_watch *watch, uint64_t now_ms)
{
    AcquireSRWLockExclusive(&watch->lock);
    struct leaving leaving = watch->leaving;
    watch->leaving = (struct leaving){.count = 0};
    ReleaseSRWLockExclusive(&watch->lock);
    if (leaving.everybody) {
        ag_arming_let_go(&watch->arming, NULL, now_ms);
    }
    for (size_t i = 0; i < leaving.count && !leaving.everybody; i++) {
        ag_arming_let_go(&watch->arming, leaving.sids[i], now_ms);
    }
}

/* Armed first, told then: what changes in between is seen by the look that telling causes. */
static void look_after_users(struct ag_watch *watch, bool list, bool session)
{
    uint64_t now_ms = clock_monotonic_ms();
    bool look = session;
    if (list || session || now_ms >= watch->list_due_ms) {
        look = list_hives(watch, now_ms) || look;
    }
    look = ag_arming_work(&watch->arming, now_ms) || look;
    if (look) {
        tell(watch, &watch->change);
    }
}

/* ---- files --------------------------------------------------------------------------------- */

static void watch_files(struct ag_watch *watch)
{
    struct err err = {0};
    if (watch->data_dir == NULL) {
        return;
    }
    if (ag_files_watch_open(watch->data_dir, &watch->files, &err) != ST_OK) {
        log_failure(LOG_WARNING, "folder_not_watched", &err);
    }
}

static void unwatch_files(struct ag_watch *watch)
{
    ag_files_watch_close(watch->files);
    watch->files = NULL;
}

static void look_at_files(struct ag_watch *watch)
{
    bool broken = false;
    bool came = ag_files_watch_take(watch->files, &broken);
    if (broken) {
        log_write(LOG_WARNING, "event=folder_not_watched why=\"it tells no more\"");
        unwatch_files(watch);
    }
    if (came || broken) {
        tell(watch, &watch->file);
    }
}

/* ---- the thread ---------------------------------------------------------------------------- */

static DWORD wait_ms(const struct ag_watch *watch)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t due_ms = ag_arming_due_ms(&watch->arming);
    due_ms = due_ms < watch->list_due_ms ? due_ms : watch->list_due_ms;
    return due_ms > now_ms ? (DWORD)(due_ms - now_ms) : 0; /* the list is due within seconds */
}

static void begin(struct ag_watch *watch)
{
    const struct ag_arming_port keys = ag_user_keys_port(watch->events[WAIT_KEYS]);
    ag_arming_init(&watch->arming, &keys);
    ag_settings_watch_open(&watch->settings, watch->events[WAIT_SETTINGS]);
    watch_files(watch);
    watch_hives(watch);
    look_after_users(watch, true, true);
}

static void end(struct ag_watch *watch)
{
    unwatch_files(watch);
    ag_settings_watch_close(&watch->settings);
    ag_arming_done(&watch->arming);
}

static void serve(struct ag_watch *watch, DWORD woken)
{
    switch (woken) {
    case WAIT_OBJECT_0 + WAIT_SESSION:
        let_go(watch, clock_monotonic_ms());
        look_after_users(watch, true, true);
        break;
    case WAIT_OBJECT_0 + WAIT_HIVES:
        watch_hives(watch);
        look_after_users(watch, true, false);
        break;
    case WAIT_OBJECT_0 + WAIT_SETTINGS:
        if (ag_settings_watch_take(&watch->settings)) {
            tell(watch, &watch->settings_change);
        }
        break;
    case WAIT_OBJECT_0 + WAIT_FILES: look_at_files(watch); break;
    default: look_after_users(watch, false, false); break; /* WAIT_KEYS, or something is due */
    }
}

/* An event of ours that nobody sets stands in the place of a folder that is not watched. */
static DWORD wait_for_any(const struct ag_watch *watch)
{
    HANDLE all[WAIT_COUNT];
    memcpy(all, watch->events, sizeof all);
    if (watch->files != NULL) {
        all[WAIT_FILES] = ag_files_watch_event(watch->files);
    }
    return WaitForMultipleObjects(WAIT_COUNT, all, FALSE, wait_ms(watch));
}

static DWORD WINAPI watch_all(void *argument)
{
    struct ag_watch *watch = argument;
    DWORD woken = WAIT_TIMEOUT;
    begin(watch);
    while (woken != WAIT_OBJECT_0 + WAIT_STOP && woken != WAIT_FAILED) {
        woken = wait_for_any(watch);
        if (woken == WAIT_FAILED) { /* a handle of ours is broken */
            log_write(LOG_ERROR, "event=watch_ended os_code=%lu", GetLastError());
        } else if (woken != WAIT_OBJECT_0 + WAIT_STOP) {
            serve(watch, woken);
        }
    }
    end(watch);
    return 0;
}

/* ---- from other threads -------------------------------------------------------------------- */

static void free_watch(struct ag_watch *watch)
{
    if (watch->thread != NULL) {
        (void)CloseHandle(watch->thread);
    }
    for (int i = 0; i < WAIT_COUNT; i++) {
        if (watch->events[i] != NULL) {
            (void)CloseHandle(watch->events[i]);
        }
    }
    free(watch->data_dir);
    free(watch);
}

/* The event that ends the thread stays set, the others are taken by one wait. */
static bool make_events(struct ag_watch *watch)
{
    bool all = true;
    for (int i = 0; i < WAIT_COUNT; i++) {
        watch->events[i] = CreateEventW(NULL, i == WAIT_STOP, FALSE, NULL);
        all = all && watch->events[i] != NULL;
    }
    return all;
}

enum status ag_watch_start(void (*changed)(void *ctx), void *ctx, const char *data_dir,
                           struct ag_watch **out, struct err *err)
{
    struct ag_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the watch on the registry");
    }
    watch->changed = changed;
    watch->ctx = ctx;
    InitializeSRWLock(&watch->lock);
    watch->data_dir = data_dir != NULL ? text_copy(data_dir) : NULL;
    if (data_dir != NULL && watch->data_dir == NULL) {
        free_watch(watch);
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the watch on the registry");
    }
    if (make_events(watch)) {
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
    (void)SetEvent(watch->events[WAIT_STOP]);
    (void)WaitForSingleObject(watch->thread, INFINITE);
    free_watch(watch);
}

bool ag_watch_take_change(struct ag_watch *watch)
{
    return atomic_exchange(&watch->change, false);
}

bool ag_watch_take_file(struct ag_watch *watch)
{
    return atomic_exchange(&watch->file, false);
}

bool ag_watch_take_settings_change(struct ag_watch *watch)
{
    return atomic_exchange(&watch->settings_change, false);
}

void ag_watch_session_changed(struct ag_watch *watch, bool logged_off, const char *sid)
{
    AcquireSRWLockExclusive(&watch->lock);
    struct leaving *leaving = &watch->leaving;
    if (logged_off && sid != NULL && leaving->count < LEAVING_MOST) {
        (void)snprintf(leaving->sids[leaving->count++], AG_USER_SID_BYTES, "%s", sid);
    } else if (logged_off) {
        leaving->everybody = true;
    }
    ReleaseSRWLockExclusive(&watch->lock);
    (void)SetEvent(watch->events[WAIT_SESSION]);
}
