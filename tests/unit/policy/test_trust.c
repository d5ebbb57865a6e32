/* test_trust.c - pol_trust_parse(): docs/policy-format.md "Trust", sentence by sentence. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <string.h>

/* Two points of P-256: the example keys of RFC 9449 and of RFC 6979. */
#define KEY_A                                                                                      \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","     \
    "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"
#define KEY_B                                                                                      \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y\","     \
    "\"y\":\"eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk\"}"
#define KID_A "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

#define TRUST(version, threshold, rollouts, keys)                                                  \
    "{\"format\":\"mapi-rollout/trust/1\",\"version\":" version ",\"threshold\":" threshold        \
    ",\"rollouts\":[" rollouts "],\"keys\":[" keys "]}"

static struct pol_trust *parse(const char *text)
{
    struct pol_trust *trust = NULL;
    struct err err = {0};
    if (pol_trust_parse(span_text(text), &trust, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code != NULL ? err.code : "?", err.pointer, err.text);
    }
    return trust;
}

static void trust__complete__is_read_in_full(void **state)
{
    (void)state;
    struct pol_trust *trust = parse(TRUST("7", "2", "\"a\",\"mapihttp-2026\"", KEY_A "," KEY_B));
    assert_int_equal(pol_trust_version(trust), 7);
    assert_int_equal(pol_trust_threshold(trust), 2);
    assert_int_equal(pol_trust_rollout_count(trust), 2);
    assert_string_equal(pol_trust_rollout(trust, 1), "mapihttp-2026");
    assert_true(pol_trust_has_rollout(trust, "a"));
    assert_false(pol_trust_has_rollout(trust, "mapihttp"));
    assert_int_equal(pol_trust_key_count(trust), 2);
    assert_string_equal(pol_trust_key(trust, 0)->kid, KID_A);
    assert_ptr_equal(pol_trust_find_key(trust, KID_A), pol_trust_key(trust, 0));
    assert_null(pol_trust_find_key(trust, "1ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
    pol_trust_free(trust);
}

struct refusal {
    const char *text;
    const char *code;
    const char *pointer;
};

#define NAME64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct refusal REFUSALS[] = {
    {"", "json_syntax", ""},
    {"[]", "wrong_type", ""},
    {"{\"format\":\"mapi-rollout/trust/2\",\"version\":1,\"threshold\":1,\"rollouts\":[\"a\"],"
     "\"keys\":[" KEY_A "]}",
     "out_of_range", "/format"},
    {"{\"version\":1,\"threshold\":1,\"rollouts\":[\"a\"],\"keys\":[" KEY_A "]}", "missing_field",
     "/format"},
    {TRUST("0", "1", "\"a\"", KEY_A), "out_of_range", "/version"},
    {TRUST("4294967296", "1", "\"a\"", KEY_A), "out_of_range", "/version"},
    {TRUST("\"1\"", "1", "\"a\"", KEY_A), "wrong_type", "/version"},
    {TRUST("1", "0", "\"a\"", KEY_A), "out_of_range", "/threshold"},
    {TRUST("1", "2", "\"a\"", KEY_A), "out_of_range", "/threshold"},
    {TRUST("1", "1,\"extra\":1", "\"a\"", KEY_A), "unknown_field", "/extra"},
    {TRUST("1", "1,\"version\":2", "\"a\"", KEY_A), "json_duplicate_key", "/version"},
    {TRUST("1", "1", "", KEY_A), "out_of_range", "/rollouts"},
    {TRUST("1", "1", "\"A\"", KEY_A), "out_of_range", "/rollouts/0"},
    {TRUST("1", "1", "\"\"", KEY_A), "out_of_range", "/rollouts/0"},
    {TRUST("1", "1", "7", KEY_A), "wrong_type", "/rollouts/0"},
    {TRUST("1", "1", "\"" NAME64 "0\"", KEY_A), "too_large", "/rollouts/0"},
    {TRUST("1", "1", "\"a\",\"b\",\"a\"", KEY_A), "duplicate_name", "/rollouts/2"},
    {TRUST("1", "1", "\"a\"", ""), "out_of_range", "/keys"},
    {TRUST("1", "1", "\"a\"", "null"), "wrong_type", "/keys/0"},
    {TRUST("1", "1", "\"a\"", KEY_A "," KEY_A), "duplicate_name", "/keys/1"},
    {TRUST("1", "1", "\"a\"", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}"), "out_of_range",
     "/keys/0/x"},
    {TRUST("1", "1", "\"a\"", "{\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}"),
     "out_of_range", "/keys/0/kty"},
    {TRUST("1", "1", "\"a\"", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\",\"y\":\"\"}"),
     "out_of_range", "/keys/0/crv"},
    /* padded, and with bits behind the last byte */
    {TRUST(
         "1", "1", "\"a\"",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs=\","
         "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"),
     "out_of_range", "/keys/0/x"},
    {TRUST(
         "1", "1", "\"a\"",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFt\","
         "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"),
     "out_of_range", "/keys/0/x"},
    /* beside the curve */
    {TRUST(
         "1", "1", "\"a\"",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","
         "\"y\":\"8VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\"}"),
     "out_of_range", "/keys/0"},
    /* a private key has no place here */
    {TRUST(
         "1", "1", "\"a\"",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs\","
         "\"y\":\"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA\",\"d\":\"AA\"}"),
     "unknown_field", "/keys/0/d"},
};

static void trust__not_as_documented__is_refused_with_code_and_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSALS / sizeof REFUSALS[0]; i++) {
        struct pol_trust *trust = NULL;
        struct err err = {0};
        if (pol_trust_parse(span_text(REFUSALS[i].text), &trust, &err) != ST_REFUSED) {
            fail_msg("taken: %s", REFUSALS[i].text);
        }
        if (strcmp(err.code, REFUSALS[i].code) != 0 ||
            strcmp(err.pointer, REFUSALS[i].pointer) != 0) {
            fail_msg("%s at \"%s\" (%s) for %s", err.code, err.pointer, err.text, REFUSALS[i].text);
        }
        assert_null(trust);
    }
}

static void trust__with_64_rollouts__is_taken_and_with_65_refused(void **state)
{
    (void)state;
    for (size_t count = 64; count <= 65; count++) {
        struct bytes text = bytes_with_limit(LIMIT_TRUST_BYTES);
        struct pol_trust *trust = NULL;
        struct err err = {0};
        assert_int_equal(bytes_append_text(&text,
                                           "{\"format\":\"mapi-rollout/trust/1\",\"version\":1,"
                                           "\"threshold\":1,\"rollouts\":[\"r\""),
                         ST_OK);
        for (size_t i = 1; i < count; i++) {
            assert_int_equal(bytes_append_format(&text, ",\"r%zu\"", i), ST_OK);
        }
        assert_int_equal(bytes_append_text(&text, "],\"keys\":[" KEY_A "]}"), ST_OK);
        enum status st = pol_trust_parse(bytes_span(&text), &trust, &err);
        assert_int_equal(st, count == 64 ? ST_OK : ST_REFUSED);
        if (st == ST_REFUSED) {
            assert_string_equal(err.code, "too_large");
            assert_string_equal(err.pointer, "/rollouts");
        }
        pol_trust_free(trust);
        bytes_free(&text);
    }
}

static void trust__beyond_its_size__is_too_large(void **state)
{
    (void)state;
    static char big[LIMIT_TRUST_BYTES + 2];
    struct pol_trust *trust = NULL;
    struct err err = {0};
    memset(big, ' ', sizeof big - 1);
    assert_int_equal(pol_trust_parse(span_text(big), &trust, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
}

static void trust__written__reads_the_same(void **state)
{
    (void)state;
    static const char *const ROLLOUTS[] = {"mapihttp-2026", "lab"};
    struct pol_key *key = signing_key();
    struct bytes text = bytes_with_limit(LIMIT_TRUST_BYTES);
    assert_int_equal(pol_trust_write(3, 1, ROLLOUTS, 2, pol_key_public(key), 1, &text, NULL),
                     ST_OK);
    struct pol_trust *trust = parse(bytes_text(&text));
    assert_int_equal(pol_trust_version(trust), 3);
    assert_int_equal(pol_trust_threshold(trust), 1);
    assert_true(pol_trust_has_rollout(trust, "lab"));
    assert_non_null(pol_trust_find_key(trust, pol_key_public(key)->kid));
    pol_trust_free(trust);
    bytes_free(&text);
    pol_key_free(key);
}

static void trust__written_with_bad_arguments__is_refused_and_nothing_is_written(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"lab"};
    static const char *const BAD[] = {"Lab"};
    struct pol_key *key = signing_key();
    struct pol_public_key twice[] = {*pol_key_public(key), *pol_key_public(key)};
    struct bytes text = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct err err = {0};
    assert_int_equal(pol_trust_write(0, 1, GOOD, 1, twice, 1, &text, &err), ST_REFUSED);
    assert_string_equal(err.pointer, "/version");
    assert_int_equal(pol_trust_write(1, 2, GOOD, 1, twice, 1, &text, &err), ST_REFUSED);
    assert_string_equal(err.pointer, "/threshold");
    assert_int_equal(pol_trust_write(1, 1, BAD, 1, twice, 1, &text, &err), ST_REFUSED);
    assert_string_equal(err.pointer, "/rollouts/0");
    assert_int_equal(pol_trust_write(1, 1, GOOD, 1, twice, 2, &text, &err), ST_REFUSED);
    assert_string_equal(err.code, "duplicate_name");
    assert_int_equal(pol_trust_write(1, 1, GOOD, 1, NULL, 0, &text, &err), ST_REFUSED);
    assert_int_equal(text.size, 0);
    pol_key_free(key);
}

static void threshold__beyond_what_an_envelope_holds__is_refused(void **state)
{
    (void)state;
    static const char *const ROLLOUTS[] = {"lab"};
    struct pol_public_key keys[LIMIT_SIGNATURES + 1];
    struct bytes text = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct err err = {0};
    for (size_t i = 0; i <= LIMIT_SIGNATURES; i++) {
        struct pol_key *key = signing_key();
        keys[i] = *pol_key_public(key);
        pol_key_free(key);
    }
    assert_int_equal(pol_trust_write(1, LIMIT_SIGNATURES + 1, ROLLOUTS, 1, keys,
                                     LIMIT_SIGNATURES + 1, &text, &err),
                     ST_REFUSED);
    assert_string_equal(err.pointer, "/threshold");
    assert_int_equal(
        pol_trust_write(1, LIMIT_SIGNATURES, ROLLOUTS, 1, keys, LIMIT_SIGNATURES + 1, &text, NULL),
        ST_OK);
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trust__complete__is_read_in_full),
        cmocka_unit_test(trust__not_as_documented__is_refused_with_code_and_place),
        cmocka_unit_test(trust__with_64_rollouts__is_taken_and_with_65_refused),
        cmocka_unit_test(trust__beyond_its_size__is_too_large),
        cmocka_unit_test(threshold__beyond_what_an_envelope_holds__is_refused),
        cmocka_unit_test(trust__written__reads_the_same),
        cmocka_unit_test(trust__written_with_bad_arguments__is_refused_and_nothing_is_written),
    };
    return cmocka_run_group_tests_name("trust", tests, signing_start, NULL);
}
