#include "server/http_parts.h"

#include "base/log.h"
#include "base/random.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    IDLE_S = 60, /* without a byte in either direction; the bounds below are for the whole */
    KEEP_MS = 45000,
    REQUEST_MS = 10000,
    ANSWER_MS = 60000,
    SPEED_BYTES_PER_MS = 64,
    SETTLE_MS = 1000,
    GRACE_MS = 10000,
    TICK_MS = 1000,
    MAX_OPTIONS = 16
};

/* ---- connections ----------------------------------------------------------------------------- */

/* For whom connections are counted. What comes from this machine comes from a proxy, as a rule. */
static uint64_t counted_for(const struct srv_listener *l, const struct sockaddr *address)
{
    struct srv_ip ip = srv_ip_of(address);
    bool several =
        address == NULL || srv_address_is_loopback(address) || srv_networks_have(l->proxies, &ip);
    return several ? SRV_WATCH_NOBODY : srv_ip_key(&ip);
}

/* Before anything is spent on the connection, a handshake above all. */
static enum MHD_Result on_accept(void *ctx, const struct sockaddr *address, socklen_t size)
{
    struct srv_listener *l = ctx;
    (void)size;
    return !atomic_load(&l->stopping) && srv_watch_admits(l->watch, counted_for(l, address))
               ? MHD_YES
               : MHD_NO;
}

/* The pair of this moment, for as long as the connection lasts. */
static bool attach_pair(struct srv_listener *l, struct MHD_Connection *mhd,
                        struct srv_connection *c)
{
    if (l->certificate == NULL) {
        return true;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    c->pair = srv_certificate_take(l->certificate);
    return info != NULL && info->tls_session != NULL && srv_pair_attach(c->pair, info->tls_session);
}

static struct srv_connection *connection_new(struct srv_listener *l, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    int fd = socket != NULL ? socket->connect_fd : -1;
    const union MHD_ConnectionInfo *client =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct srv_connection *c = calloc(1, sizeof *c);
    if (c == NULL || !attach_pair(l, mhd, c)) {
        log_write(LOG_WARNING, "event=connection_ended reason=\"no memory for its certificate\"");
        (void)shutdown(fd, SHUT_RDWR); /* the library sees it and closes */
    }
    if (c != NULL) {
        c->listener = l;
        c->mhd = mhd;
        const struct sockaddr *address = client != NULL ? client->client_addr : NULL;
        srv_http_know_client(c, address);
        c->watched = srv_watch_add(l->watch, fd, counted_for(l, address), l->bounds.request_ms);
    }
    return c;
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct srv_listener *l = ctx;
    struct srv_connection *c = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = connection_new(l, mhd);
    } else if (c != NULL) {
        srv_watch_remove(l->watch, c->watched);
        srv_pair_drop(c->pair);
        wipe(c->token, sizeof c->token);
        free(c);
        *socket_context = NULL;
    }
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

/* The library's own limit is never reached: each of its threads could hold all that are admitted. */
static enum status start_daemon(struct srv_listener *l, const struct srv_listener_options *o,
                                const struct srv_pair *pair, struct err *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    unsigned room =
        (o->load->limit + SRV_WATCH_SPARE_DESCRIPTORS * 2) * (o->threads > 1 ? o->threads : 1);
    struct MHD_OptionItem options[MAX_OPTIONS];
    size_t n = 0;
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, (intptr_t)room, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                           (intptr_t)o->memory_bytes, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, o->fd, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL};
    options[n++] = (struct MHD_OptionItem){MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL};
    options[n++] =
        (struct MHD_OptionItem){MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)srv_http_on_uri, l};
    options[n++] =
        (struct MHD_OptionItem){MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)srv_http_on_completed, l};
    options[n++] =
        (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, l};
    if (o->threads > 1) {
        options[n++] =
            (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)o->threads, NULL};
    }
    if (pair != NULL) {
        static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
        flags |= MHD_USE_TLS;
        options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, priorities};
        options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
                                               (void *)(uintptr_t)srv_pair_cert_pem(pair)};
        options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
                                               (void *)(uintptr_t)srv_pair_key_pem(pair)};
    }
    options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    l->daemon =
        MHD_start_daemon(flags, 0, on_accept, l, srv_http_on_request, l, MHD_OPTION_EXTERNAL_LOGGER,
                         on_library_log, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return l->daemon != NULL ? ST_OK
                             : err_set(err, ST_IO, 0,
                                       "cannot serve on %s: the log says more at "
                                       "--log-level debug",
                                       l->url);
}

/* ---- opening and closing --------------------------------------------------------------------- */

static struct srv_bounds bounds_of(const struct srv_bounds *wanted)
{
    return (struct srv_bounds){
        .keep_ms = wanted->keep_ms > 0 ? wanted->keep_ms : KEEP_MS,
        .request_ms = wanted->request_ms > 0 ? wanted->request_ms : REQUEST_MS,
        .answer_ms = wanted->answer_ms > 0 ? wanted->answer_ms : ANSWER_MS,
        .speed_bytes_per_ms =
            wanted->speed_bytes_per_ms > 0 ? wanted->speed_bytes_per_ms : SPEED_BYTES_PER_MS,
        .settle_ms = wanted->settle_ms == UINT32_MAX ? 0
                     : wanted->settle_ms > 0         ? wanted->settle_ms
                                                     : SETTLE_MS,
        .grace_ms = wanted->grace_ms > 0 ? wanted->grace_ms : GRACE_MS,
    };
}

static enum status make_boot(struct srv_listener *l, struct err *err)
{
    uint8_t random[SRV_BOOT_BYTES / 2];
    enum status st = random_bytes(random, sizeof random);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot make ids for requests");
    }
    hex_encode(random, sizeof random, l->boot);
    return ST_OK;
}

static enum status open_watch(struct srv_listener *l, const struct srv_listener_options *o,
                              struct err *err)
{
    const struct srv_bounds *b = &l->bounds;
    uint32_t shortest_ms = b->request_ms < b->answer_ms ? b->request_ms : b->answer_ms;
    shortest_ms = shortest_ms < b->keep_ms ? shortest_ms : b->keep_ms;
    struct srv_watch_options options = {
        .load = o->load,
        .per_address = o->per_address > 0 ? o->per_address : UINT_MAX,
        .settle_ms = b->settle_ms,
        .tick_ms = shortest_ms / 4 < TICK_MS ? shortest_ms / 4 + 1 : TICK_MS,
    };
    return srv_watch_open(&options, &l->watch, err);
}

enum status srv_listener_open(const struct srv_listener_options *options,
                              const struct srv_handler *handler, struct srv_listener **out,
                              struct err *err)
{
    struct srv_listener *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot listen");
    }
    l->handler = *handler;
    l->load = options->load;
    l->certificate = options->certificate;
    l->bounds = bounds_of(&options->bounds);
    l->proxies = options->proxies;
    srv_socket_url(options->fd, options->certificate != NULL, l->url, sizeof l->url);
    enum status st = make_boot(l, err);
    if (st == ST_OK) {
        st = open_watch(l, options, err);
    }
    if (st == ST_OK) {
        struct srv_pair *pair =
            l->certificate != NULL ? srv_certificate_take(l->certificate) : NULL;
        st = start_daemon(l, options, pair, err);
        srv_pair_drop(pair);
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

/* Not by the library's own function: that of 0.9.75 aborts the process when a thread takes the socket out of its
 * epoll set at that moment, and hands back a socket that threads still use. */
void srv_listener_quiesce(struct srv_listener *l)
{
    if (l != NULL) {
        atomic_store(&l->stopping, true);
    }
}

void srv_listener_close(struct srv_listener *l)
{
    if (l == NULL) {
        return;
    }
    if (l->daemon != NULL) {
        srv_listener_quiesce(l);
        srv_watch_finish(l->watch, l->bounds.grace_ms);
        MHD_stop_daemon(l->daemon);
    }
    srv_watch_free(l->watch);
    free(l);
}
