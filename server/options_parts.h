/* options_parts.h - what the command line and a file of settings share: the table of flags.
 *
 * Effects: none        Units:  none
 * Owns:    nothing     Errors: -1, and false with a sentence, as in options.h
 * Threads: safe        Source: docs/operations-server.md "Settings"
 */
#ifndef SERVER_OPTIONS_PARTS_H
#define SERVER_OPTIONS_PARTS_H

#include "server/options.h"

int srv_options_find_flag(const char *text); /* "--data"; -1: there is none */
bool srv_options_allow(enum srv_command command, int flag);
bool srv_options_is_complete(const struct srv_options *options, char usage[SRV_USAGE_BYTES]);

#endif
