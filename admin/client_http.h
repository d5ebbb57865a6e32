/* client_http.h - ask the server one thing and bring back its answer or its refusal.
 *
 * TLS 1.2 or later, against the CA file that was named or, without one, the system's store; plain
 * HTTP on loopback addresses alone. No redirect is followed and no proxy is used: the token goes to
 * the named server or nowhere.
 * Effects: talks to the network                 Units:  bytes
 * Owns:    struct adm_client; answers are the   Errors: ST_REFUSED with the server's code; ADM_USAGE
 *          caller's                                     for a URL that will not do; ST_UNREACHABLE,
 *                                                       ST_TIMED_OUT, ST_DENIED (certificate),
 *                                                       ST_TOO_LARGE, ST_IO
 * Threads: one thread                           Source: docs/protocol.md "Administrators"; RFC 9457
 */
#ifndef ADMIN_CLIENT_HTTP_H
#define ADMIN_CLIENT_HTTP_H

#include "admin/client_url.h"
#include "base/bytes.h"
#include "base/err.h"

struct adm_target {
    const char *url;     /* "https://host:port" */
    const char *ca_file; /* NULL: the system's store */
    const char *token;
    const char *token_file; /* for errors only */
};

struct adm_client;

/* Nothing is sent yet; *target is copied. */
enum status adm_client_open(const struct adm_target *target, struct adm_client **out,
                            struct err *err) MUST_USE;
void adm_client_free(struct adm_client *client);

struct adm_request {
    const char *method;   /* "GET", "PUT", "POST" */
    const char *path;     /* "/v1/users?state=error" */
    const char *if_match; /* as the server gave it, without quotes; NULL: none */
    struct span body;     /* JSON; empty: none */
};

enum { ADM_ANSWER_BYTES = 8 * 1024 * 1024 };

/* ST_OK: the server did what was asked, and *out is its answer; bytes_free() frees it. */
enum status adm_client_ask(struct adm_client *client, const struct adm_request *request,
                           struct bytes *out, struct err *err) MUST_USE;

/* Where an answer goes that is too long for memory, part by part. */
struct adm_sink {
    enum status (*take)(void *ctx, struct span part, struct err *err);
    void *ctx;
};

/* Without a cap and without keeping it. ST_OK: the sink got all of it, to its marked end; type is
 * what its Content-Type must begin with. */
enum status adm_client_fetch(struct adm_client *client, const struct adm_request *request,
                             const char *type, const struct adm_sink *sink,
                             struct err *err) MUST_USE;

#endif
