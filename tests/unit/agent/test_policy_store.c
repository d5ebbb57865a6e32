/* test_policy_store.c - the last good policy and the floor: over restarts, damage and kills. */
#include "tests/cmocka_all.h"

#include "agent/accept.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fakes/fake_vault.h"

#include <string.h>

static const char STAGES[] = "[{\"name\":\"one\",\"rules\":[],\"otherwise\":\"leave\"},"
                             "{\"name\":\"two\",\"rules\":[],\"otherwise\":\"block\"}]";
static const int64_t NOW = 1795000000;

static struct fake_signer signer;
static struct fake_signer successor; /* the keys that come later */
static struct fake_vault store;
static struct ag_vault vault;
static struct ag_standing standing;
static struct err why;
static char etag[AG_ETAG_BYTES];

static int start_group(void **state)
{
    (void)state;
    fake_signer_init(&signer, "test");
    fake_signer_init(&successor, "test");
    return 0;
}

static int end_group(void **state)
{
    (void)state;
    fake_signer_done(&signer);
    fake_signer_done(&successor);
    return 0;
}

static void start_by(const struct fake_signer *trusted, const char *rollout)
{
    standing = (struct ag_standing){.trust = trusted->trust, .rollout = rollout};
    assert_int_equal(ag_standing_open(&standing, &vault, 0, etag, &why), ST_OK);
}

static void restart(void)
{
    ag_standing_done(&standing);
    start_by(&signer, NULL);
}

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    start_by(&signer, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_standing_done(&standing);
    fake_vault_done(&store);
    return 0;
}

static struct bytes envelope_of(uint32_t serial, const char *stage)
{
    struct fake_plan plan = {.serial = serial, .stages = STAGES};
    return fake_signer_envelope(&signer, &plan, stage);
}

static enum status offer(uint32_t serial, const char *stage, enum ag_offer *out)
{
    struct bytes envelope = envelope_of(serial, stage);
    enum status st = ag_standing_offer(&standing, bytes_span(&envelope), "\"e\"", NOW, out, &why);
    bytes_free(&envelope);
    return st;
}

static void must_become(uint32_t serial, const char *stage, enum ag_offer expected)
{
    enum ag_offer out = AG_OFFER_PENDING;
    assert_int_equal(offer(serial, stage, &out), ST_OK);
    assert_int_equal(out, expected);
}

static int64_t version(void)
{
    return standing.policy != NULL ? standing.policy->version : 0;
}

static void open__nothing_stored__has_nothing_and_nothing_to_tell(void **state)
{
    (void)state;
    assert_int_equal(version(), 0);
    assert_int_equal(why.st, ST_OK);
    assert_string_equal(etag, "");
}

static void offer__accepted__is_in_force_after_a_restart(void **state)
{
    (void)state;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    restart();
    assert_int_equal(version(), 7002);
    assert_int_equal(standing.received_version, 7002);
    must_become(7, "two", AG_OFFER_NO_CHANGE); /* signed anew: the payload is what counts */
}

/* Versions of high serials do not fit into 32 bits. */
static void offer__highest_serial__keeps_its_floor_over_a_restart(void **state)
{
    (void)state;
    enum ag_offer out = AG_OFFER_PENDING;
    must_become(LIMIT_SERIAL, "two", AG_OFFER_ACCEPTED);
    restart();
    assert_true(version() == 9000000002);
    assert_int_equal(offer(LIMIT_SERIAL - 1, "two", &out), ST_OK);
    assert_int_equal(out, AG_OFFER_REFUSED);
    assert_string_equal(why.code, "version_rollback");
}

static void offer__same_bytes_again__is_no_change(void **state)
{
    (void)state;
    struct bytes envelope = envelope_of(7, "two");
    enum ag_offer out = AG_OFFER_PENDING;
    assert_int_equal(ag_standing_offer(&standing, bytes_span(&envelope), "", NOW, &out, &why),
                     ST_OK);
    assert_int_equal(out, AG_OFFER_ACCEPTED);
    restart();
    unsigned writes = store.writes;
    assert_int_equal(ag_standing_offer(&standing, bytes_span(&envelope), "", NOW, &out, &why),
                     ST_OK);
    assert_int_equal(out, AG_OFFER_NO_CHANGE);
    assert_int_equal(store.writes, writes);
    bytes_free(&envelope);
}

static void offer__older__is_refused_with_its_code_and_kept_for_the_report(void **state)
{
    (void)state;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    must_become(7, "one", AG_OFFER_REFUSED);
    assert_string_equal(standing.failed.code, "version_rollback");
    assert_string_equal(standing.failed.etag, "\"e\"");
    assert_int_equal(standing.failed.at_s, NOW);
    assert_int_equal(standing.received_version, 7001);
    assert_int_equal(version(), 7002);
    must_become(8, "one", AG_OFFER_ACCEPTED);
    assert_null(standing.failed.code);
}

static void offer__lower_than_min_version__is_refused(void **state)
{
    (void)state;
    standing.min_version = 8001;
    must_become(7, "two", AG_OFFER_REFUSED);
    must_become(8, "one", AG_OFFER_ACCEPTED);
}

static void floor__one_place_lost_or_damaged__the_other_still_refuses(void **state)
{
    (void)state;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    fake_vault_drop(&store, "accepted.jws");
    fake_vault_put(&store, "accepted.floor", span_text("test 99999999999999999999 zz\n"));
    restart();
    assert_int_equal(version(), 0);
    must_become(7, "one", AG_OFFER_REFUSED);

    bytes_free(&store.floor);
    fake_vault_drop(&store, "accepted.floor");
    restart();
    must_become(7, "one", AG_OFFER_ACCEPTED); /* both are gone: nothing is known any more */
}

static void floor__rolled_back_file__higher_place_counts(void **state)
{
    (void)state;
    must_become(7, "one", AG_OFFER_ACCEPTED);
    struct bytes old_policy = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    struct bytes old_floor = bytes_with_limit(AG_FLOOR_BYTES);
    const struct fake_file *file = fake_vault_find(&store, "accepted.jws");
    assert_int_equal(bytes_append(&old_policy, file->content.data, file->content.size), ST_OK);
    file = fake_vault_find(&store, "accepted.floor");
    assert_int_equal(bytes_append(&old_floor, file->content.data, file->content.size), ST_OK);
    must_become(7, "two", AG_OFFER_ACCEPTED);

    fake_vault_put(&store, "accepted.jws", bytes_span(&old_policy));
    fake_vault_put(&store, "accepted.floor", bytes_span(&old_floor));
    restart();
    assert_int_equal(version(), 0);
    assert_string_equal(why.code, "version_rollback");

    bytes_free(&store.floor); /* and the other way round */
    must_become(7, "two", AG_OFFER_ACCEPTED);
    fake_vault_put(&store, "accepted.jws", bytes_span(&old_policy));
    bytes_free(&store.floor);
    store.floor = old_floor;
    restart();
    assert_int_equal(version(), 0);
    assert_string_equal(why.code, "version_rollback");
    bytes_free(&old_policy);
}

static void load__damaged_policy__is_told_and_the_same_is_taken_again(void **state)
{
    (void)state;
    struct bytes envelope = envelope_of(7, "two");
    enum ag_offer out = AG_OFFER_PENDING;
    assert_int_equal(ag_standing_offer(&standing, bytes_span(&envelope), "", NOW, &out, &why),
                     ST_OK);
    fake_vault_put(&store, "accepted.jws", span_text("{"));
    restart();
    assert_int_equal(version(), 0);
    assert_int_equal(why.st, ST_REFUSED);
    must_become(7, "one", AG_OFFER_REFUSED);
    assert_int_equal(ag_standing_offer(&standing, bytes_span(&envelope), "",
                                       NOW + 100LL * 365 * 86400, &out, &why),
                     ST_OK); /* expired long since: it was accepted before */
    assert_int_equal(out, AG_OFFER_ACCEPTED);
    assert_int_equal(version(), 7002);
    bytes_free(&envelope);
}

static void offer__killed_at_every_write__never_falls_back_and_goes_on(void **state)
{
    (void)state;
    for (unsigned writes = 1; writes < 12; writes++) {
        enum ag_offer out = AG_OFFER_PENDING;
        (void)tear_down(NULL);
        (void)set_up(NULL);
        must_become(7, "one", AG_OFFER_ACCEPTED);
        store.writes = 0;
        store.dies_after = writes;
        enum status st = offer(7, "two", &out);
        store.dies_after = 0;
        assert_int_equal(version(), st == ST_OK ? 7002 : 7001);
        restart();
        assert_true(version() == 7001 || version() == 7002);
        assert_true(st != ST_OK || version() == 7002);
        must_become(8, "one", AG_OFFER_ACCEPTED);
    }
}

static void load__keys_were_replaced__stays_in_force_until_a_new_one_comes(void **state)
{
    (void)state;
    struct fake_plan plan = {.serial = 8, .stages = STAGES};
    struct bytes next = fake_signer_envelope(&successor, &plan, "one");
    enum ag_offer out = AG_OFFER_PENDING;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    ag_standing_done(&standing);
    start_by(&successor, NULL);
    assert_int_equal(version(), 7002);
    must_become(7, "safe", AG_OFFER_REFUSED); /* the old keys sign nothing new */
    assert_string_equal(standing.failed.code, "key_unknown");
    assert_int_equal(ag_standing_offer(&standing, bytes_span(&next), "", NOW, &out, &why), ST_OK);
    assert_int_equal(version(), 8001);
    bytes_free(&next);
}

static void load__other_rollout_is_wanted__is_not_used(void **state)
{
    (void)state;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    ag_standing_done(&standing);
    start_by(&signer, "another");
    assert_int_equal(version(), 0);
    assert_string_equal(why.code, "rollout_mismatch");
}

static void stale__expired__stays_in_force(void **state)
{
    (void)state;
    must_become(7, "two", AG_OFFER_ACCEPTED);
    assert_false(ag_standing_is_stale(&standing, NOW));
    assert_true(ag_standing_is_stale(&standing, NOW + 20LL * 365 * 86400));
    must_become(7, "safe", AG_OFFER_ACCEPTED);
    assert_false(ag_standing_is_stale(&standing, NOW + 20LL * 365 * 86400));
}

/* ---- when it was accepted ------------------------------------------------------------------ */

static void accepted_at__same_version__is_kept_over_restarts_and_never_in_the_future(void **state)
{
    (void)state;
    enum ag_offer out = AG_OFFER_REFUSED;
    assert_int_equal(offer(7, "one", &out), ST_OK);
    int64_t at_s = standing.accepted_at_s;
    assert_true(at_s > 0);
    ag_standing_done(&standing);
    standing = (struct ag_standing){.trust = signer.trust};
    assert_int_equal(ag_standing_open(&standing, &vault, at_s + 5000, etag, &why), ST_OK);
    assert_int_equal(standing.accepted_at_s, at_s);
    assert_int_equal(ag_standing_accepted_at_s(&standing, at_s + 5000), at_s);
    /* Set back below it, the clock starts the wait anew. */
    assert_int_equal(ag_standing_accepted_at_s(&standing, at_s - 5000), at_s - 5000);
    assert_int_equal(ag_standing_accepted_at_s(&standing, at_s), at_s - 5000);
}

static int64_t accepted_at_s(int64_t now_s)
{
    int64_t at_s = 0;
    assert_int_equal(ag_policy_store_accepted_at(&standing.store, 7001, now_s, &at_s, &why), ST_OK);
    return at_s;
}

static void accepted_at__damaged_or_of_another_version__is_now(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "", "x", "7001", "7002 5", "7001 -5", "7001 5 6", "7001 99999999999"};
    enum ag_offer out = AG_OFFER_REFUSED;
    assert_int_equal(offer(7, "one", &out), ST_OK);
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        fake_vault_put(&store, "accepted.at", span_text(TEXTS[i]));
        assert_int_equal(accepted_at_s(1000), 1000);
        assert_int_equal(accepted_at_s(2000), 1000); /* from now on it is remembered */
    }
    fake_vault_put(&store, "accepted.at", span_text("7001 5"));
    assert_int_equal(accepted_at_s(1000), 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(open__nothing_stored__has_nothing_and_nothing_to_tell),
        TEST(offer__accepted__is_in_force_after_a_restart),
        TEST(offer__highest_serial__keeps_its_floor_over_a_restart),
        TEST(offer__same_bytes_again__is_no_change),
        TEST(offer__older__is_refused_with_its_code_and_kept_for_the_report),
        TEST(offer__lower_than_min_version__is_refused),
        TEST(floor__one_place_lost_or_damaged__the_other_still_refuses),
        TEST(floor__rolled_back_file__higher_place_counts),
        TEST(load__damaged_policy__is_told_and_the_same_is_taken_again),
        TEST(offer__killed_at_every_write__never_falls_back_and_goes_on),
        TEST(load__keys_were_replaced__stays_in_force_until_a_new_one_comes),
        TEST(load__other_rollout_is_wanted__is_not_used),
        TEST(stale__expired__stays_in_force),
        TEST(accepted_at__same_version__is_kept_over_restarts_and_never_in_the_future),
        TEST(accepted_at__damaged_or_of_another_version__is_now),
    };
    return cmocka_run_group_tests_name("policy_store", tests, start_group, end_group);
}
