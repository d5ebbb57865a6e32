/* test_brake_again.c - the brake over a store that lost what the record knows of, or a trust that changed. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "tests/unit/server/rollout_place.h"

#include <stdio.h>
#include <unistd.h>

enum { PATH_BYTES = SCRATCH_PATH_BYTES * 2 };

static void path_of(const struct rollout_place *p, const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", p->folder, name);
}

static void save_store(struct rollout_place *p)
{
    char copy[PATH_BYTES];
    path_of(p, "copy", copy);
    assert_int_equal(p->store.backup(p->store.ctx, copy, &p->err), ST_OK);
}

static void lose_store(struct rollout_place *p)
{
    static const char *const OLD[] = {"store.db", "store.db-wal", "store.db-shm"};
    char path[PATH_BYTES];
    rollout_close_all(p);
    for (size_t i = 0; i < sizeof OLD / sizeof OLD[0]; i++) {
        path_of(p, OLD[i], path);
        (void)unlink(path); /* may be missing */
    }
}

/* The store is as it was; the record stays, and so do copies of bundles. */
static void restore_store_alone(struct rollout_place *p)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    lose_store(p);
    path_of(p, "copy", from);
    path_of(p, "store.db", to);
    assert_int_equal(rename(from, to), 0);
    rollout_open_all(p);
}

/* The bundle that came since is lost, too. */
static void restore_store(struct rollout_place *p)
{
    char path[PATH_BYTES];
    path_of(p, "bundle-8.json", path);
    assert_int_equal(unlink(path), 0);
    restore_store_alone(p);
}

/* Serial 7 is in the copy of the store, 8 came since. */
static void put_around_copy(struct rollout_place *p)
{
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    save_store(p);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
}

static void brake__newest_bundle_is_older_than_what_is_released__is_refused(void **state)
{
    struct rollout_place *p = *state;
    put_around_copy(p);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    restore_store(p);
    assert_int_equal(rollout_released(p), 8001);
    assert_int_equal(rollout_served(p), 0); /* its bytes are lost */
    assert_int_equal(rollout_safe(p, "test"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_rollback");
    assert_int_equal(rollout_release(p, "pilot"), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_rollback");
    assert_int_equal(rollout_served(p), 0);
}

static void bundle__serial_is_released_and_not_here__may_come_again(void **state)
{
    struct rollout_place *p = *state;
    put_around_copy(p);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    restore_store(p);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_put(p, signer_expired_bundle(&p->signer, 8), false), ST_REFUSED);
    assert_string_equal(rollout_code(p), "version_conflict"); /* now it is here */
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_served(p), 8002);
}

static void brake__its_bundle_was_lost_and_comes_again__is_handed_out(void **state)
{
    struct rollout_place *p = *state;
    put_around_copy(p);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    restore_store(p);
    assert_int_equal(rollout_released(p), 8999);
    assert_int_equal(rollout_served(p), 0);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
}

/* ---- copies of bundles ------------------------------------------------------------------------ */

static uint32_t newest_serial(struct rollout_place *p)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    uint32_t serial = view.newest != NULL ? pol_bundle_serial(view.newest->bundle) : 0;
    srv_rollout_view_done(&view);
    return serial;
}

static bool is_there(const struct rollout_place *p, const char *name)
{
    char path[PATH_BYTES];
    path_of(p, name, path);
    return access(path, F_OK) == 0;
}

static void put_file(const struct rollout_place *p, const char *name, struct span content)
{
    char path[PATH_BYTES];
    path_of(p, name, path);
    assert_int_equal(file_write(path, content, FILE_FOR_OWNER, NULL), ST_OK);
}

struct stored {
    uint32_t serials[4];
    size_t count;
};

static bool see_stored(void *v, const struct srv_bundle_row *row)
{
    struct stored *s = v;
    assert_true(s->count < 4);
    s->serials[s->count++] = row->serial;
    return true;
}

static struct stored stored_bundles(struct rollout_place *p)
{
    struct stored s = {.count = 0};
    assert_int_equal(p->store.bundles(p->store.ctx, see_stored, &s, NULL), ST_OK);
    return s;
}

static void copies__store_is_lost__released_policy_and_brake_go_on(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    for (int round = 0; round < 2; round++) { /* and once more */
        lose_store(p);
        rollout_open_all(p);
        assert_int_equal(rollout_released(p), 7002);
        assert_int_equal(rollout_served(p), 7002);
        assert_int_equal(newest_serial(p), 8);
        struct stored s = stored_bundles(p);
        assert_int_equal(s.count, 2);
        assert_int_equal(s.serials[0], 7);
        assert_int_equal(s.serials[1], 8);
    }
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
    assert_int_equal(rollout_put_serial(p, 9), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    assert_int_equal(rollout_served(p), 9002);
}

static void copies__older_store_is_restored__what_is_newer_is_there(void **state)
{
    struct rollout_place *p = *state;
    put_around_copy(p);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    restore_store_alone(p);
    assert_int_equal(rollout_served(p), 8001);
    assert_int_equal(newest_serial(p), 8);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
}

static void copies__bundles_that_are_dropped__go_with_them(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_true(is_there(p, "bundle-7.json")); /* it is released */
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_put_serial(p, 9), ST_OK);
    assert_false(is_there(p, "bundle-7.json"));
    assert_true(is_there(p, "bundle-8.json"));
    assert_true(is_there(p, "bundle-9.json"));
}

static void copies__missing_or_changed__the_store_counts_and_makes_them_anew(void **state)
{
    struct rollout_place *p = *state;
    struct bytes other = signer_expired_bundle(&p->signer, 7);
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    rollout_close_all(p);
    put_file(p, "bundle-7.json", bytes_span(&other)); /* signed, and not what the store has */
    rollout_open_all(p);
    assert_int_equal(rollout_served(p), 7002);
    lose_store(p);
    rollout_open_all(p);
    assert_int_equal(rollout_release(p, "back"), ST_OK); /* it would have expired */
    bytes_free(&other);
}

static void copies__not_signed_or_not_what_the_name_says__are_left_out(void **state)
{
    static const char *const NAMES[] = {
        "bundle-9.json", "bundle-10.json",       "bundle-010.json",        "bundle--1.json",
        "bundle-.json",  "bundle-12.json.9.new", "bundle-99999999999.json"};
    struct rollout_place *p = *state;
    struct signer stranger;
    signer_make(&stranger);
    struct bytes foreign = signer_bundle(&stranger, 9);
    struct bytes ours = signer_bundle(&p->signer, 12);
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK);
    put_file(p, NAMES[0], bytes_span(&foreign));
    for (size_t i = 1; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        put_file(p, NAMES[i], bytes_span(&ours));
    }
    rollout_close_all(p);
    rollout_open_all(p);
    assert_int_equal(newest_serial(p), 7);
    assert_int_equal(rollout_served(p), 7002);
    assert_int_equal(stored_bundles(p).count, 1);
    signer_done(&stranger);
    bytes_free(&foreign);
    bytes_free(&ours);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(brake__newest_bundle_is_older_than_what_is_released__is_refused),
        TEST(bundle__serial_is_released_and_not_here__may_come_again),
        TEST(brake__its_bundle_was_lost_and_comes_again__is_handed_out),
        TEST(copies__store_is_lost__released_policy_and_brake_go_on),
        TEST(copies__older_store_is_restored__what_is_newer_is_there),
        TEST(copies__bundles_that_are_dropped__go_with_them),
        TEST(copies__missing_or_changed__the_store_counts_and_makes_them_anew),
        TEST(copies__not_signed_or_not_what_the_name_says__are_left_out),
    };
    return cmocka_run_group_tests_name("brake: again", tests, NULL, NULL);
}
