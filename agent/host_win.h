/* host_win.h - gather the facts about this machine.
 *
 * Effects: asks Windows, reads the registry   Units:  none
 * Owns:    texts; ag_host_win_done() frees    Errors: ST_NO_MEMORY, ST_IO: no name at all; other
 *                                                     facts that cannot be had are NULL
 * Threads: safe                               Source: GetComputerNameExW, OSVERSIONINFOEXW
 */
#ifndef AGENT_HOST_WIN_H
#define AGENT_HOST_WIN_H

#include "agent/ports.h"

/* Where the computer is in the directory is not asked here: that may take long. users_win.h puts it
 * in when it is known. */
enum status ag_host_win_read(struct ag_host *out, struct err *err) MUST_USE;
void ag_host_win_done(struct ag_host *host);

/* Does a Windows with these suites (OSVERSIONINFOEXW) and of this kind (GetProductInfo) serve several
 * users at once? Remote desktop that is there for administration does not count. */
enum pol_answer ag_host_multi_session(uint32_t suites, uint32_t sku);

#endif
