#include "server/daemon_parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "policy/limits.h"
#include "server/control.h"
#include "server/folder_lock.h"
#include "server/http.h"
#include "server/privileges.h"
#include "server/retention.h"
#include "server/routes.h"
#include "server/store_sqlite.h"
#include "server/trust_keep.h"
#include "server/watch.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 20000,
    CONNECTIONS_MIN = 64,
    /* Store, sockets, libraries, the administrators below, and both doors' spare ones. */
    SPARE_DESCRIPTORS = 128 + 2 * SRV_WATCH_SPARE_DESCRIPTORS,
    ADMIN_CONNECTIONS = 128,
    ADMIN_PER_ADDRESS = 64,
    AGENT_MEMORY_BYTES = 4096, /* headers of our own agents are small; held polls are many */
    ADMIN_MEMORY_BYTES = 16384,
    ADMIN_THREADS = 2,
    ADMIN_DESK_THREADS = 4,  /* reads take turns at the store, changes at the rollout */
    AGENT_DESK_THREADS = 1,  /* readiness only, */
    AGENT_DESK_WAITING = 64, /* which anybody may ask for */
    AGENT_THREADS_MAX = 8,
    GATE_PAUSE_MS = 5000,
    RETENTION_PAUSE_MS = 1000,
    RETENTION_ALL_MS = 10000,
    CHECK_MS = 5000,
    SIMULATE_MS = 10000
};

/* As many as descriptors allow, after asking for all that we may have, and as are wanted (0: all). */
static unsigned connection_count(unsigned wanted)
{
    struct rlimit files = {.rlim_cur = 1024};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        struct rlimit more = {.rlim_cur = files.rlim_max, .rlim_max = files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &more) == 0) {
            files = more;
        }
    }
    rlim_t room = files.rlim_cur > SPARE_DESCRIPTORS + ADMIN_CONNECTIONS + CONNECTIONS_MIN
                      ? files.rlim_cur - SPARE_DESCRIPTORS - ADMIN_CONNECTIONS
                      : CONNECTIONS_MIN;
    unsigned most = wanted > 0 ? wanted : CONNECTIONS_MAX;
    return room < most ? (unsigned)room : most;
}

static unsigned agent_threads(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 2 ? 2 : cores > AGENT_THREADS_MAX ? AGENT_THREADS_MAX : (unsigned)cores;
}

static enum status bind_sockets(struct srv_daemon *d, const struct srv_settings *s, struct err *err)
{
    bool plain = s->cert_file == NULL;
    enum status st = srv_socket_bind(s->admin_listen, plain, &d->sockets[SRV_DOOR_ADMINS], err);
    return st == ST_OK ? srv_socket_bind(s->listen, plain, &d->sockets[SRV_DOOR_AGENTS], err) : st;
}

/* What only root may do, as a rule; then root is no more. */
static enum status prepare(struct srv_daemon *d, const struct srv_settings *s, struct err *err)
{
    enum status st = srv_networks_read(s->proxies, &d->proxies, err);
    if (st == ST_OK) {
        st = s->user != NULL ? srv_privileges_own(s->user, s->folder, err)
                             : file_make_folder(s->folder, err);
    }
    if (st == ST_OK) {
        st = bind_sockets(d, s, err);
    }
    if (st == ST_OK) {
        st = srv_daemon_load_trust(s->trust_file, &d->trust_text, &d->trust, err);
    }
    if (st == ST_OK && s->cert_file != NULL) {
        st = srv_certificate_open(s->cert_file, s->key_file, &d->app.certificate, err);
    }
    if (st == ST_OK && s->user != NULL) {
        st = srv_privileges_drop(s->user, err);
    }
    return st;
}

static enum status open_keeper(struct srv_app *app, const struct srv_settings *s, struct err *err)
{
    struct srv_keeper_parts parts = {
        .store = &app->store,
        .rollout = app->rollout,
        .now_s = app->now_s,
        .pause_ms = s->gate_pause_ms > 0 ? s->gate_pause_ms : GATE_PAUSE_MS,
    };
    return srv_keeper_open(&parts, &app->keeper, err);
}

static enum status open_simulator(struct srv_app *app, const struct srv_settings *s,
                                  struct err *err)
{
    struct srv_simulator_parts parts = {
        .store = &app->store,
        .rollout = app->rollout,
        .now_s = app->now_s,
        .limit_ms = s->simulate_ms > 0 ? s->simulate_ms : SIMULATE_MS,
    };
    return srv_simulator_open(&parts, &app->simulator, err);
}

static enum status open_retention(struct srv_daemon *d, const struct srv_settings *s,
                                  struct err *err)
{
    struct srv_retention_parts parts = {
        .store = &d->app.store,
        .now_s = d->app.now_s,
        .keep_s = s->keep_s > 0 ? s->keep_s : (int64_t)SRV_KEEP_DAYS * 86400,
        .keep_bytes = s->keep_bytes > 0 ? s->keep_bytes : (int64_t)SRV_KEEP_MB * 1024 * 1024,
        .pause_ms = RETENTION_PAUSE_MS,
        .all_ms = RETENTION_ALL_MS,
    };
    return srv_retention_open(&parts, &d->retention, err);
}

/* A small store is read as a whole before it is trusted; of a large one as much as there is time
 * for, what matters most first. */
static enum status check_store(const char *folder, struct err *err)
{
    static const struct srv_sqlite_check_how HOW = {.most_ms = CHECK_MS};
    struct srv_sqlite_check check;
    uint64_t start_ms = clock_monotonic_ms();
    enum status st = srv_store_sqlite_check(folder, &HOW, &check, err);
    if (st == ST_OK) {
        log_write(LOG_INFO, "event=store_checked schema=%d tables=%d complete=%d took_ms=%llu",
                  check.schema, check.tables, check.complete,
                  (unsigned long long)(clock_monotonic_ms() - start_ms));
    }
    return st;
}

static enum status open_app(struct srv_daemon *d, const struct srv_settings *s, struct err *err)
{
    struct srv_app *app = &d->app;
    app->now_s = s->now_s != NULL ? s->now_s : clock_wall_s;
    enum status st = srv_meter_open(app->now_s(), &app->meter, err);
    if (st == ST_OK) {
        st = check_store(s->folder, err);
    }
    if (st == ST_OK) {
        st = srv_store_sqlite_open(s->folder, &app->store, err);
    }
    d->store_is_open = st == ST_OK;
    if (st == ST_OK) {
        st = srv_auth_open(&app->store, &app->auth, err);
    }
    if (st == ST_OK) {
        /* A tenth of the connections stays free for those who want an answer at once. */
        st = srv_feed_open(d->connections - d->connections / 10, &app->feed, err);
    }
    if (st == ST_OK) {
        st = srv_rates_open(s->new_devices, &app->rates, err);
    }
    if (st == ST_OK) {
        struct srv_rollout_parts parts = {.folder = s->folder,
                                          .spare_folder = s->spare_folder,
                                          .store = &app->store,
                                          .feed = app->feed,
                                          .trust = d->trust};
        st = srv_rollout_open(&parts, &app->rollout, err);
    }
    if (st == ST_OK) {
        st = open_keeper(app, s, err);
    }
    if (st == ST_OK) {
        st = open_simulator(app, s, err);
    }
    return st == ST_OK ? open_retention(d, s, err) : st;
}

static enum status open_desks(struct srv_app *app, struct err *err)
{
    enum status st =
        srv_desk_open(ADMIN_DESK_THREADS, ADMIN_CONNECTIONS, &app->desks[SRV_DOOR_ADMINS], err);
    return st == ST_OK ? srv_desk_open(AGENT_DESK_THREADS, AGENT_DESK_WAITING,
                                       &app->desks[SRV_DOOR_AGENTS], err)
                       : st;
}

static enum status open_door(struct srv_daemon *d, enum srv_door door, const char *address,
                             struct srv_listener_options *o, struct err *err)
{
    struct srv_handler handler =
        door == SRV_DOOR_AGENTS ? srv_routes_agents(&d->app) : srv_routes_admins(&d->app);
    struct srv_listener **listener = door == SRV_DOOR_AGENTS ? &d->agents : &d->admins;
    o->fd = d->sockets[door];
    o->load = &d->app.meter->loads[door];
    enum status st = srv_socket_listen(o->fd, address, err);
    if (st == ST_OK) {
        st = srv_listener_open(o, &handler, listener, err);
    }
    if (st == ST_OK) {
        d->sockets[door] = -1; /* handed over */
    }
    return st;
}

static enum status open_listeners(struct srv_daemon *d, const struct srv_settings *s,
                                  struct err *err)
{
    d->app.meter->loads[SRV_DOOR_ADMINS].limit = ADMIN_CONNECTIONS;
    d->app.meter->loads[SRV_DOOR_AGENTS].limit = d->connections;
    struct srv_listener_options o = {
        .certificate = d->app.certificate,
        .threads = ADMIN_THREADS,
        .memory_bytes = ADMIN_MEMORY_BYTES,
        .per_address = ADMIN_PER_ADDRESS,
        .proxies = &d->proxies,
        .bounds = s->bounds,
    };
    enum status st = open_door(d, SRV_DOOR_ADMINS, s->admin_listen, &o, err);
    if (st == ST_OK) {
        o.threads = agent_threads();
        o.memory_bytes = AGENT_MEMORY_BYTES;
        o.per_address = s->per_address > 0 ? s->per_address : d->connections / 4;
        st = open_door(d, SRV_DOOR_AGENTS, s->listen, &o, err);
    }
    return st;
}

enum status srv_daemon_start(const struct srv_settings *settings, struct srv_daemon **out,
                             struct err *err)
{
    struct srv_daemon *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the server");
    }
    d->lock = d->sockets[SRV_DOOR_AGENTS] = d->sockets[SRV_DOOR_ADMINS] = -1;
    d->folder = settings->folder;
    d->trust_file = settings->trust_file;
    d->connections = connection_count(settings->connections);
    enum status st = prepare(d, settings, err);
    if (st == ST_OK) {
        st = srv_folder_lock(settings->folder, &d->lock, err);
    }
    if (st == ST_OK) {
        st = srv_trust_check(settings->folder, bytes_span(&d->trust_text), err);
    }
    if (st == ST_OK) {
        st = open_app(d, settings, err);
    }
    if (st == ST_OK) {
        st = srv_control_open(settings->folder, &d->app, &d->control, err);
    }
    if (st == ST_OK) {
        st = open_desks(&d->app, err);
    }
    if (st == ST_OK) {
        st = open_listeners(d, settings, err);
    }
    if (st == ST_OK) {
        srv_trust_keep(settings->folder, bytes_span(&d->trust_text));
        *out = d;
        d = NULL; /* handed over */
    }
    srv_daemon_stop(d);
    return st;
}

const char *srv_daemon_agents_url(const struct srv_daemon *daemon)
{
    return srv_listener_url(daemon->agents);
}

const char *srv_daemon_admins_url(const struct srv_daemon *daemon)
{
    return srv_listener_url(daemon->admins);
}

static void close_desks(struct srv_app *app)
{
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        srv_desk_close(app->desks[door]);
    }
}

/* Feed, desks and simulator first: they wake requests, whose answers the listeners then let out. */
void srv_daemon_stop(struct srv_daemon *d)
{
    if (d == NULL) {
        return;
    }
    srv_listener_quiesce(d->agents);
    srv_listener_quiesce(d->admins);
    if (d->app.feed != NULL) {
        srv_feed_close(d->app.feed);
    }
    close_desks(&d->app);
    srv_simulator_stop(d->app.simulator);
    srv_listener_close(d->agents);
    srv_listener_close(d->admins);
    srv_control_close(d->control);
    srv_simulator_free(d->app.simulator);
    srv_keeper_close(d->app.keeper);
    srv_retention_close(d->retention);
    if (d->store_is_open) {
        d->app.store.close(d->app.store.ctx);
    }
    srv_rollout_free(d->app.rollout);
    srv_feed_free(d->app.feed);
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        srv_desk_free(d->app.desks[door]);
    }
    srv_auth_free(d->app.auth);
    srv_rates_free(&d->app.rates);
    srv_meter_free(d->app.meter);
    pol_trust_free(d->trust);
    bytes_free(&d->trust_text);
    srv_certificate_free(d->app.certificate);
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        if (d->sockets[door] >= 0) {
            (void)close(d->sockets[door]); /* nobody listened on it */
        }
    }
    srv_folder_unlock(d->lock);
    free(d);
}
