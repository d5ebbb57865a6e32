/* test_names_win.c - the thread that asks for names: what hangs there holds nobody up. */
#include "tests/cmocka_all.h"

#include "agent/lookup_win.h"
#include "agent/names_win.h"
#include "tests/unit/agent/footprint_win.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"

enum { PATIENCE_MS = 20 * 1000, STOP_MOST_MS = 2000, ROUNDS = 300, WARM_UP = 20 };

static struct ag_names names;
static struct err err;
static HANDLE let_go;   /* a look-up hangs until it is set; NULL: it does not hang */
static HANDLE hanging;  /* set when it does */
static HANDLE came_out; /* set when it is over */
static atomic_int woken;
static atomic_size_t asked; /* how many SIDs in the last question */

/* Knows alice alone. */
static void look_up(const char *const *sids, size_t count, char **out)
{
    atomic_store(&asked, count);
    if (let_go != NULL) {
        (void)SetEvent(hanging);
        (void)WaitForSingleObject(let_go, INFINITE);
    }
    for (size_t i = 0; i < count; i++) {
        out[i] = strcmp(sids[i], ALICE) == 0 ? text_copy("CONTOSO\\alice") : NULL;
    }
    if (let_go != NULL) {
        (void)SetEvent(came_out);
    }
}

static char *computer_ou(void)
{
    return text_copy("CN=PC-1,DC=contoso,DC=example");
}

static char *ad_site(void)
{
    return NULL;
}

static const struct ag_asker_calls CALLS = {
    .look_up = look_up, .computer_ou = computer_ou, .ad_site = ad_site};

static void wake(void *ctx)
{
    assert_ptr_equal(ctx, &woken);
    (void)atomic_fetch_add(&woken, 1);
}

static int set_up(void **state)
{
    (void)state;
    names = (struct ag_names){0};
    let_go = NULL;
    hanging = CreateEventW(NULL, FALSE, FALSE, NULL);
    came_out = CreateEventW(NULL, FALSE, FALSE, NULL);
    atomic_store(&woken, 0);
    return hanging != NULL && came_out != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ag_names_done(&names);
    (void)CloseHandle(hanging);
    (void)CloseHandle(came_out);
    return 0;
}

static struct ag_asker *start(void)
{
    struct ag_asker *asker = NULL;
    assert_int_equal(ag_asker_start(&CALLS, wake, &woken, &asker, &err), ST_OK);
    return asker;
}

static void want(const char *key)
{
    (void)ag_names_find(&names, key);
}

static void ask__known_and_unknown__are_answered_and_wake(void **state)
{
    struct ag_asker *asker = start();
    (void)state;
    ag_names_begin(&names);
    want(ALICE);
    want(BOB);
    want(AG_NAMES_COMPUTER_OU);
    want(AG_NAMES_AD_SITE);
    assert_false(ag_asker_take(asker, &names, 0));
    ag_asker_ask(asker, &names, 0);
    ag_asker_wait(asker, PATIENCE_MS);
    assert_true(ag_asker_take(asker, &names, 0));
    assert_false(ag_asker_take(asker, &names, 0));
    assert_int_equal(atomic_load(&asked), 2);
    assert_string_equal(ag_names_find(&names, ALICE), "CONTOSO\\alice");
    assert_null(ag_names_find(&names, BOB));
    assert_string_equal(ag_names_find(&names, AG_NAMES_COMPUTER_OU),
                        "CN=PC-1,DC=contoso,DC=example");
    assert_null(ag_names_find(&names, AG_NAMES_AD_SITE));
    ag_asker_stop(asker);
    assert_int_equal(atomic_load(&woken), 1);
}

static void ask__nothing_due__asks_nothing(void **state)
{
    struct ag_asker *asker = start();
    (void)state;
    ag_asker_ask(asker, &names, 0);
    ag_asker_wait(asker, PATIENCE_MS);
    assert_false(ag_asker_take(asker, &names, 0));
    ag_asker_stop(asker);
    assert_int_equal(atomic_load(&woken), 0);
}

static void hang__while_it_lasts__nobody_waits(void **state)
{
    (void)state;
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct ag_asker *asker = start();
    ag_names_begin(&names);
    want(ALICE);
    ag_asker_ask(asker, &names, 0);
    assert_int_equal(WaitForSingleObject(hanging, PATIENCE_MS), WAIT_OBJECT_0);
    ULONGLONG begun_ms = GetTickCount64();
    want(BOB);
    ag_asker_ask(asker, &names, 0); /* busy: it stays due */
    assert_false(ag_asker_take(asker, &names, 0));
    ag_asker_wait(asker, 1);
    assert_true(GetTickCount64() - begun_ms < STOP_MOST_MS);
    (void)SetEvent(let_go);
    ag_asker_wait(asker, PATIENCE_MS);
    assert_true(ag_asker_take(asker, &names, 0));
    ag_asker_ask(asker, &names, 0);
    ag_asker_wait(asker, PATIENCE_MS);
    assert_false(ag_asker_take(asker, &names, 0));
    assert_int_equal(atomic_load(&asked), 1); /* bob */
    ag_asker_stop(asker);
    (void)CloseHandle(let_go);
}

static void stop__while_a_look_up_hangs__is_quick_and_wakes_nobody(void **state)
{
    (void)state;
    let_go = CreateEventW(NULL, TRUE, FALSE, NULL);
    size_t before = handle_count();
    struct ag_asker *asker = start();
    ag_names_begin(&names);
    want(ALICE);
    ag_asker_ask(asker, &names, 0);
    assert_int_equal(WaitForSingleObject(hanging, PATIENCE_MS), WAIT_OBJECT_0);
    ULONGLONG begun_ms = GetTickCount64();
    ag_asker_stop(asker);
    assert_true(GetTickCount64() - begun_ms < STOP_MOST_MS);
    (void)SetEvent(let_go);
    assert_int_equal(WaitForSingleObject(came_out, PATIENCE_MS), WAIT_OBJECT_0);
    /* The thread that was left to itself ends, and wakes nobody. */
    while (handle_count() > before) {
        Sleep(10);
    }
    assert_int_equal(atomic_load(&woken), 0);
    (void)CloseHandle(let_go);
}

static void start_and_stop__many_times__leaves_nothing(void **state)
{
    size_t before = 0;
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        if (i == WARM_UP) {
            before = handle_count();
        }
        struct ag_asker *asker = start();
        ag_names_begin(&names);
        want(ALICE);
        ag_asker_ask(asker, &names, (uint64_t)i * AG_NAMES_KEPT_FOR_MS);
        if (i % 2 == 0) {
            ag_asker_wait(asker, PATIENCE_MS);
            (void)ag_asker_take(asker, &names, (uint64_t)i * AG_NAMES_KEPT_FOR_MS);
        }
        ag_asker_stop(asker);
        ag_names_done(&names);
    }
    assert_int_equal(handle_count(), before);
}

/* ---- Windows itself ------------------------------------------------------------------------ */

static void windows__sids__in_one_question(void **state)
{
    static const char *const SIDS[] = {"S-1-5-32-545", ALICE, "S-1-1-0", "S-1-5-18"};
    char *found[4] = {NULL};
    (void)state;
    ag_lookup_sids(SIDS, 4, found);
    assert_string_equal(found[0], "BUILTIN\\Users");
    assert_null(found[1]);
    assert_string_equal(found[2], "Everyone");
    assert_string_equal(found[3], "NT AUTHORITY\\SYSTEM");
    for (size_t i = 0; i < 4; i++) {
        free(found[i]);
    }
}

static void windows__place__outside_a_domain__is_no_site(void **state)
{
    (void)state;
    char *ou = ag_lookup_computer_ou();
    char *site = ag_lookup_ad_site();
    assert_true(ou == NULL || strncmp(ou, "CN=", 3) == 0); /* Wine makes one up */
    assert_null(site);
    free(ou);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ask__known_and_unknown__are_answered_and_wake),
        TEST(ask__nothing_due__asks_nothing),
        TEST(hang__while_it_lasts__nobody_waits),
        TEST(stop__while_a_look_up_hangs__is_quick_and_wakes_nobody),
        TEST(start_and_stop__many_times__leaves_nothing),
        TEST(windows__sids__in_one_question),
        TEST(windows__place__outside_a_domain__is_no_site),
    };
    return cmocka_run_group_tests_name("names (thread)", tests, NULL, NULL);
}
