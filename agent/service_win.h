/* service_win.h - run under Windows' service manager.
 *
 * RUNNING is reported once what was configured is there, STOPPED after the loop returned; the
 * control handler only says STOP_PENDING and asks the loop to end.
 * Effects: talks to the service manager    Units:  none
 * Owns:    nothing                         Errors: ST_DENIED not started by the service manager, or
 *                                                  what the agent itself failed of
 * Threads: one; the handler runs in        Source: docs/architecture.md "Windows"
 *          another
 */
#ifndef AGENT_SERVICE_WIN_H
#define AGENT_SERVICE_WIN_H

#include "base/err.h"

#include <wchar.h>

extern const wchar_t AG_SERVICE_NAME[];

/* `service run`: does not return before the service has stopped. */
enum status ag_service_run(struct err *err) MUST_USE;

#endif
