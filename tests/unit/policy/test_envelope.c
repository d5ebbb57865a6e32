/* test_envelope.c - base64url, and the form of envelopes. Whole files: test_verify.c. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void base64url__of_rfc_4648__is_encoded_without_padding(void **state)
{
    (void)state;
    static const char *const PLAIN[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const CODED[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
    for (size_t i = 0; i < sizeof PLAIN / sizeof PLAIN[0]; i++) {
        struct bytes coded = bytes_with_limit(64);
        struct bytes plain = bytes_with_limit(64);
        assert_int_equal(pol_base64url_encode(span_text(PLAIN[i]), &coded), ST_OK);
        assert_string_equal(bytes_text(&coded), CODED[i]);
        assert_true(pol_base64url_decode(span_text(CODED[i]), &plain));
        assert_string_equal(bytes_text(&plain), PLAIN[i]);
        bytes_free(&plain);
        bytes_free(&coded);
    }
}

static void base64url__of_all_bytes__comes_back(void **state)
{
    (void)state;
    uint8_t all[256];
    struct bytes coded = bytes_with_limit(400);
    struct bytes plain = bytes_with_limit(sizeof all);
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (uint8_t)i;
    }
    assert_int_equal(pol_base64url_encode((struct span){all, sizeof all}, &coded), ST_OK);
    assert_null(strpbrk(bytes_text(&coded), "+/="));
    assert_true(pol_base64url_decode(bytes_span(&coded), &plain));
    assert_true(span_equal(bytes_span(&plain), (struct span){all, sizeof all}));
    bytes_free(&plain);
    bytes_free(&coded);
}

static void base64url__not_canonical__is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"Z",     "Zg==",  "Zg=",  "Zh",   "Zm9",   "Zm9v\n",
                                      " Zm9v", "Zm 9v", "Zm+v", "Zm/v", "Zm9vY", "Zm9\xc3\xa4"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct bytes plain = bytes_with_limit(64);
        assert_int_equal(bytes_append_text(&plain, "before"), ST_OK);
        assert_false(pol_base64url_decode(span_text(BAD[i]), &plain));
        assert_string_equal(bytes_text(&plain), "before");
        bytes_free(&plain);
    }
}

static void base64url__beyond_the_room__leaves_out_as_it_was(void **state)
{
    (void)state;
    struct bytes out = bytes_with_limit(7);
    assert_int_equal(bytes_append_text(&out, "has"), ST_OK);
    assert_false(pol_base64url_decode(span_text("Zm9vYmFy"), &out));
    assert_string_equal(bytes_text(&out), "has");
    assert_int_equal(pol_base64url_encode(span_text("foobar"), &out), ST_TOO_LARGE);
    assert_string_equal(bytes_text(&out), "has");
    bytes_free(&out);
}

static void base64url__of_another_length__is_not_exactly(void **state)
{
    (void)state;
    uint8_t out[3];
    assert_true(pol_base64url_decode_exactly(span_text("Zm9v"), out, 3));
    assert_memory_equal(out, "foo", 3);
    assert_false(pol_base64url_decode_exactly(span_text("Zm8"), out, 3));
    assert_false(pol_base64url_decode_exactly(span_text("Zm9vYg"), out, 3));
    assert_false(pol_base64url_decode_exactly(span_text("Zm9="), out, 3));
}

static void envelope__of_two_keys__keeps_what_was_signed(void **state)
{
    (void)state;
    struct bytes raw = signing_stored("envelope/good-two-keys.json");
    struct pol_envelope *envelope = NULL;
    assert_int_equal(pol_envelope_parse(bytes_span(&raw), POL_DOCUMENT_POLICY, &envelope, NULL),
                     ST_OK);
    assert_int_equal(envelope->signature_count, 2);
    assert_string_not_equal(envelope->signatures[0].kid, envelope->signatures[1].kid);
    /* The texts are those of the file, and live on without it. */
    bytes_wipe(&raw);
    raw = signing_stored("envelope/good-two-keys.json");
    assert_non_null(strstr(bytes_text(&raw), envelope->payload_text));
    assert_non_null(strstr(bytes_text(&raw), envelope->signatures[0].protected_text));
    assert_non_null(strstr(bytes_text(&raw), envelope->signatures[1].protected_text));
    pol_envelope_free(envelope);
    bytes_free(&raw);
}

/* An envelope of a payload of so many bytes, with a signature that nobody made. */
static struct bytes big_envelope(size_t payload_bytes, enum pol_document document)
{
    struct bytes out = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    struct bytes text = bytes_with_limit(LIMIT_STRING_BYTES);
    struct bytes header = bytes_with_limit(LIMIT_STRING_BYTES);
    uint8_t *payload = calloc(1, payload_bytes);
    assert_non_null(payload);
    assert_int_equal(bytes_append_format(&text,
                                         "{\"alg\":\"ES256\",\"kid\":\"%.43s\",\"typ\":\"%s\"}",
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                         pol_document_type(document)),
                     ST_OK);
    assert_int_equal(pol_base64url_encode(bytes_span(&text), &header), ST_OK);
    assert_int_equal(bytes_append_text(&out, "{\"payload\":\""), ST_OK);
    assert_int_equal(pol_base64url_encode((struct span){payload, payload_bytes}, &out), ST_OK);
    assert_int_equal(bytes_append_format(&out,
                                         "\",\"signatures\":[{\"protected\":\"%s\",\"signature\":\""
                                         "%.86s\"}]}",
                                         bytes_text(&header),
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                     ST_OK);
    free(payload);
    bytes_free(&header);
    bytes_free(&text);
    return out;
}

static void check_size(size_t payload_bytes, enum pol_document document, const char *code)
{
    struct bytes raw = big_envelope(payload_bytes, document);
    struct pol_envelope *envelope = NULL;
    struct err err = {0};
    enum status st = pol_envelope_parse(bytes_span(&raw), document, &envelope, &err);
    assert_int_equal(st, code == NULL ? ST_OK : ST_REFUSED);
    if (st == ST_REFUSED) {
        assert_string_equal(err.code, code);
    }
    pol_envelope_free(envelope);
    bytes_free(&raw);
}

static void envelope__at_its_size__is_taken_and_above_too_large(void **state)
{
    (void)state;
    check_size(LIMIT_PAYLOAD_BYTES, POL_DOCUMENT_POLICY, NULL);
    check_size(LIMIT_PAYLOAD_BYTES + 1, POL_DOCUMENT_POLICY, "too_large");
    check_size(LIMIT_ENVELOPE_BYTES, POL_DOCUMENT_POLICY, "too_large");
    check_size(LIMIT_PAYLOAD_BYTES + 1, POL_DOCUMENT_BUNDLE, NULL);
    check_size(LIMIT_BUNDLE_BYTES, POL_DOCUMENT_BUNDLE, "too_large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64url__of_rfc_4648__is_encoded_without_padding),
        cmocka_unit_test(base64url__of_all_bytes__comes_back),
        cmocka_unit_test(base64url__not_canonical__is_refused),
        cmocka_unit_test(base64url__beyond_the_room__leaves_out_as_it_was),
        cmocka_unit_test(base64url__of_another_length__is_not_exactly),
        cmocka_unit_test(envelope__of_two_keys__keeps_what_was_signed),
        cmocka_unit_test(envelope__at_its_size__is_taken_and_above_too_large),
    };
    return cmocka_run_group_tests_name("envelope", tests, signing_start, NULL);
}
