#include "policy/keys.h"

#include "policy/digest.h"
#include "policy/envelope.h"
#include "policy/key_parts.h"
#include "policy/key_sealed.h"
#include "policy/limits.h"

#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/psa_util.h>
#include <psa/crypto.h>

#include <stdlib.h>
#include <string.h>

enum {
    POINT_BYTES = 1 + 2 * KEY_COORDINATE_BYTES, /* 0x04 x y */
    CURVE_BITS = 256,
};

/* ---- the crypto library ------------------------------------------------------------------- */

enum status pol_key_library_failed(int why, const char *what, struct err *err)
{
    enum status st = why == PSA_ERROR_INSUFFICIENT_MEMORY    ? ST_NO_MEMORY
                     : why == PSA_ERROR_INSUFFICIENT_ENTROPY ? ST_IO
                                                             : ST_BUG;
    return err_set(err, st, 0, "the crypto library could not %s (%d)", what, why);
}

/* The library's older half adds a low code to a high one, each of which may be of memory. */
bool pol_key_lacks_memory(int bad)
{
    int high = -(-bad & 0xff80), low = -(-bad & 0x7f);
    return low == MBEDTLS_ERR_MPI_ALLOC_FAILED || low == MBEDTLS_ERR_ASN1_ALLOC_FAILED ||
           high == MBEDTLS_ERR_PEM_ALLOC_FAILED || high == MBEDTLS_ERR_PK_ALLOC_FAILED ||
           high == MBEDTLS_ERR_ECP_ALLOC_FAILED || high == MBEDTLS_ERR_MD_ALLOC_FAILED ||
           high == MBEDTLS_ERR_CIPHER_ALLOC_FAILED;
}

static psa_key_attributes_t pair_attributes(psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, CURVE_BITS);
    psa_set_key_usage_flags(&attributes, usage);
    /* RFC 6979: a signature does not hang on the quality of random numbers. */
    psa_set_key_algorithm(&attributes, PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256));
    return attributes;
}

/* RFC 7638: members in the order of their names, no white space. */
static enum status thumbprint(struct pol_public_key *key)
{
    uint8_t digest[DIGEST_BYTES];
    struct bytes text = bytes_with_limit(LIMIT_STRING_BYTES);
    struct bytes kid = bytes_with_limit(KEY_ID_BYTES - 1);

    enum status st = bytes_append_text(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    if (st == ST_OK &&
        (st = pol_base64url_encode((struct span){key->x, sizeof key->x}, &text)) == ST_OK) {
        st = bytes_append_text(&text, "\",\"y\":\"");
    }
    if (st == ST_OK &&
        (st = pol_base64url_encode((struct span){key->y, sizeof key->y}, &text)) == ST_OK) {
        st = bytes_append_text(&text, "\"}");
    }
    if (st == ST_OK) {
        st = pol_digest(bytes_span(&text), digest);
    }
    if (st == ST_OK) {
        st = pol_base64url_encode((struct span){digest, sizeof digest}, &kid);
    }
    if (st == ST_OK) {
        memcpy(key->kid, bytes_text(&kid), KEY_ID_BYTES);
    }
    bytes_free(&kid);
    bytes_free(&text);
    return st;
}

/* ---- public keys -------------------------------------------------------------------------- */

enum status pol_public_key_from_point(const uint8_t x[KEY_COORDINATE_BYTES],
                                      const uint8_t y[KEY_COORDINATE_BYTES],
                                      struct pol_public_key *out, struct err *err)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    struct pol_public_key key = {0};
    uint8_t point[POINT_BYTES] = {0x04};

    memcpy(point + 1, x, KEY_COORDINATE_BYTES);
    memcpy(point + 1 + KEY_COORDINATE_BYTES, y, KEY_COORDINATE_BYTES);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, CURVE_BITS);
    psa_status_t done = psa_import_key(&attributes, point, sizeof point, &id);
    if (done == PSA_ERROR_INVALID_ARGUMENT) {
        return err_refuse(err, "out_of_range", "", "the point is not on the curve P-256");
    }
    if (done != PSA_SUCCESS) {
        return pol_key_library_failed(done, "take a public key", err);
    }
    (void)psa_destroy_key(id);

    memcpy(key.x, x, KEY_COORDINATE_BYTES);
    memcpy(key.y, y, KEY_COORDINATE_BYTES);
    enum status st = thumbprint(&key);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the thumbprint of a key could not be computed");
    }
    *out = key;
    return ST_OK;
}

/* PEM as text with a NUL, which the library wants; free() frees it. */
static enum status copy_pem(struct span pem, char **out, struct err *err)
{
    if (pem.size > LIMIT_KEY_FILE_BYTES) {
        return err_refuse(err, "too_large", "", "a key file has at most %d bytes",
                          LIMIT_KEY_FILE_BYTES);
    }
    char *text = calloc(pem.size + 1, 1);
    if (text == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read a key");
    }
    if (pem.size > 0) {
        memcpy(text, pem.data, pem.size);
    }
    *out = text;
    return ST_OK;
}

static bool is_p256(const mbedtls_pk_context *pk)
{
    return mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY &&
           mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk)) == MBEDTLS_ECP_DP_SECP256R1;
}

enum status pol_public_key_read(struct span pem, struct pol_public_key *out, struct err *err)
{
    mbedtls_pk_context pk;
    uint8_t point[POINT_BYTES];
    size_t size = 0;

    char *text = NULL;
    enum status st = copy_pem(pem, &text, err);
    if (st != ST_OK) {
        return st;
    }
    mbedtls_pk_init(&pk);
    int bad = mbedtls_pk_parse_public_key(&pk, (const uint8_t *)text, pem.size + 1);
    if (pol_key_lacks_memory(bad)) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory to read a key");
    } else if (bad != 0 || strstr(text, SPKI_MARK) == NULL) {
        st = err_refuse(err, "key_unknown", "", "this is no public key in PEM (\"%s\")", SPKI_MARK);
    } else if (!is_p256(&pk) ||
               mbedtls_ecp_write_public_key(mbedtls_pk_ec(pk), MBEDTLS_ECP_PF_UNCOMPRESSED, &size,
                                            point, sizeof point) != 0) {
        st = err_refuse(err, "key_unknown", "", "the public key is not on the curve P-256");
    }
    if (st == ST_OK) {
        st = pol_public_key_from_point(point + 1, point + 1 + KEY_COORDINATE_BYTES, out, err);
    }
    mbedtls_pk_free(&pk);
    wipe(text, pem.size); /* somebody may have named the private half */
    free(text);
    return st;
}

/* ---- private keys ------------------------------------------------------------------------- */

/* The public half always comes from the secret number: what a file says about it does not count. */
static enum status key_from_pair(psa_key_id_t id, struct pol_key **out, struct err *err)
{
    uint8_t point[POINT_BYTES];
    size_t size = 0;
    struct pol_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for a key");
    }
    enum status st = ST_OK;
    psa_status_t done = psa_export_key(id, key->secret, sizeof key->secret, &size);
    if (done == PSA_SUCCESS) {
        done = psa_export_public_key(id, point, sizeof point, &size);
    }
    if (done != PSA_SUCCESS) {
        st = pol_key_library_failed(done, "hand out a key", err);
    }
    if (st == ST_OK) {
        st = pol_public_key_from_point(point + 1, point + 1 + KEY_COORDINATE_BYTES, &key->public,
                                       err);
    }
    if (st == ST_OK) {
        *out = key;
        key = NULL; /* handed over */
    }
    pol_key_free(key);
    return st;
}

enum status pol_key_generate(struct pol_key **out, struct err *err)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    psa_key_attributes_t attributes = pair_attributes(PSA_KEY_USAGE_EXPORT);
    psa_status_t done = psa_generate_key(&attributes, &id);
    if (done != PSA_SUCCESS) {
        return pol_key_library_failed(done, "make a key", err);
    }
    enum status st = key_from_pair(id, out, err);
    (void)psa_destroy_key(id);
    return st;
}

static enum status import_pair(const uint8_t secret[KEY_COORDINATE_BYTES], psa_key_usage_t usage,
                               psa_key_id_t *out, struct err *err)
{
    psa_key_attributes_t attributes = pair_attributes(usage);
    psa_status_t done = psa_import_key(&attributes, secret, KEY_COORDINATE_BYTES, out);
    return done == PSA_SUCCESS ? ST_OK : pol_key_library_failed(done, "take a private key", err);
}

/* A wrong passphrase shows in the padding, and once in 256 times only in what is behind it. */
static const char *why_unreadable(int bad, bool encrypted)
{
    switch (bad) {
    case MBEDTLS_ERR_PK_PASSWORD_REQUIRED: return "the private key needs its passphrase";
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE: return "the private key is not on the curve P-256";
    case MBEDTLS_ERR_PKCS5_FEATURE_UNAVAILABLE:
        return "the private key is not encrypted by PBES2 with AES: 'openssl pkcs8 -topk8"
               " -v2 aes-256-cbc' does that";
    default:
        return encrypted ? "the passphrase does not open the private key"
                         : "the private key cannot be read: damaged, or its curve has no name?";
    }
}

static enum status parse_private(char *text, struct span passphrase, mbedtls_pk_context *pk,
                                 struct err *err)
{
    bool encrypted = strstr(text, KEY_SEALED_BEGIN) != NULL;
    if (!encrypted && strstr(text, PKCS8_MARK) == NULL) {
        return err_refuse(err, "key_unknown", "",
                          "this is no private key in PEM, PKCS#8 (\"%s\"); 'openssl pkcs8"
                          " -topk8' makes one of most others",
                          PKCS8_MARK);
    }
    enum status st = encrypted ? pol_key_sealed_check(text, err) : ST_OK;
    if (st != ST_OK) {
        return st;
    }
    int bad =
        mbedtls_pk_parse_key(pk, (const uint8_t *)text, strlen(text) + 1, passphrase.data,
                             passphrase.size, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    if (pol_key_lacks_memory(bad)) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read a key");
    }
    if (bad != 0) {
        return err_refuse(err, "key_unknown", "", "%s", why_unreadable(bad, encrypted));
    }
    if (!is_p256(pk)) {
        return err_refuse(err, "key_unknown", "", "the private key is not on the curve P-256");
    }
    return ST_OK;
}

enum status pol_key_read_private(struct span pem, struct span passphrase, struct pol_key **out,
                                 struct err *err)
{
    mbedtls_pk_context pk;
    psa_key_id_t id = PSA_KEY_ID_NULL;
    uint8_t secret[KEY_COORDINATE_BYTES] = {0};
    size_t size = 0;

    char *text = NULL;
    enum status st = copy_pem(pem, &text, err);
    if (st != ST_OK) {
        return st;
    }
    mbedtls_pk_init(&pk);
    st = parse_private(text, passphrase, &pk, err);
    if (st == ST_OK &&
        (mbedtls_ecp_write_key_ext(mbedtls_pk_ec(pk), &size, secret, sizeof secret) != 0 ||
         size != sizeof secret)) {
        st = err_set(err, ST_BUG, 0, "the crypto library could not hand out a key");
    }
    if (st == ST_OK) {
        st = import_pair(secret, PSA_KEY_USAGE_EXPORT, &id, err);
    }
    if (st == ST_OK) {
        st = key_from_pair(id, out, err);
    }
    (void)psa_destroy_key(id);
    wipe(secret, sizeof secret);
    mbedtls_pk_free(&pk);
    wipe(text, pem.size);
    free(text);
    return st;
}

const struct pol_public_key *pol_key_public(const struct pol_key *key)
{
    return &key->public;
}

void pol_key_free(struct pol_key *key)
{
    if (key != NULL) {
        wipe(key, sizeof *key);
        free(key);
    }
}

enum status pol_key_sign(const struct pol_key *key, struct span message,
                         uint8_t out[SIGNATURE_BYTES], struct err *err)
{
    psa_key_id_t id = PSA_KEY_ID_NULL;
    uint8_t signature[SIGNATURE_BYTES];
    size_t size = 0;

    enum status st = import_pair(key->secret, PSA_KEY_USAGE_SIGN_MESSAGE, &id, err);
    if (st == ST_OK) {
        psa_status_t done =
            psa_sign_message(id, PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256), message.data,
                             message.size, signature, sizeof signature, &size);
        st = done == PSA_SUCCESS ? ST_OK : pol_key_library_failed(done, "sign", err);
    }
    if (st == ST_OK) {
        memcpy(out, signature, sizeof signature);
    }
    (void)psa_destroy_key(id);
    return st;
}
