#include "policy/key_sealed.h"

#include <mbedtls/asn1.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pkcs5.h>
#include <psa/crypto.h>

/* We write fewer (key_der.c), and openssl, too, unless it is told otherwise; some three seconds. */
enum { ITERATIONS_MOST = 2000000 };

enum status pol_key_seal(const uint8_t plain[KEY_DER_PRIVATE_BYTES], struct span passphrase,
                         uint8_t out[KEY_DER_SEALED_BYTES], struct err *err)
{
    uint8_t chance[KEY_DER_SALT_BYTES + KEY_DER_IV_BYTES];
    mbedtls_asn1_buf params = {.tag = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE,
                               .len = KEY_DER_PARAMS_BYTES,
                               .p = out + KEY_DER_PARAMS_AT};
    size_t size = 0;

    psa_status_t done = psa_generate_random(chance, sizeof chance);
    if (done != PSA_SUCCESS) {
        return err_set(err, done == PSA_ERROR_INSUFFICIENT_MEMORY ? ST_NO_MEMORY : ST_IO, 0,
                       "the crypto library could not make a salt (%d)", (int)done);
    }
    pol_key_der_sealed(chance, chance + KEY_DER_SALT_BYTES, out);
    int bad = mbedtls_pkcs5_pbes2_ext(&params, MBEDTLS_PKCS5_ENCRYPT, passphrase.data,
                                      passphrase.size, plain, KEY_DER_PRIVATE_BYTES,
                                      out + KEY_DER_CIPHER_AT, KEY_DER_CIPHER_BYTES, &size);
    if (bad == MBEDTLS_ERR_MD_ALLOC_FAILED || bad == MBEDTLS_ERR_CIPHER_ALLOC_FAILED) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to encrypt a key");
    }
    if (bad != 0 || size != KEY_DER_CIPHER_BYTES) {
        return err_set(err, ST_BUG, 0, "the crypto library could not encrypt a key (%d)", bad);
    }
    return ST_OK;
}

/* The iterations are the integer behind the salt. Nothing but sequences and names of algorithms stands
 * before the salt, which is the first octet string, whatever the scheme (RFC 8018 appendix A, RFC 7292
 * appendix C). 0 if it is otherwise. */
static int iterations_of(const uint8_t *der, size_t size)
{
    unsigned char *at = (unsigned char *)(uintptr_t)der; /* only moved, never written through */
    const unsigned char *end = der + size;
    const unsigned char sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t length = 0;
    int iterations = 0;
    while (at < end && (*at == sequence || *at == MBEDTLS_ASN1_OID)) {
        bool enter = *at++ == sequence;
        if (mbedtls_asn1_get_len(&at, end, &length) != 0) {
            return 0;
        }
        at += enter ? 0 : length;
    }
    if (mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_OCTET_STRING) != 0) {
        return 0;
    }
    at += length;
    return mbedtls_asn1_get_int(&at, end, &iterations) == 0 ? iterations : 0;
}

enum status pol_key_sealed_check(const char *text, struct err *err)
{
    mbedtls_pem_context pem;
    size_t size = 0;
    int iterations = 0;
    mbedtls_pem_init(&pem);
    int bad = mbedtls_pem_read_buffer(&pem, KEY_SEALED_BEGIN, KEY_SEALED_END, (const uint8_t *)text,
                                      NULL, 0, &size);
    if (bad == 0) {
        const uint8_t *der = mbedtls_pem_get_buffer(&pem, &size);
        iterations = iterations_of(der, size);
    }
    mbedtls_pem_free(&pem);
    if (bad == MBEDTLS_ERR_PEM_ALLOC_FAILED) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read a key");
    }
    if (iterations > ITERATIONS_MOST) {
        return err_refuse(
            err, "out_of_range", "",
            "the private key wants its passphrase hashed %d times, at most %d is done", iterations,
            ITERATIONS_MOST);
    }
    return ST_OK;
}
