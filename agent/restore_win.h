/* restore_win.h - `mapi-rollout-agent restore`: say what was done for whom, and whom it did not reach.
 *
 * Refused while an agent works on the same data directory, which would undo it at once.
 * Effects: users' hives; prints to stdout    Units:  none
 * Owns:    nothing                           Errors: ST_BUSY: an agent runs; those of restore.h; the
 *                                                    first user's that could not be restored
 * Threads: one thread                        Source: docs/operations.md "Taking it away again"
 */
#ifndef AGENT_RESTORE_WIN_H
#define AGENT_RESTORE_WIN_H

#include "agent/config.h"
#include "agent/restore.h"

/* word: "restore" or "allow"; false: neither. */
bool ag_restore_how_find(const char *word, enum ag_restore_how *out);

enum status ag_restore_here(const struct ag_config *config, enum ag_restore_how how, bool json,
                            struct err *err) MUST_USE;

#endif
