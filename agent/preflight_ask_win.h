/* preflight_ask_win.h - ask one server, as Outlook's stack would, what it is good for.
 *
 * WinHTTP, because that is the stack, the proxies and the certificates that Outlook uses. No
 * credentials, no cookies, no certificate of ours, no redirect is followed; what comes back is read up
 * to a bound. Revocation is not looked at.
 * Effects: requests over the network       Units:  ms
 * Owns:    nothing                         Errors: ST_REFUSED bad_url, ST_NO_MEMORY, ST_CANCELLED;
 *                                                  whatever a server does is a result, no error
 * Threads: safe; takes 30 s or so          Source: docs/outlook.md "Preflight"; WinHttpSendRequest
 */
#ifndef AGENT_PREFLIGHT_ASK_WIN_H
#define AGENT_PREFLIGHT_ASK_WIN_H

#include "agent/preflight_steps.h"
#include "base/err.h"

#include <windows.h>

/* stop: an event that ends it between two requests; NULL: nothing does. list may be NULL. */
enum status ag_preflight_ask(const char *url, HANDLE stop, struct ag_probe_result *out,
                             struct ag_checklist *list, struct err *err) MUST_USE;

#endif
