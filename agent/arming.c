#include "agent/arming.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

struct ag_armed_user {
    char *sid;
    struct ag_keys *keys; /* NULL: none are open */
    bool told;            /* since they were armed */
    bool here;            /* in the list that is being taken */
    uint64_t due_ms;      /* when they are to be armed, or opened afresh */
    uint64_t reopen_ms;
    uint64_t paid_ms; /* when all his changes are paid for, at one each AG_ARMING_EARN_MS */
    uint32_t retry_ms;
};

void ag_arming_init(struct ag_arming *arming, const struct ag_arming_port *port)
{
    *arming = (struct ag_arming){.port = *port};
}

/* ---- who is there ------------------------------------------------------------------------- */

static bool close_keys(struct ag_arming *arming, struct ag_armed_user *user)
{
    bool told = user->keys != NULL && arming->port.close(arming->port.ctx, user->keys);
    user->keys = NULL;
    user->told = false;
    return told;
}

static void forget_user(struct ag_arming *arming, struct ag_armed_user *user)
{
    (void)close_keys(arming, user); /* he went: the core is told of that */
    free(user->sid);
}

void ag_arming_done(struct ag_arming *arming)
{
    for (size_t i = 0; i < arming->count; i++) {
        forget_user(arming, &arming->users[i]);
    }
    free(arming->users);
    arming->users = NULL;
    arming->count = 0;
    arming->room = 0;
}

/* Two lists of the same hives have the same order, so the place is nearly always the one expected.
 */
static struct ag_armed_user *find_user(struct ag_arming *arming, const char *sid, size_t expected)
{
    for (size_t i = 0; i < arming->count; i++) {
        struct ag_armed_user *user = &arming->users[(expected + i) % arming->count];
        if (strcmp(user->sid, sid) == 0) {
            return user;
        }
    }
    return NULL;
}

/* False when memory is short: he is polled, and the next list has him again. */
static bool add_user(struct ag_arming *arming, const char *sid, uint64_t now_ms)
{
    if (arming->count == arming->room) {
        size_t room = arming->room * 2 + 16;
        struct ag_armed_user *more = realloc(arming->users, room * sizeof *more);
        if (more == NULL) {
            return false;
        }
        arming->users = more;
        arming->room = room;
    }
    char *copy = text_copy(sid);
    if (copy == NULL) {
        return false;
    }
    arming->users[arming->count++] =
        (struct ag_armed_user){.sid = copy, .here = true, .due_ms = now_ms, .reopen_ms = now_ms};
    return true;
}

static bool forget_gone(struct ag_arming *arming)
{
    size_t kept = 0;
    for (size_t i = 0; i < arming->count; i++) {
        if (arming->users[i].here) {
            arming->users[i].here = false;
            arming->users[kept++] = arming->users[i];
        } else {
            forget_user(arming, &arming->users[i]);
        }
    }
    bool differs = kept != arming->count;
    arming->count = kept;
    return differs;
}

/* He went and came between two lists: his keys are the old hive's. */
static bool came_again(struct ag_arming *arming, struct ag_armed_user *user, uint64_t now_ms)
{
    if (user->keys == NULL || arming->port.is_alive(arming->port.ctx, user->keys)) {
        return false;
    }
    (void)close_keys(arming, user);
    user->due_ms = now_ms;
    return true;
}

bool ag_arming_take_list(struct ag_arming *arming, char *const *sids, size_t count, uint64_t now_ms)
{
    bool differs = false;
    size_t expected = 0;
    for (size_t i = 0; i < count; i++) {
        struct ag_armed_user *user = find_user(arming, sids[i], expected);
        if (user != NULL) {
            user->here = true;
            differs = came_again(arming, user, now_ms) || differs;
            expected = (size_t)(user - arming->users) + 1;
        } else {
            differs = add_user(arming, sids[i], now_ms) || differs;
        }
    }
    return forget_gone(arming) || differs;
}

/* ---- what is armed ------------------------------------------------------------------------ */

/* Not put off by a second logoff: on a terminal server somebody always logs off. */
void ag_arming_let_go(struct ag_arming *arming, const char *sid, uint64_t now_ms)
{
    for (size_t i = 0; i < arming->count; i++) {
        struct ag_armed_user *user = &arming->users[i];
        if ((sid == NULL || strcmp(user->sid, sid) == 0) && user->keys != NULL) {
            (void)close_keys(arming, user); /* the core looks when they are open again */
            user->due_ms = now_ms + AG_ARMING_LET_GO_MS;
        }
    }
}

/* Each change costs AG_ARMING_EARN_MS of being quiet; more than AG_ARMING_CHANGES are not lent. */
static uint64_t pay(struct ag_armed_user *user, uint64_t now_ms)
{
    static const uint64_t LENT_MS = (uint64_t)AG_ARMING_CHANGES * AG_ARMING_EARN_MS;
    uint64_t from_ms = user->paid_ms > now_ms ? user->paid_ms : now_ms;
    user->paid_ms = from_ms + AG_ARMING_EARN_MS;
    return user->paid_ms - now_ms > LENT_MS ? user->paid_ms - LENT_MS : now_ms;
}

static uint32_t next_retry_ms(uint32_t last_ms)
{
    uint32_t next_ms = last_ms == 0 ? AG_ARMING_RETRY_FIRST_MS : 2 * last_ms;
    return next_ms < AG_ARMING_RETRY_MOST_MS ? next_ms : AG_ARMING_RETRY_MOST_MS;
}

/* The new ones are armed before the old ones go, so that no change falls in between. True if the
 * core must look: there may have been changes that nobody watched. */
static bool open_keys(struct ag_arming *arming, struct ag_armed_user *user, uint64_t now_ms)
{
    bool was_watched = user->keys != NULL;
    struct ag_keys *keys = arming->port.open(arming->port.ctx, user->sid);
    bool told = close_keys(arming, user);
    user->keys = keys;
    if (keys == NULL) {
        user->retry_ms = next_retry_ms(user->retry_ms);
        user->due_ms = now_ms + user->retry_ms;
        return told;
    }
    user->retry_ms = 0;
    user->reopen_ms = now_ms + AG_ARMING_REOPEN_MS;
    user->due_ms = user->reopen_ms;
    return told || !was_watched;
}

static bool arm_user(struct ag_arming *arming, struct ag_armed_user *user, uint64_t now_ms)
{
    if (user->keys != NULL && now_ms < user->reopen_ms &&
        arming->port.arm(arming->port.ctx, user->keys)) {
        user->told = false;
        user->due_ms = user->reopen_ms;
        return false;
    }
    return open_keys(arming, user, now_ms);
}

bool ag_arming_work(struct ag_arming *arming, uint64_t now_ms)
{
    const struct ag_arming_port *port = &arming->port;
    bool look = false;
    for (size_t i = 0; i < arming->count; i++) {
        struct ag_armed_user *user = &arming->users[i];
        if (user->keys != NULL && port->take_told(port->ctx, user->keys)) {
            look = true;
            /* A second key of his that tells while the first one rests changes nothing. */
            user->due_ms = user->told ? user->due_ms : pay(user, now_ms);
            user->told = true;
        }
        if (user->due_ms <= now_ms) {
            look = arm_user(arming, user, now_ms) || look;
        }
    }
    return look;
}

uint64_t ag_arming_due_ms(const struct ag_arming *arming)
{
    uint64_t due_ms = AG_ARMING_NEVER_MS;
    for (size_t i = 0; i < arming->count; i++) {
        due_ms = arming->users[i].due_ms < due_ms ? arming->users[i].due_ms : due_ms;
    }
    return due_ms;
}
