/* store.h - keep what must survive a restart: who reports, what they said, what was uploaded.
 *
 * A table of functions, so that one contract suite holds every store to the same promises. All
 * changes go through submit(): they happen in order, several share one commit, and done() is called
 * only after that commit is on the disk.
 * Effects: those of the store                  Units:  _s wall seconds since 1970 UTC
 * Owns:    texts are borrowed for the call,    Errors: ST_EXISTS, ST_NOT_FOUND as store_write.h
 *          or until done() for a write                 says; ST_BUSY, ST_IO, ST_NO_SPACE, after
 *                                                      which nothing of that write happened
 * Threads: safe                                Source: docs/protocol.md "One server, many servers"
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include "policy/audit_chain.h"
#include "server/store_meter.h"
#include "server/store_rows.h"

/* Visitors return false to stop. */
struct srv_store {
    void *ctx;
    void (*close)(void *ctx); /* carries out what was submitted, then frees */
    void (*submit)(void *ctx, struct srv_write *w);
    /* Good as long as the store is open. */
    struct srv_store_meter *(*meter)(void *ctx);
    /* ST_OK if the store answers and its last write went well; otherwise why it did not. Waits for
     * no write. */
    enum status (*check)(void *ctx, struct err *err);
    enum status (*credentials)(void *ctx, bool (*visit)(void *v, const struct srv_credential *c),
                               void *v, struct err *err);
    enum status (*tokens)(void *ctx, bool (*visit)(void *v, const struct srv_token_row *row),
                          void *v, struct err *err);
    enum status (*bundles)(void *ctx, bool (*visit)(void *v, const struct srv_bundle_row *row),
                           void *v, struct err *err); /* rising serials */
    enum status (*release)(void *ctx, struct srv_release *out, struct err *err);
    /* All of one moment. */
    enum status (*counts)(void *ctx, const struct srv_count_question *question,
                          bool (*visit)(void *v, const struct srv_count_row *row), void *v,
                          struct err *err);
    enum status (*samples)(void *ctx, const struct srv_sample_question *question,
                           bool (*visit)(void *v, const struct srv_sample_row *row), void *v,
                           struct err *err); /* rising times */
    enum status (*users)(void *ctx, const struct srv_filter *filter,
                         bool (*visit)(void *v, const struct srv_user_row *row), void *v,
                         struct err *err);
    enum status (*devices)(void *ctx, const struct srv_filter *filter,
                           bool (*visit)(void *v, const struct srv_device_row *row), void *v,
                           struct err *err);
    enum status (*history)(void *ctx, struct srv_history *out, struct err *err);
    /* The last ones that are kept of a device, the newest first. */
    enum status (*reports)(void *ctx, int64_t device, size_t limit,
                           bool (*visit)(void *v, const struct srv_report_row *row), void *v,
                           struct err *err);
    enum status (*gate)(void *ctx, int64_t version, struct srv_gate_row *out, struct err *err);
    enum status (*hold)(void *ctx, struct srv_gate_hold *out, struct err *err);
    enum status (*behind)(void *ctx, struct srv_behind *out, struct err *err);
    /* Devices in service whose policy in force is above that version; looks at all of them. */
    enum status (*ahead)(void *ctx, int64_t version,
                         bool (*visit)(void *v, const struct srv_ahead_row *row), void *v,
                         struct err *err);
    /* Rising devices and users. */
    enum status (*subjects)(void *ctx, const struct srv_subject_question *question,
                            bool (*visit)(void *v, const struct srv_subject_row *row), void *v,
                            struct err *err);
    /* Each SID once, rising. */
    enum status (*seen)(void *ctx, const struct srv_seen_question *question,
                        bool (*visit)(void *v, const char *sid, bool seen), void *v,
                        struct err *err);
    /* Where the chain ends, as far as this program has written or read it; waits for nothing. */
    void (*audit_head)(void *ctx, struct pol_audit_head *out);
    /* Entries behind that number, rising. */
    enum status (*audit)(void *ctx, int64_t after, size_t limit,
                         bool (*visit)(void *v, const struct pol_audit_entry *entry,
                                       const uint8_t hash[DIGEST_BYTES]),
                         void *v, struct err *err);
    /* A whole copy into a new file; ST_EXISTS leaves an existing one alone. */
    enum status (*backup)(void *ctx, const char *path, struct err *err);
};

/* Submit and wait for the commit. */
enum status srv_store_write(const struct srv_store *store, struct srv_write *w,
                            struct err *err) MUST_USE;

#endif
