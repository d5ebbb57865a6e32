/* cmtrace.h - keep the log in the format that CMTrace reads, in five files of bounded size.
 *
 *   <![LOG[text]LOG]!><time="08:05:09.012+000" date="11-22-2026" component="MapiRollout"
 *                      context="" type="1" thread="42" file="">                     (one line)
 *
 * The time is UTC, and +000 says so: CMTrace shows it as it stands. One entry stays one entry,
 * whatever its text holds. A file that is full becomes agent.1.log, that one agent.2.log, and so on;
 * one that a viewer holds open stays where it is and is stepped over. Nothing that goes wrong here
 * reaches the caller's work: what cannot be written is counted, and the count written later.
 * Effects: writes, renames and removes the five files    Units:  bytes; ms since 1970 UTC
 * Owns:    struct ag_cmtrace; ..._close() frees          Errors: ST_NO_MEMORY, ST_TOO_LARGE at
 *                                                                opening, none later
 * Threads: one at a time                                 Source: Microsoft Configuration Manager,
 *                                                                "CMTrace"
 */
#ifndef AGENT_CMTRACE_H
#define AGENT_CMTRACE_H

#include "base/log.h"

#include <stddef.h>
#include <stdint.h>

enum {
    AG_CMTRACE_FILES = 5,
    AG_CMTRACE_ENTRY_BYTES = 4096, /* the longest entry, its line end and NUL included */
};

struct ag_cmtrace_entry {
    enum log_level level;
    int64_t wall_ms;
    uint32_t thread;
    const char *message;
};

/* One entry with its line end. Returns its length. */
size_t ag_cmtrace_format(const struct ag_cmtrace_entry *entry, char out[AG_CMTRACE_ENTRY_BYTES]);

struct ag_cmtrace;

/* path ends in ".log"; the others are named after it. A file begins anew once it has file_bytes; one
 * that cannot be put aside grows to twice as much, and not further. A file that cannot be opened now
 * is tried again with each entry. */
enum status ag_cmtrace_open(const char *path, size_t file_bytes, struct ag_cmtrace **out,
                            struct err *err) MUST_USE;
void ag_cmtrace_close(struct ag_cmtrace *trace); /* NULL is fine */

/* False: the entry is lost, and counted. */
bool ag_cmtrace_write(struct ag_cmtrace *trace, const struct ag_cmtrace_entry *entry);

#endif
