/* armed_keys.h - users with one watched key each, and a clock, for the tests of arming.h.
 *
 * Effects: none                                   Units:  ms
 * Owns:    the users of the test's own program    Errors: failed assertions
 * Threads: one thread                             Source: agent/arming.h
 */
#ifndef TESTS_UNIT_AGENT_ARMED_KEYS_H
#define TESTS_UNIT_AGENT_ARMED_KEYS_H

#include "agent/arming.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 600, SECOND_MS = 1000, MINUTE_MS = 60 * 1000 };

struct ag_keys {
    char sid[32];
    unsigned handles;
    bool armed;
    bool told;
    bool unloaded;  /* with the hive */
    bool deleted;   /* can only be opened afresh */
    bool denied;    /* cannot be opened */
    bool last_word; /* told while it is being closed */
    unsigned opened;
    unsigned rearmed;
};

static struct ag_keys keys[MOST];
static char *sids[MOST];
static size_t count;
static struct ag_arming arming;
static uint64_t now_ms;

/* ---- a registry of one key for each user ------------------------------------------------- */

static inline struct ag_keys *keys_of(const char *sid)
{
    size_t i = 0;
    while (i + 1 < count && strcmp(keys[i].sid, sid) != 0) {
        i++;
    }
    assert_string_equal(keys[i].sid, sid);
    return &keys[i];
}

/* Opened twice it is the same struct with two handles. */
static inline struct ag_keys *open_keys(void *ctx, const char *sid)
{
    struct ag_keys *of = keys_of(sid);
    (void)ctx;
    of->opened++;
    if (of->denied) {
        return NULL;
    }
    of->handles++;
    of->armed = true;
    of->deleted = false;
    of->unloaded = false;
    return of;
}

static inline bool take_told(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    assert_int_equal(of->handles, 1);
    bool told = of->told;
    of->told = false;
    return told;
}

static inline bool arm(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    assert_int_equal(of->handles, 1);
    of->rearmed++;
    of->armed = !of->deleted;
    return of->armed;
}

static inline bool is_alive(void *ctx, const struct ag_keys *of)
{
    (void)ctx;
    return !of->unloaded;
}

static inline bool close_keys(void *ctx, struct ag_keys *of)
{
    (void)ctx;
    bool told = of->last_word;
    of->last_word = false;
    assert_true(of->handles > 0);
    of->handles--;
    of->armed = of->armed && of->handles > 0;
    return told;
}

/* A change in the hive: an armed key tells, and tells no more. */
static inline void change(size_t i)
{
    keys[i].told = keys[i].told || keys[i].armed;
    keys[i].armed = false;
}

static inline int start(void **state)
{
    static const struct ag_arming_port port = {.open = open_keys,
                                               .take_told = take_told,
                                               .arm = arm,
                                               .is_alive = is_alive,
                                               .close = close_keys};
    (void)state;
    memset(keys, 0, sizeof keys);
    now_ms = 1000 * SECOND_MS;
    ag_arming_init(&arming, &port);
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    ag_arming_done(&arming);
    return 0;
}

/* So many users log on, and everybody is armed. */
static inline void log_on(size_t users)
{
    count = users;
    for (size_t i = 0; i < users; i++) {
        (void)snprintf(keys[i].sid, sizeof keys[i].sid, "S-1-5-21-1-2-3-%zu", 1000 + i);
        sids[i] = keys[i].sid;
    }
    assert_true(ag_arming_take_list(&arming, sids, count, now_ms));
    assert_true(ag_arming_work(&arming, now_ms));
}

static inline bool pass_time(uint64_t ms)
{
    now_ms += ms;
    return ag_arming_work(&arming, now_ms);
}

#define ARMING(test) cmocka_unit_test_setup_teardown(test, start, stop)

#endif
