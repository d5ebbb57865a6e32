/* observing.h - take turns at looking, in a time that the test makes pass.
 *
 * A user is a letter; the state is static: each test has its own.
 * Effects: none but on its own state    Units:  _ms monotonic
 * Owns:    the observer                 Errors: failed assertions
 * Threads: one thread                   Source: agent/observer.h
 */
#ifndef TESTS_UNIT_AGENT_OBSERVING_H
#define TESTS_UNIT_AGENT_OBSERVING_H

#include "agent/observer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP_MS = 5000, CLIENT_GAP_MS = 10 * 60 * 1000, LOOK_MS = 5000 };

static struct ag_observer observer;
static struct ag_observer_time now;
static unsigned forgotten;

static inline void forget(void *memory)
{
    forgotten++;
    free(memory);
}

static inline int set_up(void **state)
{
    (void)state;
    forgotten = 0;
    now = (struct ag_observer_time){.wall_s = 1800000000, .ms = 70000};
    ag_observer_init(&observer, &AG_OBSERVER_PACE, forget);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    ag_observer_done(&observer);
    return 0;
}

static inline void pass(uint64_t ms)
{
    now.ms += ms;
    now.wall_s += (int64_t)(ms / 1000);
}

/* who: a letter for each user with a loaded hive; a capital one has none. */
static inline void want(const char *who)
{
    static char sids[64][AG_OBSERVER_SID_BYTES];
    struct ag_user users[64] = {{0}};
    size_t count = strlen(who);
    assert_in_range(count, 0, 64);
    for (size_t i = 0; i < count; i++) {
        bool loaded = who[i] >= 'a';
        (void)snprintf(sids[i], sizeof sids[i], "S-1-5-21-1-2-3-%d", loaded ? who[i] : who[i] + 32);
        users[i] = (struct ag_user){.sid = sids[i], .hive_loaded = loaded};
    }
    ag_observer_want(&observer, users, count, now.ms);
}

static inline const char *sid_of(char who)
{
    static char sid[AG_OBSERVER_SID_BYTES];
    (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", who);
    return sid;
}

/* Begin the next look; its user's letter, '!' for what is installed, ' ' if none is due. */
static inline char begin(struct ag_observer_task *task)
{
    if (!ag_observer_next(&observer, now.ms, task)) {
        return ' ';
    }
    const char *last = strrchr(task->sid, '-');
    return last != NULL ? (char)atoi(last + 1) : '!';
}

static inline bool end(struct ag_observer_task *task, bool policy_value)
{
    const struct ag_sight sight = {.policy_value = policy_value};
    const struct ag_client client = {.known = true, .version = "16.0.1.2"};
    return ag_observer_take(
        &observer, task, *task->sid != '\0' ? (const void *)&sight : (const void *)&client, &now);
}

static inline char look(void)
{
    struct ag_observer_task task;
    char who = begin(&task);
    if (who != ' ') {
        (void)end(&task, false);
    }
    return who;
}

/* All that is due now. */
static inline const char *look_at_all(void)
{
    static char all[64];
    size_t count = 0;
    char who = look();
    while (who != ' ') {
        all[count++] = who;
        who = look();
    }
    all[count] = '\0';
    return all;
}

#define OBSERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
