/* test_detached.c - detached.h: both rounds with keys at hand, and every answer that is no answer. */
#include "tests/cmocka_all.h"

#include "policy/bundle.h"
#include "policy/detached.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pol_key *keys[2];
static struct pol_trust *trust;

static int start(void **state)
{
    if (signing_start(state) != 0) {
        return -1;
    }
    keys[0] = signing_key();
    keys[1] = signing_key();
    trust = signing_trust((const struct pol_key *const *)keys, 2, 2);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pol_trust_free(trust);
    pol_key_free(keys[0]);
    pol_key_free(keys[1]);
    return 0;
}

static struct bytes started(const char *through)
{
    struct pol_public_key publics[2] = {*pol_key_public(keys[0]), *pol_key_public(keys[1])};
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
    assert_int_equal(pol_detached_start(plan, through, publics, 2, &out, NULL), ST_OK);
    pol_plan_free(plan);
    return out;
}

static struct pol_detached *parsed(const struct bytes *file)
{
    struct pol_detached *detached = NULL;
    struct err err = {0};
    if (pol_detached_parse(bytes_span(file), &detached, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    return detached;
}

static void answer(struct pol_detached *detached, size_t i)
{
    struct bytes input = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    uint8_t signature[SIGNATURE_BYTES];
    assert_int_equal(pol_detached_item_input(detached, i, &input, NULL), ST_OK);
    assert_int_equal(pol_key_sign(keys[i % 2], bytes_span(&input), signature, NULL), ST_OK);
    assert_int_equal(
        pol_detached_answer(detached, i, (struct span){signature, sizeof signature}, NULL), ST_OK);
    bytes_free(&input);
}

/* All items of a file answered; what comes out of it. */
static struct bytes finished(const struct bytes *file)
{
    struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
    struct err err = {0};
    struct pol_detached *detached = parsed(file);
    for (size_t i = 0; i < pol_detached_item_count(detached); i++) {
        answer(detached, i);
    }
    if (pol_detached_finish(detached, &out, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    pol_detached_free(detached);
    return out;
}

static void assert_parse_refused(const char *text, const char *code, const char *pointer)
{
    struct pol_detached *detached = NULL;
    struct err err = {0};
    enum status st = pol_detached_parse(span_text(text), &detached, &err);
    if (st != ST_REFUSED || strcmp(err.code, code) != 0 || strcmp(err.pointer, pointer) != 0) {
        fail_msg("%s at \"%s\": %s", st == ST_OK ? "taken" : err.code, err.pointer, err.text);
    }
    assert_null(detached);
}

/* Our keys sign without chance, so that both ways must give the very same file. */
static void bundle__through_both_rounds__is_what_sign_makes(void **state)
{
    (void)state;
    static const char *const THROUGH[] = {NULL, "pilot"};
    for (size_t i = 0; i < 2; i++) {
        struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
        struct bytes expected = bytes_with_limit(LIMIT_BUNDLE_BYTES);
        assert_int_equal(pol_bundle_sign(plan, THROUGH[i], (const struct pol_key *const *)keys, 2,
                                         &expected, NULL),
                         ST_OK);
        struct bytes first = started(THROUGH[i]);
        struct bytes second = finished(&first);
        struct bytes bundle = finished(&second);
        assert_true(span_equal(bytes_span(&bundle), bytes_span(&expected)));
        bytes_free(&bundle);
        bytes_free(&second);
        bytes_free(&first);
        bytes_free(&expected);
        pol_plan_free(plan);
    }
}

static void to_sign_file__of_each_round__names_what_is_to_be_signed(void **state)
{
    (void)state;
    struct bytes first = started("pilot");
    struct bytes second = finished(&first);
    struct pol_detached *policies = parsed(&first);
    struct pol_detached *bundle = parsed(&second);
    char name[DETACHED_NAME_BYTES];
    size_t found = 99;
    assert_int_equal(pol_detached_round(policies), POL_DOCUMENT_POLICY);
    assert_int_equal(pol_detached_round(bundle), POL_DOCUMENT_BUNDLE);
    assert_string_equal(pol_detached_rollout(policies), "mapihttp-2026");
    assert_int_equal(pol_detached_serial(bundle), 7);
    assert_int_equal(pol_detached_key_count(policies), 2);
    assert_string_equal(pol_detached_kid(bundle, 1), pol_key_public(keys[1])->kid);
    assert_int_equal(pol_detached_item_count(policies), 8); /* 3 stages and the safe policy */
    assert_int_equal(pol_detached_item_count(bundle), 2);
    (void)snprintf(name, sizeof name, "7999.%s", pol_key_public(keys[0])->kid);
    assert_true(pol_detached_find_item(policies, span_text(name), &found));
    assert_int_equal(found, 6);
    assert_string_equal(pol_detached_item_name(policies, 6), name);
    assert_false(pol_detached_find_item(bundle, span_text(name), &found));
    pol_detached_free(bundle);
    pol_detached_free(policies);
    pol_detached_free(NULL);
    bytes_free(&second);
    bytes_free(&first);
}

static void answer__of_another_key_or_item_or_form__is_refused_and_not_kept(void **state)
{
    (void)state;
    struct bytes first = started("observe");
    struct pol_detached *detached = parsed(&first);
    struct bytes input = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
    uint8_t signature[SIGNATURE_BYTES];
    struct span signed_by_first = {signature, sizeof signature};
    struct err err = {0};
    assert_int_equal(pol_detached_item_input(detached, 2, &input, NULL), ST_OK);
    assert_int_equal(pol_key_sign(keys[0], bytes_span(&input), signature, NULL), ST_OK);
    assert_int_equal(pol_detached_answer(detached, 0, signed_by_first, &err), ST_REFUSED);
    assert_string_equal(err.code, "signature_invalid");
    assert_string_equal(err.pointer, "/documents/0/signatures/0");
    assert_int_equal(pol_detached_answer(detached, 3, signed_by_first, &err), ST_REFUSED);
    assert_string_equal(err.code, "signature_invalid");
    assert_string_equal(err.pointer, "/documents/1/signatures/1");
    assert_int_equal(pol_detached_answer(detached, 2, span_text("none"), &err), ST_REFUSED);
    assert_string_equal(err.code, "envelope_malformed");
    assert_int_equal(pol_detached_answer(detached, 2, signed_by_first, NULL), ST_OK);
    answer(detached, 0);
    answer(detached, 1);
    assert_int_equal(pol_detached_finish(detached, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "missing_field");
    assert_string_equal(err.pointer, "/documents/1/signatures/1");
    assert_int_equal(out.size, 0);
    answer(detached, 3);
    assert_int_equal(pol_detached_finish(detached, &out, NULL), ST_OK);
    bytes_free(&out);
    bytes_free(&input);
    pol_detached_free(detached);
    bytes_free(&first);
}

static void keys__none_twice_or_too_many__are_refused(void **state)
{
    (void)state;
    struct pol_public_key many[LIMIT_SIGNATURES + 1];
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
    struct err err = {0};
    for (size_t i = 0; i < LIMIT_SIGNATURES + 1; i++) {
        struct pol_key *key = signing_key();
        many[i] = *pol_key_public(key);
        pol_key_free(key);
    }
    assert_int_equal(pol_detached_start(plan, NULL, many, 0, &out, &err), ST_REFUSED);
    assert_int_equal(pol_detached_start(plan, NULL, many, LIMIT_SIGNATURES + 1, &out, &err),
                     ST_REFUSED);
    many[1] = many[0];
    assert_int_equal(pol_detached_start(plan, NULL, many, 2, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "duplicate_name");
    assert_int_equal(pol_detached_start(plan, "nowhere", many, 1, &out, &err), ST_REFUSED);
    assert_string_equal(err.code, "stage_unknown");
    assert_int_equal(out.size, 0);
    bytes_free(&out);
    pol_plan_free(plan);
}

static void to_sign_file__changed__is_refused_with_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *code, *pointer;
    } CHANGES[] = {
        {"to-sign/1", "to-sign/2", "out_of_range", "/format"},
        {"\"round\":\"policies\"", "\"round\":\"policy\"", "out_of_range", "/round"},
        {"\"round\":\"policies\"", "\"round\":\"bundle\"", "out_of_range", "/documents"},
        {"\"serial\":7", "\"serial\":0", "out_of_range", "/serial"},
        {"\"serial\":7", "\"serial\":7,\"cereal\":7", "unknown_field", "/cereal"},
        {"\"what\":\"observe\"", "\"whatever\":\"observe\"", "unknown_field",
         "/documents/0/whatever"},
        {"\"what\":\"observe\"", "\"what\":7", "wrong_type", "/documents/0/what"},
        {"\"name\":\"7001\"", "\"name\":\"7002\"", "out_of_range", "/documents/0/signatures/0"},
        {"\"keys\":[", "\"keys\":[],\"kees\":[", "unknown_field", "/kees"},
        {"\"payload\":\"eyJ", "\"payload\":\"eyK", "out_of_range", NULL},
    };
    struct bytes first = started("observe");
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        char *at = strstr(bytes_text(&first), CHANGES[i].from);
        assert_non_null(at);
        size_t head = (size_t)(at - bytes_text(&first));
        struct bytes changed = bytes_with_limit(DETACHED_FILE_BYTES);
        assert_int_equal(bytes_append(&changed, first.data, head), ST_OK);
        assert_int_equal(bytes_append_text(&changed, CHANGES[i].to), ST_OK);
        assert_int_equal(bytes_append_text(&changed, at + strlen(CHANGES[i].from)), ST_OK);
        assert_parse_refused(bytes_text(&changed), CHANGES[i].code,
                             CHANGES[i].pointer != NULL ? CHANGES[i].pointer
                                                        : "/documents/0/signatures/0");
        bytes_free(&changed);
    }
    bytes_free(&first);
}

/* Whole and well signed, and yet no policy of this bundle: found before the second round. */
static void policy__that_does_not_belong__is_refused_in_the_first_round(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *code;
    } CHANGES[] = {
        {"\"rollout\":\"mapihttp-2026\",\"serial\":7", "\"rollout\":\"another-one\",\"serial\":7",
         "rollout_mismatch"},
        /* The name, here and in both lines, where the place of the lines shows which are meant. */
        {"\"name\":\"7001\"", "\"name\":\"7003\"", "kind_mismatch"},
    };
    struct bytes first = started("observe");
    for (size_t i = 0; i < sizeof CHANGES / sizeof CHANGES[0]; i++) {
        struct bytes changed = bytes_with_limit(DETACHED_FILE_BYTES);
        struct bytes out = bytes_with_limit(DETACHED_FILE_BYTES);
        struct err err = {0};
        char *text = with_change(bytes_text(&first), CHANGES[i].from, CHANGES[i].to);
        for (char *at = strstr(text, "\"7001."); i == 1 && at != NULL; at = strstr(at, "\"7001.")) {
            memcpy(at, "\"7003.", strlen("\"7003."));
        }
        assert_int_equal(bytes_append_text(&changed, text), ST_OK);
        struct pol_detached *detached = parsed(&changed);
        for (size_t k = 0; k < pol_detached_item_count(detached); k++) {
            answer(detached, k);
        }
        assert_int_equal(pol_detached_finish(detached, &out, &err), ST_REFUSED);
        assert_string_equal(err.code, CHANGES[i].code);
        assert_string_equal(err.pointer, "/documents/0");
        assert_int_equal(out.size, 0);
        pol_detached_free(detached);
        bytes_free(&changed);
        bytes_free(&out);
        free(text);
    }
    bytes_free(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle__through_both_rounds__is_what_sign_makes),
        cmocka_unit_test(to_sign_file__of_each_round__names_what_is_to_be_signed),
        cmocka_unit_test(answer__of_another_key_or_item_or_form__is_refused_and_not_kept),
        cmocka_unit_test(keys__none_twice_or_too_many__are_refused),
        cmocka_unit_test(to_sign_file__changed__is_refused_with_the_place),
        cmocka_unit_test(policy__that_does_not_belong__is_refused_in_the_first_round),
    };
    return cmocka_run_group_tests_name("detached", tests, start, stop);
}
