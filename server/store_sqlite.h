/* store_sqlite.h - the store in one SQLite file, for one server.
 *
 * Write-ahead log with synchronous=FULL: what done() reported survives a power cut. One thread
 * writes, and everything that waits for it shares its next commit.
 * Effects: reads and writes DIR/store.db*          Units:  those of store.h
 * Owns:    the store; its close() frees all        Errors: those of store.h; ST_REFUSED
 *                                                          (unsupported) for a newer schema
 * Threads: safe                                    Source: docs/protocol.md "One server"
 */
#ifndef SERVER_STORE_SQLITE_H
#define SERVER_STORE_SQLITE_H

#include "server/store.h"

/* Open or make the store of a data directory. */
enum status srv_store_sqlite_open(const char *folder, struct srv_store *out,
                                  struct err *err) MUST_USE;

#endif
