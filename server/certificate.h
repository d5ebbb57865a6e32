/* certificate.h - the certificate that a listener shows, and another one while it serves.
 *
 * A pair of certificate and key is taken only if the two fit; connections keep the pair that they
 * began with.
 * Effects: reads files             Units:  _s wall seconds since 1970 UTC
 * Owns:    struct srv_certificate; Errors: those of file.h; ST_REFUSED for what is no pair: the old
 *          pairs by count                  one stays
 * Threads: safe                    Source: docs/operations-server.md "Settings"; GnuTLS manual
 */
#ifndef SERVER_CERTIFICATE_H
#define SERVER_CERTIFICATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { SRV_SERIAL_BYTES = 64 };

struct srv_certificate;
struct srv_pair;

/* What people want to know of the pair in use. */
struct srv_certificate_facts {
    char serial[SRV_SERIAL_BYTES]; /* hexadecimal */
    int64_t starts_s;
    int64_t expires_s; /* of the chain: whichever ends first */
};

/* The names must outlive it. */
enum status srv_certificate_open(const char *cert_file, const char *key_file,
                                 struct srv_certificate **out, struct err *err) MUST_USE;
void srv_certificate_free(struct srv_certificate *c); /* NULL is fine */
/* Read the files again. */
enum status srv_certificate_reload(struct srv_certificate *c, struct err *err) MUST_USE;
void srv_certificate_look(struct srv_certificate *c, struct srv_certificate_facts *out);

/* The pair of now; to be given back with srv_pair_drop(). */
struct srv_pair *srv_certificate_take(struct srv_certificate *c);
void srv_pair_drop(struct srv_pair *pair); /* NULL is fine */
/* PEM, as the HTTP library wants it at its start. */
const char *srv_pair_cert_pem(const struct srv_pair *pair);
const char *srv_pair_key_pem(const struct srv_pair *pair);
/* session: of GnuTLS, before its handshake; the pair must outlive the connection. */
bool srv_pair_attach(struct srv_pair *pair, void *session);

#endif
