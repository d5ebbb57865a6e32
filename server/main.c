#include "base/file.h"
#include "server/commands.h"
#include "server/log_sink.h"
#include "server/options.h"
#include "server/privileges.h"

#include "version.h"

#include <errno.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, CONFIG_BYTES = 64 * 1024 };

static const char PROGRAM[] = "mapi-rollout-server";
static const char VERSION_LINE[] = "mapi-rollout-server " MR_VERSION "\n";

/* The owner's files stay his: but for a copy, which goes wherever root wants it, and where he may
 * not write. */
static enum status become_owner(const struct srv_options *o, struct err *err)
{
    bool stays = o->command == SRV_COMMAND_SERVE || o->command == SRV_COMMAND_BACKUP;
    return stays ? ST_OK : srv_privileges_follow(o->flags[SRV_FLAG_DATA], err);
}

static enum status obey(const struct srv_options *o, struct err *err)
{
    switch (o->command) {
    case SRV_COMMAND_SERVE: return srv_command_serve(o, err);
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

/* These make the data directory if need be; for all others a name that is not there is a mistake. */
static bool makes_data(enum srv_command command)
{
    return command == SRV_COMMAND_SERVE || command == SRV_COMMAND_TOKEN_ADD ||
           command == SRV_COMMAND_SECRET_ADD;
}

/* What else can be wrong with it is told by whoever opens it. */
static enum status look_at_data(const struct srv_options *o, struct err *err)
{
    struct stat seen;
    const char *folder = o->flags[SRV_FLAG_DATA];
    if (stat(folder, &seen) == 0) {
        return S_ISDIR(seen.st_mode)
                   ? ST_OK
                   : err_set(err, ST_NOT_FOUND, 0,
                             "%s is no directory: --data names the server's data directory",
                             folder);
    }
    return makes_data(o->command) || errno != ENOENT
               ? ST_OK
               : err_set(err, ST_NOT_FOUND, ENOENT,
                         "there is no directory %s: --data names the server's data directory",
                         folder);
}

static enum status run(const struct srv_options *o, struct err *err)
{
    enum status st = look_at_data(o, err);
    if (st == ST_OK) {
        st = become_owner(o, err);
    }
    return st == ST_OK ? obey(o, err) : st;
}

/* The last line is an error, to the journal as well. */
static void begin_error(void)
{
    if (srv_log_is_journal()) {
        (void)fputs("<3>", stderr);
    }
}

static int show_usage(const char *sentence)
{
    begin_error();
    (void)fprintf(stderr, "%s: usage: %s\n", PROGRAM, sentence);
    return EXIT_USAGE;
}

/* What the user asked to read goes to stdout and is no failure. */
static int show(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* What stands in the file counts where the command line says nothing. */
static int add_config(struct srv_options *o, struct bytes *text)
{
    char usage[SRV_USAGE_BYTES];
    struct err err = {0};
    const char *file = o->flags[SRV_FLAG_CONFIG];
    if (file == NULL) {
        return EXIT_DONE;
    }
    if (file_read(file, CONFIG_BYTES, text, &err) != ST_OK) {
        begin_error();
        err_print(PROGRAM, &err);
        return EXIT_FAILED;
    }
    return srv_options_add(o, text, usage) ? EXIT_DONE : show_usage(usage);
}

/* A value that cannot be does not get better by itself: systemd does not start such a server again. One
 * in a file, which has a place there, may be another when the file is. */
static int code_of(enum status st, const struct err *err)
{
    bool usage = st == ST_REFUSED && err->code != NULL && strcmp(err->code, "out_of_range") == 0 &&
                 err->pointer[0] == '\0';
    return st == ST_OK ? EXIT_DONE : usage ? EXIT_USAGE : EXIT_FAILED;
}

static int work(const struct srv_options *o)
{
    struct err err = {0};
    enum log_level level = LOG_INFO;
    struct srv_log *log = NULL;
    const char *wanted = o->flags[SRV_FLAG_LOG_LEVEL];
    if (wanted != NULL && !log_level_find(wanted, &level)) {
        return show_usage("--log-level is error, warning, info or debug");
    }
    (void)umask(077); /* the store holds what a whole company's machines say */
    enum status st = srv_log_open(level, &log, &err);
    if (st == ST_OK && psa_crypto_init() != PSA_SUCCESS) {
        st = err_set(&err, ST_BUG, 0, "the crypto library does not start");
    }
    if (st == ST_OK) {
        st = run(o, &err);
    }
    srv_log_close(log);
    if (st != ST_OK) {
        begin_error();
        err_print(PROGRAM, &err);
    }
    return code_of(st, &err);
}

int main(int argc, char **argv)
{
    char usage[SRV_USAGE_BYTES];
    struct srv_options options;
    struct bytes config = {0};
    if (!srv_options_read(argc, argv, &options, usage)) {
        return show_usage(usage);
    }
    if (options.help) {
        return show(srv_options_help(&options));
    }
    if (options.version) {
        return show(VERSION_LINE);
    }
    int code = add_config(&options, &config);
    if (code == EXIT_DONE) {
        code = work(&options);
    }
    bytes_free(&config);
    return code;
}
