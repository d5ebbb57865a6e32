/* kept_file.h - keep lines of text in the data directory that are whole, or forgotten.
 *
 * For what makes a start easier and can be found out again: a damaged file is no failure. The first
 * line names the format, the last one is "end"; every line between is shown to its owner, who may
 * refuse it and with it the whole.
 * Effects: one file of the vault          Units:  bytes
 * Owns:    nothing after it returns       Errors: ST_NOT_FOUND; ST_IO: not whole, or not readable;
 *                                                 ST_TOO_LARGE; ST_NO_MEMORY
 * Threads: those of the vault             Source: agent/groups.c, agent/names.c
 */
#ifndef AGENT_KEPT_FILE_H
#define AGENT_KEPT_FILE_H

#include "agent/ports.h"

struct ag_kept_file {
    const char *name;   /* in the vault */
    const char *format; /* of the first line */
    size_t most_bytes;
};

/* visit may write into its line; it returns false for a line that is no good. After a failure what
 * was visited before is of no use. */
enum status ag_kept_read(const struct ag_kept_file *file, const struct ag_vault *vault,
                         bool (*visit)(void *ctx, char *line), void *ctx, struct err *err) MUST_USE;

/* An empty file to append lines to, and its end. */
enum status ag_kept_begin(const struct ag_kept_file *file, struct bytes *out) MUST_USE;
enum status ag_kept_write(const struct ag_kept_file *file, const struct ag_vault *vault,
                          struct bytes *lines, struct err *err) MUST_USE;

#endif
