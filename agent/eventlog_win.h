/* eventlog_win.h - write into Windows' event log, log Application, source MapiRollout.
 *
 * Effects: writes events; registers their source    Units:  none
 * Owns:    struct ag_eventlog; ..._close() frees    Errors: ST_DENIED, ST_IO; writing is best effort
 * Threads: safe                                     Source: ReportEventW; agent/messages.mc
 */
#ifndef AGENT_EVENTLOG_WIN_H
#define AGENT_EVENTLOG_WIN_H

#include "agent/event.h"
#include "base/err.h"

#include <stdbool.h>
#include <wchar.h>

struct ag_eventlog;

enum status ag_eventlog_open(struct ag_eventlog **out, struct err *err) MUST_USE;
void ag_eventlog_close(struct ag_eventlog *log); /* NULL is fine */

/* details: UTF-8, what stands for %1 in the event's text. False: Windows did not take it. */
bool ag_eventlog_write(struct ag_eventlog *log, uint32_t id, const char *details);

/* One event of a program that keeps no log of its own: a message as the log would have it. Best
 * effort, as it is about what was done already. */
void ag_eventlog_note(const char *message);

/* Tell Windows which program has the texts of the events; what `service install` does. */
enum status ag_eventlog_register(const wchar_t *program, struct err *err) MUST_USE;
/* What is not registered any more is fine. */
enum status ag_eventlog_unregister(struct err *err) MUST_USE;

#endif
