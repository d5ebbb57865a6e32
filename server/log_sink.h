/* log_sink.h - where the server's log goes: one line an event on stderr, bounded, with the request.
 *
 * Under systemd's journal lines begin with their priority ("<6>"), and the journal knows the time;
 * elsewhere they begin with "time=... level=...". Lines that are written while a request is handled
 * end with its id. No event may fill the disk: beyond a rate its lines are counted instead, and the
 * count is told. Debugging lines are not bounded.
 * Effects: writes to stderr              Units:  none
 * Owns:    struct srv_log; the request   Errors: ST_NO_MEMORY; a line that cannot be written is
 *          of this thread (a borrowed            lost
 *          text, the one global)
 * Threads: safe; open and close alone    Source: docs/operations-server.md "Log, health, metrics";
 *                                                sd-daemon(3), systemd.exec(5) "$JOURNAL_STREAM"
 */
#ifndef SERVER_LOG_SINK_H
#define SERVER_LOG_SINK_H

#include "base/log.h"

struct srv_log;

/* From here on log_write() comes here; until srv_log_close(). */
enum status srv_log_open(enum log_level most, struct srv_log **out, struct err *err) MUST_USE;
void srv_log_close(struct srv_log *log); /* NULL is fine */

/* Is stderr a stream that the journal reads? Then what a program says at its end takes a priority, too. */
bool srv_log_is_journal(void);

/* What this thread writes until the end belongs to the request of that id. */
void srv_log_begin(const char *request_id);
void srv_log_end(void);

#endif
