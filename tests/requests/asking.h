/* asking.h - ask a server without sockets the same again and again, while memory runs out at each place in turn.
 *
 * SQLite asks for its memory in the same way. The gates' thread stands still, so that nobody else does.
 * Effects: files in a folder in memory      Units:  bytes, allocations
 * Owns:    struct place, from               Errors: fail the test
 *          requests_setup() on
 * Threads: one                              Source: docs/protocol.md
 */
#ifndef TESTS_REQUESTS_ASKING_H
#define TESTS_REQUESTS_ASKING_H

#include "tests/fakes/fake_listener.h"
#include "tests/fakes/fake_server.h"
#include "tests/fakes/fake_signer.h"

enum { BODY_BYTES = 2048, HELD_MOST = 4 };

struct place {
    char folder[FAKE_FOLDER_BYTES];
    struct fake_signer signer;
    struct fake_server server;
    uint32_t serial; /* of the last bundle that was made */
    unsigned number; /* of the last report */
    struct bytes bundle;
};

/* One request, asked again and again. */
struct asking {
    struct place *place;
    enum srv_door door;
    enum fake_who who;
    const char *method;
    const char *target;
    const char *if_match; /* "policy", "bundle": the ETag that holds; NULL: not sent */
    const char *prefer;
    size_t step;   /* only each so many-th allocation fails; 0: each */
    unsigned good; /* the status that it gets otherwise */
    /* Makes body or state ready for the next time; NULL: nothing to do. */
    void (*renew)(struct asking *a);

    char body[BODY_BYTES];
    struct span content; /* size 0: the body */
    char etag[SRV_ETAG_BYTES];
    char bearer[FAKE_BEARER_BYTES];
    struct fake_request request;
    struct fake_talk *talk; /* held */
    bool stays;             /* it is a question that always has the same answer: this */
    struct bytes same;
    struct fake_answer answer;
};

/* Before the first test; fixtures of cmocka. */
void requests_begin(void);
int requests_setup(void **state);
int requests_teardown(void **state);

/* Once, to get there; the test fails unless the answer is good. */
void ask_once(struct asking a);

/* Each allocation fails once, then some with all behind them: the answer is 503 or the connection is closed, or good
 * all the same; nothing leaks; and the same again is answered well. */
void run_out_of_memory(struct asking *a);

#endif
