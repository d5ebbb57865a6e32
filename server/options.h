/* options.h - read the command line of mapi-rollout-server.
 *
 * Effects: none                             Units:  none
 * Owns:    nothing; texts are argv's        Errors: false, and one sentence that says what to do
 * Threads: safe                             Source: docs/protocol.md "Command lines"
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "base/bytes.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

enum srv_command {
    SRV_COMMAND_SERVE,
    SRV_COMMAND_TOKEN_ADD,
    SRV_COMMAND_TOKEN_LIST,
    SRV_COMMAND_TOKEN_REVOKE,
    SRV_COMMAND_SECRET_ADD,
    SRV_COMMAND_SECRET_LIST,
    SRV_COMMAND_SECRET_REVOKE,
    SRV_COMMAND_DEVICE_LIST,
    SRV_COMMAND_DEVICE_RETIRE,
    SRV_COMMAND_SAFE,
    SRV_COMMAND_BACKUP,
    SRV_COMMAND_RESTORE,
    SRV_COMMAND_COUNT
};

enum srv_flag {
    SRV_FLAG_DATA,
    SRV_FLAG_LISTEN,
    SRV_FLAG_ADMIN_LISTEN,
    SRV_FLAG_TRUST,
    SRV_FLAG_TLS_CERT,
    SRV_FLAG_TLS_KEY,
    SRV_FLAG_LOG_LEVEL,
    SRV_FLAG_KEEP_REPORTS_DAYS,
    SRV_FLAG_KEEP_REPORTS_MB,
    SRV_FLAG_ROLE,
    SRV_FLAG_NAME,
    SRV_FLAG_DEVICE,
    SRV_FLAG_REASON,
    SRV_FLAG_TRUSTED_PROXY,
    SRV_FLAG_NEW_DEVICES,
    SRV_FLAG_USES,
    SRV_FLAG_EXPIRES_DAYS,
    SRV_FLAG_STALE_DAYS,
    SRV_FLAG_CONFIG,
    SRV_FLAG_USER,
    SRV_FLAG_MAX_CONNECTIONS,
    SRV_FLAG_MAX_PER_ADDRESS,
    SRV_FLAG_COUNT
};

struct srv_options {
    enum srv_command command;
    const char *flags[SRV_FLAG_COUNT]; /* NULL: not given */
    const char *file;                  /* of backup */
    bool json;
    bool help;
    bool version;
};

enum { SRV_USAGE_BYTES = 256 };

/* With SRV_FLAG_CONFIG given, what is missing may stand in that file. */
bool srv_options_read(int argc, char *const *argv, struct srv_options *out,
                      char usage[SRV_USAGE_BYTES]);

/* Add what the file of SRV_FLAG_CONFIG says: lines "key = value", the keys those of serving without
 * their dashes; lines that begin with '#' are comments. The command line counts first, and what a
 * command does not take it ignores. text is written to, and must outlive the options. */
bool srv_options_add(struct srv_options *options, struct bytes *text, char usage[SRV_USAGE_BYTES]);

/* A whole decimal number from least to most; NULL is false. */
bool srv_option_number(const char *text, int64_t least, int64_t most, int64_t *out);

/* A screen of help: for one command, or for the whole program. */
const char *srv_options_help(const struct srv_options *options);

#endif
