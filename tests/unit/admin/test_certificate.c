/* test_certificate.c - adm_certificates_make(): a chain that a TLS client accepts for its names. */
#include "tests/cmocka_all.h"

#include "admin/certificate.h"
#include "policy/keys.h"

#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>
#include <string.h>
#include <time.h>

static int start(void **state)
{
    (void)state;
    return psa_crypto_init() == PSA_SUCCESS ? 0 : -1;
}

static void read_certificate(const struct bytes *pem, mbedtls_x509_crt *out)
{
    mbedtls_x509_crt_init(out);
    assert_int_equal(mbedtls_x509_crt_parse(out, pem->data, pem->size + 1), 0);
}

/* The flags of the verifier: 0 is good. */
static uint32_t verify_for(const struct adm_certificates *made, const char *name)
{
    mbedtls_x509_crt ca;
    mbedtls_x509_crt server;
    uint32_t flags = 0;

    read_certificate(&made->ca, &ca);
    read_certificate(&made->server, &server);
    int code = mbedtls_x509_crt_verify(&server, &ca, NULL, name, &flags, NULL, NULL);
    assert_true(code == 0 || code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    mbedtls_x509_crt_free(&server);
    mbedtls_x509_crt_free(&ca);
    return flags;
}

static void make(const char *host, struct adm_certificates *out)
{
    struct err err = {.st = ST_OK};
    if (adm_certificates_make(host, (int64_t)time(NULL), out, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
}

static void certificates__host_name__verify_for_it_and_this_machine_only(void **state)
{
    (void)state;
    struct adm_certificates made = {0};
    make("mapi.example.com", &made);
    assert_int_equal(verify_for(&made, "mapi.example.com"), 0);
    assert_int_equal(verify_for(&made, "localhost"), 0);
    assert_int_equal(verify_for(&made, "127.0.0.1"), 0);
    assert_int_equal(verify_for(&made, "other.example.com"), MBEDTLS_X509_BADCERT_CN_MISMATCH);
    adm_certificates_done(&made);
}

static void certificates__address__is_in_as_an_address(void **state)
{
    (void)state;
    struct adm_certificates made = {0};
    make("192.0.2.7", &made);
    assert_int_equal(verify_for(&made, "192.0.2.7"), 0);
    assert_int_equal(verify_for(&made, "192.0.2.8"), MBEDTLS_X509_BADCERT_CN_MISMATCH);
    adm_certificates_done(&made);
}

static void certificates__longest_host__is_taken(void **state)
{
    (void)state;
    struct adm_certificates made = {0};
    char host[ADM_HOST_BYTES + 2];
    for (size_t i = 0; i < ADM_HOST_BYTES; i++) {
        host[i] = i % 32 == 31 ? '.' : 'a';
    }
    host[ADM_HOST_BYTES] = '\0';
    make(host, &made);
    assert_int_equal(verify_for(&made, host), 0);
    adm_certificates_done(&made);
}

static void certificates__two_runs__share_nothing(void **state)
{
    (void)state;
    struct adm_certificates one = {0};
    struct adm_certificates two = {0};
    make("localhost", &one);
    make("localhost", &two);
    struct bytes own_ca = one.ca;
    one.ca = two.ca;
    assert_true((verify_for(&one, "localhost") & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0);
    one.ca = own_ca;
    assert_false(span_equal(bytes_span(&one.server_key), bytes_span(&two.server_key)));
    adm_certificates_done(&one);
    adm_certificates_done(&two);
}

static void certificates__keys__belong_to_the_certificates(void **state)
{
    (void)state;
    struct adm_certificates made = {0};
    struct pol_key *key = NULL;
    struct err err;
    mbedtls_x509_crt server;

    make("localhost", &made);
    assert_int_equal(
        pol_key_read_private(bytes_span(&made.server_key), (struct span){0}, &key, &err), ST_OK);
    read_certificate(&made.server, &server);
    /* The public point stands at the end of the SubjectPublicKeyInfo (RFC 5480). */
    const uint8_t *point = server.pk_raw.p + server.pk_raw.len - 2 * KEY_COORDINATE_BYTES;
    assert_memory_equal(point, pol_key_public(key)->x, KEY_COORDINATE_BYTES);
    assert_memory_equal(point + KEY_COORDINATE_BYTES, pol_key_public(key)->y, KEY_COORDINATE_BYTES);
    mbedtls_x509_crt_free(&server);
    pol_key_free(key);
    adm_certificates_done(&made);
}

static void certificates__no_host_name__are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "a b", "a,CN=b", "-x", ".x", "x/y", "::1", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct adm_certificates made = {0};
        struct err err;
        assert_int_equal(adm_certificates_make(BAD[i], 0, &made, &err), ST_REFUSED);
        assert_null(made.ca.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates__host_name__verify_for_it_and_this_machine_only),
        cmocka_unit_test(certificates__address__is_in_as_an_address),
        cmocka_unit_test(certificates__longest_host__is_taken),
        cmocka_unit_test(certificates__two_runs__share_nothing),
        cmocka_unit_test(certificates__keys__belong_to_the_certificates),
        cmocka_unit_test(certificates__no_host_name__are_refused),
    };
    return cmocka_run_group_tests_name("certificate", tests, start, NULL);
}
