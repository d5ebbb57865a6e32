#include "server/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/listen_socket.h"
#include "server/request_log.h"
#include "server/watch.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    SPARE_CONNECTIONS = 64, /* for those that are told to come back */
    IDLE_S = 15,            /* without a byte in either direction */
    REQUEST_MS = 20000,     /* from the last answer to the last byte of the next request */
    ANSWER_MS = 120000,     /* from the request to the last byte of its answer */
    DRAIN_BYTES = 65536,    /* of a refused body, so that the client reads why */
    GRACE_MS = 2000,
    URL_BYTES = 80,
    MAX_OPTIONS = 16
};

struct srv_listener {
    struct MHD_Daemon *daemon;
    struct srv_handler handler;
    struct srv_load *load;
    char url[URL_BYTES];
    atomic_uint_fast64_t last_id;

    struct srv_watch *watch;
};

/* What hangs on a request. */
struct link {
    struct srv_listener *listener;
    struct MHD_Connection *mhd;
    struct srv_watched *connection; /* NULL if memory was short */
};

static struct link *link_of(const struct srv_request *rq)
{
    return rq->link;
}

const char *srv_request_header(const struct srv_request *rq, const char *name)
{
    return MHD_lookup_connection_value(link_of(rq)->mhd, MHD_HEADER_KIND, name);
}

const char *srv_request_query(const struct srv_request *rq, const char *name)
{
    return MHD_lookup_connection_value(link_of(rq)->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const char *srv_request_bearer(const struct srv_request *rq)
{
    const char *value = srv_request_header(rq, MHD_HTTP_HEADER_AUTHORIZATION);
    return value != NULL && strncasecmp(value, "Bearer ", 7) == 0 ? value + 7 : NULL;
}

void srv_request_park(struct srv_request *rq)
{
    rq->parked = true;
    MHD_suspend_connection(link_of(rq)->mhd);
}

void srv_request_wake(struct srv_request *rq)
{
    MHD_resume_connection(link_of(rq)->mhd);
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct srv_listener *l = ctx;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context = srv_watch_add(l->watch, info != NULL ? info->connect_fd : -1, REQUEST_MS);
    } else {
        srv_watch_remove(l->watch, *socket_context);
        *socket_context = NULL;
    }
}

/* ---- requests -------------------------------------------------------------------------------- */

static uint64_t address_key(const struct sockaddr *address)
{
    if (address != NULL && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr);
    }
    uint64_t prefix = 0;
    if (address != NULL && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        memcpy(&prefix, &v6.sin6_addr, sizeof prefix);
    }
    return prefix;
}

static struct srv_request *request_new(struct srv_listener *l, struct MHD_Connection *mhd,
                                       const char *method, const char *path)
{
    struct srv_request *rq = calloc(1, sizeof *rq);
    struct link *link = calloc(1, sizeof *link);
    if (rq == NULL || link == NULL) {
        free(rq);
        free(link);
        return NULL;
    }
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    link->listener = l;
    link->mhd = mhd;
    link->connection = socket != NULL ? socket->socket_context : NULL;
    rq->link = link;
    rq->method = method;
    rq->path = path;
    rq->id = atomic_fetch_add(&l->last_id, 1) + 1;
    rq->started_ms = clock_monotonic_ms();
    if (client != NULL && client->client_addr != NULL) {
        rq->address = address_key(client->client_addr);
        srv_address_write(client->client_addr, rq->address_text);
        rq->loopback = srv_address_is_loopback(client->client_addr);
    }
    srv_watch_begin(l->watch, link->connection, ANSWER_MS);
    rq->crowd = srv_load_crowd(l->load);
    return rq;
}

static void request_free(struct srv_request *rq)
{
    free(rq->link);
    bytes_wipe(&rq->body); /* an enroll body says much about a machine */
    bytes_free(&rq->answer.text);
    srv_body_drop(rq->answer.body);
    free(rq);
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    struct srv_listener *l = ctx;
    struct srv_request *rq = *request_context;
    (void)mhd;
    (void)code;
    if (rq == NULL) {
        return;
    }
    l->handler.end(l->handler.ctx, rq);
    srv_watch_end(l->watch, link_of(rq)->connection, REQUEST_MS);
    request_free(rq);
    *request_context = NULL;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void body_sent(void *ctx)
{
    srv_body_drop(ctx);
}

static struct MHD_Response *make_response(struct srv_answer *a)
{
    struct MHD_Response *response = NULL;
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

static bool add_headers(struct MHD_Response *response, const struct srv_answer *a)
{
    bool good =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES;
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

static enum MHD_Result send_answer(struct srv_request *rq)
{
    struct link *link = link_of(rq);
    srv_request_log(rq);
    struct MHD_Response *response = make_response(&rq->answer);
    if (response == NULL) {
        return MHD_NO; /* no memory: the connection is closed */
    }
    srv_watch_set(link->listener->watch, link->connection, ANSWER_MS);
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, &rq->answer)) {
        result = MHD_queue_response(link->mhd, rq->answer.status, response);
    }
    MHD_destroy_response(response);
    return result;
}

/* ---- the library's calls --------------------------------------------------------------------- */

static bool announces_more_than(const struct srv_request *rq, size_t bound)
{
    const char *text = srv_request_header(rq, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text != NULL && strtoull(text, NULL, 10) > bound;
}

static enum MHD_Result open_request(struct srv_listener *l, struct srv_request *rq)
{
    l->handler.open(l->handler.ctx, rq);
    rq->body = bytes_with_limit(rq->body_limit);
    if (rq->answer.status != 0 && announces_more_than(rq, DRAIN_BYTES)) {
        return send_answer(rq);
    }
    return MHD_YES;
}

/* What a refused request still sends is read and dropped, up to a bound. */
static enum MHD_Result take_body(struct srv_request *rq, const char *upload, size_t size)
{
    if (rq->answer.status == 0 && !rq->too_long && bytes_append(&rq->body, upload, size) == ST_OK) {
        return MHD_YES;
    }
    if (rq->answer.status == 0 && !rq->too_long) {
        rq->too_long = true;
        bytes_free(&rq->body);
    }
    rq->dropped_bytes += size;
    return rq->dropped_bytes <= DRAIN_BYTES ? MHD_YES : MHD_NO;
}

static enum MHD_Result handle_request(struct srv_listener *l, struct srv_request *rq)
{
    rq->resumed = rq->parked;
    rq->parked = false;
    if (rq->answer.status == 0) {
        /* From here on the time is ours. */
        srv_watch_set(l->watch, link_of(rq)->connection, SRV_WATCH_NEVER);
        l->handler.handle(l->handler.ctx, rq);
    }
    if (rq->parked) {
        return MHD_YES;
    }
    return rq->answer.status != 0 ? send_answer(rq) : MHD_NO;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **request_context)
{
    struct srv_listener *l = ctx;
    struct srv_request *rq = *request_context;
    (void)version;
    if (rq == NULL) {
        rq = request_new(l, mhd, method, url);
        *request_context = rq;
        return rq != NULL ? open_request(l, rq) : MHD_NO;
    }
    if (*upload_size > 0) {
        size_t size = *upload_size;
        *upload_size = 0;
        return take_body(rq, upload, size);
    }
    return handle_request(l, rq);
}

PRINTF_LIKE(2, 0)
static void on_library_log(void *ctx, const char *format, va_list arguments)
{
    char text[256];
    (void)ctx;
    if (vsnprintf(text, sizeof text, format, arguments) > 0) {
        text[strcspn(text, "\n")] = '\0';
        log_write(LOG_DEBUG, "event=http_library text=\"%s\"", text);
    }
}

/* ---- opening and closing --------------------------------------------------------------------- */

static enum status start_daemon(struct srv_listener *l, const struct srv_listener_options *o,
                                int fd, struct err *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem options[MAX_OPTIONS];
    size_t n = 0;
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT,
                                           (intptr_t)(o->load->limit + SPARE_CONNECTIONS), NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                           (intptr_t)o->memory_bytes, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, fd, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, l};
    options[n++] =
        (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, l};
    if (o->threads > 1) {
        options[n++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)o->threads, NULL};
    }
    if (o->cert_pem != NULL) {
        static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
        flags |= MHD_USE_TLS;
        options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priorities};
        options[n++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->cert_pem};
        options[n++] =
            (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->key_pem};
    }
    options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    l->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER,
                                 on_library_log, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return l->daemon != NULL ? ST_OK
                             : err_refuse(err, "out_of_range", "",
                                          o->cert_pem != NULL
                                              ? "cannot serve on %s: certificate and key do not fit"
                                              : "cannot serve on %s",
                                          o->address);
}

enum status srv_listener_open(const struct srv_listener_options *options,
                              const struct srv_handler *handler, struct srv_listener **out,
                              struct err *err)
{
    int fd = -1;
    struct srv_listener *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot listen on %s", options->address);
    }
    l->handler = *handler;
    l->load = options->load;
    enum status st = srv_watch_open(options->load, &l->watch, err);
    if (st == ST_OK) {
        st = srv_socket_listen(options->address, options->cert_pem == NULL, &fd, err);
    }
    if (st == ST_OK) {
        srv_socket_url(fd, options->cert_pem != NULL, l->url, sizeof l->url);
        st = start_daemon(l, options, fd, err);
        if (st != ST_OK) {
            (void)close(fd); /* the library takes it only when it starts */
        }
    }
    if (st == ST_OK) {
        *out = l;
    } else {
        srv_listener_close(l);
    }
    return st;
}

const char *srv_listener_url(const struct srv_listener *listener)
{
    return listener->url;
}

void srv_listener_close(struct srv_listener *l)
{
    if (l == NULL) {
        return;
    }
    if (l->daemon != NULL) {
        int fd = MHD_quiesce_daemon(l->daemon);
        srv_watch_wait(l->watch, GRACE_MS);
        MHD_stop_daemon(l->daemon);
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    srv_watch_free(l->watch);
    free(l);
}
