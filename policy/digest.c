#include "policy/digest.h"

#include <psa/crypto.h>

enum status pol_digest(struct span data, uint8_t out[DIGEST_BYTES])
{
    size_t size = 0;
    psa_status_t done =
        psa_hash_compute(PSA_ALG_SHA_256, data.data, data.size, out, DIGEST_BYTES, &size);
    if (done == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return ST_NO_MEMORY;
    }
    return done == PSA_SUCCESS && size == DIGEST_BYTES ? ST_OK : ST_BUG;
}

enum status pol_digest_hex(struct span data, char out[DIGEST_HEX_BYTES])
{
    uint8_t digest[DIGEST_BYTES];
    enum status st = pol_digest(data, digest);
    if (st == ST_OK) {
        hex_encode(digest, sizeof digest, out);
    }
    return st;
}
