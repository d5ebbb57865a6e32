/* test_digest.c - pol_digest(): the examples of FIPS 180-4 as published by NIST. */
#include "tests/cmocka_all.h"

#include "policy/digest.h"
#include "tests/unit/policy/signing.h"

static void digest__of_abc__is_the_published_one(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_BYTES];
    assert_int_equal(pol_digest_hex(span_text("abc"), hex), ST_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void digest__of_nothing__is_the_published_one(void **state)
{
    (void)state;
    char hex[DIGEST_HEX_BYTES];
    assert_int_equal(pol_digest_hex((struct span){0}, hex), ST_OK);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void digest__as_bytes__is_the_same_as_in_hexadecimal(void **state)
{
    (void)state;
    uint8_t bytes[DIGEST_BYTES];
    char hex[DIGEST_HEX_BYTES];
    char again[DIGEST_HEX_BYTES];
    assert_int_equal(pol_digest(span_text("policy"), bytes), ST_OK);
    assert_int_equal(pol_digest_hex(span_text("policy"), hex), ST_OK);
    hex_encode(bytes, sizeof bytes, again);
    assert_string_equal(again, hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest__of_abc__is_the_published_one),
        cmocka_unit_test(digest__of_nothing__is_the_published_one),
        cmocka_unit_test(digest__as_bytes__is_the_same_as_in_hexadecimal),
    };
    return cmocka_run_group_tests_name("digest", tests, signing_start, NULL);
}
