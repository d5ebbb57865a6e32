/* preflight_proxy_win.h - find out which proxies Outlook would use to reach a server.
 *
 * Outlook goes by its user's settings: those of somebody who is logged on, asked for with his rights;
 * with nobody there, by the machine's. The agent's own Proxy setting is for its own server and is not
 * looked at. PAC files are run by Windows' own service, never in this process, and nobody is given
 * credentials.
 * Effects: impersonates for a moment; reads the registry; WPAD and PAC files over the network
 * Units:   none                             Owns:    nothing
 * Errors:  said there                       Threads: safe
 * Source:  WinHttpGetIEProxyConfigForCurrentUser, WinHttpGetProxyForUrl; docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_PROXY_WIN_H
#define AGENT_PREFLIGHT_PROXY_WIN_H

#include "agent/preflight_classify.h"
#include "agent/sessions_win.h"

/* The proxies for that URL, which is target's. ERROR_SUCCESS, or why nobody knows: out is then
 * unchanged. */
DWORD ag_preflight_find_proxies(const struct ag_session_calls *calls, const char *url,
                                const struct ag_probe_target *target, struct ag_proxy_list *out);

#endif
