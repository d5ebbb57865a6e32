/* trust_keep.h - remember which trust file this server used last, so that no start takes an older one.
 *
 * Whoever brings an old trust file back brings back keys that were lost. The file is a copy of what was
 * taken; removing it is how an administrator says that going back is meant.
 * Effects: reads and writes one file          Units:  none
 * Owns:    nothing                            Errors: ST_REFUSED trust_rollback; those of base/file.h
 * Threads: one at a time                      Source: docs/policy-format.md "Trust"
 */
#ifndef SERVER_TRUST_KEEP_H
#define SERVER_TRUST_KEEP_H

#include "base/bytes.h"
#include "base/err.h"

/* May this document follow what was used before in that data directory? A damaged copy is as good as
 * none: agents see it that way, too. */
enum status srv_trust_check(const char *folder, struct span next, struct err *err) MUST_USE;
/* It is in use from now on. Should it not be writable, that is told in the log: what is served needs no
 * disk that can be written to. */
void srv_trust_keep(const char *folder, struct span document);

#endif
