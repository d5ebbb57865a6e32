/* proxy_said_win.h - what Windows says of proxies, read for one server.
 *
 * Effects: none                     Units:  none
 * Owns:    nothing                  Errors: none: an unusable text is as good as none
 * Threads: safe                     Source: WINHTTP_PROXY_INFO
 */
#ifndef AGENT_PROXY_SAID_WIN_H
#define AGENT_PROXY_SAID_WIN_H

#include "agent/proxy.h"

#include <stdint.h>
#include <wchar.h>

/* Proxies, and the hosts that are reached without; NULL: nothing is said of them. */
void ag_proxy_said_read(const wchar_t *list, const wchar_t *bypass, const char *host, uint16_t port,
                        struct ag_proxy_list *out);
/* A text that Windows gave; NULL is fine. */
void ag_proxy_said_free(wchar_t *text);

#endif
