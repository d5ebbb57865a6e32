#include "server/http.h"

#include "base/clock.h"
#include "server/http_parts.h"
#include "server/request_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DRAIN_BYTES = 65536, /* of a refused body, so that the client reads why */
    NUMBER_BYTES = 6     /* of a request: no start lasts that long */
};

const char *srv_request_header(const struct srv_request *rq, const char *name)
{
    return MHD_lookup_connection_value(srv_http_connection(rq)->mhd, MHD_HEADER_KIND, name);
}

const char *srv_request_query(const struct srv_request *rq, const char *name)
{
    return MHD_lookup_connection_value(srv_http_connection(rq)->mhd, MHD_GET_ARGUMENT_KIND, name);
}

struct query_walk {
    bool (*visit)(void *v, const char *name, const char *value);
    void *v;
    bool good;
};

static enum MHD_Result visit_query(void *ctx, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct query_walk *w = ctx;
    (void)kind;
    w->good = w->visit(w->v, name, value);
    return w->good ? MHD_YES : MHD_NO;
}

bool srv_request_each_query(const struct srv_request *rq,
                            bool (*visit)(void *v, const char *name, const char *value), void *v)
{
    struct query_walk walk = {.visit = visit, .v = v, .good = true};
    (void)MHD_get_connection_values(srv_http_connection(rq)->mhd, MHD_GET_ARGUMENT_KIND,
                                    visit_query, &walk);
    return walk.good;
}

void srv_request_park(struct srv_request *rq)
{
    rq->parked = true;
    srv_watch_park(srv_http_connection(rq)->listener->watch);
    MHD_suspend_connection(srv_http_connection(rq)->mhd);
}

void srv_request_wake(struct srv_request *rq)
{
    MHD_resume_connection(srv_http_connection(rq)->mhd);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Stands where the request will, until it is made. */
static const char ODD_PATH;

/* The library decodes paths: it shows them here as they came. None of ours needs a '%', and what
 * stands before the server must not see another path than it does. */
void *srv_http_on_uri(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    (void)ctx;
    (void)mhd;
    return uri[strcspn(uri, "%?")] == '%' ? (void *)(uintptr_t)&ODD_PATH : NULL;
}

/* The random part of this start, and a number that goes on. */
static void name_request(struct srv_listener *l, struct srv_request *rq)
{
    uint64_t number = atomic_fetch_add(&l->last_id, 1) + 1;
    uint8_t bytes[NUMBER_BYTES];
    for (size_t i = 0; i < NUMBER_BYTES; i++) {
        bytes[i] = (uint8_t)(number >> (8 * (NUMBER_BYTES - 1 - i)));
    }
    memcpy(rq->id, l->boot, SRV_BOOT_BYTES - 1);
    rq->id[SRV_BOOT_BYTES - 1] = '-';
    hex_encode(bytes, NUMBER_BYTES, rq->id + SRV_BOOT_BYTES);
}

static struct srv_request *request_begin(struct srv_listener *l, struct MHD_Connection *mhd,
                                         const char *method, const char *path)
{
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct srv_connection *c = socket != NULL ? socket->socket_context : NULL;
    if (c == NULL) {
        return NULL; /* no memory when it came: it is being closed */
    }
    struct srv_request *rq = &c->rq;
    memset(rq, 0, offsetof(struct srv_request, answer.headers));
    rq->link = c;
    rq->method = method;
    rq->path = path;
    name_request(l, rq);
    rq->started_ms = clock_monotonic_ms();
    srv_http_take_client(rq);
    srv_watch_begin(l->watch, c->watched, l->bounds.request_ms);
    rq->crowd = srv_load_crowd(l->load);
    return rq;
}

static void request_end(struct srv_request *rq)
{
    bytes_wipe(&rq->body); /* an enroll body says much about a machine */
    bytes_free(&rq->answer.text);
    srv_body_drop(rq->answer.body);
    if (rq->answer.stream != NULL) {
        rq->answer.stream->drop(rq->answer.stream);
    }
}

void srv_http_on_completed(void *ctx, struct MHD_Connection *mhd, void **request_context,
                           enum MHD_RequestTerminationCode code)
{
    struct srv_listener *l = ctx;
    struct srv_request *rq = *request_context;
    (void)mhd;
    if (rq == NULL || *request_context == &ODD_PATH) {
        return;
    }
    if (rq->parked) {
        srv_watch_unpark(l->watch); /* its client was gone when it was woken */
    }
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK && rq->answer.status != 0) {
        atomic_fetch_add(&l->load->lost, 1);
    }
    l->handler.end(l->handler.ctx, rq);
    srv_watch_end(l->watch, srv_http_connection(rq)->watched, l->bounds.keep_ms);
    request_end(rq);
    *request_context = NULL;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void body_sent(void *ctx)
{
    srv_body_drop(ctx);
}

size_t srv_answer_size(const struct srv_answer *answer)
{
    return answer->body != NULL ? answer->body->size : answer->text.size;
}

static struct MHD_Response *make_response(struct srv_request *rq)
{
    struct srv_answer *a = &rq->answer;
    struct MHD_Response *response = NULL;
    if (a->stream != NULL) {
        response = srv_http_stream(rq, a->stream);
        a->stream = response != NULL ? NULL : a->stream; /* handed over */
        return response;
    }
    if (a->body != NULL) {
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            a->body->size, a->body->data, body_sent, a->body);
        a->body = response != NULL ? NULL : a->body; /* handed over */
        return response;
    }
    response = MHD_create_response_from_buffer(a->text.size, a->text.data, MHD_RESPMEM_MUST_FREE);
    if (response != NULL) {
        a->text = (struct bytes){0}; /* handed over */
    }
    return response;
}

static bool add_headers(struct MHD_Response *response, const struct srv_request *rq)
{
    const struct srv_answer *a = &rq->answer;
    bool good =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES &&
        MHD_add_response_header(response, "X-Request-Id", rq->id) == MHD_YES;
    if (rq->close || atomic_load(&srv_http_connection(rq)->listener->stopping)) {
        good = good &&
               MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
    }
    if (a->type != NULL) {
        good = good &&
               MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->type) == MHD_YES;
    }
    for (size_t i = 0; i < a->header_count; i++) {
        good = good && MHD_add_response_header(response, a->headers[i].name, a->headers[i].value) ==
                           MHD_YES;
    }
    return good;
}

static uint64_t allowed_ms(const struct srv_listener *l, uint32_t base_ms, size_t bytes)
{
    return base_ms + bytes / l->bounds.speed_bytes_per_ms;
}

static enum MHD_Result send_answer(struct srv_request *rq)
{
    const struct srv_connection *c = srv_http_connection(rq);
    uint64_t bound_ms =
        allowed_ms(c->listener, c->listener->bounds.answer_ms, srv_answer_size(&rq->answer));
    srv_request_log(rq);
    struct MHD_Response *response = make_response(rq);
    if (response == NULL) {
        return MHD_NO; /* no memory: the connection is closed */
    }
    srv_watch_set(c->listener->watch, c->watched, bound_ms);
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, rq)) {
        result = MHD_queue_response(c->mhd, rq->answer.status, response);
    }
    MHD_destroy_response(response);
    return result;
}

/* ---- the library's calls --------------------------------------------------------------------- */

static enum MHD_Result open_request(struct srv_listener *l, struct srv_request *rq)
{
    l->handler.open(l->handler.ctx, rq);
    rq->body = bytes_with_limit(rq->body_limit);
    if (rq->answer.status != 0 && (rq->close || rq->announced > DRAIN_BYTES)) {
        return send_answer(rq);
    }
    if (rq->body_limit > 0) {
        srv_watch_set(l->watch, srv_http_connection(rq)->watched,
                      allowed_ms(l, l->bounds.request_ms, rq->body_limit));
    }
    return MHD_YES;
}

/* What a refused request still sends is read and dropped, up to a bound. */
static enum MHD_Result take_body(struct srv_request *rq, const char *upload, size_t size)
{
    if (rq->answer.status == 0 && !rq->too_long) {
        enum status st = bytes_append(&rq->body, upload, size);
        if (st == ST_OK) {
            return MHD_YES;
        }
        bytes_free(&rq->body);
        if (st != ST_TOO_LARGE) {
            return MHD_NO; /* no memory: closed, for 413 would mean that it is never sent again */
        }
        rq->too_long = true;
    }
    rq->dropped_bytes += size;
    return rq->dropped_bytes <= DRAIN_BYTES ? MHD_YES : MHD_NO;
}

static enum MHD_Result handle_request(struct srv_listener *l, struct srv_request *rq)
{
    rq->resumed = rq->parked;
    rq->parked = false;
    if (rq->resumed) {
        srv_watch_unpark(l->watch);
    }
    if (rq->answer.status == 0) {
        /* From here on the time is ours. */
        srv_watch_set(l->watch, srv_http_connection(rq)->watched, SRV_WATCH_NEVER);
        l->handler.handle(l->handler.ctx, rq);
    }
    if (rq->parked) {
        return MHD_YES;
    }
    return rq->answer.status != 0 ? send_answer(rq) : MHD_NO;
}

enum MHD_Result srv_http_on_request(void *ctx, struct MHD_Connection *mhd, const char *url,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **request_context)
{
    struct srv_listener *l = ctx;
    struct srv_request *rq = *request_context;
    (void)version;
    if (rq == NULL || *request_context == &ODD_PATH) {
        bool odd = rq != NULL;
        rq = request_begin(l, mhd, method, url);
        *request_context = rq;
        if (rq == NULL) {
            return MHD_NO;
        }
        rq->odd_path = odd;
        return open_request(l, rq);
    }
    if (*upload_size > 0) {
        size_t size = *upload_size;
        *upload_size = 0;
        return take_body(rq, upload, size);
    }
    return handle_request(l, rq);
}
