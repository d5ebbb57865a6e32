/* watch_win.h - notice that somebody logged on or off, or that a setting was rewritten.
 *
 * One thread waits for changes of the list of loaded hives and of each user's own keys, and tells
 * the core by a flag and a call. It says that something changed, never what: the core looks again.
 * Open keys keep a hive from being unloaded in peace, so at each logoff all of them are let go for
 * a while; looking once a second at the list of hives goes on.
 * Effects: a thread; open keys of users       Units:  ms
 * Owns:    struct ag_watch;                   Errors: ST_NO_MEMORY, ST_IO when it cannot start; a
 *          ag_watch_stop() frees it                   user who cannot be watched is polled
 * Threads: all functions from any thread      Source: RegNotifyChangeKeyValue
 */
#ifndef AGENT_WATCH_WIN_H
#define AGENT_WATCH_WIN_H

#include "base/err.h"

#include <stdbool.h>

struct ag_watch;

/* changed is called from the watching thread after the flag was set. */
enum status ag_watch_start(void (*changed)(void *ctx), void *ctx, struct ag_watch **out,
                           struct err *err) MUST_USE;
/* Waits for the thread; NULL is fine. */
void ag_watch_stop(struct ag_watch *watch);

/* True once after a change. */
bool ag_watch_take_change(struct ag_watch *watch);

/* A session began or ended: look now; after a logoff, let go of all keys for a while. */
void ag_watch_session_changed(struct ag_watch *watch, bool logged_off);

#endif
