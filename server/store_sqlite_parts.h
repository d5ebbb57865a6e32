/* store_sqlite_parts.h - what the files of the SQLite store share with each other.
 *
 * Effects: those of SQLite                      Units:  those of store.h
 * Owns:    struct srv_sqlite; store_sqlite.c    Errors: sql_failed() translates
 * Threads: each connection has one user at a    Source: https://www.sqlite.org/c3ref/intro.html
 *          time: the writer's thread, or the
 *          holder of read_lock
 */
#ifndef SERVER_STORE_SQLITE_PARTS_H
#define SERVER_STORE_SQLITE_PARTS_H

#include "server/store.h"
#include "server/store_sqlite_count.h"

#include <pthread.h>
#include <sqlite3.h>

/* How long to wait for another program that writes: whoever reports waits for 10 s. */
enum { SQLITE_WAIT_MS = 5000 };

enum sql_id {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_REPORT_FIND,
    SQL_REPORT_ADD,
    SQL_REPORT_LIST,
    SQL_REPORT_DROP,
    SQL_HISTORY_READ,
    SQL_HISTORY_ADD,
    SQL_HISTORY_PROBE,
    SQL_DEVICE_ROOM,
    SQL_USER_KNOWN,
    SQL_DEVICE_LEAVERS_DROP,
    SQL_TIDY_TOKENS,
    SQL_TIDY_USERS,
    SQL_TIDY_PARTS,
    SQL_TIDY_DEVICE_TOKENS,
    SQL_TIDY_DEVICES,
    SQL_DEVICE_SEEN,
    SQL_DEVICE_SAME,
    SQL_DEVICE_STATE,
    SQL_USER_SAME,
    SQL_USER_CHANGE,
    SQL_USER_ADD,
    SQL_PART_ADD,
    SQL_PART_COUNT,
    SQL_PART_FORGET,
    SQL_USERS_RETIRE,
    SQL_USERS_OUTLOOK_FIND,
    SQL_USERS_OUTLOOK,
    SQL_TOKEN_PROVES,
    SQL_TOKEN_ADD,
    SQL_TOKEN_END,
    SQL_TOKEN_PRUNE,
    SQL_MACHINE_FIND,
    SQL_DEVICE_ADD,
    SQL_DEVICE_FACTS,
    SQL_DEVICE_FIND,
    SQL_DEVICE_RETIRE,
    SQL_DEVICE_TOKENS_DROP,
    SQL_DEVICE_USERS_RETIRE,
    SQL_CREDENTIAL_FIND,
    SQL_CREDENTIAL_ADD,
    SQL_CREDENTIAL_REVOKE,
    SQL_SECRET_FIND,
    SQL_SECRET_USE,
    SQL_BUNDLE_PUT,
    SQL_BUNDLE_PRUNE,
    SQL_RELEASE_PUT,
    SQL_AUDIT_HEAD,
    SQL_AUDIT_ADD,
    SQL_GATE_PUT,
    SQL_GATE_FAILING,
    SQL_GATE_DROP,
    SQL_SUBJECTS_DROP,
    SQL_SUBJECT_ADD,
    SQL_HOLD_PUT,
    SQL_HOLD_DROP,
    SQL_BEHIND_PUT,
    SQL_COUNTER_ADD,
    SQL_COUNTER_DROP,
    SQL_SAMPLE_ADD,
    SQL_SAMPLE_FIND,
    SQL_SAMPLE_PRUNE,
    SQL_COUNT
};

struct srv_sqlite {
    sqlite3 *writer;
    sqlite3 *reader;
    pthread_mutex_t read_lock;
    sqlite3_stmt *statements[SQL_COUNT]; /* of the writer, prepared at their first use */
    int log_frames; /* in the write-ahead log, after the last commit; the writer's */
    bool gave_back; /* the file will end earlier once the log is moved; the writer's */
    bool tip_known; /* in this transaction; the writer's, both */
    struct pol_audit_head tip;
    struct sql_tally tally;  /* of this transaction; the writer's */
    int64_t history_reports; /* what this transaction adds to the history; the writer's, both */
    int64_t history_bytes;
    int64_t
        passed_key; /* reports up to it have times ahead; the first of these; the writer's, both */
    int64_t passed_until_s;

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct srv_write *first; /* waiting, oldest first */
    struct srv_write *last;
    bool closing;
    struct srv_store_meter meter;
    struct pol_audit_head head; /* of the last commit that had entries */
    struct err trouble;         /* of the last failure that was the store's own; under lock */
    uint64_t trouble_ms;        /* when, by the monotonic clock; 0: never */
    bool troubled;              /* and nothing was written since */
};

/* Before any file is opened: whoever comes first, the look at the store or the store itself. */
void sqlite_set_up(void);

/* Fill err from the connection's last failure. */
enum status sql_failed(sqlite3 *db, const char *what, struct err *err);

/* SQL without values. */
enum status sql_execute(sqlite3 *db, const char *sql, struct err *err) MUST_USE;

/* Bind by letter: i int64_t, n the same but NULL if negative, t text or NULL, b struct span. */
enum status sql_bind(sqlite3 *db, sqlite3_stmt *stmt, struct err *err, const char *letters,
                     ...) MUST_USE;

/* A statement of the writer to its end, bound as above. */
enum status sql_run(struct srv_sqlite *s, enum sql_id id, struct err *err, const char *letters,
                    ...) MUST_USE;

/* A statement of the writer, not yet bound; finish it with sql_reset(). */
enum status sql_start(struct srv_sqlite *s, enum sql_id id, sqlite3_stmt **out,
                      struct err *err) MUST_USE;
/* One step; *row false when there are no more. */
enum status sql_step(sqlite3 *db, sqlite3_stmt *stmt, bool *row, struct err *err) MUST_USE;
void sql_reset(sqlite3_stmt *stmt);
/* A bound statement to its end. */
enum status sql_finish(struct srv_sqlite *s, sqlite3_stmt *stmt, struct err *err) MUST_USE;

/* NULL stays NULL. The text lives until the next step. */
const char *sql_text(sqlite3_stmt *stmt, int column);
int64_t sql_time(sqlite3_stmt *stmt, int column); /* NULL is -1 */

/* Tell the writer how long the log is. */
void sqlite_watch_log(struct srv_sqlite *s);
/* The writer's thread: carries out what waits, until the store closes and nothing does. */
void *sqlite_write_on(void *ctx);

/* Why the store cannot be written, as far as the last writes tell; ST_OK if it can. */
enum status sqlite_trouble(struct srv_sqlite *s, struct err *err) MUST_USE;

/* Carry out one write inside the writer's transaction. ST_EXISTS, ST_NOT_FOUND and ST_REFUSED changed
 * nothing; any other failure spoils the transaction. */
enum status sqlite_write(struct srv_sqlite *s, struct srv_write *w, struct err *err) MUST_USE;
enum status sqlite_write_report(struct srv_sqlite *s, struct srv_write *w,
                                struct err *err) MUST_USE;

enum status sqlite_write_subjects(struct srv_sqlite *s, struct srv_write *w,
                                  struct err *err) MUST_USE;
enum status sqlite_write_failing(struct srv_sqlite *s, struct srv_write *w,
                                 struct err *err) MUST_USE;
enum status sqlite_write_sample(struct srv_sqlite *s, struct srv_write *w,
                                struct err *err) MUST_USE;
enum status sqlite_write_hold(struct srv_sqlite *s, struct srv_write *w, struct err *err) MUST_USE;
enum status sqlite_write_behind(struct srv_sqlite *s, const struct srv_behind *behind,
                                struct err *err) MUST_USE;

/* Use the enroll secret of an enrollment once more; ST_NOT_FOUND, and secret_state says why, if it
 * opens nothing. */
enum status sqlite_use_secret(struct srv_sqlite *s, struct srv_write *w, struct err *err) MUST_USE;

/* Write what the counters rose by in this transaction; count all rows there are. */
enum status sqlite_counts_write(struct srv_sqlite *s, struct err *err) MUST_USE;
enum status sqlite_count_rows(struct srv_sqlite *s, struct err *err) MUST_USE;

/* The history of reports: what one takes on the disk, a row more or less in this transaction, the
 * sums at its end, a step of removing the oldest. */
int64_t sqlite_history_cost(int64_t body_bytes);
void sqlite_history_note(struct srv_sqlite *s, int64_t reports, int64_t body_bytes);
/* ST_OK and *known false: the report is new. */
enum status sqlite_history_find(struct srv_sqlite *s, struct srv_write *w, bool *known,
                                struct err *err) MUST_USE;
enum status sqlite_history_add(struct srv_sqlite *s, const struct srv_write *w,
                               struct err *err) MUST_USE;
enum status sqlite_history_settle(struct srv_sqlite *s, struct err *err) MUST_USE;
enum status sqlite_write_prune(struct srv_sqlite *s, struct srv_write *w, struct err *err) MUST_USE;

enum status sqlite_write_tidy(struct srv_sqlite *s, struct srv_write *w, struct err *err) MUST_USE;
/* Before a report changes anything: there is room for its users, or it is made. */
enum status sqlite_make_room(struct srv_sqlite *s, const struct srv_write *w,
                             struct err *err) MUST_USE;

enum status sqlite_read_version(sqlite3 *db, int *out, struct err *err) MUST_USE;
/* Refuse a store of that schema. */
enum status sqlite_too_new(int version, struct err *err);
/* Bring the store to today's schema. */
enum status sqlite_migrate(struct srv_sqlite *s, struct err *err) MUST_USE;

/* Append to the chain; bring the rows of older schemas into it; read at the start where it ends. */
enum status sqlite_write_audit(struct srv_sqlite *s, int64_t at_s, const struct srv_audit *audit,
                               struct err *err) MUST_USE;
enum status sqlite_chain_older_rows(struct srv_sqlite *s, struct err *err) MUST_USE;
enum status sqlite_load_head(struct srv_sqlite *s, struct err *err) MUST_USE;

/* One read at a time, prepared, walked and finished under the reader's lock: sql_read_end() comes
 * after every sql_read(). */
struct sql_reading {
    struct srv_sqlite *s;
    sqlite3_stmt *stmt;
};
enum status sql_read(struct sql_reading *r, struct srv_sqlite *s, const char *sql,
                     struct err *err) MUST_USE;
/* True while there is a row and nothing failed. */
bool sql_read_next(struct sql_reading *r, enum status *st, struct err *err);
void sql_read_end(struct sql_reading *r);
void sql_copy(sqlite3_stmt *stmt, int column, char *out, size_t size); /* NULL is "" */

enum status sqlite_backup(void *ctx, const char *path, struct err *err) MUST_USE;

/* The functions of struct srv_store that write; those that read; those of gates; of the audit;
 * of counters; of lists. */
void sqlite_set_writer(struct srv_store *store);
void sqlite_set_readers(struct srv_store *store);
void sqlite_set_gate_readers(struct srv_store *store);
void sqlite_set_audit_readers(struct srv_store *store);
void sqlite_set_count_readers(struct srv_store *store);
void sqlite_set_history_readers(struct srv_store *store);
void sqlite_set_list_readers(struct srv_store *store);
void sqlite_set_sample_readers(struct srv_store *store);

#endif
