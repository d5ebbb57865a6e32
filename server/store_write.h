/* store_write.h - what is written to a store, and what comes back of it.
 *
 * One write is one change and its audit entry: both are there afterwards, or neither.
 * Effects: none                                Units:  _s wall seconds since 1970 UTC
 * Owns:    nothing; texts are the caller's     Errors: said at each kind
 *          until done()
 * Threads: the store's, until done()           Source: docs/protocol.md "One server, many servers"
 */
#ifndef SERVER_STORE_WRITE_H
#define SERVER_STORE_WRITE_H

#include "base/err.h"
#include "policy/report.h"

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
    int64_t revoked_s; /* -1: it was not */
    int64_t expires_s; /* 0: never */
    int64_t uses;      /* of an enroll secret: how many devices it lets in; 0: any number */
    int64_t used;      /* how many it did */
    int64_t used_s;    /* -1: none yet */
};

/* What a credential is worth. */
enum srv_credential_state {
    SRV_CREDENTIAL_GOOD,
    SRV_CREDENTIAL_UNKNOWN,
    SRV_CREDENTIAL_REVOKED,
    SRV_CREDENTIAL_EXPIRED,
    SRV_CREDENTIAL_USED_UP,
    SRV_CREDENTIAL_STATE_COUNT
};
extern const char *const SRV_CREDENTIAL_WORDS[SRV_CREDENTIAL_STATE_COUNT];

enum srv_credential_state srv_credential_state(const struct srv_credential *c, int64_t now_s);

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
    bool has_secret;    /* without an old token: this is used once more */
    uint8_t old_digest[DIGEST_BYTES];
    uint8_t secret_digest[DIGEST_BYTES];
    uint8_t new_digest[DIGEST_BYTES];
    int64_t old_expires_s;        /* when the older tokens of the device end */
    char device_id[POL_ID_BYTES]; /* in: a fresh one; out: the one that holds */
    int64_t device;               /* out: the device's number */
    bool duplicate;               /* out: the same machine is there already, without proof */
    enum srv_credential_state secret_state; /* out: of the secret, before it was used */
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

/* A device has a version that is not released here, by a bundle that is: a backup was restored, or the
 * policy was handed out as a file. */
struct srv_behind {
    int64_t version; /* 0: that never happened */
    int64_t at_s;
    char device_id[POL_ID_BYTES];
};

/* One step of keeping the history of reports within its bounds, the oldest first. Nothing but the
 * history changes. */
struct srv_prune {
    int64_t before_s;   /* what was received earlier goes; -1: age does not matter now */
    int64_t most_bytes; /* of the disk, for the history */
    int64_t reports;    /* out: as many went */
    bool more;          /* out: there is more to do */
};

/* One step of removing what has ended: tokens, users who left and machines out of service. */
struct srv_tidy {
    int64_t tokens_before_s;  /* those that ended earlier go */
    int64_t retired_before_s; /* those that left earlier go, unless a gate looks at them */
    int64_t rows;             /* out: as many went */
    bool more;                /* out: there is more to do */
};

enum srv_write_kind {
    SRV_WRITE_REPORT, /* ST_EXISTS: same id, other content; ST_NOT_FOUND: no such device is in
                             service; ST_REFUSED: more users than one device may have */
    SRV_WRITE_ENROLL, /* ST_NOT_FOUND: the old token proves nothing, or the secret opens nothing */
    SRV_WRITE_CREDENTIAL, /* ST_EXISTS: the name is taken by a good one of its kind */
    SRV_WRITE_REVOKE,     /* ST_NOT_FOUND: no good credential of that name and kind */
    SRV_WRITE_RETIRE,     /* ST_NOT_FOUND: no such device in service */
    SRV_WRITE_BUNDLE,
    SRV_WRITE_RELEASE,
    SRV_WRITE_SUBJECTS, /* of a version; only those of keep_version stay beside them */
    SRV_WRITE_FAILING,  /* ST_NOT_FOUND: there is no such gate */
    SRV_WRITE_HOLD,     /* at_s -1: no more */
    SRV_WRITE_SAMPLE,   /* ST_EXISTS: this step of time has one */
    SRV_WRITE_AUDIT,
    SRV_WRITE_PRUNE, /* has a commit of its own */
    SRV_WRITE_TIDY,  /* the same */
    SRV_WRITE_PROBE, /* finds out whether the store can be written */
};

/* Users of one device, those who left with them: more than a terminal server sees in a season. */
enum { SRV_DEVICE_USERS_MAX = 20000 };

struct srv_write {
    enum srv_write_kind kind;
    int64_t now_s;
    struct srv_audit audit;
    union {
        struct {
            int64_t device;
            const struct pol_report *report;
            struct span body;
            struct srv_behind behind; /* version 0: it is not; kept if it is the highest one yet */
            bool repeated;            /* out: it was here before */
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
        struct {
            int64_t step_s; /* now_s divided by it is the step */
            struct span body;
            size_t keep; /* as many of that length; the oldest go */
        } sample;
        struct srv_prune prune;
        struct srv_tidy tidy;
    } u;

    /* Called once, from the writer's thread: short, and never waiting for the store. */
    void (*done)(struct srv_write *w);
    void *ctx;
    enum status st;
    struct err err;
    struct srv_write *next; /* the store's own */
};

#endif
