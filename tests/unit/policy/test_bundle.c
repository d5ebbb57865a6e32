/* test_bundle.c - bundle.h: signed and opened again, and every way in which it may not fit. */
#include "tests/cmocka_all.h"

#include "policy/bundle.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdlib.h>
#include <string.h>

static struct pol_key *key;
static struct pol_key *other_key;
static struct pol_trust *trust;

static int start(void **state)
{
    if (signing_start(state) != 0) {
        return -1;
    }
    key = signing_key();
    other_key = signing_key();
    const struct pol_key *const keys[] = {key};
    trust = signing_trust(keys, 1, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pol_trust_free(trust);
    pol_key_free(key);
    pol_key_free(other_key);
    return 0;
}

static struct bytes signed_plan(const char *text, const char *through)
{
    const struct pol_key *const keys[] = {key};
    struct pol_plan *plan = plan_of(text);
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct err err = {0};
    if (pol_bundle_sign(plan, through, keys, 1, &out, &err) != ST_OK) {
        fail_msg("%s: %s", err.code, err.text);
    }
    pol_plan_free(plan);
    return out;
}

static struct pol_bundle *opened(const struct bytes *raw)
{
    struct pol_bundle *bundle = NULL;
    struct err err = {0};
    if (pol_bundle_open(trust, bytes_span(raw), &bundle, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    return bundle;
}

static void assert_open_refused(const struct bytes *raw, const char *code, const char *pointer)
{
    struct pol_bundle *bundle = NULL;
    struct err err = {0};
    enum status st = pol_bundle_open(trust, bytes_span(raw), &bundle, &err);
    if (st != ST_REFUSED || strcmp(err.code, code) != 0 || strcmp(err.pointer, pointer) != 0) {
        fail_msg("%s at \"%s\": %s", st == ST_OK ? "taken" : err.code, err.pointer, err.text);
    }
    assert_null(bundle);
}

/* ---- round trip --------------------------------------------------------------------------- */

static void bundle__signed_and_opened__holds_every_stage_and_the_safe_policy(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"observe", "hold-back", "pilot",
                                        "quarter", "everyone",  "finish"};
    struct bytes raw = signed_plan(EXAMPLE_PLAN, NULL);
    struct pol_bundle *bundle = opened(&raw);
    assert_string_equal(pol_bundle_rollout(bundle), "mapihttp-2026");
    assert_int_equal(pol_bundle_serial(bundle), 7);
    assert_int_equal(pol_bundle_stage_count(bundle), 6);
    for (size_t i = 0; i < 6; i++) {
        const struct pol_bundle_entry *entry = pol_bundle_stage(bundle, i);
        assert_string_equal(entry->policy->stage, NAMES[i]);
        assert_int_equal(entry->policy->version, 7001 + i);
        assert_ptr_equal(pol_bundle_find_stage(bundle, NAMES[i]), entry);
    }
    assert_int_equal(pol_bundle_safe(bundle)->policy->version, 7999);
    assert_null(pol_bundle_find_stage(bundle, "safe"));
    assert_int_equal(pol_bundle_signer_count(bundle), 1);
    assert_string_equal(pol_bundle_signer(bundle, 0), pol_key_public(key)->kid);
    pol_bundle_free(bundle);
    pol_bundle_free(NULL);
    bytes_free(&raw);
}

/* What the bundle gives out is what agents verify by themselves. */
static void bundle__entry_of_a_stage__verifies_and_parses_alone(void **state)
{
    (void)state;
    struct bytes raw = signed_plan(EXAMPLE_PLAN, NULL);
    struct pol_bundle *bundle = opened(&raw);
    const struct pol_bundle_entry *entry = pol_bundle_find_stage(bundle, "pilot");
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    assert_int_equal(pol_verify(trust, entry->envelope, POL_DOCUMENT_POLICY, &verified, NULL),
                     ST_OK);
    assert_int_equal(pol_parse(verified, &policy, NULL), ST_OK);
    assert_int_equal(policy->version, 7003);
    assert_string_equal(policy->digest, entry->policy->digest);
    pol_policy_free(policy);
    pol_verified_free(verified);
    pol_bundle_free(bundle);
    bytes_free(&raw);
}

static void bundle__signed_through_a_stage__leaves_the_later_ones_out(void **state)
{
    (void)state;
    struct bytes raw = signed_plan(EXAMPLE_PLAN, "hold-back");
    struct pol_bundle *bundle = opened(&raw);
    assert_int_equal(pol_bundle_stage_count(bundle), 2);
    assert_non_null(pol_bundle_find_stage(bundle, "hold-back"));
    assert_null(pol_bundle_find_stage(bundle, "pilot"));
    assert_int_equal(pol_bundle_safe(bundle)->policy->version, 7999);
    pol_bundle_free(bundle);
    bytes_free(&raw);
}

static void bundle__signed_through_no_stage_of_the_plan__is_refused(void **state)
{
    (void)state;
    const struct pol_key *const keys[] = {key};
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct err err = {0};
    assert_int_equal(pol_bundle_sign(plan, "half", keys, 1, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "stage_unknown");
    assert_int_equal(pol_bundle_sign(plan, NULL, keys, 0, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "signature_threshold");
    assert_int_equal(out.size, 0);
    pol_plan_free(plan);
    bytes_free(&out);
}

/* ---- hostile ------------------------------------------------------------------------------ */

static void bundle__with_one_byte_changed_anywhere__is_refused(void **state)
{
    (void)state;
    struct bytes raw = signed_plan(EXAMPLE_PLAN, "observe");
    for (size_t i = 0; i < raw.size; i += 97) {
        struct pol_bundle *bundle = NULL;
        raw.data[i] ^= 1;
        if (pol_bundle_open(trust, bytes_span(&raw), &bundle, NULL) != ST_REFUSED) {
            fail_msg("byte %zu of %zu may be changed", i, raw.size);
        }
        assert_null(bundle);
        raw.data[i] ^= 1;
    }
    pol_bundle_free(opened(&raw));
    bytes_free(&raw);
}

static void bundle__cut_short_anywhere__is_refused(void **state)
{
    (void)state;
    struct bytes raw = signed_plan(EXAMPLE_PLAN, "observe");
    for (size_t size = 0; size < raw.size; size += 131) {
        struct pol_bundle *bundle = NULL;
        struct span part = {.data = raw.data, .size = size};
        assert_int_equal(pol_bundle_open(trust, part, &bundle, NULL), ST_REFUSED);
    }
    bytes_free(&raw);
}

static void bundle__signed_by_a_stranger__is_refused(void **state)
{
    (void)state;
    const struct pol_key *const strangers[] = {other_key};
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct bytes raw = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(pol_bundle_sign(plan, NULL, strangers, 1, &raw, NULL), ST_OK);
    assert_open_refused(&raw, "key_unknown", "/signatures");
    pol_plan_free(plan);
    bytes_free(&raw);
}

static void bundle__that_is_a_policy__is_a_type_mismatch(void **state)
{
    (void)state;
    const struct pol_key *const keys[] = {key};
    struct bytes raw = signing_envelope(EXAMPLE_POLICY, POL_DOCUMENT_POLICY, keys, 1);
    struct pol_bundle *bundle = NULL;
    struct err err = {0};
    assert_int_equal(pol_bundle_open(trust, bytes_span(&raw), &bundle, &err), ST_REFUSED);
    assert_string_equal(err.code, "type_mismatch");
    bytes_free(&raw);
}

/* ---- bundles put together by hand ----------------------------------------------------------- */

static char *policy_by(const struct pol_key *signer, const char *payload)
{
    const struct pol_key *const keys[] = {signer};
    struct bytes envelope = signing_envelope(payload, POL_DOCUMENT_POLICY, keys, 1);
    return (char *)envelope.data;
}

/* The example policy, moved to this place of the serial and this stage. */
static char *stage_at(const char *version, const char *name)
{
    char *numbered = with_change(EXAMPLE_POLICY, "7003", version);
    char *named = with_change(numbered, "\"stage\":\"pilot\"", name);
    char *envelope = policy_by(key, named);
    free(numbered);
    free(named);
    return envelope;
}

/* A bundle of these policies (joined by commas) and this safe one, signed by the trusted key. */
static struct bytes bundle_of(const char *head, const char *policies, const char *safe)
{
    const struct pol_key *const keys[] = {key};
    struct bytes payload = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(bytes_append_format(&payload,
                                         "{\"format\":\"mapi-rollout/bundle/1\",%s,"
                                         "\"policies\":[%s],\"safe\":%s}",
                                         head, policies, safe),
                     ST_OK);
    struct bytes raw = signing_envelope(bytes_text(&payload), POL_DOCUMENT_BUNDLE, keys, 1);
    bytes_free(&payload);
    return raw;
}

static const char HEAD[] = "\"rollout\":\"mapihttp-2026\",\"serial\":7";
static const char ONE[] = "\"stage\":\"one\"";
static const char TWO[] = "\"stage\":\"two\"";

static void assert_pair_refused(char *first, char *second, const char *code, const char *pointer)
{
    struct bytes policies = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    char *safe = policy_by(key, EXAMPLE_SAFE);
    assert_int_equal(bytes_append_format(&policies, "%s,%s", first, second), ST_OK);
    struct bytes raw = bundle_of(HEAD, bytes_text(&policies), safe);
    if (code == NULL) {
        pol_bundle_free(opened(&raw));
    } else {
        assert_open_refused(&raw, code, pointer);
    }
    bytes_free(&raw);
    bytes_free(&policies);
    free(safe);
    free(first);
    free(second);
}

static void bundle__with_policies_out_of_order__is_a_kind_mismatch(void **state)
{
    (void)state;
    assert_pair_refused(stage_at("7001", ONE), stage_at("7002", TWO), NULL, NULL);
    assert_pair_refused(stage_at("7002", ONE), stage_at("7001", TWO), "kind_mismatch", "/serial");
    assert_pair_refused(stage_at("7001", ONE), stage_at("7003", TWO), "kind_mismatch", "/serial");
    assert_pair_refused(stage_at("7001", ONE), stage_at("8002", TWO), "kind_mismatch", "/serial");
    assert_pair_refused(stage_at("7001", ONE), policy_by(key, EXAMPLE_SAFE), "kind_mismatch",
                        "/serial");
}

static void bundle__with_a_stage_named_twice__is_refused(void **state)
{
    (void)state;
    assert_pair_refused(stage_at("7001", ONE), stage_at("7002", ONE), "duplicate_name",
                        "/policies");
}

static void bundle__with_a_policy_by_a_stranger__is_refused_there(void **state)
{
    (void)state;
    char *numbered = with_change(EXAMPLE_POLICY, "7003", "7002");
    assert_pair_refused(stage_at("7001", ONE), policy_by(other_key, numbered), "key_unknown",
                        "/policies/1");
    free(numbered);
}

static void bundle__with_a_policy_that_is_none__is_refused_there(void **state)
{
    (void)state;
    char *loose = with_change(EXAMPLE_POLICY, "7003", "7002, \"extra\": 1");
    assert_pair_refused(stage_at("7001", ONE), policy_by(key, loose), "unknown_field",
                        "/policies/1");
    assert_pair_refused(stage_at("7001", ONE), text_copy("null"), "envelope_malformed",
                        "/policies/1");
    free(loose);
}

static void bundle__with_policies_that_disagree__is_refused(void **state)
{
    (void)state;
    static const char *const CHANGES[][2] = {
        {"\"rings\":", "\"timing\":{\"poll_s\":901},\"rings\":"},
        {"\"rings\":", "\"timing\":{\"wait_s\":241},\"rings\":"},
        {"\"rings\":", "\"timing\":{\"spread_s\":9},\"rings\":"},
        {"\"rings\":", "\"timing\":{\"report_s\":86399},\"rings\":"},
        {"2027-02-20T10:00:00Z", "2027-02-20T10:00:01Z"},
    };
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        char *numbered = with_change(EXAMPLE_POLICY, "7003", "7002");
        char *changed = with_change(numbered, CHANGES[i][0], CHANGES[i][1]);
        assert_pair_refused(stage_at("7001", ONE), policy_by(key, changed), "envelope_malformed",
                            "");
        free(changed);
        free(numbered);
    }
    char *numbered = with_change(EXAMPLE_POLICY, "7003", "7002");
    char *foreign = with_change(numbered, "mapihttp-2026", "another");
    assert_pair_refused(stage_at("7001", ONE), policy_by(key, foreign), "rollout_mismatch",
                        "/rollout");
    free(foreign);
    free(numbered);
}

static void assert_head_refused(const char *head, const char *code, const char *pointer)
{
    char *one = stage_at("7001", ONE);
    char *safe = policy_by(key, EXAMPLE_SAFE);
    struct bytes raw = bundle_of(head, one, safe);
    assert_open_refused(&raw, code, pointer);
    bytes_free(&raw);
    free(one);
    free(safe);
}

static void bundle__with_a_head_that_does_not_fit__is_refused(void **state)
{
    (void)state;
    assert_head_refused("\"rollout\":\"mapihttp-2026\",\"serial\":8", "kind_mismatch", "/serial");
    assert_head_refused("\"rollout\":\"other\",\"serial\":7", "rollout_mismatch", "/rollout");
    assert_head_refused("\"rollout\":\"mapihttp-2026\"", "missing_field", "/serial");
    assert_head_refused("\"rollout\":\"mapihttp-2026\",\"serial\":0", "out_of_range", "/serial");
    assert_head_refused("\"serial\":7", "missing_field", "/rollout");
    assert_head_refused("\"rollout\":\"mapihttp-2026\",\"serial\":7,\"extra\":1", "unknown_field",
                        "/extra");
}

static void bundle__without_a_stage_or_with_another_safe_policy__is_refused(void **state)
{
    (void)state;
    char *one = stage_at("7001", ONE);
    char *safe = policy_by(key, EXAMPLE_SAFE);
    char *later = with_change(EXAMPLE_SAFE, "7999", "8999");
    char *later_safe = policy_by(key, later);
    struct bytes raw = bundle_of(HEAD, "", safe);
    assert_open_refused(&raw, "wrong_type", "/policies");
    bytes_free(&raw);
    raw = bundle_of(HEAD, one, "null");
    assert_open_refused(&raw, "missing_field", "/safe");
    bytes_free(&raw);
    raw = bundle_of(HEAD, one, one);
    assert_open_refused(&raw, "kind_mismatch", "/serial");
    bytes_free(&raw);
    raw = bundle_of(HEAD, one, later_safe);
    assert_open_refused(&raw, "kind_mismatch", "/serial");
    bytes_free(&raw);
    raw = bundle_of(HEAD, one, "{}");
    assert_open_refused(&raw, "envelope_malformed", "/safe");
    bytes_free(&raw);
    free(one);
    free(safe);
    free(later);
    free(later_safe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle__signed_and_opened__holds_every_stage_and_the_safe_policy),
        cmocka_unit_test(bundle__entry_of_a_stage__verifies_and_parses_alone),
        cmocka_unit_test(bundle__signed_through_a_stage__leaves_the_later_ones_out),
        cmocka_unit_test(bundle__signed_through_no_stage_of_the_plan__is_refused),
        cmocka_unit_test(bundle__with_one_byte_changed_anywhere__is_refused),
        cmocka_unit_test(bundle__cut_short_anywhere__is_refused),
        cmocka_unit_test(bundle__signed_by_a_stranger__is_refused),
        cmocka_unit_test(bundle__that_is_a_policy__is_a_type_mismatch),
        cmocka_unit_test(bundle__with_policies_out_of_order__is_a_kind_mismatch),
        cmocka_unit_test(bundle__with_a_stage_named_twice__is_refused),
        cmocka_unit_test(bundle__with_a_policy_by_a_stranger__is_refused_there),
        cmocka_unit_test(bundle__with_a_policy_that_is_none__is_refused_there),
        cmocka_unit_test(bundle__with_policies_that_disagree__is_refused),
        cmocka_unit_test(bundle__with_a_head_that_does_not_fit__is_refused),
        cmocka_unit_test(bundle__without_a_stage_or_with_another_safe_policy__is_refused),
    };
    return cmocka_run_group_tests_name("bundle", tests, start, stop);
}
