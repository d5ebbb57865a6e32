/* mirror_win.h - the mirror in the registry: HKLM\SOFTWARE\MapiRollout\State.
 *
 * The key has the rights that HKLM\SOFTWARE gives it: everybody reads, administrators write. It also
 * holds Floor, which is vault_win.c's.
 * Effects: reads and writes the key                  Units:  none
 * Owns:    struct ag_mirror_win; ..._free() frees    Errors: ST_DENIED, ST_IO, ST_NO_MEMORY
 * Threads: one thread                                Source: docs/operations.md "State"
 */
#ifndef AGENT_MIRROR_WIN_H
#define AGENT_MIRROR_WIN_H

#include "agent/mirror.h"

struct ag_mirror_win;

/* started_at_s: of this process. */
enum status ag_mirror_win_new(int64_t started_at_s, struct ag_mirror_win **out,
                              struct err *err) MUST_USE;
void ag_mirror_win_free(struct ag_mirror_win *mirror); /* NULL is fine */

/* The port; its ctx is the struct. */
struct ag_mirror ag_mirror_win_port(struct ag_mirror_win *mirror);

/* What the key shows now, whoever wrote it: values of other types than ours are passed over.
 * ST_NOT_FOUND: no agent has shown anything yet. */
enum status ag_mirror_win_read(struct ag_mirror_table *out, struct err *err) MUST_USE;

#endif
