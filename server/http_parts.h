/* http_parts.h - what the files of the HTTP listener share, and nobody else sees.
 *
 * http_listen.c opens, closes and counts connections; http.c takes requests and gives answers;
 * http_framing.c knows where they end; http_client.c knows who asks.
 * Effects: those of http.h      Units:  those of http.h
 * Owns:    struct srv_listener  Errors: those of http.h
 * Threads: those of http.h      Source: GNU libmicrohttpd manual
 */
#ifndef SERVER_HTTP_PARTS_H
#define SERVER_HTTP_PARTS_H

#include "server/auth.h"
#include "server/certificate.h"
#include "server/http.h"
#include "server/watch.h"

#include <microhttpd.h>

enum { SRV_BOOT_BYTES = 17, SRV_URL_BYTES = 80 };

struct srv_listener {
    struct MHD_Daemon *daemon;
    struct srv_handler handler;
    struct srv_load *load;
    struct srv_certificate *certificate; /* NULL: plain HTTP */
    struct srv_bounds bounds;
    const struct srv_networks *proxies;
    char url[SRV_URL_BYTES];
    char boot[SRV_BOOT_BYTES]; /* of the ids of its requests */
    atomic_uint_fast64_t last_id;
    atomic_bool stopping;
    struct srv_watch *watch;
};

/* What hangs on a connection, and on its request. */
struct srv_connection {
    struct srv_listener *listener;
    struct MHD_Connection *mhd;
    struct srv_watched *watched; /* NULL if memory was short */
    struct srv_pair *pair;       /* NULL: plain HTTP */
    /* Who is on the other side: */
    struct srv_ip ip;
    bool loopback;
    char address_text[SRV_ADDRESS_BYTES];
    /* and the token that he showed last: a digest costs as much as all the rest of a short answer. */
    bool shown;
    char token[SRV_SECRET_BYTES];
    uint8_t digest[DIGEST_BYTES];
    char forwarded[SRV_ADDRESS_BYTES]; /* whose request it is, behind a proxy */
    /* There is one at a time. Its memory stays: thousands that are answered at once would give theirs
     * back piece by piece, only to ask for it again. */
    struct srv_request rq;
};

static inline struct srv_connection *srv_http_connection(const struct srv_request *rq)
{
    return rq->link;
}

/* Once for a connection; and once for each request of it. */
void srv_http_know_client(struct srv_connection *connection, const struct sockaddr *address);
void srv_http_take_client(struct srv_request *rq);

/* NULL without memory. Whoever gets it has handed the stream over. */
struct MHD_Response *srv_http_stream(struct srv_request *rq, struct srv_stream *stream);

/* Called by the library. */
void *srv_http_on_uri(void *ctx, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result srv_http_on_request(void *ctx, struct MHD_Connection *mhd, const char *url,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **request_context);
void srv_http_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_context,
                           enum MHD_RequestTerminationCode code);

#endif
