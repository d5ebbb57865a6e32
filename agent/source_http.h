/* source_http.h - talk to the server: HTTPS, one exchange at a time in each lane.
 *
 * The only files of the agent that know libcurl are this one's. TLS 1.2 or later, https only, no redirects, no
 * credentials of the machine; answers and headers are bounded while they come in.
 * Effects: network                                      Units:  ms, bytes
 * Owns:    struct ag_source_http;                       Errors: in the answers: ST_UNREACHABLE,
 *          ag_source_http_close() frees                         ST_TIMED_OUT, ST_TOO_LARGE (its etag
 *                                                               is set), ST_DENIED (certificate)
 * Threads: one thread; ag_source_http_wake() any        Source: docs/protocol.md "Agents", "TLS"
 */
#ifndef AGENT_SOURCE_HTTP_H
#define AGENT_SOURCE_HTTP_H

#include "agent/ports.h"
#include "agent/proxy.h"

struct ag_source_http_options {
    const char *server_url; /* "https://host:port"; NULL: no exchange can start, wait() works */
    const char *ca_file;    /* PEM; its roots replace the system's. NULL: read_roots counts */
    /* The system's roots as PEM (rootstore_win.h), free with bytes_free(); asked for at the start, and
     * again after certificates that do not hold: the company's may be new. NULL with a ca_file. */
    enum status (*read_roots)(struct bytes *out, struct err *err);
    const char *proxy; /* "http://host:port"; NULL: none, whatever the environment says */
    struct ag_proxy_source proxies; /* its list counts instead; list NULL: proxy counts */
};

struct ag_source_http;

/* curl_global_init() is called in here; open and close from the main thread. */
enum status ag_source_http_open(const struct ag_source_http_options *options,
                                struct ag_source_http **out, struct err *err) MUST_USE;
void ag_source_http_close(struct ag_source_http *source);

/* The port; its ctx is the source. */
struct ag_http ag_source_http_port(struct ag_source_http *source);

/* Make wait() return. May be called from any thread between open and close. */
void ag_source_http_wake(struct ag_source_http *source);

#endif
