#include "base/log.h"
#include "server/commands.h"
#include "server/heart.h"
#include "server/privileges.h"
#include "server/retention.h"

#include "version.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STOP_BOUND_S = 60, CONNECTIONS_MOST = 1000000 };

/* ---- settings -------------------------------------------------------------------------------- */

/* What an operator may set of the history. */
static enum status read_retention(const struct srv_options *o, struct srv_settings *out,
                                  struct err *err)
{
    const char *days = o->flags[SRV_FLAG_KEEP_REPORTS_DAYS];
    const char *mb = o->flags[SRV_FLAG_KEEP_REPORTS_MB];
    int64_t number = 0;
    if (days != NULL && !srv_option_number(days, 1, SRV_KEEP_DAYS_MOST, &number)) {
        return err_refuse(err, "out_of_range", "",
                          "--keep-reports-days is a whole number from 1 to %d", SRV_KEEP_DAYS_MOST);
    }
    out->keep_s = number * 86400;
    number = 0;
    if (mb != NULL && !srv_option_number(mb, SRV_KEEP_MB_LEAST, SRV_KEEP_MB_MOST, &number)) {
        return err_refuse(err, "out_of_range", "",
                          "--keep-reports-mb is a whole number from %d to %d", SRV_KEEP_MB_LEAST,
                          SRV_KEEP_MB_MOST);
    }
    out->keep_bytes = number * 1024 * 1024;
    return ST_OK;
}

static enum status read_new_devices(const struct srv_options *o, struct srv_settings *out,
                                    struct err *err)
{
    const char *text = o->flags[SRV_FLAG_NEW_DEVICES];
    int64_t number = 0;
    if (text != NULL && !srv_option_number(text, 1, SRV_NEW_DEVICES_MAX, &number)) {
        return err_refuse(err, "out_of_range", "", "--new-devices is a whole number from 1 to %d",
                          SRV_NEW_DEVICES_MAX);
    }
    out->new_devices = (uint32_t)number;
    return ST_OK;
}

static enum status read_connections(const struct srv_options *o, struct srv_settings *out,
                                    struct err *err)
{
    static const char *const NAMES[] = {"--max-connections", "--max-connections-per-address"};
    const enum srv_flag flags[] = {SRV_FLAG_MAX_CONNECTIONS, SRV_FLAG_MAX_PER_ADDRESS};
    unsigned *const numbers[] = {&out->connections, &out->per_address};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *text = o->flags[flags[i]];
        int64_t number = 0;
        if (text != NULL && !srv_option_number(text, 1, CONNECTIONS_MOST, &number)) {
            return err_refuse(err, "out_of_range", "", "%s is a whole number from 1 to %d",
                              NAMES[i], CONNECTIONS_MOST);
        }
        *numbers[i] = (unsigned)number;
    }
    return ST_OK;
}

/* systemd names the directory that its unit asked for (systemd.exec(5), RuntimeDirectory=); of several,
 * none is ours for sure. */
static const char *spare_folder(void)
{
    const char *folder = getenv("RUNTIME_DIRECTORY");
    return folder != NULL && folder[0] == '/' && strchr(folder, ':') == NULL ? folder : NULL;
}

static enum status read_settings(const struct srv_options *o, struct srv_settings *out,
                                 struct err *err)
{
    *out = (struct srv_settings){
        .folder = o->flags[SRV_FLAG_DATA],
        .spare_folder = spare_folder(),
        .listen = o->flags[SRV_FLAG_LISTEN],
        .admin_listen = o->flags[SRV_FLAG_ADMIN_LISTEN],
        .trust_file = o->flags[SRV_FLAG_TRUST],
        .cert_file = o->flags[SRV_FLAG_TLS_CERT],
        .key_file = o->flags[SRV_FLAG_TLS_KEY],
        .proxies = o->flags[SRV_FLAG_TRUSTED_PROXY],
        .user = o->flags[SRV_FLAG_USER],
    };
    enum status st = read_retention(o, out, err);
    if (st == ST_OK) {
        st = read_new_devices(o, out, err);
    }
    if (st == ST_OK) {
        st = read_connections(o, out, err);
    }
    if (st == ST_OK && out->user != NULL && !srv_is_root()) {
        st = err_refuse(err, "out_of_range", "", "--user is for a server that root starts");
    }
    return st;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* A disk that does not answer any more would hold up the end for ever. What was answered is on it;
 * what was not is asked for again. */
struct stop {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void *end_late(void *ctx)
{
    struct stop *stop = ctx;
    struct timespec due = {0};
    int code = 0;
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += STOP_BOUND_S;
    pthread_mutex_lock(&stop->lock);
    while (!stop->done && code != ETIMEDOUT) {
        code = pthread_cond_clockwait(&stop->changed, &stop->lock, CLOCK_MONOTONIC, &due);
    }
    if (!stop->done) {
        log_write(LOG_ERROR, "event=stop_forced after_s=%d", STOP_BOUND_S);
        _exit(EXIT_FAILURE);
    }
    pthread_mutex_unlock(&stop->lock);
    return NULL;
}

static void stop_within_bound(struct srv_daemon *daemon)
{
    struct stop stop = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    bool bounded = pthread_create(&stop.thread, NULL, end_late, &stop) == 0;
    srv_daemon_stop(daemon);
    if (bounded) {
        pthread_mutex_lock(&stop.lock);
        stop.done = true;
        pthread_cond_signal(&stop.changed);
        pthread_mutex_unlock(&stop.lock);
        (void)pthread_join(stop.thread, NULL); /* it was told */
    }
    (void)pthread_mutex_destroy(&stop.lock);
    (void)pthread_cond_destroy(&stop.changed);
}

/* ---- signals --------------------------------------------------------------------------------- */

/* Signals are blocked before the first thread starts, so that only sigwait() sees them. */
static enum status block_signals(sigset_t *out, struct err *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    bool good = sigemptyset(out) == 0 && sigaddset(out, SIGTERM) == 0 &&
                sigaddset(out, SIGINT) == 0 && sigaddset(out, SIGHUP) == 0 &&
                pthread_sigmask(SIG_BLOCK, out, NULL) == 0 &&
                sigaction(SIGPIPE, &ignore, NULL) == 0 &&
                /* A limit on files' sizes is a failed write like any other, and policies go on. */
                sigaction(SIGXFSZ, &ignore, NULL) == 0;
    return good ? ST_OK : err_set(err, ST_BUG, 0, "cannot set up signals");
}

/* Both listeners serve: that is what systemd waits for. What is missing is said beside it, because only
 * a server that serves can be given it. */
static void tell_ready(struct srv_daemon *daemon, const struct srv_notify *notify)
{
    char sentence[SRV_HEART_SENTENCE_BYTES];
    struct err why = {0};
    bool ready = srv_daemon_readiness(daemon, &why) == ST_OK;
    srv_heart_sentence(daemon, ready ? "" : why.text, sentence);
    srv_notify_ready(notify, sentence);
}

static void reload(struct srv_daemon *daemon, const struct srv_notify *notify)
{
    struct err err = {0}; /* told in the log, part by part */
    srv_notify_reloading(notify);
    if (srv_daemon_reload(daemon, &err) == ST_OK) {
        log_write(LOG_INFO, "event=reloaded");
    }
    tell_ready(daemon, notify);
}

/* SIGHUP reads again what may change while the server runs; the others end it. */
static enum status wait_for_stop(struct srv_daemon *daemon, const struct srv_notify *notify,
                                 const sigset_t *signals, struct err *err)
{
    int signal_number = SIGHUP;
    while (signal_number == SIGHUP) {
        if (sigwait(signals, &signal_number) != 0) {
            return err_set(err, ST_BUG, 0, "cannot wait for signals");
        }
        if (signal_number == SIGHUP) {
            reload(daemon, notify);
        }
    }
    log_write(LOG_INFO, "event=stopping signal=%d", signal_number);
    return ST_OK;
}

/* ---- serving --------------------------------------------------------------------------------- */

static enum status say_where(const struct srv_daemon *daemon, struct err *err)
{
    log_write(LOG_INFO, "event=started version=%s agents=%s admin=%s", MR_VERSION,
              srv_daemon_agents_url(daemon), srv_daemon_admins_url(daemon));
    if (srv_is_root()) {
        log_write(LOG_WARNING,
                  "event=runs_as_root reason=\"give --user, or start it as another user\"");
    }
    if (printf("listening agents=%s admin=%s\n", srv_daemon_agents_url(daemon),
               srv_daemon_admins_url(daemon)) < 0 ||
        fflush(stdout) != 0) {
        return err_set(err, ST_IO, 0, "cannot say where the server listens");
    }
    return ST_OK;
}

static enum status serve(struct srv_daemon *daemon, const struct srv_notify *notify,
                         const sigset_t *signals, struct err *err)
{
    struct srv_heart *heart = NULL;
    enum status st = srv_heart_open(daemon, notify, &heart, err);
    if (st == ST_OK) {
        st = say_where(daemon, err);
    }
    if (st == ST_OK) {
        tell_ready(daemon, notify);
        st = wait_for_stop(daemon, notify, signals, err);
    }
    srv_notify_stopping(notify);
    srv_heart_close(heart);
    return st;
}

enum status srv_command_serve(const struct srv_options *o, struct err *err)
{
    sigset_t signals;
    struct srv_settings settings;
    struct srv_daemon *daemon = NULL;
    struct srv_notify *notify = NULL;
    enum status st = srv_notify_open(&notify, err);
    if (st == ST_OK) {
        st = read_settings(o, &settings, err);
    }
    if (st == ST_OK) {
        st = block_signals(&signals, err);
    }
    if (st == ST_OK) {
        st = srv_privileges_fix(err);
    }
    if (st == ST_OK) {
        st = srv_daemon_start(&settings, &daemon, err);
    }
    if (st == ST_OK) {
        st = serve(daemon, notify, &signals, err);
    }
    stop_within_bound(daemon);
    if (st == ST_OK) {
        log_write(LOG_INFO, "event=stopped");
        srv_notify_status(notify, "");
    } else if (notify != NULL) {
        srv_notify_failed(notify, err);
    }
    srv_notify_close(notify);
    return st;
}
