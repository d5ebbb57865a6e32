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

/* The store is as it was; the record stays. */
static void restore_store(struct rollout_place *p)
{
    static const char *const OLD[] = {"store.db", "store.db-wal", "store.db-shm"};
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    rollout_close_all(p);
    for (size_t i = 0; i < sizeof OLD / sizeof OLD[0]; i++) {
        path_of(p, OLD[i], to);
        (void)unlink(to); /* may be missing */
    }
    path_of(p, "copy", from);
    path_of(p, "store.db", to);
    assert_int_equal(rename(from, to), 0);
    rollout_open_all(p);
}

static void brake__newest_bundle_is_older_than_what_is_released__is_refused(void **state)
{
    struct rollout_place *p = *state;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    save_store(p);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
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
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    save_store(p);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
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
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    save_store(p);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    restore_store(p);
    assert_int_equal(rollout_released(p), 8999);
    assert_int_equal(rollout_served(p), 0);
    assert_int_equal(rollout_put_serial(p, 8), ST_OK);
    assert_int_equal(rollout_safe(p, "test"), ST_OK);
    assert_int_equal(rollout_served(p), 8999);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(brake__newest_bundle_is_older_than_what_is_released__is_refused),
        TEST(bundle__serial_is_released_and_not_here__may_come_again),
        TEST(brake__its_bundle_was_lost_and_comes_again__is_handed_out),
    };
    return cmocka_run_group_tests_name("brake: again", tests, NULL, NULL);
}
