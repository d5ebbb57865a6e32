/* mirror.h - what this machine's own readers may see of the agent, as values of a registry key.
 *
 * fetch -> verify -> evaluate -> apply -> observe -> [report]
 *
 * HKLM\SOFTWARE\MapiRollout\State has a value for each column of the machine, and below Users a key
 * for each user with his columns. SCCM's inventory reads text and numbers of 32 bits: that is all
 * there is, so versions, which are longer, are digits in a text. Only what differs from what was
 * shown is written. What is not known or not so is a value that is not there.
 * Effects: those of the store                     Units:  times RFC 3339 UTC
 * Owns:    tables; ag_mirror_table_done()         Errors: ST_NO_MEMORY, or those of the store; then
 *                                                         the next one writes everything again
 * Threads: one thread                             Source: docs/operations.md "State"
 */
#ifndef AGENT_MIRROR_H
#define AGENT_MIRROR_H

#include "agent/picture.h"

enum ag_mirror_type {
    AG_MIRROR_TEXT,   /* REG_SZ */
    AG_MIRROR_TIME,   /* REG_SZ */
    AG_MIRROR_DIGITS, /* REG_SZ: a number of up to 64 bits */
    AG_MIRROR_DWORD,  /* REG_DWORD */
    AG_MIRROR_FLAG,   /* REG_DWORD: 0 or 1 */
};

struct ag_mirror_column {
    const char *name; /* of the value */
    const char *json; /* the same in `status --json` */
    enum ag_mirror_type type;
};

enum ag_mirror_machine {
    AG_MACHINE_ROLLOUT,
    AG_MACHINE_POLICY_VERSION,
    AG_MACHINE_STAGE,
    AG_MACHINE_DIGEST,
    AG_MACHINE_RECEIVED,
    AG_MACHINE_STALE,
    AG_MACHINE_FAILED,
    AG_MACHINE_FAILED_TEXT,
    AG_MACHINE_FAILED_AT,
    AG_MACHINE_PENDING,
    AG_MACHINE_PAUSED_UNTIL,
    AG_MACHINE_OUTLOOK,
    AG_MACHINE_PREFLIGHT,
    AG_MACHINE_DEVICE_ID,
    AG_MACHINE_TRUST_VERSION,
    AG_MACHINE_AGENT_VERSION,
    AG_MACHINE_STARTED_AT,
    AG_MACHINE_UPDATED_AT,
    AG_MACHINE_COLUMNS
};
extern const struct ag_mirror_column AG_MIRROR_MACHINE[AG_MACHINE_COLUMNS];

enum ag_mirror_user {
    AG_USER_ACCOUNT,
    AG_USER_HIVE,
    AG_USER_STATE,
    AG_USER_SET,
    AG_USER_RULE,
    AG_USER_RING,
    AG_USER_VALUE,
    AG_USER_VALUE_DWORD,
    AG_USER_OURS,
    AG_USER_ACTION,
    AG_USER_CHANGED_AT,
    AG_USER_CORRECTIONS,
    AG_USER_BLOCKED_BY,
    AG_USER_ERROR,
    AG_USER_ERROR_OS,
    AG_USER_OUTLOOK_RUNNING,
    AG_USER_OUTLOOK_STARTED_AT,
    AG_USER_STARTS_SINCE_CHANGE,
    AG_USER_PROTOCOL,
    AG_USER_CONFIDENCE,
    AG_USER_MAILBOX,
    AG_USER_EVIDENCE,
    AG_USER_COLUMNS
};
extern const struct ag_mirror_column AG_MIRROR_USER[AG_USER_COLUMNS];

/* Longest text; a longer one is cut. */
enum { AG_MIRROR_TEXT_BYTES = 512 };

struct ag_mirror_cell {
    bool present;
    int64_t number; /* of DIGITS, DWORD, FLAG */
    char *text;     /* of TEXT, TIME; else NULL */
};

struct ag_mirror_row {
    char *sid;
    struct ag_mirror_cell cells[AG_USER_COLUMNS];
};

struct ag_mirror_table {
    struct ag_mirror_cell machine[AG_MACHINE_COLUMNS];
    struct ag_mirror_row *users; /* by SID */
    size_t user_count;
};

void ag_mirror_table_done(struct ag_mirror_table *table);
void ag_mirror_table_sort(struct ag_mirror_table *table); /* by SID, as it has to be */

/* Put a copy of text into a cell, escaped and cut; NULL empties it. */
enum status ag_mirror_put_text(struct ag_mirror_cell *cell, const char *text) MUST_USE;

/* Where it is shown. sid NULL: the machine's key, else the user's. */
struct ag_mirror_store {
    void *ctx;
    enum status (*set)(void *ctx, const char *sid, const struct ag_mirror_column *column,
                       const struct ag_mirror_cell *cell, struct err *err);
    /* A value or a user that is not there is fine. */
    enum status (*remove)(void *ctx, const char *sid, const struct ag_mirror_column *column,
                          struct err *err);
    enum status (*remove_user)(void *ctx, const char *sid, struct err *err);
    /* Call visit for each user that is shown; it may remove him. */
    enum status (*list_users)(void *ctx, bool (*visit)(void *ctx, const char *sid), void *visit_ctx,
                              struct err *err);
};

/* What the picture does not say. */
struct ag_mirror_about {
    const char *agent_version;
    int64_t started_at_s;
    int64_t now_s;
};

/* What a picture shows, as a table (mirror_paint.c); ag_mirror_table_done(). */
enum status ag_mirror_paint(const struct ag_picture *picture, const struct ag_mirror_about *about,
                            struct ag_mirror_table *out) MUST_USE;

struct ag_mirror_shown {
    struct ag_mirror_table table; /* what the store holds */
    bool known;                   /* false: it has to be looked at, and written in full */
    int64_t updated_at_s;
};

/* Bring the store to what the picture shows. Nothing is written while nothing differs, but for the
 * time of the last look, once an hour. */
enum status ag_mirror_show(struct ag_mirror_shown *shown, const struct ag_picture *picture,
                           const struct ag_mirror_about *about, const struct ag_mirror_store *store,
                           struct err *err) MUST_USE;
void ag_mirror_shown_done(struct ag_mirror_shown *shown);

#endif
