#include "agent/observer_win.h"

#include "agent/registry_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/log.h"

#include <stdlib.h>

enum {
    STOP_PATIENCE_MS = 1000,
    REST_MS = 10 * 1000,  /* after a logoff: as long as the watches let go of keys */
    RETRY_MS = 5000,      /* where Windows has no thread for us */
    WAIT_MOST_MS = 60000, /* longer waits are done in parts */
};
_Static_assert((int)AG_OBSERVER_SID_BYTES == (int)AG_USER_SID_BYTES,
               "the SID of every user must fit");

/* What the threads and their owner share. */
struct shared {
    SRWLOCK lock;
    CONDITION_VARIABLE due;   /* a look may be due, or we are to stop */
    CONDITION_VARIABLE begun; /* a look was, which must end in time; or we are to stop */
    CONDITION_VARIABLE left;  /* a thread has */
    struct ag_observer_options options;
    struct ag_observer observer;
    unsigned owners;  /* the last one frees it */
    unsigned lookers; /* threads that are not stuck */
    bool stopped;
};

struct ag_observer_win {
    struct shared *shared;
};

static struct ag_observer_time time_now(void)
{
    return (struct ag_observer_time){.wall_s = clock_wall_s(), .ms = clock_monotonic_ms()};
}

/* The lock is held, and let go. */
static void leave(struct shared *shared)
{
    bool last = --shared->owners == 0;
    WakeAllConditionVariable(&shared->left);
    ReleaseSRWLockExclusive(&shared->lock);
    if (last) {
        ag_observer_done(&shared->observer);
        free(shared);
    }
}

/* The lock is held: stopping waits for it to return. */
static void tell(struct shared *shared)
{
    if (!shared->stopped) {
        shared->options.news(shared->options.ctx);
    }
}

/* The lock is held. */
static bool start_thread(struct shared *shared, LPTHREAD_START_ROUTINE routine)
{
    HANDLE thread = CreateThread(NULL, 0, routine, shared, 0, NULL);
    if (thread == NULL) {
        return false;
    }
    (void)CloseHandle(thread);
    shared->owners++;
    return true;
}

/* The lock is held while waiting, too. */
static void wait_until(struct shared *shared, CONDITION_VARIABLE *what, uint64_t due_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t ms = due_ms > now_ms ? due_ms - now_ms : 0;
    DWORD wait_ms =
        due_ms == AG_OBSERVER_NEVER_MS ? INFINITE : (DWORD)(ms < WAIT_MOST_MS ? ms : WAIT_MOST_MS);
    (void)SleepConditionVariableSRW(what, &shared->lock, wait_ms, 0);
}

/* ---- who looks ----------------------------------------------------------------------------- */

/* The lock is held. False: we are to stop. */
static bool wait_for_task(struct shared *shared, struct ag_observer_task *task)
{
    while (!shared->stopped) {
        if (ag_observer_next(&shared->observer, clock_monotonic_ms(), task)) {
            return true;
        }
        wait_until(shared, &shared->due, ag_observer_due_ms(&shared->observer));
    }
    return false;
}

/* The lock is held, but while looking. False: it took so long that somebody else looks now. */
static bool look(struct shared *shared, void *hand, struct ag_observer_task *task)
{
    const struct ag_look_calls *calls = shared->options.looks;
    struct ag_sight sight = {.at_s = -1};
    struct ag_client client = {.known = false};
    bool is_user = *task->sid != '\0';
    WakeConditionVariable(&shared->begun);
    ReleaseSRWLockExclusive(&shared->lock);
    if (is_user) {
        calls->user(hand, task->sid, &task->memory, &sight);
    } else {
        calls->client(hand, &client);
    }
    AcquireSRWLockExclusive(&shared->lock);
    bool in_time = shared->observer.running == task->ticket;
    struct ag_observer_time now = time_now();
    if (ag_observer_take(&shared->observer, task,
                         is_user ? (const void *)&sight : (const void *)&client, &now)) {
        tell(shared);
    }
    if (task->memory != NULL) {
        calls->forget(task->memory);
    }
    return in_time;
}

/* The lock is held. Whoever looks in our place may have waited for us to come back; if there was no
 * thread to be had, it is us. */
static bool is_needed(struct shared *shared)
{
    bool needed = shared->lookers == 0;
    if (needed) {
        shared->lookers++;
    } else {
        WakeConditionVariable(&shared->due);
    }
    return needed;
}

static DWORD WINAPI look_at_all(void *argument)
{
    struct shared *shared = argument;
    struct ag_observer_task task;
    void *hand = shared->options.looks->open(shared->options.level, shared->options.sessions);
    AcquireSRWLockExclusive(&shared->lock);
    while (wait_for_task(shared, &task)) {
        if (!look(shared, hand, &task) && !is_needed(shared)) {
            break;
        }
    }
    ReleaseSRWLockExclusive(&shared->lock);
    shared->options.looks->close(hand);
    AcquireSRWLockExclusive(&shared->lock);
    leave(shared);
    return 0;
}

/* ---- who has an eye on it ------------------------------------------------------------------ */

static void check_look(struct shared *shared)
{
    struct ag_observer_time now = time_now();
    enum ag_observer_verdict verdict = ag_observer_check(&shared->observer, &now);
    if (verdict != AG_OBSERVER_IN_TIME) {
        shared->lookers--;
        log_write(LOG_WARNING, "event=look_given_up hanging=%u of=%d", shared->observer.stuck,
                  AG_OBSERVER_STUCK_MOST);
    }
    if (verdict == AG_OBSERVER_GIVEN_UP_NEWS) {
        tell(shared);
    }
}

static DWORD WINAPI watch_over(void *argument)
{
    struct shared *shared = argument;
    AcquireSRWLockExclusive(&shared->lock);
    while (!shared->stopped) {
        uint64_t until_ms = AG_OBSERVER_NEVER_MS;
        check_look(shared);
        if (shared->lookers == 0 && start_thread(shared, look_at_all)) {
            shared->lookers++;
        }
        if (shared->lookers == 0) {
            until_ms = clock_monotonic_ms() + RETRY_MS;
        } else if (shared->observer.running != 0) {
            until_ms = shared->observer.deadline_ms;
        }
        wait_until(shared, &shared->begun, until_ms);
    }
    leave(shared);
    return 0;
}

/* ---- for the core -------------------------------------------------------------------------- */

static void want(void *ctx, const struct ag_user *users, size_t count)
{
    struct shared *shared = ((struct ag_observer_win *)ctx)->shared;
    AcquireSRWLockExclusive(&shared->lock);
    ag_observer_want(&shared->observer, users, count, clock_monotonic_ms());
    WakeConditionVariable(&shared->due);
    ReleaseSRWLockExclusive(&shared->lock);
}

static bool find(void *ctx, const char *sid, struct ag_sight *out)
{
    struct shared *shared = ((struct ag_observer_win *)ctx)->shared;
    AcquireSRWLockShared(&shared->lock);
    bool found = ag_observer_find(&shared->observer, sid, out);
    ReleaseSRWLockShared(&shared->lock);
    return found;
}

static bool client(void *ctx, struct ag_client *out)
{
    struct shared *shared = ((struct ag_observer_win *)ctx)->shared;
    AcquireSRWLockShared(&shared->lock);
    bool known = ag_observer_client(&shared->observer, out);
    ReleaseSRWLockShared(&shared->lock);
    return known;
}

struct ag_sights ag_observer_win_port(struct ag_observer_win *observer)
{
    return (struct ag_sights){.ctx = observer, .want = want, .find = find, .client = client};
}

/* ---- its owner ----------------------------------------------------------------------------- */

enum status ag_observer_win_start(const struct ag_observer_options *options,
                                  struct ag_observer_win **out, struct err *err)
{
    struct ag_observer_win *observer = calloc(1, sizeof *observer);
    struct shared *shared = calloc(1, sizeof *shared);
    if (observer == NULL || shared == NULL) {
        free(shared);
        free(observer);
        return err_set(err, ST_NO_MEMORY, 0, "no memory for looking at Outlook");
    }
    InitializeSRWLock(&shared->lock);
    InitializeConditionVariable(&shared->due);
    InitializeConditionVariable(&shared->begun);
    InitializeConditionVariable(&shared->left);
    shared->options = *options;
    ag_observer_init(&shared->observer, options->pace != NULL ? options->pace : &AG_OBSERVER_PACE,
                     options->looks->forget);
    shared->owners = 1;
    observer->shared = shared;
    AcquireSRWLockExclusive(&shared->lock);
    bool started = start_thread(shared, watch_over);
    DWORD error = GetLastError();
    if (!started) {
        leave(shared);
        free(observer);
        return error_set(err, error, "cannot start looking at Outlook");
    }
    ReleaseSRWLockExclusive(&shared->lock);
    *out = observer;
    return ST_OK;
}

void ag_observer_win_rest(struct ag_observer_win *observer)
{
    if (observer == NULL) {
        return;
    }
    struct shared *shared = observer->shared;
    AcquireSRWLockExclusive(&shared->lock);
    ag_observer_rest(&shared->observer, clock_monotonic_ms() + REST_MS);
    ReleaseSRWLockExclusive(&shared->lock);
}

void ag_observer_win_stop(struct ag_observer_win *observer)
{
    if (observer == NULL) {
        return;
    }
    struct shared *shared = observer->shared;
    AcquireSRWLockExclusive(&shared->lock);
    shared->stopped = true;
    WakeAllConditionVariable(&shared->due);
    WakeAllConditionVariable(&shared->begun);
    ReleaseSRWLockExclusive(&shared->lock);
}

void ag_observer_win_free(struct ag_observer_win *observer)
{
    if (observer == NULL) {
        return;
    }
    struct shared *shared = observer->shared;
    uint64_t until_ms = clock_monotonic_ms() + STOP_PATIENCE_MS;
    AcquireSRWLockExclusive(&shared->lock);
    while (shared->owners > 1 + shared->observer.stuck && clock_monotonic_ms() < until_ms) {
        wait_until(shared, &shared->left, until_ms);
    }
    leave(shared);
    free(observer);
}
