#include "server/http_parts.h"

#include <string.h>

/* As the library takes it at once. */
enum { BLOCK_BYTES = 16 * 1024 };

static const struct srv_connection *connection_of(const struct srv_stream *stream)
{
    return srv_http_connection(stream->rq);
}

/* What was fetched has come: from here on the time is the client's. */
static void go_on(struct srv_stream *stream)
{
    const struct srv_connection *c = connection_of(stream);
    stream->parked = false;
    srv_watch_unpark(stream->watch);
    srv_watch_set(stream->watch, c->watched, c->listener->bounds.answer_ms);
}

/* The client has taken all of it: from here on the time is ours. */
static void fetch(struct srv_stream *stream)
{
    const struct srv_connection *c = connection_of(stream);
    stream->sent = 0;
    stream->parked = true;
    srv_watch_set(stream->watch, c->watched, SRV_WATCH_NEVER);
    srv_watch_park(stream->watch);
    MHD_suspend_connection(c->mhd);
    stream->fetch(stream);
}

static ssize_t read_stream(void *ctx, uint64_t position, char *out, size_t most)
{
    struct srv_stream *stream = ctx;
    (void)position;
    if (stream->parked) {
        go_on(stream);
    }
    size_t left = stream->piece.size - stream->sent;
    if (left > 0) {
        size_t size = left < most ? left : most;
        memcpy(out, stream->piece.data + stream->sent, size);
        stream->sent += size;
        return (ssize_t)size;
    }
    switch (stream->state) {
    case SRV_STREAM_MORE: fetch(stream); return 0;
    case SRV_STREAM_LAST: return MHD_CONTENT_READER_END_OF_STREAM;
    case SRV_STREAM_BROKEN: break;
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The request may be gone by now. */
static void stream_done(void *ctx)
{
    struct srv_stream *stream = ctx;
    if (stream->parked) {
        srv_watch_unpark(stream->watch);
    }
    stream->drop(stream);
}

struct MHD_Response *srv_http_stream(struct srv_request *rq, struct srv_stream *stream)
{
    stream->rq = rq;
    stream->watch = connection_of(stream)->listener->watch;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, stream,
                                             stream_done);
}

void srv_stream_ready(struct srv_stream *stream)
{
    MHD_resume_connection(connection_of(stream)->mhd);
}
