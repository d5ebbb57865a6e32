/* out_file.h - write a long answer into a file that appears whole or not at all, or to standard
 * output.
 *
 * It grows under another name beside the file and is renamed at the end.
 * Effects: writes files or standard output    Units:  bytes
 * Owns:    struct adm_out_file;               Errors: ST_EXISTS; those of file.h
 *          adm_out_done()
 * Threads: one thread                         Source: docs/protocol.md "Command lines" (export)
 */
#ifndef ADMIN_OUT_FILE_H
#define ADMIN_OUT_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdio.h>

struct adm_out_file {
    const char *path;    /* "-" is standard output; borrowed */
    struct bytes beside; /* the name it has until it is whole */
    FILE *file;          /* NULL: standard output, or not open */
    int64_t bytes;
};

/* For the owner alone. Without force the file must not be there. */
enum status adm_out_open(struct adm_out_file *out, const char *path, bool force,
                         struct err *err) MUST_USE;
enum status adm_out_write(struct adm_out_file *out, struct span part, struct err *err) MUST_USE;
/* It is whole: give it its name. */
enum status adm_out_keep(struct adm_out_file *out, bool force, struct err *err) MUST_USE;
/* Make the file, or replace one of the same kind, as its first bytes say. Anything else that is
 * there, such as the plan or a key, is not lost to a slip: ST_EXISTS. For all to read. */
enum status adm_out_replace(const char *path, struct span content, struct err *err) MUST_USE;
/* What was not kept is removed. */
void adm_out_done(struct adm_out_file *out);

#endif
