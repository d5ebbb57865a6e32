/* listener_bench.h - a listener alone, with a handler that notes what it saw.
 *
 * It answers 204; `/hold` is parked until the test wakes it; `/large` is more than the kernel keeps
 * for a connection.
 * Effects: sockets on loopback       Units:  milliseconds
 * Owns:    struct bench, from        Errors: fail the test
 *          bench_setup() on
 * Threads: the test's and the        Source: docs/operations-server.md "Doors and limits"
 *          listener's
 */
#ifndef TESTS_UNIT_SERVER_LISTENER_BENCH_H
#define TESTS_UNIT_SERVER_LISTENER_BENCH_H

#include "server/certificate.h"
#include "server/http.h"
#include "tests/unit/server/scratch.h"

#include <pthread.h>

enum {
    SHORT_MS = 300,   /* a bound that a test waits for */
    LONG_MS = 120000, /* one that it does not */
    BODY_LIMIT = 1024,
    FEW = 4, /* connections */
    TEXT_BYTES = 16384
};

/* A listener, and what its handler saw. */
struct bench {
    char folder[SCRATCH_PATH_BYTES];
    struct srv_load load;
    struct srv_listener *listener;
    struct srv_certificate *certificate;
    pthread_mutex_t lock;
    pthread_cond_t seen;
    unsigned opened;
    unsigned ended;
    unsigned parked;
    size_t body_bytes; /* of all requests */
    struct srv_request *waiting;
};

/* Fixtures of cmocka. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* Begin to listen, for FEW connections, with long or short bounds; the URL. */
const char *bench_patient(struct bench *b);
const char *bench_hasty(struct bench *b);

/* Until so many were seen. */
void bench_await(struct bench *b, const unsigned *counter, unsigned count);
void bench_await_load(atomic_uint_fast64_t *counter, uint64_t count);

#endif
