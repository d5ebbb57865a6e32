/* help_server.h - the help of the commands that look at the server.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_HELP_SERVER_H
#define ADMIN_HELP_SERVER_H

/* The options of every command that talks to the server. */
#define ADM_HELP_SERVER                                                                            \
    "  --server URL        https://HOST:PORT of the administrators' listener;\n"                   \
    "                      or MAPI_ROLLOUT_SERVER, or \"server\" in config.json\n"                 \
    "  --ca FILE           the CA to trust, not the system's; or MAPI_ROLLOUT_CA\n"                \
    "  --token-file FILE   one line, the token; or MAPI_ROLLOUT_TOKEN_FILE\n"                      \
    "  --json              answer for programs\n"

/* NULL: not one of these. */
const char *adm_help_find_looking(const char *command);

#endif
