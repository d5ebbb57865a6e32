/* rootstore_win.h - hand the machine's trusted roots to a TLS library that does not know Windows.
 *
 * Effects: reads ROOT, Disallowed                Units:  bytes
 * Owns:    *out; bytes_free() frees it          Errors: ST_IO, ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                 Source: CertOpenStore; RFC 7468
 */
#ifndef AGENT_ROOTSTORE_WIN_H
#define AGENT_ROOTSTORE_WIN_H

#include "base/bytes.h"
#include "base/err.h"

/* All certificates of the machine's store (group policy's and the enterprise's among them) that are
 * not disallowed and may speak for servers, as PEM, one after the other. */
enum status ag_rootstore_read(struct bytes *out, struct err *err) MUST_USE;

#endif
