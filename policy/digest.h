/* digest.h - SHA-256, for everything that names or orders things by content.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: ST_BUG if the library's own parts fail; it asks for no memory
 * Threads: safe       Source: FIPS 180-4
 */
#ifndef POLICY_DIGEST_H
#define POLICY_DIGEST_H

#include "base/bytes.h"

enum { DIGEST_BYTES = 32, DIGEST_HEX_BYTES = 65 };

enum status pol_digest(struct span data, uint8_t out[DIGEST_BYTES]) MUST_USE;

/* Lower-case hexadecimal with its NUL. */
enum status pol_digest_hex(struct span data, char out[DIGEST_HEX_BYTES]) MUST_USE;

#endif
