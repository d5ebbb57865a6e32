/* http.h - take requests from sockets and give answers back; the only file that knows the library.
 *
 * A request is opened when its headers are there (that is when its body gets its bound), handled
 * when its body is there, and may be parked: then it costs no thread until somebody wakes it, and
 * is handled once more.
 * Effects: listens, reads and writes sockets    Units:  bytes, _ms monotonic
 * Owns:    requests; a listener by              Errors: ST_DENIED, ST_EXISTS (address in use),
 *          srv_listener_close()                         ST_IO; ST_REFUSED for a bad address or key
 * Threads: handlers are called from several     Source: docs/protocol.md "Limits at the door"
 *          threads, one at a time for each
 *          request
 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/digest.h"
#include "server/client_address.h"
#include "server/listen_socket.h"
#include "server/meter.h"
#include "server/policy_feed.h"

#include <stddef.h>

enum {
    SRV_HEADERS_MAX = 4,
    SRV_HEADER_BYTES = 96,
    SRV_REQUEST_ID_BYTES = 40,
    SRV_ASKER_BYTES = 96,
    SRV_ROOM_BYTES = 128
};

/* An answer of unknown length in pieces, each made when the client has taken the one before: whoever
 * stops reading costs one piece, and neither a thread nor the store. A client sees by the missing end
 * (RFC 9112, 7.1) that an answer is not whole. */
enum srv_stream_state { SRV_STREAM_MORE, SRV_STREAM_LAST, SRV_STREAM_BROKEN };

struct srv_stream {
    struct bytes piece;          /* sent next; */
    enum srv_stream_state state; /* and what comes behind it */

    /* Make the next piece elsewhere, then call srv_stream_ready() once: it must not wait here. */
    void (*fetch)(struct srv_stream *stream);
    void (*drop)(struct srv_stream *stream); /* sent, or the client is gone; frees */

    /* the listener's own */
    struct srv_request *rq;
    struct srv_watch *watch;
    size_t sent;
    bool parked;
};

struct srv_answer {
    unsigned status; /* 0: none yet */
    const char *type;
    struct bytes text;         /* or */
    struct srv_body *body;     /* given back after it was sent; or */
    struct srv_stream *stream; /* with its first piece */
    size_t header_count;
    struct {
        const char *name;
        char value[SRV_HEADER_BYTES];
    } headers[SRV_HEADERS_MAX]; /* last: what lies behind header_count is not even cleared */
};

struct srv_request {
    const char *method;
    const char *path;
    bool odd_path; /* it was spelled with '%': nobody's, as others may read another one */
    char id[SRV_REQUEST_ID_BYTES]; /* no other request has it, whenever the server started */
    uint64_t started_ms;
    uint64_t address;         /* of the client, as rates go by it */
    const char *address_text; /* all of it; "" if it is not known */
    bool loopback;            /* the connection itself; a proxy's word changes nothing */
    enum srv_crowd crowd;     /* of this listener, when the request came */
    size_t body_limit;        /* set by open; 0: no body is taken */
    uint64_t announced;       /* of Content-Length, by srv_request_is_framed(); 0 without it */
    struct bytes body;
    bool too_long; /* more came than body_limit; the body is not kept */
    bool resumed;  /* handled before, parked and woken */
    bool close;    /* the connection ends with the answer, and no body is waited for */
    char asker[SRV_ASKER_BYTES]; /* for the log: "token NAME", "device ID"; "" if it is not known */
    const char *route_path;      /* as the table of routes has it; NULL: there is no such path */
    const void *route; /* the handler's own, all; what state holds is freed by its end() */
    void *state;

    /* the listener's own */
    void *link;
    bool parked;
    size_t dropped_bytes;

    struct srv_answer answer; /* behind the others, for its headers */
    /* A small state may stand here; it is not cleared either. */
    _Alignas(max_align_t) uint8_t room[SRV_ROOM_BYTES];
};

/* What a listener calls. */
struct srv_handler {
    void *ctx;
    void (*open)(void *ctx, struct srv_request *rq);   /* may answer */
    void (*handle)(void *ctx, struct srv_request *rq); /* answers or parks */
    void (*end)(void *ctx, struct srv_request *rq);    /* answered, or the client is gone */
};

/* How long it may take; 0: as servers do. */
struct srv_bounds {
    uint32_t keep_ms;            /* from an answer to all headers of the next request */
    uint32_t request_ms;         /* from a connection's begin to all headers; for an empty body */
    uint32_t answer_ms;          /* to read an answer of no size */
    uint32_t speed_bytes_per_ms; /* at which at least the others, and bodies, go on */
    uint32_t settle_ms; /* before one without a request ends for another; UINT32_MAX: none */
    uint32_t grace_ms;  /* for what runs when the listener closes */
};

struct srv_listener_options {
    int fd;                              /* of srv_socket_bind(); stays the caller's on failure */
    struct srv_certificate *certificate; /* NULL: plain HTTP; must outlive the listener */
    unsigned threads;
    struct srv_load *load; /* its limit is set; must outlive the listener */
    size_t memory_bytes;   /* for each connection; bounds its headers */
    unsigned per_address;  /* connections of one address; 0: all that there are */
    /* Whose X-Forwarded-For is believed, and whose connections are not counted so, as those of loopback
     * addresses are not; must outlive the listener. */
    const struct srv_networks *proxies;
    struct srv_bounds bounds;
};

struct srv_certificate;
struct srv_listener;

enum status srv_listener_open(const struct srv_listener_options *options,
                              const struct srv_handler *handler, struct srv_listener **out,
                              struct err *err) MUST_USE;
/* "https://127.0.0.1:8443": where it really listens. */
const char *srv_listener_url(const struct srv_listener *listener);
/* Close what newly connects, and end each connection with its next answer. */
void srv_listener_quiesce(struct srv_listener *listener);
/* Let answers go out (parked requests must be woken meanwhile), end. NULL is fine. */
void srv_listener_close(struct srv_listener *listener);

/* NULL if it was not sent. */
const char *srv_request_header(const struct srv_request *rq, const char *name);
const char *srv_request_query(const struct srv_request *rq, const char *name);
/* Is there one way only to tell where its body ends? (RFC 9112, 6.3 and 11.2) */
bool srv_request_is_framed(struct srv_request *rq);
/* All of them, in order; value may be NULL. False if one visit returned false. */
bool srv_request_each_query(const struct srv_request *rq,
                            bool (*visit)(void *v, const char *name, const char *value), void *v);
/* The token of `Authorization: Bearer`, or NULL. */
const char *srv_request_bearer(const struct srv_request *rq);
/* What srv_secret_digest() makes of it, made once for all requests of a connection that show the same
 * one. It says nothing of whose it is, and whether it is still good. */
bool srv_request_digest(const struct srv_request *rq, uint8_t digest[DIGEST_BYTES]);

size_t srv_answer_size(const struct srv_answer *answer);

/* Park before anybody can wake; wake exactly once. */
void srv_request_park(struct srv_request *rq);
void srv_request_wake(struct srv_request *rq);

/* The piece that was fetched is there. */
void srv_stream_ready(struct srv_stream *stream);

#endif
