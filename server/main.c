#include "base/log.h"
#include "server/commands.h"
#include "server/daemon.h"
#include "server/log_sink.h"
#include "server/options.h"
#include "server/retention.h"

#include "version.h"

#include <psa/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char PROGRAM[] = "mapi-rollout-server";
static const char VERSION_LINE[] = "mapi-rollout-server " MR_VERSION "\n";

/* SIGHUP reads again what may change while the server runs; the others end it. */
static enum status wait_for_stop(struct srv_daemon *daemon, const sigset_t *signals,
                                 struct err *err)
{
    int signal_number = SIGHUP;
    while (signal_number == SIGHUP) {
        if (sigwait(signals, &signal_number) != 0) {
            return err_set(err, ST_BUG, 0, "cannot wait for signals");
        }
        struct err ignored = {0}; /* told in the log, part by part */
        if (signal_number == SIGHUP && srv_daemon_reload(daemon, &ignored) == ST_OK) {
            log_write(LOG_INFO, "event=reloaded");
        }
    }
    log_write(LOG_INFO, "event=stopping signal=%d", signal_number);
    return ST_OK;
}

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

static enum status serve(const struct srv_options *o, struct err *err)
{
    sigset_t signals;
    struct srv_daemon *daemon = NULL;
    struct srv_settings settings = {
        .folder = o->flags[SRV_FLAG_DATA],
        .listen = o->flags[SRV_FLAG_LISTEN],
        .admin_listen = o->flags[SRV_FLAG_ADMIN_LISTEN],
        .trust_file = o->flags[SRV_FLAG_TRUST],
        .cert_file = o->flags[SRV_FLAG_TLS_CERT],
        .key_file = o->flags[SRV_FLAG_TLS_KEY],
        .proxies = o->flags[SRV_FLAG_TRUSTED_PROXY],
    };
    enum status st = read_retention(o, &settings, err);
    if (st == ST_OK) {
        st = read_new_devices(o, &settings, err);
    }
    if (st == ST_OK) {
        st = block_signals(&signals, err);
    }
    if (st == ST_OK) {
        st = srv_daemon_start(&settings, &daemon, err);
    }
    if (st == ST_OK) {
        log_write(LOG_INFO, "event=started version=%s agents=%s admin=%s", MR_VERSION,
                  srv_daemon_agents_url(daemon), srv_daemon_admins_url(daemon));
        if (printf("listening agents=%s admin=%s\n", srv_daemon_agents_url(daemon),
                   srv_daemon_admins_url(daemon)) < 0 ||
            fflush(stdout) != 0) {
            st = err_set(err, ST_IO, 0, "cannot say where the server listens");
        }
    }
    if (st == ST_OK) {
        st = wait_for_stop(daemon, &signals, err);
    }
    srv_daemon_stop(daemon);
    if (st == ST_OK) {
        log_write(LOG_INFO, "event=stopped");
    }
    return st;
}

static enum status run(const struct srv_options *o, struct err *err)
{
    switch (o->command) {
    case SRV_COMMAND_SERVE: return serve(o, err);
    case SRV_COMMAND_TOKEN_ADD:
    case SRV_COMMAND_SECRET_ADD: return srv_command_credential_add(o, err);
    case SRV_COMMAND_TOKEN_LIST:
    case SRV_COMMAND_SECRET_LIST: return srv_command_credential_list(o, err);
    case SRV_COMMAND_TOKEN_REVOKE:
    case SRV_COMMAND_SECRET_REVOKE: return srv_command_credential_revoke(o, err);
    case SRV_COMMAND_DEVICE_LIST: return srv_command_device_list(o, err);
    case SRV_COMMAND_DEVICE_RETIRE: return srv_command_device_retire(o, err);
    case SRV_COMMAND_SAFE: return srv_command_safe(o, err);
    case SRV_COMMAND_BACKUP: return srv_command_backup(o, err);
    case SRV_COMMAND_RESTORE: return srv_command_restore(o, err);
    case SRV_COMMAND_COUNT: break;
    }
    return err_set(err, ST_BUG, 0, "there is no such command");
}

static int show_usage(const char *sentence)
{
    (void)fprintf(stderr, "%s: %s\n", PROGRAM, sentence);
    return EXIT_USAGE;
}

/* What the user asked to read goes to stdout and is no failure. */
static int show(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    char usage[SRV_USAGE_BYTES];
    struct srv_options options;
    struct err err = {0};
    enum log_level level = LOG_INFO;
    struct srv_log *log = NULL;
    if (!srv_options_read(argc, argv, &options, usage)) {
        return show_usage(usage);
    }
    if (options.help) {
        return show(srv_options_help(&options));
    }
    if (options.version) {
        return show(VERSION_LINE);
    }
    const char *wanted = options.flags[SRV_FLAG_LOG_LEVEL];
    if (wanted != NULL && !log_level_find(wanted, &level)) {
        return show_usage("--log-level is error, warning, info or debug");
    }
    (void)umask(077); /* the store holds what a whole company's machines say */
    enum status st = srv_log_open(level, &log, &err);
    if (st == ST_OK && psa_crypto_init() != PSA_SUCCESS) {
        st = err_set(&err, ST_BUG, 0, "the crypto library does not start");
    }
    if (st == ST_OK) {
        st = run(&options, &err);
    }
    srv_log_close(log);
    if (st != ST_OK) {
        err_print(PROGRAM, &err);
    }
    return st == ST_OK ? EXIT_DONE : EXIT_FAILED;
}
