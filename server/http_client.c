#include "server/http_parts.h"

#include <string.h>
#include <strings.h>

/* ---- from where ------------------------------------------------------------------------------ */

/* The last lines of a header that may have come in several. */
struct lines {
    const char *items[SRV_FORWARDED_LINES_MAX];
    size_t count;
};

static enum MHD_Result take_line(void *ctx, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct lines *lines = ctx;
    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") != 0) {
        return MHD_YES;
    }
    if (lines->count == SRV_FORWARDED_LINES_MAX) {
        lines->count--;
        memmove(lines->items, lines->items + 1, lines->count * sizeof lines->items[0]);
    }
    lines->items[lines->count++] = value != NULL ? value : "";
    return MHD_YES;
}

void srv_http_know_client(struct srv_connection *connection, const struct sockaddr *address)
{
    connection->ip = srv_ip_of(address);
    connection->loopback = address != NULL && srv_address_is_loopback(address);
    srv_ip_write(&connection->ip, connection->address_text);
}

/* Behind a proxy each request may be another client's. */
static void take_forwarded(struct srv_request *rq, const struct srv_ip *peer)
{
    struct srv_connection *c = srv_http_connection(rq);
    const struct srv_networks *proxies = c->listener->proxies;
    struct lines lines = {.count = 0};
    (void)MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, take_line, &lines); /* how many */
    struct srv_ip ip = srv_client_of(proxies, peer, lines.items, lines.count);
    srv_ip_write(&ip, c->forwarded);
    rq->address = srv_ip_key(&ip);
    rq->address_text = c->forwarded;
}

void srv_http_take_client(struct srv_request *rq)
{
    const struct srv_connection *c = srv_http_connection(rq);
    rq->loopback = c->loopback;
    if (srv_networks_have(c->listener->proxies, &c->ip)) {
        take_forwarded(rq, &c->ip);
    } else {
        rq->address = srv_ip_key(&c->ip);
        rq->address_text = c->address_text;
    }
}

/* ---- with which token ------------------------------------------------------------------------ */

const char *srv_request_bearer(const struct srv_request *rq)
{
    const char *value = srv_request_header(rq, MHD_HTTP_HEADER_AUTHORIZATION);
    return value != NULL && strncasecmp(value, "Bearer ", 7) == 0 ? value + 7 : NULL;
}

bool srv_request_digest(const struct srv_request *rq, uint8_t digest[DIGEST_BYTES])
{
    struct srv_connection *c = srv_http_connection(rq);
    const char *token = srv_request_bearer(rq);
    if (token == NULL || strlen(token) != SRV_SECRET_BYTES - 1) {
        return false;
    }
    if (c->shown && equal_in_constant_time(c->token, token, SRV_SECRET_BYTES)) {
        memcpy(digest, c->digest, DIGEST_BYTES);
        return true;
    }
    bool good = srv_secret_digest(token, digest);
    if (good) {
        memcpy(c->token, token, SRV_SECRET_BYTES);
        memcpy(c->digest, digest, DIGEST_BYTES);
        c->shown = true;
    }
    return good;
}
