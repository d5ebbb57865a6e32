#include "agent/edge_win.h"

#include "agent/control_win.h"
#include "agent/harden_win.h"
#include "agent/host_win.h"
#include "agent/look_mark_win.h"
#include "agent/look_win.h"
#include "agent/mirror_win.h"
#include "agent/network_win.h"
#include "agent/observer_win.h"
#include "agent/outlook_none.h"
#include "agent/outlook_win.h"
#include "agent/preflight_win.h"
#include "agent/proxy_win.h"
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

#include <stdatomic.h>

/* Whoever runs one pass waits for it; then what names decide is decided at once, if it can be. */
enum { ONCE_PATIENCE_MS = 5000 };

struct edge {
    struct ag_trust trust;
    struct ag_host host;
    struct ag_vault_win *vault;
    struct ag_vault vault_port;
    struct ag_sessions *sessions;
    struct ag_users_win *users;
    struct ag_outlook_win *outlook;
    struct ag_mirror_win *mirror;
    int64_t began_at_s;               /* this process */
    struct ag_observer_win *observer; /* NULL: nobody is looked at */
    atomic_bool seen;                 /* something new of Outlook, since the core asked last */
    struct ag_proxy_win *proxies;     /* NULL: nothing is looked up */
    struct ag_source_http *http;
    struct ag_preflight_win *probing;
    struct ag_network *network;
    struct ag_watch *watch;
    struct ag_settings *settings; /* NULL: they are not looked at again */
    bool settings_looked_at;
    bool start_over; /* others wait */
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
    if (logged_off) {
        ag_observer_win_rest(edge->observer);
    }
    ag_watch_session_changed(edge->watch, logged_off, NULL);
}

static void resumed(void *ctx)
{
    struct edge *edge = ctx;
    ag_network_resumed(edge->network);
}

static bool network_changed(void *ctx)
{
    struct edge *edge = ctx;
    return ag_network_take_change(edge->network);
}

/* The first time whatever the watch says: it began after the settings were read. */
static bool settings_may_have_changed(struct edge *edge)
{
    bool first = !edge->settings_looked_at;
    edge->settings_looked_at = true;
    return ag_watch_take_settings_change(edge->watch) || first;
}

/* Others than these are ready: the loop ends as if it were to stop, and starts over with them. */
static bool stopping(void *ctx)
{
    struct edge *edge = ctx;
    if (edge->settings != NULL && !edge->start_over && settings_may_have_changed(edge)) {
        edge->start_over = ag_settings_look(edge->settings);
    }
    return edge->start_over || ag_control_stopping();
}

/* An Outlook ended, which somebody may have waited for to write; or a look brought news. */
static void outlook_changed(void *ctx)
{
    struct edge *edge = ctx;
    atomic_store(&edge->seen, true);
    ag_source_http_wake(edge->http);
}

static bool hives_changed(void *ctx)
{
    struct edge *edge = ctx;
    bool seen = atomic_exchange(&edge->seen, false);
    bool named = ag_users_win_take_news(edge->users);
    return ag_watch_take_change(edge->watch) || seen || named;
}

static bool files_changed(void *ctx)
{
    struct edge *edge = ctx;
    return ag_watch_take_file(edge->watch);
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

/* http comes up after it, and before anybody can want to know a proxy. */
static enum status open_proxies(const struct ag_config *config, struct edge *edge,
                                const char **fixed, struct err *err)
{
    enum ag_proxy_kind kind = AG_PROXY_NONE;
    const char *url = NULL;
    if (!ag_proxy_setting_read(config->proxy, &kind, &url)) {
        return err_refuse(err, "bad_url", "Proxy", "Proxy (--proxy) means nothing");
    }
    *fixed = kind == AG_PROXY_FIXED ? url : NULL;
    bool looked_up = kind == AG_PROXY_AUTO || kind == AG_PROXY_PAC;
    if (!looked_up || config->server_url == NULL) {
        return ST_OK;
    }
    return ag_proxy_win_start(config->server_url, url, wake, edge, &edge->proxies, err);
}

static enum status open_http(const struct ag_config *config, struct edge *edge, struct err *err)
{
    const char *proxy = NULL;
    enum status st = open_proxies(config, edge, &proxy, err);
    bool roots = config->server_url != NULL && config->ca_file == NULL;
    struct ag_source_http_options options = {
        .server_url = config->server_url,
        .ca_file = config->ca_file,
        .read_roots = roots ? ag_rootstore_read : NULL,
        .proxy = proxy,
    };
    if (edge->proxies != NULL) {
        options.proxies = ag_proxy_win_source(edge->proxies);
    }
    return st == ST_OK ? ag_source_http_open(&options, &edge->http, err) : st;
}

static enum status open_users(enum ag_edge_mode mode, struct edge *edge, struct err *err)
{
    const struct ag_users_win_options options = {
        .vault = &edge->vault_port,
        .keeps = true,
        .sessions = edge->sessions,
        .host = &edge->host,
        .patience_ms = mode == AG_EDGE_ONCE ? ONCE_PATIENCE_MS : 0,
        .wake = wake,
        .ctx = edge,
    };
    return ag_users_win_new(&options, &edge->users, err);
}

static enum status start_observer(const struct ag_config *config, struct edge *edge,
                                  struct err *err)
{
    const struct ag_observer_options options = {
        .level = config->observe,
        .news = outlook_changed,
        .ctx = edge,
        .sessions = &AG_SESSION_CALLS,
        .looks = &AG_LOOK_CALLS,
    };
    return ag_observer_win_start(&options, &edge->observer, err);
}

/* With Observe = process only the machine is looked at, and no user. */
static struct ag_sights sights_of(const struct ag_config *config, const struct edge *edge)
{
    if (edge->observer == NULL) {
        return ag_sights_none();
    }
    struct ag_sights sights = ag_observer_win_port(edge->observer);
    sights.never = config->observe < AG_OBSERVE_PROFILE;
    return sights;
}

static enum status open_edge(const struct ag_config *config, enum ag_edge_mode mode,
                             struct edge *edge, struct err *err)
{
    enum status st = ag_vault_win_open(config->data_dir, &edge->vault, err);
    if (st == ST_OK) {
        st = ag_vault_win_lock(edge->vault, err);
    }
    if (st == ST_OK) {
        edge->vault_port = ag_vault_win_port(edge->vault);
        st = ag_edge_read_trust(config, &edge->vault_port, true, &edge->trust, err);
    }
    if (st == ST_OK) {
        st = ag_host_win_read(&edge->host, err);
    }
    if (st == ST_OK) {
        st = ag_sessions_new(&AG_SESSION_CALLS, &edge->sessions, err);
    }
    if (st == ST_OK) {
        st = open_users(mode, edge, err);
    }
    if (st == ST_OK) {
        st = open_http(config, edge, err);
    }
    if (st == ST_OK) {
        st = ag_mirror_win_new(edge->began_at_s, &edge->mirror, err);
    }
    if (st == ST_OK) {
        st = ag_outlook_win_new(outlook_changed, edge, &edge->outlook, err);
    }
    if (st == ST_OK && config->observe != AG_OBSERVE_NONE) {
        st = start_observer(config, edge, err);
    }
    if (st == ST_OK) {
        const struct ag_preflight_win_options probing = {.wake = wake, .ctx = edge};
        st = ag_preflight_win_start(&probing, &edge->probing, err);
    }
    if (st == ST_OK) {
        st = ag_network_start(wake, edge, &edge->network, err);
    }
    return st == ST_OK ? ag_watch_start(wake, edge, config->data_dir, &edge->watch, err) : st;
}

/* The watches, the look-up of names and the waits for Outlook call into http, so they end first; it
 * asks the proxies to the last. */
static void close_edge(struct edge *edge)
{
    ag_watch_stop(edge->watch);
    ag_network_stop(edge->network);
    ag_preflight_win_stop(edge->probing);
    ag_observer_win_stop(edge->observer);
    ag_proxy_win_stop(edge->proxies);
    ag_users_win_free(edge->users);
    ag_outlook_win_free(edge->outlook);
    ag_source_http_close(edge->http);
    ag_preflight_win_free(edge->probing);
    ag_observer_win_free(edge->observer);
    ag_look_mark_forget();
    ag_proxy_win_free(edge->proxies);
    ag_mirror_win_free(edge->mirror);
    ag_sessions_free(edge->sessions);
    ag_trust_done(&edge->trust);
    ag_vault_win_close(edge->vault);
    ag_host_win_done(&edge->host);
}

static struct ag_ports ports_of(const struct ag_config *config, struct edge *edge)
{
    return (struct ag_ports){
        .clock = {.wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = jitter},
        .http = ag_source_http_port(edge->http),
        .users = ag_users_win_port(edge->users),
        .setting = ag_setting_win(edge->sessions),
        .outlook = config->observe == AG_OBSERVE_NONE ? ag_outlook_none()
                                                      : ag_outlook_win_port(edge->outlook),
        .probing = ag_preflight_win_port(edge->probing),
        .sights = sights_of(config, edge),
        .vault = edge->vault_port,
        .mirror = ag_mirror_win_port(edge->mirror),
        .stopping = stopping,
        .hives_changed = hives_changed,
        .files_changed = files_changed,
        .network_changed = network_changed,
        .events_ctx = edge,
    };
}

static enum status run_core(const struct ag_config *config, enum ag_edge_mode mode,
                            struct edge *edge, struct err *err)
{
    const struct ag_ports ports = ports_of(config, edge);
    switch (mode) {
    case AG_EDGE_LOOP: return ag_run(config, &edge->host, &ports, &edge->trust, err);
    case AG_EDGE_ONCE: return ag_run_once(config, &edge->host, &ports, &edge->trust, err);
    }
    return ST_BUG;
}

/* With one set of settings. *opened: all that they name was there. */
static enum status run_with(struct ag_settings *settings, enum ag_edge_mode mode,
                            const struct ag_edge_events *events, struct edge *edge, bool *opened,
                            struct err *err)
{
    const struct ag_config *config = &settings->config;
    const struct ag_listener listener = {
        .ctx = edge, .wake = wake, .session_changed = session_changed, .resumed = resumed};

    const struct ag_harden_calls calls = ag_harden_calls_win();
    enum status st = events->configured(events->ctx, config, err);
    if (st == ST_OK) {
        st = open_edge(config, mode, edge, err);
    }
    if (st == ST_OK) {
        *opened = true;
        ag_harden_tell(&calls);
        ag_settings_keep(settings);
        ag_control_attach(&listener);
        events->started(events->ctx);
        st = run_core(config, mode, edge, err);
        ag_control_attach(NULL);
    }
    close_edge(edge);
    return st;
}

/* As often as the settings change, and once more with the old ones if the new ones do not work. */
enum status ag_edge_run(struct ag_settings *settings, enum ag_edge_mode mode,
                        const struct ag_edge_events *events, struct err *err)
{
    int64_t began_at_s = clock_wall_s();
    bool again = true;
    enum status st = ST_OK;
    while (again) {
        bool opened = false;
        struct edge edge = {.settings = mode == AG_EDGE_LOOP ? settings : NULL,
                            .began_at_s = began_at_s};
        st = run_with(settings, mode, events, &edge, &opened, err);
        again = settings->waits && st == ST_OK;
        if (again) {
            ag_settings_take(settings);
        } else if (st != ST_OK && !opened) {
            again = ag_settings_go_back(settings, err);
        }
        again = again && !ag_control_stopping();
    }
    return st;
}
