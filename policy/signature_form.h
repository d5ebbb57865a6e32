/* signature_form.h - read an ES256 signature in the forms in which signing devices hand it out.
 *
 * 64 bytes r || s, or the DER of OpenSSL and most HSMs; either one also as base64 or base64url, with
 * or without padding, broken into lines or not. Our own documents have one form only (envelope.h);
 * this is for what comes from elsewhere on its way into one.
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none; no reading at all is a count of 0
 * Threads: safe       Source: RFC 3279 section 2.2.3 (DER), RFC 7518 section 3.4 (r || s),
 *                             RFC 4648 (base64, base64url)
 */
#ifndef POLICY_SIGNATURE_FORM_H
#define POLICY_SIGNATURE_FORM_H

#include "policy/keys.h"

/* DER of 64 bytes reads as r || s, too: only the key can tell which of both is meant. */
enum { SIGNATURE_READINGS = 2, SIGNATURE_TEXT_BYTES = 1024 };

/* How many ways there are to read it; each becomes r || s. What is over SIGNATURE_TEXT_BYTES is no
 * signature. */
size_t pol_signature_readings(struct span answer, uint8_t out[SIGNATURE_READINGS][SIGNATURE_BYTES]);

#endif
