/* preflight_http_win.h - one bounded and anonymous request at a time, through WinHTTP.
 *
 * No credentials, no cookies, no certificate of ours, no redirect is followed; TLS 1.2 and later;
 * revocation is not looked at. WinHTTP works asynchronously underneath, so that neither a server that
 * never ends nor a stop has to wait for its time-outs.
 * Effects: requests over the network            Units:  ms monotonic
 * Owns:    struct ag_way; ag_way_close()        Errors: what Windows says; ERROR_WINHTTP_TIMEOUT past
 * Threads: one thread for each                          the deadline, ERROR_CANCELLED once stopped
 * Source:  WinHttpSendRequest, WinHttpCloseHandle
 */
#ifndef AGENT_PREFLIGHT_HTTP_WIN_H
#define AGENT_PREFLIGHT_HTTP_WIN_H

#include "agent/proxy.h"

#include <windows.h>

#include <wincrypt.h>

enum { AG_WAY_HEADER_BYTES = 16 * 1024, AG_WAY_BODY_BYTES = 4 * 1024 };

/* A host, and the proxy that leads there; connections are kept between two requests. */
struct ag_way;

struct ag_way_options {
    const wchar_t *host;
    uint16_t port;
    const char *proxy; /* "http://host:port"; "": none */
    HANDLE stop;       /* ends every wait; NULL: nothing does */
    uint64_t deadline_ms;
};

DWORD ag_way_open(const struct ag_way_options *options, struct ag_way **out);
/* NULL is fine. What WinHTTP still uses after a second is left to the end of the process. */
void ag_way_close(struct ag_way *way);

struct ag_way_answer {
    DWORD http;
    size_t header_bytes;
    size_t body_bytes; /* of a status 2xx only; whatever came until it broke off counts */
    uint8_t headers[AG_WAY_HEADER_BYTES];
    uint8_t body[AG_WAY_BODY_BYTES];
};

/* post: as Outlook asks its endpoint, without content; else a plain GET. */
DWORD ag_way_ask(struct ag_way *way, const char *path, bool post, struct ag_way_answer *out);

/* A plain GET whatever the certificate is, for its sake alone. CertFreeCertificateContext() frees. */
DWORD ag_way_certificate(struct ag_way *way, const char *path, const CERT_CONTEXT **out);

#endif
