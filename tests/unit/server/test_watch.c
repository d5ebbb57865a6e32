/* test_watch.c - watch.h and address_count.h: whether there is room, and for whom. */
#include "tests/cmocka_all.h"

#include "server/address_count.h"
#include "server/watch.h"

enum { LIMIT = 10, EACH = 3, TICK_MS = 1000, ADDRESSES = 20000 };

static struct srv_load load;

static struct srv_watch *open_watch(void)
{
    struct srv_watch *watch = NULL;
    const struct srv_watch_options options = {
        .load = &load, .per_address = EACH, .tick_ms = TICK_MS};
    load = (struct srv_load){.limit = LIMIT};
    assert_int_equal(srv_watch_open(&options, &watch, NULL), ST_OK);
    return watch;
}

static void watch__one_address__has_its_share_and_others_theirs(void **state)
{
    struct srv_watched *his[EACH];
    (void)state;
    struct srv_watch *watch = open_watch();
    for (int i = 0; i < EACH; i++) {
        assert_true(srv_watch_admits(watch, 7));
        his[i] = srv_watch_add(watch, -1, 7, SRV_WATCH_NEVER);
    }
    assert_false(srv_watch_admits(watch, 7));
    assert_int_equal(atomic_load(&load.turned_away_address), 1);
    assert_int_equal(atomic_load(&load.turned_away), 0);
    assert_true(srv_watch_admits(watch, 8));
    srv_watch_remove(watch, his[0]);
    assert_true(srv_watch_admits(watch, 7));
    for (int i = 1; i < EACH; i++) {
        srv_watch_remove(watch, his[i]);
    }
    assert_int_equal(atomic_load(&load.connections), 0);
    srv_watch_free(watch);
}

static void watch__proxies_and_this_machine__have_no_share(void **state)
{
    struct srv_watched *all[EACH * 2];
    (void)state;
    struct srv_watch *watch = open_watch();
    for (int i = 0; i < EACH * 2; i++) {
        assert_true(srv_watch_admits(watch, SRV_WATCH_NOBODY));
        all[i] = srv_watch_add(watch, -1, SRV_WATCH_NOBODY, SRV_WATCH_NEVER);
    }
    for (int i = 0; i < EACH * 2; i++) {
        srv_watch_remove(watch, all[i]);
    }
    srv_watch_free(watch);
}

static void watch__requests_fill_the_spare_ones__nobody_more_is_admitted(void **state)
{
    struct srv_watched *all[LIMIT + SRV_WATCH_SPARE];
    (void)state;
    struct srv_watch *watch = open_watch();
    for (int i = 0; i < LIMIT + SRV_WATCH_SPARE; i++) {
        assert_true(srv_watch_admits(watch, SRV_WATCH_NOBODY));
        all[i] = srv_watch_add(watch, -1, SRV_WATCH_NOBODY, SRV_WATCH_NEVER);
        srv_watch_begin(watch, all[i], SRV_WATCH_NEVER);
    }
    assert_int_equal(srv_load_crowd(&load), SRV_CROWD_FULL);
    assert_int_equal(atomic_load(&load.displaced), 0);
    assert_false(srv_watch_admits(watch, SRV_WATCH_NOBODY));
    assert_int_equal(atomic_load(&load.turned_away), 1);
    for (int i = 0; i < LIMIT + SRV_WATCH_SPARE; i++) {
        srv_watch_end(watch, all[i], SRV_WATCH_NEVER);
        srv_watch_remove(watch, all[i]);
    }
    srv_watch_free(watch);
}

/* What was ended for others is not closed at once: it counts no more, up to a bound. */
static void watch__idle_ones_end_for_others__there_is_room_up_to_the_descriptors(void **state)
{
    struct srv_watched *all[LIMIT + SRV_WATCH_SPARE_DESCRIPTORS];
    int count = 0;
    (void)state;
    struct srv_watch *watch = open_watch();
    while (srv_watch_admits(watch, SRV_WATCH_NOBODY)) {
        assert_true(count < LIMIT + SRV_WATCH_SPARE_DESCRIPTORS);
        all[count++] = srv_watch_add(watch, -1, SRV_WATCH_NOBODY, SRV_WATCH_NEVER);
    }
    assert_int_equal(count, LIMIT + SRV_WATCH_SPARE_DESCRIPTORS);
    assert_int_equal(atomic_load(&load.displaced), SRV_WATCH_SPARE_DESCRIPTORS);
    assert_int_equal(atomic_load(&load.connections), LIMIT);
    while (count > 0) {
        srv_watch_remove(watch, all[--count]);
    }
    assert_int_equal(atomic_load(&load.connections), 0);
    srv_watch_free(watch);
}

static void address_count__many_addresses__each_has_its_number(void **state)
{
    struct srv_address_count *counts = NULL;
    (void)state;
    assert_int_equal(srv_address_count_open(&counts, NULL), ST_OK);
    for (uint64_t a = 1; a <= ADDRESSES; a++) {
        assert_true(srv_address_count_add(counts, a));
        assert_true(a % 2 == 0 || srv_address_count_add(counts, a));
    }
    for (uint64_t a = 1; a <= ADDRESSES; a++) {
        assert_int_equal(srv_address_count_of(counts, a), 1 + a % 2);
    }
    for (uint64_t a = 1; a <= ADDRESSES; a++) {
        srv_address_count_remove(counts, a);
        assert_int_equal(srv_address_count_of(counts, a), a % 2);
    }
    srv_address_count_remove(counts, 2); /* one that is not there */
    assert_int_equal(srv_address_count_of(counts, 2), 0);
    srv_address_count_free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch__one_address__has_its_share_and_others_theirs),
        cmocka_unit_test(watch__proxies_and_this_machine__have_no_share),
        cmocka_unit_test(watch__requests_fill_the_spare_ones__nobody_more_is_admitted),
        cmocka_unit_test(watch__idle_ones_end_for_others__there_is_room_up_to_the_descriptors),
        cmocka_unit_test(address_count__many_addresses__each_has_its_number),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
