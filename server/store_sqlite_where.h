/* store_sqlite_where.h - make the condition of a list out of its filter.
 *
 * Only what is asked for stands in it, so that SQLite can use an index; values are bound, never written.
 * Effects: none                               Units:  rows
 * Owns:    the text; sqlite_where_done()      Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: one                                Source: docs/protocol.md "Lists"
 */
#ifndef SERVER_STORE_SQLITE_WHERE_H
#define SERVER_STORE_SQLITE_WHERE_H

#include "server/store.h"

#include <sqlite3.h>

/* Rows that one call looks at, if its filter asks for it: some 50 ms of a million users. */
enum { SQL_ROWS_LOOKED_AT = 20000, SQL_WHERE_VALUES = 32 };

struct sql_where {
    struct bytes text;
    struct {
        const char *text; /* or */
        int64_t number;
    } values[SQL_WHERE_VALUES];
    size_t count;
    bool narrow; /* an index leads to the rows: no need to look at others */
    enum status st;
};

/* Conditions on `user_state u JOIN device d`, or on `device d` alone, as the end of a statement. */
void sqlite_where_users(struct sql_where *w, const struct srv_filter *filter);
void sqlite_where_devices(struct sql_where *w, const struct srv_filter *filter);
/* SQLite's code. */
int sqlite_where_bind(const struct sql_where *w, sqlite3_stmt *stmt);
void sqlite_where_done(struct sql_where *w);

#endif
