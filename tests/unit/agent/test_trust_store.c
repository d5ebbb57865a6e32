/* test_trust_store.c - trust_store.h: which keys are gone by, start after start. */
#include "tests/cmocka_all.h"

#include "agent/trust_store.h"
#include "policy/limits.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fakes/fake_vault.h"

static struct fake_signer signer;
static struct fake_vault store;
static struct ag_vault vault;
static struct ag_trust trust;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_signer_init(&signer, "test");
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    trust = (struct ag_trust){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_trust_done(&trust);
    fake_vault_done(&store);
    fake_signer_done(&signer);
    return 0;
}

/* The same key, named by a document of that version. */
static struct bytes document_of(uint32_t version, const char *rollout)
{
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct pol_public_key key = *pol_trust_key(signer.trust, 0);
    assert_int_equal(pol_trust_write(version, 1, &rollout, 1, &key, 1, &document, &err), ST_OK);
    return document;
}

static enum status start_with_text(struct span document)
{
    struct ag_trust_offer offer = {.document = document, .unreadable = {.st = ST_OK}};
    ag_trust_done(&trust);
    return ag_trust_open(&vault, &offer, true, &trust, &err);
}

static enum status start_with(uint32_t version, const char *rollout)
{
    struct bytes document = document_of(version, rollout);
    enum status st = start_with_text(bytes_span(&document));
    bytes_free(&document);
    return st;
}

static enum status start_without_file(void)
{
    struct ag_trust_offer offer = {.unreadable = {.st = ST_OK}};
    (void)err_set(&offer.unreadable, ST_NOT_FOUND, 2, "cannot open the trust file");
    ag_trust_done(&trust);
    return ag_trust_open(&vault, &offer, true, &trust, &err);
}

static void expect_in_use(uint32_t version, bool replaced, const char *refused)
{
    assert_int_equal(pol_trust_version(trust.trust), version);
    assert_int_equal(trust.replaced, replaced);
    if (refused == NULL) {
        assert_int_equal(trust.refused.st, ST_OK);
    } else {
        assert_int_equal(trust.refused.st, ST_REFUSED);
        assert_string_equal(trust.refused.code, refused);
    }
}

static void open__first_time__is_taken_and_kept(void **state)
{
    (void)state;
    assert_int_equal(start_with(3, "test"), ST_OK);
    expect_in_use(3, false, NULL);
    assert_non_null(fake_vault_find(&store, "trust.kept"));
    unsigned writes = store.writes;
    assert_int_equal(start_with(3, "test"), ST_OK);
    expect_in_use(3, false, NULL);
    assert_int_equal(store.writes, writes);
}

static void open__higher_version__replaces(void **state)
{
    (void)state;
    assert_int_equal(start_with(3, "test"), ST_OK);
    assert_int_equal(start_with(4, "test"), ST_OK);
    expect_in_use(4, true, NULL);
    assert_int_equal(start_with(3, "test"), ST_OK);
    expect_in_use(4, false, "trust_rollback");
}

static void open__lower_or_same_version_with_other_bytes__is_trust_rollback(void **state)
{
    (void)state;
    assert_int_equal(start_with(3, "test"), ST_OK);
    assert_int_equal(start_with(2, "test"), ST_OK);
    expect_in_use(3, false, "trust_rollback");
    assert_int_equal(start_with(3, "another"), ST_OK);
    expect_in_use(3, false, "trust_rollback");
    assert_true(pol_trust_has_rollout(trust.trust, "test"));
}

static void open__file_gone_or_damaged__goes_on_with_what_was_taken(void **state)
{
    (void)state;
    assert_int_equal(start_with(3, "test"), ST_OK);
    assert_int_equal(start_without_file(), ST_OK);
    assert_int_equal(pol_trust_version(trust.trust), 3);
    assert_int_equal(trust.refused.st, ST_NOT_FOUND);
    assert_int_equal(start_with_text(span_text("{\"format\":")), ST_OK);
    expect_in_use(3, false, "json_syntax");
}

static void open__nothing_usable_at_all__is_the_files_error(void **state)
{
    (void)state;
    assert_int_equal(start_without_file(), ST_NOT_FOUND);
    assert_null(trust.trust);
    assert_int_equal(start_with_text(span_text("{}")), ST_REFUSED);
    assert_string_equal(err.code, "missing_field");
    assert_null(fake_vault_find(&store, "trust.kept"));
}

static void open__kept_one_is_damaged__the_file_decides(void **state)
{
    (void)state;
    fake_vault_put(&store, "trust.kept", span_text("garbage"));
    assert_int_equal(start_with(2, "test"), ST_OK);
    expect_in_use(2, false, NULL);
    assert_int_equal(start_with(1, "test"), ST_OK);
    expect_in_use(2, false, "trust_rollback");
}

static enum status fail_to_write(void *ctx, const char *name, struct span content, struct err *e)
{
    (void)ctx;
    (void)name;
    (void)content;
    return err_set(e, ST_NO_SPACE, 112, "the disk is full");
}

static void open__cannot_be_kept__is_not_used_while_there_is_another(void **state)
{
    (void)state;
    assert_int_equal(start_with(3, "test"), ST_OK);
    vault.write = fail_to_write;
    assert_int_equal(start_with(4, "test"), ST_OK);
    assert_int_equal(pol_trust_version(trust.trust), 3);
    assert_int_equal(trust.refused.st, ST_NO_SPACE);
    fake_vault_drop(&store, "trust.kept");
    assert_int_equal(start_with(4, "test"), ST_NO_SPACE);
    assert_null(trust.trust);
}

static void open__only_asked__keeps_nothing(void **state)
{
    (void)state;
    struct bytes document = document_of(3, "test");
    struct ag_trust_offer offer = {.document = bytes_span(&document), .unreadable = {.st = ST_OK}};
    assert_int_equal(ag_trust_open(&vault, &offer, false, &trust, &err), ST_OK);
    expect_in_use(3, false, NULL);
    assert_int_equal(store.writes, 0);
    bytes_free(&document);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(open__first_time__is_taken_and_kept),
        TEST(open__higher_version__replaces),
        TEST(open__lower_or_same_version_with_other_bytes__is_trust_rollback),
        TEST(open__file_gone_or_damaged__goes_on_with_what_was_taken),
        TEST(open__nothing_usable_at_all__is_the_files_error),
        TEST(open__kept_one_is_damaged__the_file_decides),
        TEST(open__cannot_be_kept__is_not_used_while_there_is_another),
        TEST(open__only_asked__keeps_nothing),
    };
    return cmocka_run_group_tests_name("trust_store", tests, NULL, NULL);
}
