#include "agent/observer.h"

#include "agent/sight_same.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ag_observer_pace AG_OBSERVER_PACE = {
    .gap_ms = 5 * 1000, .client_gap_ms = 10 * 60 * 1000, .patience_ms = 5 * 1000};

struct ag_observed_user {
    char sid[AG_OBSERVER_SID_BYTES];
    struct ag_sight sight;
    bool seen;
    bool wanted;
    bool here;       /* in the list that is being taken */
    bool gone;       /* not in the last list, but a look at him is not back */
    uint64_t ticket; /* of that look; 0: none */
    uint64_t due_ms; /* not before */
    void *memory;
};

void ag_observer_init(struct ag_observer *observer, const struct ag_observer_pace *pace,
                      void (*forget)(void *memory))
{
    *observer = (struct ag_observer){.pace = *pace, .forget = forget};
}

static void free_user(struct ag_observer *observer, struct ag_observed_user *user)
{
    if (user->memory != NULL) {
        observer->forget(user->memory);
    }
    free(user);
}

void ag_observer_done(struct ag_observer *observer)
{
    for (size_t i = 0; i < observer->count; i++) {
        free_user(observer, observer->users[i]);
    }
    free(observer->users);
    observer->users = NULL;
    observer->count = 0;
    observer->room = 0;
}

/* ---- who is there -------------------------------------------------------------------------- */

/* Two lists of the same users have the same order, so the place is nearly always the expected one. */
static struct ag_observed_user *find_user(const struct ag_observer *observer, const char *sid,
                                          size_t expected)
{
    for (size_t i = 0; i < observer->count; i++) {
        struct ag_observed_user *user = observer->users[(expected + i) % observer->count];
        if (strcmp(user->sid, sid) == 0) {
            return user;
        }
    }
    return NULL;
}

static struct ag_observed_user *add_user(struct ag_observer *observer, const char *sid,
                                         uint64_t now_ms)
{
    if (strlen(sid) >= AG_OBSERVER_SID_BYTES) {
        return NULL;
    }
    if (observer->count == observer->room) {
        size_t room = observer->room * 2 + 16;
        struct ag_observed_user **more =
            realloc(observer->users, room * sizeof(struct ag_observed_user *));
        if (more == NULL) {
            return NULL;
        }
        observer->users = more;
        observer->room = room;
    }
    struct ag_observed_user *user = calloc(1, sizeof *user);
    if (user != NULL) {
        (void)snprintf(user->sid, sizeof user->sid, "%s", sid);
        user->due_ms = now_ms;
        observer->users[observer->count++] = user;
    }
    return user;
}

static void remove_user(struct ag_observer *observer, size_t place)
{
    free_user(observer, observer->users[place]);
    observer->count--;
    memmove(&observer->users[place], &observer->users[place + 1],
            (observer->count - place) * sizeof(struct ag_observed_user *));
}

static void forget_others(struct ag_observer *observer)
{
    size_t i = 0;
    while (i < observer->count) {
        struct ag_observed_user *user = observer->users[i];
        user->gone = !user->here;
        user->here = false;
        if (user->gone && user->ticket == 0) {
            remove_user(observer, i);
        } else {
            i++;
        }
    }
}

void ag_observer_want(struct ag_observer *observer, const struct ag_user *users, size_t count,
                      uint64_t now_ms)
{
    size_t expected = 0;
    for (size_t i = 0; i < count; i++) {
        if (!users[i].hive_loaded) {
            continue;
        }
        struct ag_observed_user *user = find_user(observer, users[i].sid, expected++);
        if (user == NULL) {
            user = add_user(observer, users[i].sid, now_ms);
        }
        if (user != NULL) {
            user->here = true;
            user->wanted = true;
        }
    }
    forget_others(observer);
    observer->client_wanted = true;
}

/* ---- whose turn it is ---------------------------------------------------------------------- */

static bool may_look(const struct ag_observer *observer)
{
    return observer->running == 0 && observer->stuck < AG_OBSERVER_STUCK_MOST;
}

static bool client_waits(const struct ag_observer *observer)
{
    return observer->client_wanted && observer->client_ticket == 0;
}

/* Who waits longest; NULL: nobody waits. */
static struct ag_observed_user *first_waiting(const struct ag_observer *observer)
{
    struct ag_observed_user *first = NULL;
    for (size_t i = 0; i < observer->count; i++) {
        struct ag_observed_user *user = observer->users[i];
        if (user->wanted && user->ticket == 0 && (first == NULL || user->due_ms < first->due_ms)) {
            first = user;
        }
    }
    return first;
}

void ag_observer_rest(struct ag_observer *observer, uint64_t until_ms)
{
    observer->rest_until_ms = until_ms;
}

/* When the user may be looked at who waits longest. */
static uint64_t user_due_ms(const struct ag_observer *observer, const struct ag_observed_user *user)
{
    if (user == NULL) {
        return AG_OBSERVER_NEVER_MS;
    }
    return user->due_ms > observer->rest_until_ms ? user->due_ms : observer->rest_until_ms;
}

uint64_t ag_observer_due_ms(const struct ag_observer *observer)
{
    if (observer->running != 0) {
        return observer->deadline_ms;
    }
    if (!may_look(observer)) {
        return AG_OBSERVER_NEVER_MS;
    }
    uint64_t due_ms = user_due_ms(observer, first_waiting(observer));
    return client_waits(observer) && observer->client_due_ms < due_ms ? observer->client_due_ms
                                                                      : due_ms;
}

static uint64_t begin(struct ag_observer *observer, uint64_t now_ms)
{
    observer->running = ++observer->tickets;
    observer->deadline_ms = now_ms + observer->pace.patience_ms;
    return observer->running;
}

bool ag_observer_next(struct ag_observer *observer, uint64_t now_ms, struct ag_observer_task *out)
{
    struct ag_observed_user *user = NULL;
    if (!may_look(observer)) {
        return false;
    }
    if (client_waits(observer) && observer->client_due_ms <= now_ms) {
        observer->client_wanted = false;
        observer->client_ticket = begin(observer, now_ms);
        *out = (struct ag_observer_task){.ticket = observer->client_ticket};
        return true;
    }
    user = first_waiting(observer);
    if (user == NULL || user_due_ms(observer, user) > now_ms) {
        return false;
    }
    user->wanted = false;
    user->ticket = begin(observer, now_ms);
    *out = (struct ag_observer_task){.ticket = user->ticket, .memory = user->memory};
    memcpy(out->sid, user->sid, sizeof out->sid);
    user->memory = NULL;
    return true;
}

/* ---- what came of it ----------------------------------------------------------------------- */

static size_t place_of(const struct ag_observer *observer, uint64_t ticket)
{
    size_t i = 0;
    while (i < observer->count && observer->users[i]->ticket != ticket) {
        i++;
    }
    return i;
}

static bool keep_sight(struct ag_observed_user *user, const struct ag_sight *sight, int64_t wall_s)
{
    bool news = !user->seen || !ag_sight_same(&user->sight, sight);
    user->sight = *sight;
    user->sight.at_s = wall_s;
    user->seen = true;
    return news;
}

static bool keep_client(struct ag_observer *observer, const struct ag_client *client)
{
    bool news = !observer->client_seen || !ag_client_same(&observer->client, client);
    observer->client = *client;
    observer->client_seen = true;
    return news;
}

static bool take_user(struct ag_observer *observer, struct ag_observer_task *task,
                      const struct ag_sight *sight, bool in_time,
                      const struct ag_observer_time *now)
{
    size_t place = place_of(observer, task->ticket);
    bool news = false;
    if (place == observer->count) {
        return false;
    }
    struct ag_observed_user *user = observer->users[place];
    user->ticket = 0;
    user->due_ms = now->ms + observer->pace.gap_ms;
    if (user->gone) {
        remove_user(observer, place);
        return false;
    }
    user->memory = task->memory;
    task->memory = NULL;
    news = in_time && keep_sight(user, sight, now->wall_s);
    return news;
}

bool ag_observer_take(struct ag_observer *observer, struct ag_observer_task *task, const void *seen,
                      const struct ag_observer_time *now)
{
    bool in_time = task->ticket == observer->running;
    if (in_time) {
        observer->running = 0;
    } else {
        observer->stuck--;
    }
    if (task->ticket != observer->client_ticket) {
        return take_user(observer, task, seen, in_time, now);
    }
    observer->client_ticket = 0;
    observer->client_due_ms = now->ms + observer->pace.client_gap_ms;
    return in_time && keep_client(observer, seen);
}

enum ag_observer_verdict ag_observer_check(struct ag_observer *observer,
                                           const struct ag_observer_time *now)
{
    static const struct ag_sight TIMED_OUT = {.timed_out = true};
    if (observer->running == 0 || now->ms < observer->deadline_ms) {
        return AG_OBSERVER_IN_TIME;
    }
    size_t place = place_of(observer, observer->running);
    observer->running = 0;
    observer->stuck++;
    bool news = place < observer->count && !observer->users[place]->gone &&
                keep_sight(observer->users[place], &TIMED_OUT, now->wall_s);
    return news ? AG_OBSERVER_GIVEN_UP_NEWS : AG_OBSERVER_GIVEN_UP;
}

/* ---- for the core -------------------------------------------------------------------------- */

bool ag_observer_find(const struct ag_observer *observer, const char *sid, struct ag_sight *out)
{
    const struct ag_observed_user *user = find_user(observer, sid, 0);
    bool found = user != NULL && user->seen && !user->gone;
    if (found) {
        *out = user->sight;
    }
    return found;
}

bool ag_observer_client(const struct ag_observer *observer, struct ag_client *out)
{
    if (observer->client_seen) {
        *out = observer->client;
    }
    return observer->client_seen;
}
