/* proxy_win.h - look up, in a thread of its own, which proxies lead to the server.
 *
 * The machine's settings only, never a user's: Proxy "auto" asks for those of WinHTTP, then for
 * those of Windows where a policy makes them the machine's, then WPAD; "pac:URL" asks that file. What
 * was found is kept for an hour, and looked up again after doubt, once a minute at most. Nobody is
 * ever given credentials.
 * Effects: a thread; reads the registry; WPAD and PAC files over the network; writes the log
 * Units:   ms                                  Errors: ST_NO_MEMORY, ST_IO when it cannot start; a
 * Owns:    struct ag_proxy_win;                        lookup that fails leaves what was known, or
 *          ag_proxy_win_free()                         no proxy
 * Threads: all functions from any thread       Source: WinHttpGetProxyForUrl,
 *                                                      WinHttpGetDefaultProxyConfiguration
 */
#ifndef AGENT_PROXY_WIN_H
#define AGENT_PROXY_WIN_H

#include "agent/proxy.h"
#include "base/err.h"

struct ag_proxy_win;

/* pac_url: NULL for "auto". changed is called from the thread once there is news. */
enum status ag_proxy_win_start(const char *server_url, const char *pac_url,
                               void (*changed)(void *ctx), void *ctx, struct ag_proxy_win **out,
                               struct err *err) MUST_USE;

/* From now on nobody is called any more; the source goes on answering. NULL is fine. */
void ag_proxy_win_stop(struct ag_proxy_win *proxies);
/* After ag_proxy_win_stop(). A lookup that Windows does not end is left to the end of the process. */
void ag_proxy_win_free(struct ag_proxy_win *proxies);

/* Its ctx is the struct. */
struct ag_proxy_source ag_proxy_win_source(struct ag_proxy_win *proxies);

#endif
