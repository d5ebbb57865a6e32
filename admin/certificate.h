/* certificate.h - make the small private CA and the server's certificate of a new installation.
 *
 * Both are P-256 with SHA-256. The CA signs nothing but this: its path length is 0.
 * Effects: none but the generator           Units:  seconds since 1970 UTC
 * Owns:    nothing; texts are the caller's  Errors: ST_REFUSED for a host that cannot be in a
 *                                                   certificate; ST_IO if the library fails;
 *                                                   ST_NO_MEMORY
 * Threads: one thread                       Source: RFC 5280; docs/protocol.md "Command lines"
 */
#ifndef ADMIN_CERTIFICATE_H
#define ADMIN_CERTIFICATE_H

#include "base/bytes.h"
#include "base/err.h"

enum { ADM_CERTIFICATE_BYTES = 8192, ADM_HOST_BYTES = 253 };

/* PEM texts. Wipe the keys with bytes_wipe(). */
struct adm_certificates {
    struct bytes ca;
    struct bytes ca_key;
    struct bytes server;
    struct bytes server_key;
};

/* host: a DNS name or an IPv4 address. The server's certificate is for it, localhost and 127.0.0.1,
 * and holds for two years from now_s, the CA's for ten. adm_certificates_done() frees *out. */
enum status adm_certificates_make(const char *host, int64_t now_s, struct adm_certificates *out,
                                  struct err *err) MUST_USE;
void adm_certificates_done(struct adm_certificates *certificates);

/* A host name as certificates and URLs have it: letters, digits, "-" and "." only. */
bool adm_is_host(const char *host);

#endif
