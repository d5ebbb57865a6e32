/* file.h - read and replace small files, bounded and durable.
 *
 * A write is all or nothing: the new content is written beside the file, flushed and renamed over
 * it, so that a power cut leaves the old content or the new one, never a mixture.
 * Effects: reads and writes files          Units:  bytes; paths are UTF-8
 * Owns:    *out of file_read               Errors: ST_NOT_FOUND, ST_EXISTS, ST_DENIED,
 *                                                  ST_TOO_LARGE, ST_NO_SPACE, ST_IO; a failed
 *                                                  write leaves the file as it was
 * Threads: safe for different files        Source: docs/architecture.md "Ownership"
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdio.h>

/* Who else may read a new file. On Windows both inherit the folder's access list. */
enum file_access { FILE_FOR_OWNER, FILE_FOR_ALL };

/* Read a whole regular file of at most limit bytes. out becomes a fresh buffer, free it with
 * bytes_free(). */
enum status file_read(const char *path, size_t limit, struct bytes *out, struct err *err) MUST_USE;

/* Replace or make a file, durably. */
enum status file_write(const char *path, struct span content, enum file_access access,
                       struct err *err) MUST_USE;

/* Make a file that must not be there yet; ST_EXISTS leaves the existing one alone. */
enum status file_create(const char *path, struct span content, enum file_access access,
                        struct err *err) MUST_USE;

/* Open a file to read it from its beginning, for what is too long to be in memory. fclose() closes
 * it. */
enum status file_open_to_read(const char *path, FILE **out, struct err *err) MUST_USE;

/* Open a file to append to it, and make it if need be; others may read it meanwhile. fclose() closes
 * it. */
enum status file_open_to_append(const char *path, FILE **out, struct err *err) MUST_USE;

/* Close a stream that was written to, durably. It is closed in any case. */
enum status file_close(FILE *file, const char *path, struct err *err) MUST_USE;

/* Rename over whatever is there, durably. */
enum status file_rename(const char *from, const char *to, struct err *err) MUST_USE;

/* ST_NOT_FOUND if it was not there. */
enum status file_remove(const char *path, struct err *err) MUST_USE;

/* Make a folder that only the owner enters; fine if it is there already. */
enum status file_make_folder(const char *path, struct err *err) MUST_USE;

/* Call visit for each plain file of a folder, in no particular order, until it returns false. */
enum status file_list(const char *folder, bool (*visit)(void *ctx, const char *name), void *ctx,
                      struct err *err) MUST_USE;

#endif
