/* roots.h - find the certificate authorities that this machine trusts.
 *
 * The TLS library knows the system's store of Linux itself; the one of Windows it has to be handed.
 * Effects: reads the system's store           Units:  bytes
 * Owns:    nothing; out belongs to the caller Errors: ST_DENIED, ST_IO, ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                               Source: CertOpenSystemStoreW
 */
#ifndef ADMIN_ROOTS_H
#define ADMIN_ROOTS_H

#include "base/bytes.h"
#include "base/err.h"

enum { ADM_ROOTS_BYTES = 4 * 1024 * 1024 };

/* Append the certificates as PEM; nothing is appended where the library finds them itself. */
enum status adm_roots_read(struct bytes *out, struct err *err) MUST_USE;

#endif
