/* outlook_win.h - see whose Outlook runs, and since when.
 *
 * Effects: lists processes                            Units:  seconds since 1970 UTC
 * Owns:    struct ag_outlook_win; ..._free() frees    Errors: ST_IO, ST_NO_MEMORY: nothing is known
 *                                                             of anybody until the next refresh
 * Threads: one thread                                 Source: CreateToolhelp32Snapshot
 */
#ifndef AGENT_OUTLOOK_WIN_H
#define AGENT_OUTLOOK_WIN_H

#include "agent/ports.h"

struct ag_outlook_win;

enum status ag_outlook_win_new(struct ag_outlook_win **out, struct err *err) MUST_USE;
void ag_outlook_win_free(struct ag_outlook_win *outlook); /* NULL is fine */

/* The port; its ctx is the struct. */
struct ag_outlook ag_outlook_win_port(struct ag_outlook_win *outlook);

#endif
