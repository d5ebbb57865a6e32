/* source_http_lane.h - one exchange: what goes out, what comes in, within bounds. For source_http.c
 * alone.
 *
 * Effects: none but on the handle                    Units:  bytes, ms
 * Owns:    struct ag_http_lane; ag_http_lane_end()   Errors: ST_TOO_LARGE (the URL), ST_NO_MEMORY
 *          empties it, tokens are wiped
 * Threads: one thread                                Source: docs/protocol.md "Agents"
 */
#ifndef AGENT_SOURCE_HTTP_LANE_H
#define AGENT_SOURCE_HTTP_LANE_H

#include "agent/ports.h"
#include "agent/proxy.h"

#include <curl/curl.h>

struct ag_http_lane {
    CURL *easy;
    struct curl_slist *headers;
    struct bytes body; /* of the request */
    struct ag_answer answer;
    size_t header_bytes;
    bool too_large;
    bool busy;
    bool looks_up; /* busy, but the proxies are not known yet */
    bool fresh;    /* the next exchange must not use a connection of before */
    uint64_t started_ms;
    struct ag_proxy_route route;
    char error[CURL_ERROR_SIZE];
};

/* What all lanes have in common; borrowed until the exchange ended. */
struct ag_http_server {
    const char *url;     /* without a final slash */
    const char *ca_file; /* NULL: ca_pem counts */
    struct span ca_pem;
};

/* Put a request together; the lane must be empty. All but the way there is set then. */
enum status ag_http_lane_prepare(struct ag_http_lane *lane, const struct ag_http_server *server,
                                 const struct ag_request *request, struct err *err) MUST_USE;

/* Fill answer.err of an exchange that ended with code. */
void ag_http_lane_tell(struct ag_http_lane *lane, const char *server_url, CURLcode code);

void ag_http_lane_end(struct ag_http_lane *lane);

#endif
