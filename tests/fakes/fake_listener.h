/* fake_listener.h - whole requests in one process: what server/http.h declares, without sockets.
 *
 * A talk is one request on its way: opened with its headers, given its body, handled, perhaps parked and
 * woken and handled once more, answered, ended - the way and the bounds of server/http.c, whose library
 * no sanitizer and no fuzzer looks into. Link it before the server's library.
 * Effects: those of the handlers           Units:  bytes
 * Owns:    struct fake_talk, until         Errors: without memory the connection is closed; a
 *          fake_talk_finish()                      wrong wake ends the program
 * Threads: safe; each talk has one         Source: docs/protocol.md "Limits at the door"
 */
#ifndef TESTS_FAKES_FAKE_LISTENER_H
#define TESTS_FAKES_FAKE_LISTENER_H

#include "server/http.h"

enum { FAKE_HEADERS_MAX = 16 };

struct fake_header {
    const char *name;
    const char *value;
};

/* Borrowed until the talk is finished. */
struct fake_request {
    const char *method;
    const char *target; /* as in the request line: path, '?', query, with %-escapes */
    struct fake_header headers[FAKE_HEADERS_MAX];
    size_t header_count;
    struct span body;
    size_t piece_bytes; /* the body comes in pieces of so many; 0: at once */
    uint64_t address;
    bool loopback;
    enum srv_crowd crowd;
};

struct fake_answer {
    unsigned status; /* 0: the connection was closed without one */
    char type[SRV_HEADER_BYTES];
    struct fake_header headers[SRV_HEADERS_MAX];
    size_t header_count;
    struct bytes body;
    bool cut; /* the end of the body is missing */

    char values[SRV_HEADERS_MAX][SRV_HEADER_BYTES]; /* what headers point to */
};

struct fake_talk;

/* Goes on until the request is answered or parked. NULL: there was no memory for it. */
struct fake_talk *fake_talk_start(const struct srv_handler *handler,
                                  const struct fake_request *request);
/* Is it parked, and nobody has woken it yet? */
bool fake_talk_is_held(struct fake_talk *talk);
/* Waits until it is woken, if it is parked. out may be NULL: then the client has left, which a listener
 * notices when it wants to answer; else fake_answer_done() frees what is in it. */
void fake_talk_finish(struct fake_talk *talk, struct fake_answer *out);

/* Both. */
void fake_ask(const struct srv_handler *handler, const struct fake_request *request,
              struct fake_answer *out);
/* NULL: there is none. */
const char *fake_answer_header(const struct fake_answer *answer, const char *name);
void fake_answer_done(struct fake_answer *answer);

#endif
