/* store.h - keep what must survive a restart: who reports, what they said, what was uploaded.
 *
 * A table of functions, so that one contract suite holds every store to the same promises. All
 * changes go through submit(): they happen in order, several share one commit, and done() is called
 * only after that commit is on the disk.
 * Effects: those of the store                  Units:  _s wall seconds since 1970 UTC
 * Owns:    texts are borrowed for the call,    Errors: ST_EXISTS, ST_NOT_FOUND as said below;
 *          or until done() for a write                 ST_BUSY, ST_IO, ST_NO_SPACE, after which
 *                                                      nothing of that write happened
 * Threads: safe                                Source: docs/protocol.md "One server, many servers"
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/audit_chain.h"
#include "policy/report.h"
#include "server/store_meter.h"

enum { SRV_NAME_BYTES = 65, SRV_REASON_BYTES = 257 };

/* In rising order of what they may do; an enroll secret opens nothing but enrolling. */
enum srv_role {
    SRV_ROLE_ENROLL,
    SRV_ROLE_VIEWER,
    SRV_ROLE_OPERATOR,
    SRV_ROLE_PUBLISHER,
    SRV_ROLE_COUNT
};
extern const char *const SRV_ROLE_WORDS[SRV_ROLE_COUNT];

/* An administrator's token or an enroll secret; the secret itself is never kept. */
struct srv_credential {
    char name[SRV_NAME_BYTES];
    enum srv_role role;
    uint8_t digest[DIGEST_BYTES];
    int64_t created_s;
    int64_t revoked_s; /* -1: good */
};

/* What a machine says about itself; texts may be NULL but the name. */
struct srv_machine {
    const char *name;
    const char *fqdn;
    const char *domain;
    const char *machine_guid;
    const char *computer_sid;
};

struct srv_enrollment {
    struct srv_machine machine;
    bool has_old_token; /* proves an old device: it keeps its id */
    uint8_t old_digest[DIGEST_BYTES];
    uint8_t new_digest[DIGEST_BYTES];
    int64_t old_expires_s;        /* when the old token ends */
    char device_id[POL_ID_BYTES]; /* in: a fresh one; out: the one that holds */
    int64_t device;               /* out: the device's number */
    bool duplicate;               /* out: the same machine is there already, without proof */
};

/* What kind of somebody does things: an administrator's token, an enrolled device, a machine with the
 * enroll secret, somebody at the server's own keyboard, the gates, the server by itself. */
enum srv_who {
    SRV_WHO_TOKEN,
    SRV_WHO_DEVICE,
    SRV_WHO_SECRET,
    SRV_WHO_LOCAL,
    SRV_WHO_GATE,
    SRV_WHO_SERVER,
    SRV_WHO_COUNT
};
extern const char *const SRV_WHO_WORDS[SRV_WHO_COUNT];

/* Who did what; appended to the chain together with the change itself. Nothing secret goes here. */
struct srv_audit {
    enum srv_who who;
    const char *name;
    const char *address; /* NULL: none */
    const char *what;    /* NULL: not recorded */
    const char *before;  /* NULL: nothing, or nobody asked */
    const char *after;   /* the same */
};

struct srv_release {
    int64_t version; /* 0: nothing released yet */
    char rollout[SRV_NAME_BYTES];
    char stage[SRV_NAME_BYTES];
    int64_t at_s;
    char by[SRV_NAME_BYTES];
    char reason[SRV_REASON_BYTES];
};

/* One user on one machine, by their numbers in the store. */
struct srv_subject {
    int64_t device;
    int64_t user; /* key of struct srv_user_row */
};

/* The gate of the released stage, as far as it has to survive a restart. */
struct srv_gate_row {
    int64_t version; /* 0: no subjects were fixed for it */
    int64_t released_s;
    int64_t unknown;   /* users of whom nobody could tell whether they are subjects */
    int64_t failing_s; /* see server/gate.h; -1: none */
};

/* Gates that an operator stopped. */
struct srv_gate_hold {
    int64_t at_s; /* -1: they are not */
    char by[SRV_NAME_BYTES];
    char reason[SRV_REASON_BYTES];
};

enum srv_write_kind {
    SRV_WRITE_REPORT,     /* ST_EXISTS: same id, other content */
    SRV_WRITE_ENROLL,     /* ST_NOT_FOUND: the old token proves nothing */
    SRV_WRITE_CREDENTIAL, /* ST_EXISTS: the name is taken by a good one of its kind */
    SRV_WRITE_REVOKE,     /* ST_NOT_FOUND: no good credential of that name and kind */
    SRV_WRITE_RETIRE,     /* ST_NOT_FOUND: no such device in service */
    SRV_WRITE_BUNDLE,
    SRV_WRITE_RELEASE,
    SRV_WRITE_SUBJECTS, /* of a version; only those of keep_version stay beside them */
    SRV_WRITE_FAILING,  /* ST_NOT_FOUND: there is no such gate */
    SRV_WRITE_HOLD,     /* at_s -1: no more */
    SRV_WRITE_AUDIT,
};

struct srv_write {
    enum srv_write_kind kind;
    int64_t now_s;
    struct srv_audit audit;
    union {
        struct {
            int64_t device;
            const struct pol_report *report;
            struct span body;
            uint8_t digest[DIGEST_BYTES];
            bool repeated; /* out: it was here before */
        } report;
        struct srv_enrollment enroll;
        struct srv_credential credential; /* SRV_WRITE_REVOKE: name and role */
        const char *device_id;
        struct {
            uint32_t serial;
            const char *etag;
            const char *by;
            struct span raw;
            uint32_t keep_from; /* bundles of lower serials are dropped */
        } bundle;
        struct srv_release release;
        struct {
            struct srv_gate_row gate; /* its failing_s is not looked at: nothing fails yet */
            const struct srv_subject *list;
            size_t count;
            int64_t keep_version;
        } subjects;
        struct srv_gate_row failing; /* version and failing_s */
        struct srv_gate_hold hold;
    } u;

    /* Called once, from the writer's thread: short, and never waiting for the store. */
    void (*done)(struct srv_write *w);
    void *ctx;
    enum status st;
    struct err err;
    struct srv_write *next; /* the store's own */
};

struct srv_bundle_row {
    uint32_t serial;
    const char *etag;
    const char *by;
    int64_t at_s;
    struct span raw;
};

struct srv_token_row {
    uint8_t digest[DIGEST_BYTES];
    int64_t device;
    const char *device_id;
    int64_t expires_s; /* -1: never */
};

/* NULL members do not filter; after 0 starts at the first row. */
struct srv_filter {
    const char *state;
    const char *ring;
    const char *set;
    const char *device_id;
    const char *host; /* without regard to ASCII case */
    const char *sid;
    const char *text; /* part of the account, host or SID */
    int64_t after;
    size_t limit;
};

struct srv_user_row {
    int64_t key; /* for the next page */
    const char *device_id;
    const char *host;
    const char *sid;
    const char *account; /* may be NULL */
    const char *ring;    /* may be NULL */
    const char *set;     /* may be NULL */
    const char *state;
    const char *blocked_by; /* may be NULL */
    const char *error;      /* may be NULL */
    const char *protocol;
    const char *confidence;
    const char *mailbox;
    const char *outlook;     /* version; "none", "unknown" */
    const char *evidence;    /* a JSON array */
    enum pol_answer running; /* Outlook */
    int64_t started_s;       /* -1: it does not run, or nobody knows */
    uint32_t starts;         /* of it, since the value was written */
    const char *groups;      /* a JSON array; NULL: not known */
    const char *tags;        /* a JSON array */
    struct pol_report_value value;
    struct pol_report_value pre_image;
    bool hive_loaded;
    bool ours;
    int64_t changed_s; /* -1: never */
    int64_t reported_s;
    int64_t version;      /* 0: none in force when it was reported */
    uint32_t corrections; /* how often somebody else's rewrite was undone under that version */

    int64_t device; /* its number */
    int64_t device_enrolled_s;
    int64_t device_seen_s;   /* -1: never */
    int64_t older_seen_s;    /* of the device in service that it is a duplicate of; -1: none */
    const char *computer_ou; /* may be NULL */
    const char *ad_site;     /* may be NULL */
    enum pol_answer multi_session;
};

struct srv_subject_row {
    struct srv_subject key;
    const char *state;
    int64_t version;
    int64_t failing_since_s; /* server time; -1: it does not fail */
    bool gone;               /* the user is off the machine, or the machine out of service */
};

struct srv_subject_question {
    int64_t version;
    struct srv_subject after; /* {0, 0}: from the first */
    size_t limit;
};

/* SIDs behind after_sid, on devices enrolled until then. */
struct srv_seen_question {
    const char *after_sid; /* "": from the first */
    int64_t version;       /* reported on one of these devices? */
    int64_t enrolled_until_s;
    size_t limit;
};

struct srv_device_row {
    int64_t key;
    const char *device_id;
    const char *name;
    const char *domain;       /* may be NULL */
    const char *os;           /* may be NULL */
    const char *agent;        /* may be NULL */
    const char *duplicate_of; /* may be NULL */
    const char *failed_code;  /* may be NULL */
    const char *outlook;      /* JSON as reports have it; NULL: not reported yet */
    const char *preflight;    /* the same */
    int64_t enrolled_s;
    int64_t seen_s;    /* -1: never */
    int64_t retired_s; /* -1: in service */
    int64_t effective;
    bool stale;
};

struct srv_count_row {
    const char *kind; /* state, ring, set, protocol, version, outlook, total */
    const char *name;
    int64_t count;
};

/* Visitors return false to stop. */
struct srv_store {
    void *ctx;
    void (*close)(void *ctx); /* carries out what was submitted, then frees */
    void (*submit)(void *ctx, struct srv_write *w);
    /* Good as long as the store is open. */
    struct srv_store_meter *(*meter)(void *ctx);
    /* ST_OK if the store answers. */
    enum status (*check)(void *ctx, struct err *err);
    enum status (*credentials)(void *ctx, bool (*visit)(void *v, const struct srv_credential *c),
                               void *v, struct err *err);
    enum status (*tokens)(void *ctx, bool (*visit)(void *v, const struct srv_token_row *row),
                          void *v, struct err *err);
    enum status (*bundles)(void *ctx, bool (*visit)(void *v, const struct srv_bundle_row *row),
                           void *v, struct err *err); /* rising serials */
    enum status (*release)(void *ctx, struct srv_release *out, struct err *err);
    enum status (*counts)(void *ctx, bool (*visit)(void *v, const struct srv_count_row *row),
                          void *v, struct err *err);
    enum status (*users)(void *ctx, const struct srv_filter *filter,
                         bool (*visit)(void *v, const struct srv_user_row *row), void *v,
                         struct err *err);
    enum status (*devices)(void *ctx, const struct srv_filter *filter,
                           bool (*visit)(void *v, const struct srv_device_row *row), void *v,
                           struct err *err);
    enum status (*gate)(void *ctx, int64_t version, struct srv_gate_row *out, struct err *err);
    enum status (*hold)(void *ctx, struct srv_gate_hold *out, struct err *err);
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
