/* store_sqlite.h - the store in one SQLite file, for one server.
 *
 * Write-ahead log with synchronous=FULL: what done() reported survives a power cut. One thread
 * writes, and everything that waits for it shares its next commit.
 * Effects: reads and writes DIR/store.db*          Units:  those of store.h; _ms from now
 * Owns:    the store; its close() frees all        Errors: those of store.h; ST_REFUSED when files
 *                                                          are not what they should be, with a
 *                                                          code of store_sqlite_files.h: nothing was
 *                                                          changed then
 * Threads: safe                                    Source: docs/protocol.md "One server"
 */
#ifndef SERVER_STORE_SQLITE_H
#define SERVER_STORE_SQLITE_H

#include "server/store.h"

enum { SRV_ASIDE_BYTES = 64 };

/* Open or make the store of a data directory. */
enum status srv_store_sqlite_open(const char *folder, struct srv_store *out,
                                  struct err *err) MUST_USE;

struct srv_sqlite_check {
    int schema;    /* 0: there is none yet */
    int tables;    /* that were read from end to end */
    bool complete; /* there was time for all of them */
};

/* How to check: most_ms 0 takes the time it takes; indexes, too, or rows alone. */
struct srv_sqlite_check_how {
    unsigned most_ms;
    bool indexes;
};
extern const struct srv_sqlite_check_how SRV_CHECK_ALL;

/* Before it is opened: look at the files of a store and read what there is time for. Changes
 * nothing. */
enum status srv_store_sqlite_check(const char *folder, const struct srv_sqlite_check_how *how,
                                   struct srv_sqlite_check *out, struct err *err) MUST_USE;
/* One file alone, which is only read. */
enum status srv_store_sqlite_check_file(const char *path, const struct srv_sqlite_check_how *how,
                                        struct srv_sqlite_check *out, struct err *err) MUST_USE;

/* Put a copy that backup made in the store's place, if it is whole. No server runs on the folder.
 * What was there stays, under the name in aside; "" if nothing was. */
enum status srv_store_sqlite_restore(const char *folder, const char *backup, int64_t now_s,
                                     char aside[SRV_ASIDE_BYTES], struct err *err) MUST_USE;

#endif
