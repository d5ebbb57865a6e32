/* test_source_file.c - policy.jws: taken, put aside, waiting, half copied, or stuck. */
#include "tests/cmocka_all.h"

#include "agent/source_file.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fakes/fake_vault.h"

#include <stdlib.h>
#include <string.h>

static const char STAGES[] = "[{\"name\":\"one\",\"rules\":[],\"otherwise\":\"block\"},"
                             "{\"name\":\"late\",\"rules\":[],\"otherwise\":\"allow\","
                             "\"not_before\":\"2030-01-01T00:00:00Z\"}]";
static const int64_t NOW = 1795000000;
static const int64_t LATER = 1900000000;

static struct fake_signer signer;
static struct fake_vault store;
static struct ag_vault vault;
static struct ag_standing standing;
static struct ag_source_file source;
static enum ag_found found;
static enum ag_offer offer;
static struct err why;

static int start_group(void **state)
{
    (void)state;
    fake_signer_init(&signer, "test");
    return 0;
}

static int end_group(void **state)
{
    (void)state;
    fake_signer_done(&signer);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    char etag[AG_ETAG_BYTES];
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    standing = (struct ag_standing){.trust = signer.trust};
    source = (struct ag_source_file){.patient = true};
    return ag_standing_open(&standing, &vault, 0, etag, &why) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ag_standing_done(&standing);
    fake_vault_done(&store);
    return 0;
}

static void drop(const char *stage)
{
    struct fake_plan plan = {.serial = 7, .stages = STAGES};
    struct bytes envelope = fake_signer_envelope(&signer, &plan, stage);
    fake_vault_put(&store, "policy.jws", bytes_span(&envelope));
    bytes_free(&envelope);
}

static void look(int64_t now_s, enum ag_found expected)
{
    assert_int_equal(ag_source_file_look(&source, &standing, now_s, &found, &offer, &why), ST_OK);
    assert_int_equal(found, expected);
}

static bool is_there(const char *name)
{
    return fake_vault_find(&store, name) != NULL;
}

static void look__no_file__is_nothing_to_tell(void **state)
{
    (void)state;
    look(NOW, AG_FOUND_NOTHING);
    assert_int_equal(why.st, ST_OK);
}

static void look__good_file__is_taken_and_deleted(void **state)
{
    (void)state;
    drop("one");
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_ACCEPTED);
    assert_int_equal(why.st, ST_OK);
    assert_false(is_there("policy.jws"));
    assert_int_equal(standing.policy->version, 7001);
    drop("one");
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_NO_CHANGE);
    assert_false(is_there("policy.jws"));
}

static void look__refused_twice_the_same__is_put_aside(void **state)
{
    (void)state;
    fake_vault_put(&store, "policy.jws", span_text("nonsense"));
    look(NOW, AG_FOUND_NOTHING);
    assert_true(is_there("policy.jws"));
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_REFUSED);
    assert_string_equal(why.code, "json_syntax");
    assert_false(is_there("policy.jws"));
    assert_true(is_there("policy.jws.refused"));
    assert_string_equal(standing.failed.code, "json_syntax");
}

static void look__half_copied__is_taken_once_it_is_whole(void **state)
{
    (void)state;
    drop("one");
    struct fake_file *file = fake_vault_find(&store, "policy.jws");
    file->content.size /= 2;
    look(NOW, AG_FOUND_NOTHING);
    file->content.size += 10;
    look(NOW, AG_FOUND_NOTHING);
    drop("one");
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_ACCEPTED);
    assert_null(standing.failed.code);
}

static void look__impatient__refuses_at_once(void **state)
{
    (void)state;
    source.patient = false;
    fake_vault_put(&store, "policy.jws", span_text("nonsense"));
    look(NOW, AG_FOUND_OFFER);
    assert_true(is_there("policy.jws.refused"));
}

static void look__too_large__is_refused_unread(void **state)
{
    (void)state;
    size_t size = LIMIT_ENVELOPE_BYTES + 1;
    uint8_t *filler = calloc(1, size);
    fake_vault_put(&store, "policy.jws", (struct span){.data = filler, .size = size});
    look(NOW, AG_FOUND_NOTHING);
    look(NOW, AG_FOUND_OFFER);
    assert_string_equal(why.code, "too_large");
    assert_true(is_there("policy.jws.refused"));
    free(filler);
}

static void look__too_early__stays_and_is_deleted_when_it_was_taken(void **state)
{
    (void)state;
    drop("late");
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_PENDING);
    assert_true(is_there("policy.jws"));
    look(NOW, AG_FOUND_NOTHING);
    assert_false(ag_standing_is_due(&standing, NOW));
    assert_true(ag_standing_is_due(&standing, LATER));
    assert_int_equal(ag_standing_retry(&standing, LATER, &offer, &why), ST_OK);
    assert_int_equal(offer, AG_OFFER_ACCEPTED);
    look(LATER, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_NO_CHANGE);
    assert_false(is_there("policy.jws"));
}

static void look__cannot_be_deleted__is_taken_once_and_not_again(void **state)
{
    (void)state;
    drop("one");
    store.dies_after = 5; /* policy, two floors, time, trust; and no deleting */
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_ACCEPTED);
    assert_true(is_there("policy.jws"));
    assert_int_equal(why.st, ST_IO);
    look(NOW, AG_FOUND_NOTHING);
}

static void look__disk_full__is_told_and_tried_again(void **state)
{
    (void)state;
    drop("one");
    store.broken_name = "accepted.jws";
    assert_int_equal(ag_source_file_look(&source, &standing, NOW, &found, &offer, &why),
                     ST_NO_SPACE);
    assert_null(standing.policy);
    store.broken_name = NULL;
    look(NOW, AG_FOUND_OFFER);
    assert_int_equal(offer, AG_OFFER_ACCEPTED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(look__no_file__is_nothing_to_tell),
        TEST(look__good_file__is_taken_and_deleted),
        TEST(look__refused_twice_the_same__is_put_aside),
        TEST(look__half_copied__is_taken_once_it_is_whole),
        TEST(look__impatient__refuses_at_once),
        TEST(look__too_large__is_refused_unread),
        TEST(look__too_early__stays_and_is_deleted_when_it_was_taken),
        TEST(look__cannot_be_deleted__is_taken_once_and_not_again),
        TEST(look__disk_full__is_told_and_tried_again),
    };
    return cmocka_run_group_tests_name("source_file", tests, start_group, end_group);
}
