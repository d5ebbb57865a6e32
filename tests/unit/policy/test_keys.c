/* test_keys.c - P-256 keys: known answers, and what is refused. OpenSSL's view: test_keys_posix.c. */
#include "tests/cmocka_all.h"

#include "policy/keys.h"
#include "policy/limits.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

/* RFC 6979 appendix A.2.5: the key, and the signature of "sample" with SHA-256. */
static const char RFC6979_KEY[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgya+p2EW6dRZrXCFX\n"
    "Z7HWk05Qw9s26JsSe4piKxIPZyGhRANCAARg/tS6JVqdMclh63TGNW1owEm4kjth\n"
    "+mzmaWIuYPKftnkD/hAIuLyZpBrp6VYovGTy8bIMLX6fUXejwpTURiKZ\n"
    "-----END PRIVATE KEY-----\n";
static const char RFC6979_X[] = "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
static const char RFC6979_Y[] = "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
static const char RFC6979_SAMPLE[] =
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";

static const char P384_KEY[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCPn5E9FaHsbfBBJpg7\n"
                               "srOy9fPgo1IRX/g/TAc/sBGtvv/7xYWz9Pw6G16fpINhqb+hZANiAAQ0SeXzlJKR\n"
                               "bVFHiWjLGIoX4zmvuYGk55AKsbFg8ma/pg42tpAIkylD/mLGguY6H8zpQAw7FASe\n"
                               "HsaE+stVInReApxTZBLE6EpAwNKni8YuBdNBtY3VAY8rbNfaEwlvwb4=\n"
                               "-----END PRIVATE KEY-----\n";
static const char P384_PUBLIC[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAENEnl85SSkW1RR4loyxiKF+M5r7mBpOeQ\n"
    "CrGxYPJmv6YONraQCJMpQ/5ixoLmOh/M6UAMOxQEnh7GhPrLVSJ0XgKcU2QSxOhK\n"
    "QMDSp4vGLgXTQbWN1QGPK2zX2hMJb8G+\n"
    "-----END PUBLIC KEY-----\n";
static const char SEC1_KEY[] = "-----BEGIN EC PRIVATE KEY-----\n"
                               "MHcCAQEEIFlCw6xNmhd4R8Q0jyO48V98KKob8dJiDoYZlFJa2ZOLoAoGCCqGSM49\n"
                               "AwEHoUQDQgAEaZ3UkfsqeoySUgWzfXh4BhAqu1VSTC2C7Zhw+l8E13GaNVUor+mC\n"
                               "YPJhGonTsqRsGkn5TVTkvD3gjpIcshw17g==\n"
                               "-----END EC PRIVATE KEY-----\n";

static struct pol_key *read_rfc6979(void)
{
    struct pol_key *key = NULL;
    assert_int_equal(pol_key_read_private(span_text(RFC6979_KEY), (struct span){0}, &key, NULL),
                     ST_OK);
    return key;
}

static void refuses_private(const char *pem, const char *passphrase, const char *code,
                            const char *said)
{
    struct pol_key *key = NULL;
    struct err err = {0};
    assert_int_equal(pol_key_read_private(span_text(pem), span_text(passphrase), &key, &err),
                     ST_REFUSED);
    assert_string_equal(err.code, code);
    assert_non_null(strstr(err.text, said));
    assert_null(key);
}

static void key__of_rfc_6979__has_the_published_point_and_signature(void **state)
{
    (void)state;
    uint8_t expected[SIGNATURE_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    char hex[2 * KEY_COORDINATE_BYTES + 1];
    struct pol_key *key = read_rfc6979();
    hex_encode(pol_key_public(key)->x, KEY_COORDINATE_BYTES, hex);
    assert_string_equal(hex, RFC6979_X);
    hex_encode(pol_key_public(key)->y, KEY_COORDINATE_BYTES, hex);
    assert_string_equal(hex, RFC6979_Y);
    assert_true(hex_decode(RFC6979_SAMPLE, expected, sizeof expected));
    assert_int_equal(pol_key_sign(key, span_text("sample"), signature, NULL), ST_OK);
    assert_memory_equal(signature, expected, sizeof expected);
    pol_key_free(key);
}

static void thumbprint__of_the_key_in_rfc_9449__is_the_published_jkt(void **state)
{
    (void)state;
    uint8_t x[KEY_COORDINATE_BYTES];
    uint8_t y[KEY_COORDINATE_BYTES];
    struct pol_public_key key;
    assert_true(pol_base64url_decode_exactly(
        span_text("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"), x, sizeof x));
    assert_true(pol_base64url_decode_exactly(
        span_text("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"), y, sizeof y));
    assert_int_equal(pol_public_key_from_point(x, y, &key, NULL), ST_OK);
    assert_string_equal(key.kid, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

static void key__written_and_read__is_the_same(void **state)
{
    (void)state;
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = signing_key();
    struct pol_key *again = NULL;
    struct pol_public_key public;
    assert_int_equal(pol_key_write_private(key, (struct span){0}, &pem, NULL), ST_OK);
    assert_int_equal(pol_key_read_private(bytes_span(&pem), (struct span){0}, &again, NULL), ST_OK);
    assert_string_equal(pol_key_public(again)->kid, pol_key_public(key)->kid);
    bytes_clear(&pem);
    assert_int_equal(pol_public_key_write(pol_key_public(key), &pem, NULL), ST_OK);
    assert_int_equal(pol_public_key_read(bytes_span(&pem), &public, NULL), ST_OK);
    assert_string_equal(public.kid, pol_key_public(key)->kid);
    pol_key_free(again);
    pol_key_free(key);
    bytes_wipe(&pem);
}

static void key__with_windows_line_ends__is_read(void **state)
{
    (void)state;
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = NULL;
    for (const char *p = RFC6979_KEY; *p != '\0'; p++) {
        assert_int_equal(bytes_append_text(&pem, *p == '\n' ? "\r\n" : (char[]){*p, '\0'}), ST_OK);
    }
    assert_int_equal(pol_key_read_private(bytes_span(&pem), (struct span){0}, &key, NULL), ST_OK);
    pol_key_free(key);
    bytes_free(&pem);
}

static void sealed_key__that_would_keep_us_for_long__is_refused_unopened(void **state)
{
    (void)state;
    struct bytes pem = signing_stored("keys/sealed-2000001-iterations.pem");
    struct pol_key *key = NULL;
    struct err err = {0};
    assert_int_equal(pol_key_read_private(bytes_span(&pem), span_text("correct horse"), &key, &err),
                     ST_REFUSED);
    assert_string_equal(err.code, "out_of_range");
    assert_non_null(strstr(err.text, "2000001 times"));
    assert_null(key);
    bytes_free(&pem);
}

/* Each use of a passphrase takes its time, so one test does it all. */
static void encrypted_key__with_its_passphrase_only__is_the_same(void **state)
{
    (void)state;
    struct span passphrase = span_text("correct horse");
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct bytes salted_anew = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = signing_key();
    struct pol_key *again = NULL;
    assert_int_equal(pol_key_write_private(key, passphrase, &pem, NULL), ST_OK);
    assert_int_equal(strncmp(bytes_text(&pem), "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38), 0);
    assert_int_equal(pol_key_write_private(key, passphrase, &salted_anew, NULL), ST_OK);
    assert_false(span_equal(bytes_span(&pem), bytes_span(&salted_anew)));
    assert_int_equal(pol_key_read_private(bytes_span(&pem), passphrase, &again, NULL), ST_OK);
    assert_string_equal(pol_key_public(again)->kid, pol_key_public(key)->kid);
    refuses_private(bytes_text(&pem), "", "key_unknown", "needs its passphrase");
    refuses_private(bytes_text(&pem), "wrong", "key_unknown", "passphrase does not open");
    pol_key_free(again);
    pol_key_free(key);
    bytes_wipe(&salted_anew);
    bytes_wipe(&pem);
}

static void private_key__of_another_kind__is_refused(void **state)
{
    (void)state;
    refuses_private("", "", "key_unknown", "no private key in PEM");
    refuses_private("hello", "", "key_unknown", "no private key in PEM");
    refuses_private(SEC1_KEY, "", "key_unknown", "no private key in PEM");
    refuses_private(P384_KEY, "", "key_unknown", "P-256");
    refuses_private("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "",
                    "key_unknown", "damaged");
}

static void private_key__beyond_the_limit__is_too_large(void **state)
{
    (void)state;
    char big[LIMIT_KEY_FILE_BYTES + 2];
    memset(big, '-', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    refuses_private(big, "", "too_large", "at most");
}

static void public_key__of_another_kind__is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "hello", P384_PUBLIC, RFC6979_KEY,
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct pol_public_key key;
        struct err err = {0};
        assert_int_equal(pol_public_key_read(span_text(BAD[i]), &key, &err), ST_REFUSED);
        assert_string_equal(err.code, "key_unknown");
    }
}

static void point__beside_the_curve__is_refused(void **state)
{
    (void)state;
    struct pol_public_key key;
    struct err err = {0};
    uint8_t x[KEY_COORDINATE_BYTES];
    uint8_t y[KEY_COORDINATE_BYTES];
    assert_true(hex_decode(RFC6979_X, x, sizeof x));
    assert_true(hex_decode(RFC6979_Y, y, sizeof y));
    assert_int_equal(pol_public_key_from_point(x, y, &key, &err), ST_OK);
    y[31] ^= 1;
    assert_int_equal(pol_public_key_from_point(x, y, &key, &err), ST_REFUSED);
    assert_string_equal(err.code, "out_of_range");
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    assert_int_equal(pol_public_key_from_point(x, y, &key, &err), ST_REFUSED);
}

static void signature__with_any_bit_turned__does_not_hold(void **state)
{
    (void)state;
    uint8_t signature[SIGNATURE_BYTES];
    struct pol_key *key = read_rfc6979();
    const struct pol_public_key *public = pol_key_public(key);
    assert_int_equal(pol_key_sign(key, span_text("sample"), signature, NULL), ST_OK);
    assert_true(pol_public_key_verify(public, span_text("sample"), signature));
    assert_false(pol_public_key_verify(public, span_text("Sample"), signature));
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        signature[i] ^= (uint8_t)(1U << i % 8);
        assert_false(pol_public_key_verify(public, span_text("sample"), signature));
        signature[i] ^= (uint8_t)(1U << i % 8);
    }
    pol_key_free(key);
}

static void signature__of_zeros__does_not_hold(void **state)
{
    (void)state;
    static const uint8_t ZEROS[SIGNATURE_BYTES] = {0}; /* CVE-2022-21449 */
    struct pol_key *key = read_rfc6979();
    assert_false(pol_public_key_verify(pol_key_public(key), span_text("sample"), ZEROS));
    pol_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key__of_rfc_6979__has_the_published_point_and_signature),
        cmocka_unit_test(thumbprint__of_the_key_in_rfc_9449__is_the_published_jkt),
        cmocka_unit_test(key__written_and_read__is_the_same),
        cmocka_unit_test(key__with_windows_line_ends__is_read),
        cmocka_unit_test(sealed_key__that_would_keep_us_for_long__is_refused_unopened),
        cmocka_unit_test(encrypted_key__with_its_passphrase_only__is_the_same),
        cmocka_unit_test(private_key__of_another_kind__is_refused),
        cmocka_unit_test(private_key__beyond_the_limit__is_too_large),
        cmocka_unit_test(public_key__of_another_kind__is_refused),
        cmocka_unit_test(point__beside_the_curve__is_refused),
        cmocka_unit_test(signature__with_any_bit_turned__does_not_hold),
        cmocka_unit_test(signature__of_zeros__does_not_hold),
    };
    return cmocka_run_group_tests_name("keys", tests, signing_start, NULL);
}
