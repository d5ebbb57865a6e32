/* journal_win.h - where the service's log goes: files for people, events for those who watch.
 *
 * Every message that is an event (event.h) goes into Windows' event log, whatever LogLevel says, but
 * not as a flood; what LogLevel lets through goes into agent.log. Neither can stop the agent.
 * Effects: writes the log's files and events            Units:  none
 * Owns:    struct ag_journal; ..._close() frees         Errors: ST_NO_MEMORY; ST_DENIED, ... of the
 *                                                               folder
 * Threads: its sink from any; open, keep and close      Source: docs/operations.md "The agent's log"
 *          from one
 */
#ifndef AGENT_JOURNAL_WIN_H
#define AGENT_JOURNAL_WIN_H

#include "base/log.h"

struct ag_journal;

/* From now on the log goes here: at first only into the event log, as nobody knows yet where files
 * are to lie. */
enum status ag_journal_open(struct ag_journal **out, struct err *err) MUST_USE;
/* stderr is the log again. NULL is fine. */
void ag_journal_close(struct ag_journal *journal);

/* Keep files in this folder, which is made if it is not there, safe from others. May be called again
 * with another one. */
enum status ag_journal_keep(struct ag_journal *journal, const char *folder, enum log_level most,
                            struct err *err) MUST_USE;

#endif
