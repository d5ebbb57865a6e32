/* test_signature_form.c - signature_form.h: every form of the same signature, and what is none. */
#include "tests/cmocka_all.h"

#include "policy/signature_form.h"

#include <stdio.h>
#include <string.h>

static uint8_t readings[SIGNATURE_READINGS][SIGNATURE_BYTES];

/* r = 00..00 01 02, s = ff..ff: one is short, the other needs a byte that keeps the sign apart. */
static void short_and_long(uint8_t out[SIGNATURE_BYTES])
{
    memset(out, 0, SIGNATURE_BYTES);
    out[30] = 1;
    out[31] = 2;
    memset(out + 32, 0xff, 32);
}

static struct span from_hex(const char *hex, uint8_t *out)
{
    size_t size = strlen(hex) / 2;
    assert_true(hex_decode(hex, out, size));
    return (struct span){out, size};
}

#define FF32 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void assert_one_reading(struct span answer, const uint8_t expected[SIGNATURE_BYTES])
{
    assert_int_equal(pol_signature_readings(answer, readings), 1);
    assert_memory_equal(readings[0], expected, SIGNATURE_BYTES);
}

static void signature__in_each_form__is_the_same_numbers(void **state)
{
    (void)state;
    uint8_t raw[SIGNATURE_BYTES];
    uint8_t der[80];
    short_and_long(raw);
    assert_one_reading((struct span){raw, sizeof raw}, raw);
    assert_one_reading(from_hex("3027"
                                "02020102"
                                "022100" FF32,
                                der),
                       raw);
    /* The DER above, in base64 with padding and over two lines as OpenSSL breaks them ... */
    assert_one_reading(span_text("MCcCAgECAiEA//////////////////////////////////////////8=\n"),
                       raw);
    assert_one_reading(
        span_text("MCcCAgECAiEA////////\r\n//////////////////////////////////8=\r\n"), raw);
    /* ... and the bare numbers in both alphabets. */
    assert_one_reading(span_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQL/////////////////"
                                 "/////////////////////////w=="),
                       raw);
    assert_one_reading(span_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQL_________________"
                                 "_________________________w"),
                       raw);
}

/* 64 bytes that are good DER, too: the caller tries both. */
static void der_of_64_bytes__is_read_in_both_ways(void **state)
{
    (void)state;
    uint8_t der[80];
    char hex[2 * SIGNATURE_BYTES + 1] = "303e"
                                        "021d01";
    char *to = hex + strlen(hex);
    for (int i = 0; i < 28; i++, to += 2) {
        (void)snprintf(to, 3, "11");
    }
    (void)snprintf(to, 7, "021d02");
    to += 6;
    for (int i = 0; i < 28; i++, to += 2) {
        (void)snprintf(to, 3, "22");
    }
    struct span answer = from_hex(hex, der);
    assert_int_equal(answer.size, SIGNATURE_BYTES);
    assert_int_equal(pol_signature_readings(answer, readings), 2);
    assert_memory_equal(readings[0], der, SIGNATURE_BYTES);
    assert_int_equal(readings[1][3], 0x01);
    assert_int_equal(readings[1][4], 0x11);
    assert_int_equal(readings[1][35], 0x02);
    assert_int_equal(readings[1][63], 0x22);
}

static void bytes__that_are_no_signature__have_no_reading(void **state)
{
    (void)state;
    static const char *const HEX[] = {
        "3027"
        "02020102"
        "022100" FF32 "00", /* more behind it */
        "3028"
        "02020102"
        "022100" FF32, /* longer than there is */
        "3026"
        "02020102"
        "022100" FF32,                      /* shorter */
        "302702020102022100" FF32 "020101", /* a third number outside */
        "302a02020102022100" FF32 "020101", /* and inside */
        "3026"
        "02020102"
        "0220" FF32, /* negative */
        "3028"
        "0203000102"
        "022100" FF32, /* padded for nothing */
        "3028"
        "02020102"
        "02220001" FF32, /* too large */
        "30"
        "8127"
        "02020102"
        "022100" FF32, /* a length in two bytes */
        "3025"
        "0200"
        "022100" FF32, /* no number */
        "3127"
        "02020102"
        "022100" FF32, /* a set */
        "30",
        "00",
        "3000",
        "30020201",
    };
    uint8_t data[128];
    for (size_t i = 0; i < sizeof HEX / sizeof HEX[0]; i++) {
        if (pol_signature_readings(from_hex(HEX[i], data), readings) != 0) {
            fail_msg("%s", HEX[i]);
        }
    }
    static const char *const TEXTS[] = {"", "=", "====", "none", "a b", "\n", "AAAA"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        assert_int_equal(pol_signature_readings(span_text(TEXTS[i]), readings), 0);
    }
    char large[SIGNATURE_TEXT_BYTES + 1];
    memset(large, ' ', sizeof large);
    assert_int_equal(
        pol_signature_readings((struct span){(const uint8_t *)large, sizeof large}, readings), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature__in_each_form__is_the_same_numbers),
        cmocka_unit_test(der_of_64_bytes__is_read_in_both_ways),
        cmocka_unit_test(bytes__that_are_no_signature__have_no_reading),
    };
    return cmocka_run_group_tests_name("signature_form", tests, NULL, NULL);
}
