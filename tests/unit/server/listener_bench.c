#include "tests/cmocka_all.h"

#include "tests/unit/server/listener_bench.h"

#include "server/answer.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE_BYTES = 8 << 20 };

/* ---- the handler ----------------------------------------------------------------------------- */

static void open_it(void *ctx, struct srv_request *rq)
{
    struct bench *b = ctx;
    rq->body_limit = BODY_LIMIT;
    if (!srv_request_is_framed(rq)) {
        srv_answer_problem(rq, 400, "malformed_request", "odd");
        rq->close = true;
    }
    pthread_mutex_lock(&b->lock);
    b->opened++;
    pthread_cond_broadcast(&b->seen);
    pthread_mutex_unlock(&b->lock);
}

static void answer_large(struct srv_request *rq)
{
    struct bytes large = bytes_with_limit(LARGE_BYTES);
    assert_int_equal(bytes_reserve(&large, LARGE_BYTES), ST_OK);
    memset(large.data, 'x', LARGE_BYTES);
    large.size = LARGE_BYTES;
    srv_answer_json(rq, 200, &large);
}

static void handle_it(void *ctx, struct srv_request *rq)
{
    struct bench *b = ctx;
    pthread_mutex_lock(&b->lock);
    b->body_bytes += rq->body.size;
    if (strcmp(rq->path, "/hold") == 0 && !rq->resumed) {
        srv_request_park(rq);
        b->parked++;
        b->waiting = rq;
        pthread_cond_broadcast(&b->seen);
        pthread_mutex_unlock(&b->lock);
        return;
    }
    pthread_mutex_unlock(&b->lock);
    if (rq->too_long) {
        srv_answer_problem(rq, 413, "too_large", "too much");
    } else if (strcmp(rq->path, "/large") == 0) {
        answer_large(rq);
    } else {
        srv_answer_empty(rq, 204);
    }
}

static void end_it(void *ctx, struct srv_request *rq)
{
    struct bench *b = ctx;
    (void)rq;
    pthread_mutex_lock(&b->lock);
    b->ended++;
    pthread_cond_broadcast(&b->seen);
    pthread_mutex_unlock(&b->lock);
}

/* Until so many were seen. */
void bench_await(struct bench *b, const unsigned *counter, unsigned count)
{
    pthread_mutex_lock(&b->lock);
    while (*counter < count) {
        pthread_cond_wait(&b->seen, &b->lock);
    }
    pthread_mutex_unlock(&b->lock);
}

void bench_await_load(atomic_uint_fast64_t *counter, uint64_t count)
{
    while (atomic_load(counter) != count) {
        (void)usleep(1000);
    }
}

/* ---- set-up ---------------------------------------------------------------------------------- */

int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    scratch_make(b->folder);
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->seen, NULL);
    *state = b;
    return 0;
}

int bench_teardown(void **state)
{
    struct bench *b = *state;
    srv_listener_close(b->listener);
    srv_certificate_free(b->certificate);
    (void)pthread_mutex_destroy(&b->lock);
    (void)pthread_cond_destroy(&b->seen);
    scratch_remove(b->folder);
    free(b);
    return 0;
}

static const char *listen_with(struct bench *b, unsigned limit, const struct srv_bounds *bounds)
{
    const struct srv_handler handler = {
        .ctx = b, .open = open_it, .handle = handle_it, .end = end_it};
    struct srv_listener_options o = {
        .fd = -1,
        .certificate = b->certificate,
        .threads = 2,
        .load = &b->load,
        .memory_bytes = 4096,
        .bounds = *bounds,
    };
    struct err err = {0};
    b->load.limit = limit;
    assert_int_equal(srv_socket_bind("127.0.0.1:0", true, &o.fd, NULL), ST_OK);
    assert_int_equal(srv_socket_listen(o.fd, "", NULL), ST_OK);
    if (srv_listener_open(&o, &handler, &b->listener, &err) != ST_OK) {
        fail_msg("cannot listen: %s", err.text);
    }
    return srv_listener_url(b->listener);
}

const char *bench_patient(struct bench *b)
{
    return listen_with(b, FEW,
                       &(struct srv_bounds){.request_ms = LONG_MS,
                                            .answer_ms = LONG_MS,
                                            .settle_ms = UINT32_MAX,
                                            .keep_ms = LONG_MS,
                                            .grace_ms = SHORT_MS});
}

const char *bench_hasty(struct bench *b)
{
    return listen_with(b, FEW,
                       &(struct srv_bounds){.request_ms = SHORT_MS,
                                            .answer_ms = SHORT_MS,
                                            .keep_ms = SHORT_MS,
                                            .speed_bytes_per_ms = UINT32_MAX,
                                            .grace_ms = SHORT_MS});
}
