#include "agent/names_win.h"

#include "agent/lookup_win.h"
#include "base/error_win.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum { STOP_PATIENCE_MS = 500 };

const struct ag_asker_calls AG_ASKER_CALLS = {
    .look_up = ag_lookup_sids, .computer_ou = ag_lookup_computer_ou, .ad_site = ag_lookup_ad_site};

enum stage { IDLE, ASKED, ASKING, ANSWERED };

/* What the thread and its owner share. The batch belongs to the thread while it is ASKING, else to
 * whoever holds the lock. */
struct shared {
    SRWLOCK lock;
    CONDITION_VARIABLE moved; /* to another stage, or stopped */
    unsigned owners;          /* the last one frees it */
    bool stopped;
    enum stage stage;
    const struct ag_asker_calls *calls;
    void (*wake)(void *ctx);
    void *ctx;
    size_t count;
    char *keys[AG_NAMES_BATCH];
    char *names[AG_NAMES_BATCH]; /* of the key with the same number */
};

struct ag_asker {
    struct shared *shared;
    HANDLE thread;
};

static void clear_batch(struct shared *shared)
{
    for (size_t i = 0; i < shared->count; i++) {
        free(shared->keys[i]);
        free(shared->names[i]);
        shared->keys[i] = NULL;
        shared->names[i] = NULL;
    }
    shared->count = 0;
}

/* The lock is held, and let go. */
static void leave(struct shared *shared)
{
    bool last = --shared->owners == 0;
    ReleaseSRWLockExclusive(&shared->lock);
    if (last) {
        clear_batch(shared);
        free(shared);
    }
}

/* ---- the thread ---------------------------------------------------------------------------- */

/* SIDs come first in their own array, so that they are asked in one call. */
static void look_up(struct shared *shared)
{
    const char *sids[AG_NAMES_BATCH];
    char *names[AG_NAMES_BATCH] = {NULL};
    size_t places[AG_NAMES_BATCH];
    size_t count = 0;
    for (size_t i = 0; i < shared->count; i++) {
        if (strcmp(shared->keys[i], AG_NAMES_COMPUTER_OU) != 0 &&
            strcmp(shared->keys[i], AG_NAMES_AD_SITE) != 0) {
            sids[count] = shared->keys[i];
            places[count++] = i;
        }
    }
    if (count > 0) {
        shared->calls->look_up(sids, count, names);
    }
    for (size_t i = 0; i < count; i++) {
        shared->names[places[i]] = names[i];
    }
    for (size_t i = 0; i < shared->count; i++) {
        if (strcmp(shared->keys[i], AG_NAMES_COMPUTER_OU) == 0) {
            shared->names[i] = shared->calls->computer_ou();
        } else if (strcmp(shared->keys[i], AG_NAMES_AD_SITE) == 0) {
            shared->names[i] = shared->calls->ad_site();
        }
    }
}

static DWORD WINAPI ask_all(void *argument)
{
    struct shared *shared = argument;
    AcquireSRWLockExclusive(&shared->lock);
    while (!shared->stopped) {
        if (shared->stage != ASKED) {
            (void)SleepConditionVariableSRW(&shared->moved, &shared->lock, INFINITE, 0);
            continue;
        }
        shared->stage = ASKING;
        ReleaseSRWLockExclusive(&shared->lock);
        look_up(shared);
        AcquireSRWLockExclusive(&shared->lock);
        shared->stage = ANSWERED;
        WakeAllConditionVariable(&shared->moved);
        if (!shared->stopped && shared->wake != NULL) {
            shared->wake(shared->ctx); /* with the lock: stopping waits for it to return */
        }
    }
    leave(shared);
    return 0;
}

/* ---- its owner ----------------------------------------------------------------------------- */

enum status ag_asker_start(const struct ag_asker_calls *calls, void (*wake)(void *ctx), void *ctx,
                           struct ag_asker **out, struct err *err)
{
    struct ag_asker *asker = calloc(1, sizeof *asker);
    struct shared *shared = calloc(1, sizeof *shared);
    if (asker == NULL || shared == NULL) {
        free(shared);
        free(asker);
        return err_set(err, ST_NO_MEMORY, 0, "no memory for looking names up");
    }
    InitializeSRWLock(&shared->lock);
    InitializeConditionVariable(&shared->moved);
    shared->owners = 2;
    shared->calls = calls;
    shared->wake = wake;
    shared->ctx = ctx;
    asker->shared = shared;
    asker->thread = CreateThread(NULL, 0, ask_all, shared, 0, NULL);
    if (asker->thread == NULL) {
        DWORD error = GetLastError();
        free(shared);
        free(asker);
        return error_set(err, error, "cannot start looking names up");
    }
    *out = asker;
    return ST_OK;
}

void ag_asker_stop(struct ag_asker *asker)
{
    if (asker == NULL) {
        return;
    }
    struct shared *shared = asker->shared;
    AcquireSRWLockExclusive(&shared->lock);
    shared->stopped = true;
    WakeAllConditionVariable(&shared->moved);
    leave(shared);
    (void)WaitForSingleObject(asker->thread, STOP_PATIENCE_MS);
    (void)CloseHandle(asker->thread);
    free(asker);
}

/* The lock is held. A key that cannot be copied is answered: not known. */
static bool fill_batch(struct shared *shared, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        shared->keys[i] = text_copy(keys[i]);
        if (shared->keys[i] == NULL) {
            return false;
        }
        shared->count++;
    }
    return true;
}

void ag_asker_ask(struct ag_asker *asker, struct ag_names *names, uint64_t now_ms)
{
    struct shared *shared = asker->shared;
    const char *keys[AG_NAMES_BATCH];
    AcquireSRWLockExclusive(&shared->lock);
    size_t count = shared->stage == IDLE ? ag_names_due(names, now_ms, keys) : 0;
    if (count > 0 && fill_batch(shared, keys, count)) {
        shared->stage = ASKED;
        WakeAllConditionVariable(&shared->moved);
    } else if (count > 0) {
        clear_batch(shared);
        for (size_t i = 0; i < count; i++) {
            (void)ag_names_answer(names, keys[i], NULL, now_ms);
        }
    }
    ReleaseSRWLockExclusive(&shared->lock);
}

bool ag_asker_take(struct ag_asker *asker, struct ag_names *names, uint64_t now_ms)
{
    struct shared *shared = asker->shared;
    bool differs = false;
    AcquireSRWLockExclusive(&shared->lock);
    if (shared->stage == ANSWERED) {
        for (size_t i = 0; i < shared->count; i++) {
            differs = ag_names_answer(names, shared->keys[i], shared->names[i], now_ms) || differs;
        }
        clear_batch(shared);
        shared->stage = IDLE;
    }
    ReleaseSRWLockExclusive(&shared->lock);
    return differs;
}

void ag_asker_wait(struct ag_asker *asker, uint32_t most_ms)
{
    struct shared *shared = asker->shared;
    ULONGLONG until_ms = GetTickCount64() + most_ms;
    AcquireSRWLockExclusive(&shared->lock);
    while (shared->stage == ASKED || shared->stage == ASKING) {
        ULONGLONG now_ms = GetTickCount64();
        if (now_ms >= until_ms) {
            break;
        }
        (void)SleepConditionVariableSRW(&shared->moved, &shared->lock, (DWORD)(until_ms - now_ms),
                                        0);
    }
    ReleaseSRWLockExclusive(&shared->lock);
}
