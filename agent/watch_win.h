/* watch_win.h - notice who logs on or off, what is rewritten, new settings and new policies.
 *
 * One thread waits for changes of the list of loaded hives, of each user's own keys (as arming.h
 * says), of the agent's settings and of the data directory, and tells the core by flags and a call.
 * It says that something changed, never what: the core looks again.
 * Open keys keep a hive from being unloaded in peace, so at a logoff they are let go for a while.
 * Effects: a thread, those of the thread    Units:  ms
 *          pool; open keys of users
 * Owns:    struct ag_watch;                 Errors: ST_NO_MEMORY, ST_IO when it cannot start; who
 *          ag_watch_stop() frees it                 or what cannot be watched is polled
 * Threads: all functions from any thread    Source: RegNotifyChangeKeyValue, ReadDirectoryChangesW
 */
#ifndef AGENT_WATCH_WIN_H
#define AGENT_WATCH_WIN_H

#include "base/err.h"

#include <stdbool.h>

struct ag_watch;

/* changed is called from the watching thread after a flag was set. data_dir may be NULL; it is
 * copied. */
enum status ag_watch_start(void (*changed)(void *ctx), void *ctx, const char *data_dir,
                           struct ag_watch **out, struct err *err) MUST_USE;
/* Waits for the thread; NULL is fine. */
void ag_watch_stop(struct ag_watch *watch);

/* True once after a hive came, went or was changed. */
bool ag_watch_take_change(struct ag_watch *watch);
/* True once after policy.jws may have come into the data directory. */
bool ag_watch_take_file(struct ag_watch *watch);
/* True once after a setting of the agent came, went or was changed. */
bool ag_watch_take_settings_change(struct ag_watch *watch);

/* A session began or ended: look now. At the end the keys of that user are let go for a while; sid
 * NULL: it is not known whose it was, so those of all. */
void ag_watch_session_changed(struct ag_watch *watch, bool logged_off, const char *sid);

#endif
