#include "policy/key_der.h"

#include <string.h>

/* RFC 5958 PrivateKeyInfo, version 0, id-ecPublicKey on prime256v1, around RFC 5915 ECPrivateKey. */
static const uint8_t PKCS8_HEAD[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
                                     0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
                                     0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
static const uint8_t PKCS8_POINT[] = {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04}; /* [1] BIT STRING */

/* RFC 5480 SubjectPublicKeyInfo of the same curve. */
static const uint8_t SPKI_HEAD[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

/* RFC 8018 PBES2-params: PBKDF2 with a salt of 16 bytes, 600,000 (0x0927c0) rounds of HMAC-SHA-256
 * (OWASP's figure for it), and AES-256-CBC with its IV. */
static const uint8_t PBES2_SALT[] = {0x30, 0x32, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                     0x0d, 0x01, 0x05, 0x0c, 0x30, 0x25, 0x04, 0x10};
static const uint8_t PBES2_ROUNDS[] = {0x02, 0x03, 0x09, 0x27, 0xc0, 0x30, 0x0c, 0x06, 0x08,
                                       0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09, 0x05,
                                       0x00, 0x30, 0x1d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                       0x65, 0x03, 0x04, 0x01, 0x2a, 0x04, 0x10};
/* RFC 5958 EncryptedPrivateKeyInfo around them and the encrypted bytes. */
static const uint8_t PBES2_HEAD[] = {0x30, 0x81, 0xf5, 0x30, 0x60, 0x06, 0x09, 0x2a, 0x86,
                                     0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d, 0x30, 0x53};
static const uint8_t PBES2_BODY[] = {0x04, 0x81, 0x90};

_Static_assert(sizeof SPKI_HEAD + (size_t)2 * KEY_COORDINATE_BYTES == KEY_DER_PUBLIC_BYTES &&
                   KEY_DER_PUBLIC_BYTES == 2 + 0x59,
               "the length in SPKI_HEAD");
_Static_assert(sizeof PKCS8_HEAD + sizeof PKCS8_POINT + (size_t)3 * KEY_COORDINATE_BYTES ==
                       KEY_DER_PRIVATE_BYTES &&
                   KEY_DER_PRIVATE_BYTES == 3 + 0x87,
               "the length in PKCS8_HEAD");
_Static_assert(sizeof PBES2_SALT + KEY_DER_SALT_BYTES + sizeof PBES2_ROUNDS + KEY_DER_IV_BYTES ==
                       KEY_DER_PARAMS_BYTES &&
                   KEY_DER_PARAMS_BYTES == 0x53,
               "the length of PBES2-params in PBES2_HEAD");
/* CBC pads to whole blocks of 16, and by one more where nothing is missing. */
_Static_assert(KEY_DER_PRIVATE_BYTES / 16 * 16 + 16 == KEY_DER_CIPHER_BYTES &&
                   KEY_DER_CIPHER_BYTES == 0x90,
               "the length in PBES2_BODY");
_Static_assert(sizeof PBES2_HEAD == KEY_DER_PARAMS_AT &&
                   KEY_DER_PARAMS_AT + KEY_DER_PARAMS_BYTES + sizeof PBES2_BODY ==
                       KEY_DER_CIPHER_AT,
               "the places in a sealed key");
_Static_assert(KEY_DER_CIPHER_AT + KEY_DER_CIPHER_BYTES == KEY_DER_SEALED_BYTES &&
                   KEY_DER_SEALED_BYTES == 3 + 0xf5,
               "the length in PBES2_HEAD");

static uint8_t *put(uint8_t *to, const void *data, size_t size)
{
    memcpy(to, data, size);
    return to + size;
}

static uint8_t *put_point(uint8_t *to, const struct pol_public_key *key)
{
    to = put(to, key->x, sizeof key->x);
    return put(to, key->y, sizeof key->y);
}

void pol_key_der_public(const struct pol_public_key *key, uint8_t out[KEY_DER_PUBLIC_BYTES])
{
    (void)put_point(put(out, SPKI_HEAD, sizeof SPKI_HEAD), key);
}

void pol_key_der_private(const uint8_t secret[KEY_COORDINATE_BYTES],
                         const struct pol_public_key *key, uint8_t out[KEY_DER_PRIVATE_BYTES])
{
    uint8_t *to = put(out, PKCS8_HEAD, sizeof PKCS8_HEAD);
    to = put(to, secret, KEY_COORDINATE_BYTES);
    to = put(to, PKCS8_POINT, sizeof PKCS8_POINT);
    (void)put_point(to, key);
}

void pol_key_der_sealed(const uint8_t salt[KEY_DER_SALT_BYTES], const uint8_t iv[KEY_DER_IV_BYTES],
                        uint8_t out[KEY_DER_SEALED_BYTES])
{
    uint8_t *to = put(out, PBES2_HEAD, sizeof PBES2_HEAD);
    to = put(to, PBES2_SALT, sizeof PBES2_SALT);
    to = put(to, salt, KEY_DER_SALT_BYTES);
    to = put(to, PBES2_ROUNDS, sizeof PBES2_ROUNDS);
    to = put(to, iv, KEY_DER_IV_BYTES);
    (void)put(to, PBES2_BODY, sizeof PBES2_BODY);
}
