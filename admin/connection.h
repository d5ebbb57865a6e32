/* connection.h - find out which server to talk to, and with what.
 *
 * The command line wins over the environment (MAPI_ROLLOUT_SERVER, MAPI_ROLLOUT_CA,
 * MAPI_ROLLOUT_TOKEN_FILE), and that over config.json in $XDG_CONFIG_HOME/mapi-rollout, or in
 * ~/.config, or on Windows %APPDATA%.
 * Effects: reads the environment and config.json    Units:  none
 * Owns:    the texts; adm_connection_done()         Errors: ADM_USAGE when something is missing;
 *                                                           those of the strict reader
 * Threads: one thread                               Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_CONNECTION_H
#define ADMIN_CONNECTION_H

#include "admin/client_http.h"
#include "admin/options.h"

struct adm_connection_options {
    const char *server;
    const char *ca;
    const char *token_file;
};

/* The rows of an option table that fill such a struct. */
#define ADM_CONNECTION_ROWS(wish)                                                                  \
    {.name = "--server", .value = "URL", .text = &(wish).server},                                  \
        {.name = "--ca", .value = "FILE", .text = &(wish).ca},                                     \
    {                                                                                              \
        .name = "--token-file", .value = "FILE", .text = &(wish).token_file                        \
    }

/* Open a client for the server that was named. adm_client_free() frees *out. */
enum status adm_connect(const struct adm_connection_options *options, struct adm_client **out,
                        struct err *err) MUST_USE;

#endif
