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

#include <stdbool.h>
#include <wchar.h>

#include <windows.h>

extern const wchar_t AG_SERVICE_NAME[];

/* What a control of the service manager comes down to. */
struct ag_service_handlers {
    void (*stop_pending)(void);
    void (*stop)(void);
    void (*session_changed)(bool logged_off);
    void (*resumed)(void);
};

enum {
    AG_SERVICE_CONTROLS = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN |
                          SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SESSIONCHANGE |
                          SERVICE_ACCEPT_POWEREVENT
};

/* Tell whom it concerns, and wait for nobody. Returns what the service manager wants to hear. */
DWORD ag_service_handle(DWORD control, DWORD type, const struct ag_service_handlers *to);

/* `service run`: does not return before the service has stopped. */
enum status ag_service_run(struct err *err) MUST_USE;

#endif
