/* mark.h - know whom this process looked after when it last came down.
 *
 * A mark names the user before he is looked after, and is removed after all were. One that is found
 * at a start is the trace of a crash, or of a kill at a bad moment. So once is forgiven, which also
 * finishes what was half done; the second time in a row the user is skipped until another version
 * comes, and everybody else is served.
 * Effects: the vault's mark; the ledger in memory    Units:  none
 * Owns:    nothing                                   Errors: those of the vault
 * Threads: one thread                                Source: docs/policy-format.md "Acceptance on the
 *                                                            agent"; decision 8
 */
#ifndef AGENT_MARK_H
#define AGENT_MARK_H

#include "agent/ledger.h"

/* version: in force; 0: none. */
enum status ag_mark_set(const struct ag_vault *vault, const char *sid, int64_t version,
                        struct err *err) MUST_USE;
enum status ag_mark_clear(const struct ag_vault *vault, struct err *err) MUST_USE;

/* Take over what an earlier process left, and count it in the user's record. *found: there was a
 * mark; sid then names the user. */
enum status ag_mark_take(const struct ag_vault *vault, struct ag_ledger *ledger, bool *found,
                         char sid[AG_SID_BYTES], struct err *err) MUST_USE;

/* Is this user left out under this version? */
bool ag_mark_is_skipped(const struct ag_record *record, int64_t version);

#endif
