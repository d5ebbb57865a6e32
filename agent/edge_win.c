#include "agent/edge_win.h"

#include "agent/control_win.h"
#include "agent/host_win.h"
#include "agent/outlook_win.h"
#include "agent/rootstore_win.h"
#include "agent/run.h"
#include "agent/setting_win.h"
#include "agent/source_http.h"
#include "agent/users_win.h"
#include "agent/vault_win.h"
#include "agent/watch_win.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "policy/limits.h"

struct edge {
    struct ag_trust trust;
    struct ag_host host;
    struct ag_vault_win *vault;
    struct ag_vault vault_port;
    struct ag_users_win *users;
    struct ag_outlook_win *outlook;
    struct ag_source_http *http;
    struct ag_watch *watch;
};

/* ---- clock and chance ---------------------------------------------------------------------- */

static int64_t wall_s(void *ctx)
{
    (void)ctx;
    return clock_wall_s();
}

static uint64_t monotonic_ms(void *ctx)
{
    (void)ctx;
    return clock_monotonic_ms();
}

static uint32_t jitter(void *ctx)
{
    uint32_t number = 0;
    (void)ctx;
    if (random_bytes(&number, sizeof number) != ST_OK) {
        number = (uint32_t)clock_monotonic_ms() * 2654435761U; /* only spreads load */
    }
    return number;
}

/* ---- events -------------------------------------------------------------------------------- */

static void wake(void *ctx)
{
    struct edge *edge = ctx;
    ag_source_http_wake(edge->http);
}

static void session_changed(void *ctx, bool logged_off)
{
    struct edge *edge = ctx;
    ag_watch_session_changed(edge->watch, logged_off);
}

static bool stopping(void *ctx)
{
    (void)ctx;
    return ag_control_stopping();
}

static bool hives_changed(void *ctx)
{
    struct edge *edge = ctx;
    return ag_watch_take_change(edge->watch);
}

static bool files_changed(void *ctx)
{
    (void)ctx;
    return false; /* nobody watches the data directory yet: it is looked at now and then */
}

/* ---- putting it together ------------------------------------------------------------------- */

/* Without a data directory nothing was taken before. */
static enum status read_nothing(void *ctx, const char *name, size_t limit, struct bytes *out,
                                struct err *err)
{
    (void)ctx;
    (void)limit;
    (void)out;
    return err_set(err, ST_NOT_FOUND, 0, "there is no %s", name);
}

enum status ag_edge_read_trust(const struct ag_config *config, const struct ag_vault *vault,
                               bool keep, struct ag_trust *out, struct err *err)
{
    static const struct ag_vault NOTHING = {.read = read_nothing};
    struct bytes document = {0};
    struct ag_trust_offer offer = {.unreadable = {.st = ST_OK}};
    if (config->trust_file == NULL) {
        (void)err_set(&offer.unreadable, ST_NOT_FOUND, 0,
                      "no TrustFile is set: nothing could be verified");
    } else if (file_read(config->trust_file, LIMIT_TRUST_BYTES, &document, &offer.unreadable) ==
               ST_OK) {
        offer.unreadable = (struct err){.st = ST_OK};
        offer.document = bytes_span(&document);
    }
    enum status st =
        ag_trust_open(vault != NULL ? vault : &NOTHING, &offer, keep && vault != NULL, out, err);
    bytes_free(&document);
    return st;
}

static enum status open_http(const struct ag_config *config, struct edge *edge, struct err *err)
{
    struct bytes roots = {0};
    enum status st = ST_OK;
    if (config->server_url != NULL && config->ca_file == NULL) {
        st = ag_rootstore_read(&roots, err);
    }
    if (st == ST_OK) {
        const struct ag_source_http_options options = {
            .server_url = config->server_url,
            .ca_file = config->ca_file,
            .ca_pem = bytes_span(&roots),
            .proxy = config->proxy,
        };
        st = ag_source_http_open(&options, &edge->http, err);
    }
    bytes_free(&roots);
    return st;
}

static enum status open_edge(const struct ag_config *config, struct edge *edge, struct err *err)
{
    enum status st = ag_vault_win_open(config->data_dir, &edge->vault, err);
    if (st == ST_OK) {
        edge->vault_port = ag_vault_win_port(edge->vault);
        st = ag_edge_read_trust(config, &edge->vault_port, true, &edge->trust, err);
    }
    if (st == ST_OK) {
        st = ag_host_win_read(&edge->host, err);
    }
    if (st == ST_OK) {
        st = ag_users_win_new(&edge->users, err);
    }
    if (st == ST_OK) {
        st = ag_outlook_win_new(&edge->outlook, err);
    }
    if (st == ST_OK) {
        st = open_http(config, edge, err);
    }
    return st == ST_OK ? ag_watch_start(wake, edge, &edge->watch, err) : st;
}

/* The watch calls into http, so it ends first. */
static void close_edge(struct edge *edge)
{
    ag_watch_stop(edge->watch);
    ag_source_http_close(edge->http);
    ag_outlook_win_free(edge->outlook);
    ag_users_win_free(edge->users);
    ag_trust_done(&edge->trust);
    ag_vault_win_close(edge->vault);
    ag_host_win_done(&edge->host);
}

static struct ag_ports ports_of(struct edge *edge)
{
    return (struct ag_ports){
        .clock = {.wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = jitter},
        .http = ag_source_http_port(edge->http),
        .users = ag_users_win_port(edge->users),
        .setting = ag_setting_win(),
        .outlook = ag_outlook_win_port(edge->outlook),
        .vault = edge->vault_port,
        .stopping = stopping,
        .hives_changed = hives_changed,
        .files_changed = files_changed,
        .events_ctx = edge,
    };
}

static enum status run_core(const struct ag_config *config, enum ag_edge_mode mode,
                            struct edge *edge, struct err *err)
{
    const struct ag_ports ports = ports_of(edge);
    switch (mode) {
    case AG_EDGE_LOOP: return ag_run(config, &edge->host, &ports, &edge->trust, err);
    case AG_EDGE_ONCE: return ag_run_once(config, &edge->host, &ports, &edge->trust, err);
    }
    return ST_BUG;
}

enum status ag_edge_run(const struct ag_config *config, enum ag_edge_mode mode,
                        void (*started)(void), struct err *err)
{
    struct edge edge = {0};
    const struct ag_listener listener = {
        .ctx = &edge, .wake = wake, .session_changed = session_changed};

    enum status st = open_edge(config, &edge, err);
    if (st == ST_OK) {
        ag_control_attach(&listener);
        if (started != NULL) {
            started();
        }
        st = run_core(config, mode, &edge, err);
        ag_control_attach(NULL);
    }
    close_edge(&edge);
    return st;
}
