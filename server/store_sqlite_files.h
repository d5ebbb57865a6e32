/* store_sqlite_files.h - look at the files of a store before SQLite does, and say what is wrong.
 *
 * SQLite drops what it cannot read of its log, and makes a file that is not there: good for a cache,
 * bad for the only copy.
 * Effects: reads files                     Units:  bytes
 * Owns:    nothing                         Errors: ST_REFUSED with one of the codes store_damaged,
 *                                                  store_newer, store_foreign, store_denied,
 *                                                  store_read_only, store_full, store_busy, store_io
 * Threads: safe                            Source: docs/operations-server.md "The store"
 */
#ifndef SERVER_STORE_SQLITE_FILES_H
#define SERVER_STORE_SQLITE_FILES_H

#include "base/err.h"

#include <stdbool.h>

enum { SQLITE_PATH_BYTES = 4096 };

/* FOLDER/store.db and what belongs to it. */
enum status sqlite_path(const char *folder, const char *suffix, char out[SQLITE_PATH_BYTES],
                        struct err *err) MUST_USE;

bool sqlite_has_content(const char *path);

/* Are the files of a store what they should be? Those of a folder without a store are. */
enum status sqlite_look_at_files(const char *folder, struct err *err) MUST_USE;
/* Its write-ahead log alone; ST_REFUSED without a code. */
enum status sqlite_look_at_log(const char *path, struct err *err) MUST_USE;

/* SQLite's failure, in err already, as one sentence that says what to do. */
enum status sqlite_explain(const char *folder, enum status st, struct err *err) MUST_USE;

#endif
