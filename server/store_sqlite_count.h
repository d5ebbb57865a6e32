/* store_sqlite_count.h - count users and devices while their rows change.
 *
 * rows -> triggers -> [count] -> counters, in the same transaction
 *
 * Triggers tell each change; what they told is added up in memory and written before the commit, so
 * that a batch of reports writes each counter once. Whoever has not these functions cannot change the
 * rows.
 * Effects: writes the counters                Units:  users, devices
 * Owns:    struct sql_tally until             Errors: those of SQLite
 *          sqlite_counts_done()
 * Threads: the writer's                       Source: docs/protocol.md "Compliance"
 */
#ifndef SERVER_STORE_SQLITE_COUNT_H
#define SERVER_STORE_SQLITE_COUNT_H

#include "base/err.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are in the store: they never change their meaning. */
enum sql_counter {
    COUNTER_TOTAL,
    COUNTER_STATE,
    COUNTER_SET,
    COUNTER_PROTOCOL,
    COUNTER_RING,
    COUNTER_OUTLOOK,
    COUNTER_VERSION,
    COUNTER_VERSION_STATE, /* "7002 idle" */
    COUNTER_BRAKE,         /* by Outlook: all, those seen on RPC/HTTP, on MAPI/HTTP */
    COUNTER_BRAKE_RPC,
    COUNTER_BRAKE_MAPI,
    COUNTER_HEARD_DAY, /* devices by when they were heard from, "0000029000" */
    COUNTER_HEARD_MINUTE
};

/* How much each counter rose in this transaction: a hash table. */
struct sql_tally_slot {
    uint64_t hash;
    enum sql_counter kind;
    char *name; /* NULL: free */
    int64_t n;
};
struct sql_tally {
    struct sql_tally_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t used;
};

/* Give the connection the functions of the triggers; they add to tally, which must outlive it. */
enum status sqlite_counts_open(sqlite3 *db, struct sql_tally *tally, struct err *err) MUST_USE;
/* A transaction begins. */
void sqlite_counts_forget(struct sql_tally *tally);
void sqlite_counts_done(struct sql_tally *tally);

/* The build that a report's text says: "16.0.17328.20162", "invalid" if it says none. */
enum { SQL_BUILD_BYTES = 24 };
void sqlite_outlook_build(const char *text, char out[SQL_BUILD_BYTES]);

#endif
