/* network_win.h - notice that this machine is on another network than before, or woke up.
 *
 * Says that something changed, never what: whoever waits for an answer asks anew.
 * Effects: a registration with Windows         Units:  none
 * Owns:    struct ag_network; ag_network_stop() frees
 * Errors:  ST_NO_MEMORY; without a registration changes are found by time-outs, as told in the log
 * Threads: all functions from any thread       Source: NotifyUnicastIpAddressChange
 */
#ifndef AGENT_NETWORK_WIN_H
#define AGENT_NETWORK_WIN_H

#include "base/err.h"

#include <stdbool.h>

struct ag_network;

/* changed is called from a thread of Windows' after the flag was set. */
enum status ag_network_start(void (*changed)(void *ctx), void *ctx, struct ag_network **out,
                             struct err *err) MUST_USE;
/* Nobody is called any more once it returned; NULL is fine. */
void ag_network_stop(struct ag_network *network);

/* The machine woke: as good as a change. */
void ag_network_resumed(struct ag_network *network);

/* True once after a change. */
bool ag_network_take_change(struct ag_network *network);

#endif
