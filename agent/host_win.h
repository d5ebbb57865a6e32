/* host_win.h - gather the facts about this machine.
 *
 * Effects: asks Windows, reads the registry   Units:  none
 * Owns:    texts; ag_host_win_done() frees    Errors: ST_NO_MEMORY, ST_IO: no name at all; other
 *                                                     facts that cannot be had are NULL
 * Threads: safe                               Source: GetComputerNameExW, RtlGetVersion
 */
#ifndef AGENT_HOST_WIN_H
#define AGENT_HOST_WIN_H

#include "agent/ports.h"

enum status ag_host_win_read(struct ag_host *out, struct err *err) MUST_USE;
void ag_host_win_done(struct ag_host *host);

#endif
