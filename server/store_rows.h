/* store_rows.h - what is read from a store, and the questions for it.
 *
 * Effects: none                                  Units:  _s wall seconds since 1970 UTC
 * Owns:    nothing; the texts of a row are the   Errors: none
 *          store's until its visitor returns
 * Threads: none of its own                       Source: docs/protocol.md "One server, many servers"
 */
#ifndef SERVER_STORE_ROWS_H
#define SERVER_STORE_ROWS_H

#include "server/store_write.h"

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

/* What the registry value is. */
enum srv_value_is {
    SRV_VALUE_ANY,
    SRV_VALUE_UNKNOWN,
    SRV_VALUE_ABSENT,
    SRV_VALUE_DWORD, /* of that number */
    SRV_VALUE_OTHER  /* of another type */
};

/* Members that are NULL, 0 or POL_NOT_KNOWN do not filter; after 0 starts at the first row. Devices are
 * not asked about users. */
struct srv_filter {
    const char *state;
    const char *ring;
    const char *set;
    const char *protocol;
    const char *confidence;
    const char *mailbox;
    const char *blocked_by;
    const char *outlook; /* as struct srv_user_row has it */
    enum srv_value_is value;
    uint32_t dword;
    const char *device_id;
    const char *host; /* without regard to ASCII case */
    const char *sid;
    const char *text; /* part of the account, host or SID */

    const int64_t *versions; /* in force; NULL: any; */
    size_t version_count;
    bool other_versions; /* none of them instead */
    enum pol_answer stale;
    int64_t silent_since_s;    /* stale are devices in service not heard from since */
    enum pol_answer duplicate; /* of another device */
    enum pol_answer failed;    /* the last policy was refused there */
    const char *original;      /* of devices: copies of it */
    enum pol_answer retired;   /* of devices; users of retired ones are not listed */
    int64_t seen_before_s;     /* heard from then; or enrolled, if never */
    int64_t seen_after_s;

    bool facts_only; /* of users: what fleet.h names; the rest of a row need not be there */

    int64_t after;
    size_t limit;
    /* Where to go on; 0: that was all. With it, a call looks at so many rows only, and may find fewer
     * than limit though there are more; without, at all. */
    int64_t *next;
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
    int64_t older_seen_s;    /* the latest of the older devices in service that say to be the same
                                machine; -1: none */
    const char *computer_ou; /* may be NULL */
    const char *ad_site;     /* may be NULL */
    enum pol_answer multi_session;
    const char *preflight; /* JSON as reports have it; NULL: not reported yet */
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

/* What a device says that it has. */
struct srv_ahead_row {
    int64_t version;
    const char *digest; /* may be NULL */
    int64_t seen_s;     /* -1: never */
};

struct srv_device_row {
    int64_t key;
    const char *device_id;
    const char *name;
    const char *domain;         /* may be NULL */
    const char *os;             /* may be NULL */
    const char *agent;          /* may be NULL */
    const char *duplicate_of;   /* may be NULL */
    const char *failed_code;    /* may be NULL */
    const char *failed_pointer; /* may be NULL */
    const char *digest;         /* of the policy in force; may be NULL */
    const char *outlook;        /* JSON as reports have it; NULL: not reported yet */
    const char *preflight;      /* the same */
    int64_t enrolled_s;
    int64_t seen_s;          /* -1: never */
    int64_t retired_s;       /* -1: in service */
    int64_t effective;       /* 0: none */
    int64_t received;        /* 0: none */
    bool policy_stale;       /* as the machine says */
    const char *fqdn;        /* may be NULL */
    const char *arch;        /* may be NULL */
    const char *tags;        /* a JSON array */
    const char *computer_ou; /* may be NULL */
    const char *ad_site;     /* may be NULL */
    enum pol_answer multi_session;
};

/* One of the reports that are kept of a device. */
struct srv_report_row {
    const char *report_id;
    int64_t received_s;
    int64_t bytes;
};

/* Samples of the counters taken from then to then, both inclusive; each step of time has one at most. */
struct srv_sample_question {
    int64_t step_s;
    int64_t from_s;
    int64_t to_s;
    size_t limit;
};

struct srv_sample_row {
    int64_t at_s;
    const char *body;
};

/* What to count beside what is counted always. */
struct srv_count_question {
    const int64_t *versions; /* each once: users under them by state */
    size_t version_count;
    int64_t silent_since_s; /* devices not heard from since; whole minutes */
};

/* At most SRV_COUNT_NAMES names of a kind, those of most users; the rest is "other". */
enum { SRV_COUNT_NAMES = 200 };

/* The reports that are kept. */
struct srv_history {
    int64_t reports;
    int64_t bytes;    /* of the disk, as far as that can be said of them alone */
    int64_t oldest_s; /* by the order in which they came; -1: there are none */
    int64_t newest_s;
};

struct srv_count_row {
    const char
        *kind; /* total (users, devices, silent), state, set, protocol, ring, outlook, version,
                         version_state, brake */
    const char *name;
    const char *part; /* of version_state: the state; of brake, whose name is an Outlook: NULL for
                         all, rpc_http, mapi_http; else NULL */
    int64_t count;
};

#endif
