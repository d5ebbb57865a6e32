#include "policy/key_der.h"
#include "policy/key_parts.h"
#include "policy/key_sealed.h"

#include <string.h>

enum {
    LINE_BYTES = 48, /* of DER in a line of PEM */
    PEM_BYTES = 1024,
};
/* The longest, with a line end for each line and its marks at both ends. */
_Static_assert(KEY_DER_SEALED_BYTES / 3 * 4 + 4 + KEY_DER_SEALED_BYTES / LINE_BYTES + 1 +
                       sizeof KEY_SEALED_BEGIN + sizeof KEY_SEALED_END + 1 <=
                   PEM_BYTES,
               "PEM_BYTES");

/* RFC 7468: base64 in lines of 64 characters. Made here and not by the library, whose function gives
 * its copy of a private key back to the heap as it is; and put into out in one piece, because a
 * buffer that grows leaves a copy behind, too. */
static size_t put_base64(struct span der, char *to)
{
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;
    for (size_t i = 0; i < der.size; i += 3) {
        size_t left = der.size - i < 3 ? der.size - i : 3;
        uint32_t bits = (uint32_t)der.data[i] << 16;
        bits |= left > 1 ? (uint32_t)der.data[i + 1] << 8 : 0;
        bits |= left > 2 ? der.data[i + 2] : 0;
        to[used++] = ALPHABET[bits >> 18];
        to[used++] = ALPHABET[bits >> 12 & 63];
        to[used++] = '=';
        to[used++] = '=';
        if (left > 1) {
            to[used - 2] = ALPHABET[bits >> 6 & 63];
        }
        if (left > 2) {
            to[used - 1] = ALPHABET[bits & 63];
        }
        if (i % LINE_BYTES == LINE_BYTES - 3 || i + 3 >= der.size) {
            to[used++] = '\n';
        }
    }
    return used;
}

static enum status write_pem(const char *begin, const char *end, struct span der, struct bytes *out,
                             struct err *err)
{
    char pem[PEM_BYTES];
    size_t size = strlen(begin);
    memcpy(pem, begin, size);
    size += put_base64(der, pem + size);
    memcpy(pem + size, end, strlen(end));
    size += strlen(end);
    enum status st = bytes_append(out, pem, size);
    if (st != ST_OK) {
        (void)err_set(err, st, 0, "no room to write a key");
    }
    wipe(pem, sizeof pem);
    return st;
}

static enum status write_sealed(const uint8_t plain[KEY_DER_PRIVATE_BYTES], struct span passphrase,
                                struct bytes *out, struct err *err)
{
    uint8_t der[KEY_DER_SEALED_BYTES];
    enum status st = pol_key_seal(plain, passphrase, der, err);
    return st == ST_OK ? write_pem(KEY_SEALED_BEGIN "\n", KEY_SEALED_END "\n",
                                   (struct span){der, sizeof der}, out, err)
                       : st;
}

enum status pol_key_write_private(const struct pol_key *key, struct span passphrase,
                                  struct bytes *out, struct err *err)
{
    uint8_t der[KEY_DER_PRIVATE_BYTES];
    struct span plain = {.data = der, .size = sizeof der};
    pol_key_der_private(key->secret, &key->public, der);
    enum status st = passphrase.size > 0 ? write_sealed(der, passphrase, out, err)
                                         : write_pem(PKCS8_MARK "\n", PKCS8_END, plain, out, err);
    wipe(der, sizeof der);
    return st;
}

enum status pol_public_key_write(const struct pol_public_key *key, struct bytes *out,
                                 struct err *err)
{
    uint8_t der[KEY_DER_PUBLIC_BYTES];
    pol_key_der_public(key, der);
    return write_pem(SPKI_MARK "\n", SPKI_END, (struct span){der, sizeof der}, out, err);
}
