#include "tests/fakes/fake_listener.h"

#include "base/clock.h"
#include "server/auth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DRAIN_BYTES = 65536 /* as in server/http.c */, ARGUMENTS_MAX = 32 };

struct fake_talk {
    struct srv_request rq;
    char address_text[SRV_ADDRESS_BYTES];
    const struct srv_handler *handler;
    const struct fake_request *request;
    char *path;
    char *query; /* cut up in its place */
    struct fake_header arguments[ARGUMENTS_MAX];
    size_t argument_count;
    bool cut; /* the body was too long even for dropping it: closed */
    struct bytes streamed;
    bool broken;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken;
};

static const char *find(const struct fake_header *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(list[i].name, name) == 0) {
            return list[i].value;
        }
    }
    return NULL;
}

/* ---- what server/http.h declares ------------------------------------------------------------- */

static struct fake_talk *talk_of(const struct srv_request *rq)
{
    return rq->link;
}

const char *srv_request_header(const struct srv_request *rq, const char *name)
{
    const struct fake_request *request = talk_of(rq)->request;
    return find(request->headers, request->header_count, name);
}

const char *srv_request_query(const struct srv_request *rq, const char *name)
{
    const struct fake_talk *talk = talk_of(rq);
    return find(talk->arguments, talk->argument_count, name);
}

bool srv_request_each_query(const struct srv_request *rq,
                            bool (*visit)(void *v, const char *name, const char *value), void *v)
{
    const struct fake_talk *talk = talk_of(rq);
    bool good = true;
    for (size_t i = 0; i < talk->argument_count && good; i++) {
        good = visit(v, talk->arguments[i].name, talk->arguments[i].value);
    }
    return good;
}

const char *srv_request_bearer(const struct srv_request *rq)
{
    const char *value = srv_request_header(rq, "Authorization");
    return value != NULL && strncasecmp(value, "Bearer ", 7) == 0 ? value + 7 : NULL;
}

bool srv_request_digest(const struct srv_request *rq, uint8_t digest[DIGEST_BYTES])
{
    return srv_secret_digest(srv_request_bearer(rq), digest);
}

bool srv_request_is_framed(struct srv_request *rq)
{
    const struct fake_request *request = talk_of(rq)->request;
    size_t lengths = 0;
    bool odd = false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct fake_header *h = &request->headers[i];
        bool length = strcasecmp(h->name, "Content-Length") == 0;
        bool encoding = strcasecmp(h->name, "Transfer-Encoding") == 0;
        lengths += length || encoding ? 1 : 0;
        rq->announced = length ? strtoull(h->value, NULL, 10) : rq->announced;
        odd = odd || strpbrk(h->name, " \t") != NULL ||
              (length &&
               (h->value[0] == '\0' || strspn(h->value, "0123456789") != strlen(h->value))) ||
              (encoding && strcasecmp(h->value, "chunked") != 0);
    }
    return !odd && lengths <= 1;
}

size_t srv_answer_size(const struct srv_answer *answer)
{
    return answer->body != NULL ? answer->body->size : answer->text.size;
}

void srv_request_park(struct srv_request *rq)
{
    rq->parked = true;
}

static void wake(struct fake_talk *talk, bool parked)
{
    pthread_mutex_lock(&talk->lock);
    if (talk->woken || !parked) {
        (void)fputs("fake_listener: a request is woken twice, or before it is parked\n", stderr);
        abort();
    }
    talk->woken = true;
    pthread_cond_signal(&talk->changed);
    pthread_mutex_unlock(&talk->lock);
}

void srv_request_wake(struct srv_request *rq)
{
    wake(talk_of(rq), rq->parked);
}

void srv_stream_ready(struct srv_stream *stream)
{
    wake(talk_of(stream->rq), stream->parked);
}

/* ---- targets --------------------------------------------------------------------------------- */

static int digit(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(DIGITS, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;
    return at != NULL ? (int)(at - DIGITS) : -1;
}

/* In its place; text ends at an escaped NUL, as it does for the library's callers. */
static void unescape(char *text, bool plus_is_space)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++, to++) {
        int high = from[0] == '%' ? digit(from[1]) : -1;
        int low = high >= 0 ? digit(from[2]) : -1;
        *to = plus_is_space && *from == '+' ? ' ' : *from;
        if (low >= 0) {
            *to = (char)(high * 16 + low);
            from += 2;
        }
    }
    *to = '\0';
}

static void split_query(struct fake_talk *talk)
{
    char *at = talk->query;
    while (at != NULL && talk->argument_count < ARGUMENTS_MAX) {
        char *next = strchr(at, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        char *value = strchr(at, '=');
        if (value != NULL) {
            *value++ = '\0';
            unescape(value, true);
        }
        unescape(at, true);
        talk->arguments[talk->argument_count++] = (struct fake_header){.name = at, .value = value};
        at = next;
    }
}

static bool is_escaped(const char *target)
{
    return target[strcspn(target, "%?")] == '%';
}

static struct fake_talk *talk_new(const struct srv_handler *handler,
                                  const struct fake_request *request)
{
    static atomic_uint_fast64_t last_id;
    struct fake_talk *talk = calloc(1, sizeof *talk);
    char *target = text_copy(request->target);
    if (talk == NULL || target == NULL) {
        free(talk);
        free(target);
        return NULL;
    }
    talk->handler = handler;
    talk->request = request;
    talk->path = target;
    talk->query = strchr(target, '?');
    if (talk->query != NULL) {
        *talk->query++ = '\0';
        split_query(talk);
    }
    unescape(talk->path, false);
    (void)pthread_mutex_init(&talk->lock, NULL); /* cannot fail on Linux, both */
    (void)pthread_cond_init(&talk->changed, NULL);
    talk->rq = (struct srv_request){.method = request->method,
                                    .path = talk->path,
                                    .started_ms = clock_monotonic_ms(),
                                    .address = request->address,
                                    .loopback = request->loopback,
                                    .odd_path = is_escaped(request->target),
                                    .crowd = request->crowd,
                                    .link = talk};
    (void)snprintf(talk->rq.id, sizeof talk->rq.id, "fake-%llx",
                   (unsigned long long)atomic_fetch_add(&last_id, 1) + 1);
    (void)snprintf(talk->address_text, sizeof talk->address_text, "10.0.0.%u",
                   (unsigned)(request->address & 0xff));
    talk->rq.address_text = talk->address_text;
    return talk;
}

/* ---- the way of a request -------------------------------------------------------------------- */

static void take_piece(struct fake_talk *talk, struct span piece)
{
    struct srv_request *rq = &talk->rq;
    if (rq->answer.status == 0 && !rq->too_long) {
        enum status st = bytes_append(&rq->body, piece.data, piece.size);
        if (st == ST_OK) {
            return;
        }
        bytes_free(&rq->body);
        rq->too_long = st == ST_TOO_LARGE;
        talk->cut = st != ST_TOO_LARGE;
    }
    rq->dropped_bytes += piece.size;
    talk->cut = talk->cut || rq->dropped_bytes > DRAIN_BYTES;
}

static void take_body(struct fake_talk *talk)
{
    struct span left = talk->request->body;
    size_t most = talk->request->piece_bytes > 0 ? talk->request->piece_bytes : left.size;
    while (left.size > 0 && !talk->cut) {
        struct span piece = {.data = left.data, .size = left.size < most ? left.size : most};
        take_piece(talk, piece);
        left.data += piece.size;
        left.size -= piece.size;
    }
}

static void handle(struct fake_talk *talk)
{
    struct srv_request *rq = &talk->rq;
    rq->resumed = rq->parked;
    rq->parked = false;
    if (rq->answer.status == 0) {
        talk->handler->handle(talk->handler->ctx, rq);
    }
}

struct fake_talk *fake_talk_start(const struct srv_handler *handler,
                                  const struct fake_request *request)
{
    struct fake_talk *talk = talk_new(handler, request);
    if (talk == NULL) {
        return NULL;
    }
    struct srv_request *rq = &talk->rq;
    handler->open(handler->ctx, rq);
    rq->body = bytes_with_limit(rq->body_limit);
    if (rq->answer.status != 0 && (rq->close || rq->announced > DRAIN_BYTES)) {
        return talk;
    }
    take_body(talk);
    if (!talk->cut) {
        handle(talk);
    }
    return talk;
}

bool fake_talk_is_held(struct fake_talk *talk)
{
    if (talk == NULL) {
        return false;
    }
    pthread_mutex_lock(&talk->lock);
    bool held = talk->rq.parked && !talk->woken;
    pthread_mutex_unlock(&talk->lock);
    return held;
}

static void await_wake(struct fake_talk *talk)
{
    pthread_mutex_lock(&talk->lock);
    while (!talk->woken) {
        pthread_cond_wait(&talk->changed, &talk->lock);
    }
    talk->woken = false; /* it may park again */
    pthread_mutex_unlock(&talk->lock);
}

/* A piece after the other, as long as there are more. */
static void take_stream(struct fake_talk *talk, struct srv_stream *stream)
{
    stream->rq = &talk->rq;
    talk->streamed = bytes_with_limit(SIZE_MAX / 4);
    bool more = true;
    while (more && !talk->broken) {
        talk->broken =
            bytes_append(&talk->streamed, stream->piece.data, stream->piece.size) != ST_OK ||
            stream->state == SRV_STREAM_BROKEN;
        stream->sent = stream->piece.size;
        more = stream->state == SRV_STREAM_MORE;
        if (more && !talk->broken) {
            stream->parked = true;
            stream->fetch(stream);
            await_wake(talk);
            stream->parked = false;
        }
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static void copy_answer(const struct fake_talk *talk, struct fake_answer *out)
{
    const struct srv_answer *a = &talk->rq.answer;
    struct span body = a->stream != NULL ? bytes_span(&talk->streamed)
                       : a->body != NULL ? (struct span){a->body->data, a->body->size}
                                         : bytes_span(&a->text);
    *out = (struct fake_answer){.status = a->status, .body = bytes_with_limit(SIZE_MAX / 4)};
    if (bytes_append(&out->body, body.data, body.size) != ST_OK) {
        *out = (struct fake_answer){0};
        return;
    }
    (void)snprintf(out->type, sizeof out->type, "%s", a->type != NULL ? a->type : "");
    for (size_t i = 0; i < a->header_count; i++) {
        memcpy(out->values[i], a->headers[i].value, SRV_HEADER_BYTES);
        out->headers[i].name = a->headers[i].name;
        out->headers[i].value = out->values[i];
    }
    out->header_count = a->header_count;
    out->cut = talk->broken;
}

static void talk_free(struct fake_talk *talk)
{
    (void)pthread_mutex_destroy(&talk->lock);
    (void)pthread_cond_destroy(&talk->changed);
    bytes_wipe(&talk->rq.body);
    bytes_free(&talk->rq.answer.text);
    srv_body_drop(talk->rq.answer.body);
    if (talk->rq.answer.stream != NULL) {
        talk->rq.answer.stream->drop(talk->rq.answer.stream);
    }
    bytes_free(&talk->streamed);
    free(talk->path);
    free(talk);
}

void fake_talk_finish(struct fake_talk *talk, struct fake_answer *out)
{
    if (out != NULL) {
        *out = (struct fake_answer){0};
    }
    if (talk == NULL) {
        return;
    }
    while (talk->rq.parked) {
        await_wake(talk);
        handle(talk);
    }
    struct srv_stream *stream = talk->rq.answer.stream;
    if (stream != NULL && out != NULL) {
        take_stream(talk, stream);
    }
    if (out != NULL && !talk->cut) {
        copy_answer(talk, out);
    }
    talk->handler->end(talk->handler->ctx, &talk->rq);
    talk_free(talk);
}

void fake_ask(const struct srv_handler *handler, const struct fake_request *request,
              struct fake_answer *out)
{
    fake_talk_finish(fake_talk_start(handler, request), out);
}

const char *fake_answer_header(const struct fake_answer *answer, const char *name)
{
    return find(answer->headers, answer->header_count, name);
}

void fake_answer_done(struct fake_answer *answer)
{
    bytes_free(&answer->body);
}
