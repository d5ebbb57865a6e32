/* lookup_win.h - what Windows and its domain call accounts, groups and this computer.
 *
 * Effects: asks the local authority, which may ask a domain controller, for half a minute
 * Units:   none                          Owns:   texts; free() frees them
 * Errors:  NULL for what is not known    Source: LsaLookupSids, GetComputerObjectNameW,
 * Threads: safe                                  DsGetSiteNameW
 */
#ifndef AGENT_LOOKUP_WIN_H
#define AGENT_LOOKUP_WIN_H

#include <stddef.h>

/* DOMAIN\name of each SID, or NULL; all in one question. */
void ag_lookup_sids(const char *const *sids, size_t count, char **names);

/* The distinguished name of this computer's account, and the site that it is in. */
char *ag_lookup_computer_ou(void);
char *ag_lookup_ad_site(void);

#endif
