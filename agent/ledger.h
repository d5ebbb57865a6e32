/* ledger.h - keep, for each user, what the registry cannot tell: when we last wrote, and for what.
 *
 * A line for each SID in one small file of the data directory. Losing it costs no correctness: the
 * marker alone says what is ours; only times and counts start afresh.
 * Effects: reads and writes one file of the vault    Units:  seconds since 1970 UTC; -1: never
 * Owns:    its records; ag_ledger_done() frees       Errors: those of the vault; lines that make no
 *                                                            sense are dropped
 * Threads: one thread                                Source: docs/policy-format.md "The setting"
 */
#ifndef AGENT_LEDGER_H
#define AGENT_LEDGER_H

#include "agent/ports.h"
#include "policy/words.h"

enum { AG_SID_BYTES = 192, AG_LEDGER_USERS = 4096, AG_REWRITES_KEPT = 2 };

struct ag_record {
    char sid[AG_SID_BYTES];
    int64_t written_at_s;
    enum pol_action action;  /* of that time */
    int64_t brought_version; /* the newest version that was brought to the user; 0: none */
    enum pol_set set;        /* as it was brought then: RELEASE where a guard made it that */
    uint32_t corrections;    /* rewritten by others under that version */
    int64_t last_start_s;    /* the newest start of Outlook that was seen; -1: none */
    uint32_t starts;         /* seen since written_at_s */
    /* The two newest rewrites by others, older first; -1: none. The third in a day is contested. */
    int64_t rewritten_at_s[AG_REWRITES_KEPT];
    int64_t contested_at_s;   /* -1: not contested */
    uint32_t crashes;         /* in a row, of the agent, while it looked after this user */
    int64_t crash_version;    /* in force then */
    bool away;                /* logged off since the version was brought */
    enum pol_mailbox mailbox; /* where the last look found it */
    /* As named when the hive was loaded last: who logs off keeps it. COUNT: never named. */
    enum pol_state state;
    enum pol_observed observed;
    enum pol_confidence confidence;
    bool settled; /* since written_at_s Outlook had its time: two starts, or a day of running */
};

struct ag_ledger {
    struct ag_record *records;
    size_t count;
    size_t capacity;
    size_t next;  /* where the search begins: users come in the same order, pass after pass */
    bool changed; /* since the last save */
};

/* A record about which nothing is known. */
struct ag_record ag_record_empty(void);

/* Load what is there; nothing there is an empty ledger. */
enum status ag_ledger_load(struct ag_ledger *ledger, const struct ag_vault *vault,
                           struct err *err) MUST_USE;
/* Write the file if something changed. */
enum status ag_ledger_save(struct ag_ledger *ledger, const struct ag_vault *vault,
                           struct err *err) MUST_USE;
void ag_ledger_done(struct ag_ledger *ledger);

/* The user's record, made if there is none; it stays valid until the next call. NULL if memory is
 * short, the ledger is full or the SID too long. */
struct ag_record *ag_ledger_find(struct ag_ledger *ledger, const char *sid);

/* Put a record's new content in its place; notes whether anything differs. */
void ag_ledger_update(struct ag_ledger *ledger, struct ag_record *place,
                      const struct ag_record *content);

#endif
