/* client_url.h - which URLs a token may be sent to, and text inside of them.
 *
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: ADM_USAGE for a URL that will not do; ST_NO_MEMORY, ST_TOO_LARGE
 * Threads: safe       Source: docs/protocol.md "Administrators"; RFC 3986
 */
#ifndef ADMIN_CLIENT_URL_H
#define ADMIN_CLIENT_URL_H

#include "base/bytes.h"
#include "base/err.h"

/* https://HOST:PORT, or plain http on this machine; no user, no query. */
enum status adm_url_check(const char *text, struct err *err) MUST_USE;

/* Append text so that it can stand in a query. */
enum status adm_query_append(struct bytes *out, const char *text) MUST_USE;

/* Append "key=value" to a query, behind a "&" if there is something before; NULL: nothing. */
enum status adm_query_add(struct bytes *out, const char *key, const char *value) MUST_USE;

/* Plain HTTP is for this machine alone. host: as it stands in a URL. */
bool adm_is_loopback(const char *host);

#endif
