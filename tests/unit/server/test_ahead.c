/* test_ahead.c - srv_ahead_count(): how many devices have more than is released, and which versions. */
#include "tests/cmocka_all.h"

#include "server/ahead.h"
#include "tests/unit/server/teller.h"

static struct srv_ahead ahead_of(struct rollout_place *p)
{
    struct srv_rollout_view view;
    struct srv_ahead ahead;
    srv_rollout_look(p->rollout, &view);
    assert_int_equal(srv_ahead_count(&p->store, &view, &ahead, &p->err), ST_OK);
    srv_rollout_view_done(&view);
    return ahead;
}

static void ahead__several_devices_and_versions__are_counted_newest_first(void **state)
{
    struct rollout_place *p = *state;
    teller_release_observe(p);
    for (char letter = 'a'; letter <= 'f'; letter++) {
        struct teller t = teller_new(p, letter);
        teller_tell_version(p, &t, letter < 'c' ? 7003 : letter < 'f' ? 7002 : 7001);
    }
    struct srv_ahead a = ahead_of(p);
    assert_int_equal(a.released, 7001);
    assert_int_equal(a.behind, 7003);
    assert_int_equal(a.devices, 5);
    assert_int_equal(a.versions, 2);
    assert_int_equal(a.seen_s, NOW_S);
    assert_int_equal(a.newest_count, 2);
    assert_int_equal(a.newest[0].version, 7003);
    assert_int_equal(a.newest[0].devices, 2);
    assert_int_equal(a.newest[1].version, 7002);
    assert_int_equal(a.newest[1].devices, 3);
    assert_int_equal(rollout_release(p, "pilot"), ST_OK); /* 7002 */
    a = ahead_of(p);
    assert_int_equal(a.devices, 2);
    assert_int_equal(a.versions, 1);
    assert_int_equal(rollout_advance(p), ST_OK);
    a = ahead_of(p);
    assert_int_equal(a.behind, 0);
    assert_int_equal(a.devices, 0);
}

static void ahead__forged__counts_nothing(void **state)
{
    struct rollout_place *p = *state;
    struct teller t = teller_new(p, 'a');
    char digest[DIGEST_HEX_BYTES];
    teller_release_observe(p);
    teller_tell_version(p, &t, 7003);
    teller_digest(p, 7002, digest);
    for (char letter = 'b'; letter <= 'f'; letter++) {
        struct teller forger = teller_new(p, letter);
        teller_tell(p, &forger, letter == 'b' ? 7003 : VERSION_MOST - letter, digest);
    }
    struct srv_ahead a = ahead_of(p);
    assert_int_equal(a.devices, 1);
    assert_int_equal(a.versions, 1);
}

static void ahead__more_versions_than_are_named__are_counted_all_the_same(void **state)
{
    enum { STAGES = SRV_AHEAD_VERSIONS + 2 };
    struct rollout_place *p = *state;
    struct bytes stages = bytes_with_limit(4096);
    for (int i = 0; i < STAGES; i++) {
        assert_int_equal(bytes_append_format(
                             &stages, "%s{\"name\":\"s%d\",\"rules\":[],\"otherwise\":\"block\"}",
                             i > 0 ? "," : "", i),
                         ST_OK);
    }
    assert_int_equal(
        rollout_put(p, signer_bundle_of(&p->signer, 7, "", bytes_text(&stages)), false), ST_OK);
    assert_int_equal(rollout_release(p, "s0"), ST_OK);
    for (int i = 1; i < STAGES; i++) {
        struct teller t = teller_new(p, (char)('A' + i));
        teller_tell_version(p, &t, 7001 + i);
    }
    struct srv_ahead a = ahead_of(p);
    assert_int_equal(a.devices, STAGES - 1);
    assert_int_equal(a.versions, STAGES - 1);
    assert_int_equal(a.newest_count, SRV_AHEAD_VERSIONS);
    for (int i = 0; i < SRV_AHEAD_VERSIONS; i++) {
        assert_int_equal(a.newest[i].version, 7001 + STAGES - 1 - i);
    }
    bytes_free(&stages);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(ahead__several_devices_and_versions__are_counted_newest_first),
        TEST(ahead__forged__counts_nothing),
        TEST(ahead__more_versions_than_are_named__are_counted_all_the_same),
    };
    return cmocka_run_group_tests_name("ahead", tests, NULL, NULL);
}
