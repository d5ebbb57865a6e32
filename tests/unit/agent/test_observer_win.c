/* test_observer_win.c - the threads that look: what hangs there holds nobody up. */
#include "tests/cmocka_all.h"

#include "agent/observer_win.h"
#include "base/clock.h"
#include "tests/unit/agent/footprint_win.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"

enum { PATIENCE_MS = 30 * 1000, STOP_MOST_MS = 2500, AT_ONCE_MS = 900, ROUNDS = 200, WARM_UP = 20 };

/* Patient enough for a slow machine, and no more. */
static const struct ag_observer_pace PACE = {
    .gap_ms = 400, .client_gap_ms = 60 * 1000, .patience_ms = 1200};

static const char *const EVERYBODY = "everybody";
static struct err err;
static struct ag_observer_pace pace;
static const char *hangs;   /* whose look does, until let_go is set; "": what is installed */
static HANDLE let_go;       /* manual */
static HANDLE hanging;      /* set when a look does */
static HANDLE told;         /* set with each news */
static atomic_int looks;    /* taken at users */
static atomic_int hands;    /* open */
static atomic_int memories; /* not forgotten */
static atomic_int policy_values;

static void *open_hand(enum ag_observe_level level, const struct ag_session_calls *sessions)
{
    assert_int_equal(level, AG_OBSERVE_PROFILE);
    assert_ptr_equal(sessions, &AG_SESSION_CALLS);
    (void)atomic_fetch_add(&hands, 1);
    return &hands;
}

static void close_hand(void *hand)
{
    assert_ptr_equal(hand, &hands);
    (void)atomic_fetch_sub(&hands, 1);
}

static void hang_for(const char *who)
{
    bool everybody = hangs == EVERYBODY && *who != '\0';
    if (hangs != NULL && (everybody || strcmp(hangs, who) == 0)) {
        (void)SetEvent(hanging);
        (void)WaitForSingleObject(let_go, INFINITE);
    }
}

static void look_at_user(void *hand, const char *sid, void **memory, struct ag_sight *out)
{
    assert_ptr_equal(hand, &hands);
    if (*memory == NULL) {
        *memory = malloc(1);
        (void)atomic_fetch_add(&memories, 1);
    }
    (void)atomic_fetch_add(&looks, 1);
    hang_for(sid);
    out->policy_value = atomic_load(&policy_values) != 0;
}

static void forget(void *memory)
{
    (void)atomic_fetch_sub(&memories, 1);
    free(memory);
}

static void look_at_client(void *hand, struct ag_client *out)
{
    assert_ptr_equal(hand, &hands);
    hang_for("");
    *out = (struct ag_client){.known = true, .version = "16.0.1.2"};
}

static const struct ag_look_calls CALLS = {.open = open_hand,
                                           .close = close_hand,
                                           .user = look_at_user,
                                           .forget = forget,
                                           .client = look_at_client};

static void tell(void *ctx)
{
    assert_ptr_equal(ctx, &told);
    (void)SetEvent(told);
}

static int set_up(void **state)
{
    (void)state;
    hangs = NULL;
    pace = PACE;
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    hanging = CreateEventW(NULL, FALSE, FALSE, NULL);
    told = CreateEventW(NULL, FALSE, FALSE, NULL);
    atomic_store(&looks, 0);
    atomic_store(&policy_values, 0);
    return let_go != NULL && hanging != NULL && told != NULL ? 0 : -1;
}

/* Threads that were left to themselves end, too, once they can. */
static int tear_down(void **state)
{
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    (void)state;
    (void)SetEvent(let_go);
    while (atomic_load(&hands) != 0 || atomic_load(&memories) != 0) {
        if (clock_monotonic_ms() > until_ms) {
            return -1;
        }
        SwitchToThread();
    }
    (void)CloseHandle(let_go);
    (void)CloseHandle(hanging);
    (void)CloseHandle(told);
    return 0;
}

static struct ag_observer_win *start(void)
{
    const struct ag_observer_options options = {.level = AG_OBSERVE_PROFILE,
                                                .news = tell,
                                                .ctx = &told,
                                                .sessions = &AG_SESSION_CALLS,
                                                .looks = &CALLS,
                                                .pace = &pace};
    struct ag_observer_win *observer = NULL;
    assert_int_equal(ag_observer_win_start(&options, &observer, &err), ST_OK);
    return observer;
}

static void stop(struct ag_observer_win *observer)
{
    ag_observer_win_stop(observer);
    ag_observer_win_free(observer);
}

/* other: may be NULL. */
static void want(struct ag_observer_win *observer, const char *sid, const char *other)
{
    char *sids[2] = {text_copy(sid), other != NULL ? text_copy(other) : NULL};
    const struct ag_user users[2] = {{.sid = sids[0], .hive_loaded = true},
                                     {.sid = sids[1], .hive_loaded = true}};
    struct ag_sights port = ag_observer_win_port(observer);
    port.want(port.ctx, users, other != NULL ? 2 : 1);
    free(sids[0]); /* they were copied */
    free(sids[1]);
}

static bool seen(struct ag_observer_win *observer, const char *sid, struct ag_sight *out)
{
    struct ag_sights port = ag_observer_win_port(observer);
    return port.find(port.ctx, sid, out);
}

/* Until the user was seen, or seen to have timed out. */
static struct ag_sight wait_for(struct ag_observer_win *observer, const char *sid, bool timed_out)
{
    struct ag_sight sight = {.at_s = -1};
    while (!seen(observer, sid, &sight) || sight.timed_out != timed_out) {
        assert_int_equal(WaitForSingleObject(told, PATIENCE_MS), WAIT_OBJECT_0);
    }
    return sight;
}

static void want__users__are_seen_and_told_of(void **state)
{
    struct ag_observer_win *observer = start();
    struct ag_sights port = ag_observer_win_port(observer);
    struct ag_client client = {.known = false};
    struct ag_sight sight;
    (void)state;
    assert_false(seen(observer, ALICE, &sight));
    assert_false(port.client(port.ctx, &client));
    want(observer, ALICE, BOB);
    sight = wait_for(observer, BOB, false);
    assert_in_range(sight.at_s, clock_wall_s() - 60, clock_wall_s());
    (void)wait_for(observer, ALICE, false);
    assert_true(port.client(port.ctx, &client));
    assert_string_equal(client.version, "16.0.1.2");
    want(observer, BOB, NULL);
    assert_false(seen(observer, ALICE, &sight));
    stop(observer);
    assert_int_equal(atomic_load(&hands), 0); /* nothing hung: all ended before it was freed */
    assert_int_equal(atomic_load(&memories), 0);
}

/* The second look comes by itself once the gap is over. */
static void want__again_and_changed__is_told_of(void **state)
{
    struct ag_observer_win *observer = start();
    struct ag_sight sight;
    (void)state;
    want(observer, ALICE, NULL);
    (void)wait_for(observer, ALICE, false);
    uint64_t first_ms = clock_monotonic_ms();
    atomic_store(&policy_values, 1);
    want(observer, ALICE, NULL);
    do {
        sight = wait_for(observer, ALICE, false);
        assert_true(sight.policy_value || WaitForSingleObject(told, PATIENCE_MS) == WAIT_OBJECT_0);
    } while (!sight.policy_value);
    assert_in_range(clock_monotonic_ms() - first_ms, PACE.gap_ms - 100, PATIENCE_MS);
    assert_int_equal(atomic_load(&looks), 2);
    stop(observer);
}

static void look__one_hangs__others_are_seen_and_he_has_timed_out(void **state)
{
    struct ag_observer_win *observer = start();
    struct ag_sight sight;
    (void)state;
    hangs = ALICE;
    want(observer, ALICE, BOB);
    sight = wait_for(observer, ALICE, true);
    (void)wait_for(observer, BOB, false);
    assert_int_equal(sight.profiles.count, 0);
    assert_int_equal(atomic_load(&hands), 2); /* the one that hangs, and the fresh one */

    /* What comes of it later is not believed; then he is looked at again. */
    atomic_store(&policy_values, 1);
    (void)ResetEvent(told);
    (void)SetEvent(let_go);
    want(observer, ALICE, BOB);
    sight = wait_for(observer, ALICE, false);
    assert_true(sight.policy_value);
    assert_int_equal(atomic_load(&looks), 4);
    stop(observer);
}

static void look__four_hang__the_fifth_is_seen_once_one_is_back(void **state)
{
    static char sids[AG_OBSERVER_STUCK_MOST + 1][AG_OBSERVER_SID_BYTES];
    struct ag_user users[AG_OBSERVER_STUCK_MOST + 1];
    (void)state;
    pace.patience_ms = 300;
    hangs = EVERYBODY;
    struct ag_observer_win *observer = start();
    struct ag_sights port = ag_observer_win_port(observer);
    for (int i = 0; i <= AG_OBSERVER_STUCK_MOST; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-1-5-21-1-2-3-%d", 1001 + i);
        users[i] = (struct ag_user){.sid = sids[i], .hive_loaded = true};
    }
    port.want(port.ctx, users, AG_OBSERVER_STUCK_MOST + 1);
    for (int i = 0; i < AG_OBSERVER_STUCK_MOST; i++) {
        (void)wait_for(observer, sids[i], true);
    }
    assert_int_equal(atomic_load(&looks), AG_OBSERVER_STUCK_MOST);
    assert_int_equal(WaitForSingleObject(told, pace.patience_ms), WAIT_TIMEOUT);
    (void)SetEvent(let_go);
    (void)wait_for(observer, sids[AG_OBSERVER_STUCK_MOST], false);
    stop(observer);
}

static void look__what_is_installed_hangs__users_are_seen(void **state)
{
    struct ag_observer_win *observer = start();
    struct ag_sights port = ag_observer_win_port(observer);
    struct ag_client client;
    (void)state;
    hangs = "";
    want(observer, ALICE, NULL);
    (void)wait_for(observer, ALICE, false);
    assert_false(port.client(port.ctx, &client));
    stop(observer);
}

static void stop__a_look_hangs__takes_no_longer_than_a_second(void **state)
{
    struct ag_observer_win *observer = start();
    (void)state;
    hangs = ALICE;
    want(observer, ALICE, NULL);
    assert_int_equal(WaitForSingleObject(hanging, PATIENCE_MS), WAIT_OBJECT_0);
    uint64_t began_ms = clock_monotonic_ms();
    stop(observer);
    assert_in_range(clock_monotonic_ms() - began_ms, 0, STOP_MOST_MS);
    assert_int_equal(atomic_load(&hands), 1);
    (void)ResetEvent(told);
    (void)SetEvent(let_go); /* tear_down() waits for it: it finds nobody any more, and ends */
    assert_int_equal(WaitForSingleObject(told, 0), WAIT_TIMEOUT);
}

/* Who was given up is not waited for. */
static void stop__given_up_look_hangs__is_done_at_once(void **state)
{
    struct ag_observer_win *observer = start();
    (void)state;
    hangs = ALICE;
    want(observer, ALICE, NULL);
    (void)wait_for(observer, ALICE, true);
    uint64_t began_ms = clock_monotonic_ms();
    stop(observer);
    assert_in_range(clock_monotonic_ms() - began_ms, 0, AT_ONCE_MS);
}

static void stop__at_any_moment__tells_nobody_afterwards_and_leaks_nothing(void **state)
{
    size_t handles = 0;
    (void)state;
    for (unsigned i = 0; i < WARM_UP + ROUNDS; i++) {
        struct ag_observer_win *observer = start();
        want(observer, ALICE, BOB);
        for (unsigned spin = 0; spin < i * 100; spin++) {
            SwitchToThread();
            if (atomic_load(&looks) > 0) {
                break;
            }
        }
        ag_observer_win_stop(observer);
        (void)ResetEvent(told);
        want(observer, ALICE, BOB);
        ag_observer_win_free(observer);
        assert_int_equal(WaitForSingleObject(told, 0), WAIT_TIMEOUT);
        assert_int_equal(atomic_load(&hands), 0);
        atomic_store(&looks, 0);
        if (i == WARM_UP) {
            handles = handle_count();
        }
    }
    assert_in_range(handle_count(), 1, handles + 2); /* a thread may be on its last step */
}

static void stop__nothing__is_fine(void **state)
{
    (void)state;
    stop(NULL);
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHED(want__users__are_seen_and_told_of),
        WATCHED(want__again_and_changed__is_told_of),
        WATCHED(look__one_hangs__others_are_seen_and_he_has_timed_out),
        WATCHED(look__four_hang__the_fifth_is_seen_once_one_is_back),
        WATCHED(look__what_is_installed_hangs__users_are_seen),
        WATCHED(stop__a_look_hangs__takes_no_longer_than_a_second),
        WATCHED(stop__given_up_look_hangs__is_done_at_once),
        WATCHED(stop__at_any_moment__tells_nobody_afterwards_and_leaks_nothing),
        cmocka_unit_test(stop__nothing__is_fine),
    };
    return cmocka_run_group_tests_name("observer", tests, NULL, NULL);
}
