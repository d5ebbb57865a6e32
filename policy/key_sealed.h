/* key_sealed.h - private keys behind a passphrase: seal one, and look at a sealed one before it is opened.
 *
 * Effects: none but the generator                 Units:  bytes
 * Owns:    nothing; out belongs to the caller     Errors: ST_REFUSED out_of_range; ST_NO_MEMORY
 * Threads: safe                                   Source: RFC 8018 (PBES2, PBKDF2); RFC 7292
 */
#ifndef POLICY_KEY_SEALED_H
#define POLICY_KEY_SEALED_H

#include "policy/key_der.h"

#define KEY_SEALED_BEGIN "-----BEGIN ENCRYPTED PRIVATE KEY-----"
#define KEY_SEALED_END   "-----END ENCRYPTED PRIVATE KEY-----"

/* DER of the sealed key. passphrase must not be empty. */
enum status pol_key_seal(const uint8_t plain[KEY_DER_PRIVATE_BYTES], struct span passphrase,
                         uint8_t out[KEY_DER_SEALED_BYTES], struct err *err) MUST_USE;

/* How often a passphrase is hashed is said by the file: refuse one that would keep us for minutes.
 * text: PEM with a sealed key. What cannot be read here is left to the parser. */
enum status pol_key_sealed_check(const char *text, struct err *err) MUST_USE;

#endif
