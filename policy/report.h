/* report.h - what a device tells the server, written and read by the same code.
 *
 * fetch -> verify -> evaluate -> apply -> observe -> [report]
 *
 * Texts are borrowed by the writer. A parsed report owns its texts (pol_report_free()); optional
 * texts that were null or absent are NULL, optional times -1.
 * Effects: none                                     Units:  seconds since 1970 UTC
 * Owns:    a parsed report owns all it points to    Errors: ST_REFUSED with code and pointer;
 *                                                           ST_TOO_LARGE from the writer
 * Threads: safe                                     Source: docs/protocol.md "The report"
 */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/words.h"

enum { POL_ID_BYTES = 33 }; /* 128 random bits in hexadecimal and the NUL */

/* A registry value as the report shows it: absent, a DWORD, or just its type. */
struct pol_report_value {
    bool known; /* false: null */
    bool present;
    uint32_t type; /* REG_... number, written as "dword", "sz", "binary", ... */
    uint32_t dword;
};

struct pol_report_user {
    const char *sid;
    const char *account;       /* may be NULL */
    const char *const *groups; /* NULL: not known */
    size_t group_count;
    bool hive_loaded;
    int rule;         /* -1: otherwise; written as null */
    const char *ring; /* may be NULL */
    bool decided;     /* false: rule, ring, set are null (nothing in force, or not read) */
    enum pol_set set;
    bool ours;
    struct pol_report_value value;
    struct pol_report_value pre_image;
    enum pol_action action;
    int64_t changed_at_s; /* -1: never */
    uint32_t corrections;
    enum pol_state state;
    enum pol_blocked blocked_by;
    const char *error_code; /* NULL: none */
    uint32_t error_os_code;
    bool outlook_known; /* false: the user's "outlook" is null */
    bool outlook_running;
    int64_t outlook_started_s;
    uint32_t starts_since_change;
    enum pol_observed observed;
    enum pol_confidence confidence;
    enum pol_mailbox mailbox;
    const char *const *evidence;
    size_t evidence_count;
};

/* What came of probing one URL of the policy's guard. */
struct pol_report_probe {
    const char *url;
    bool for_block; /* else for `allow` */
    enum pol_verdict verdict;
    uint32_t http;      /* status of the answer that counted; 0: none, written as null */
    const char *server; /* version of Exchange; may be NULL */
    const char *const *auth;
    size_t auth_count;
    int64_t at_s;
};

struct pol_report {
    char report_id[POL_ID_BYTES];
    char run_id[POL_ID_BYTES];
    uint32_t seq;
    uint32_t part; /* 1..parts */
    uint32_t parts;
    bool full;
    const char *device_id;
    int64_t sent_at_s;

    const char *agent_version;
    int64_t agent_started_s;
    uint32_t trust_version;

    const char *host_name;
    const char *host_fqdn;        /* may be NULL */
    const char *host_domain;      /* may be NULL */
    const char *host_os;          /* may be NULL */
    const char *host_arch;        /* may be NULL */
    const char *host_computer_ou; /* may be NULL */
    const char *host_ad_site;     /* may be NULL */
    enum pol_answer host_multi_session;
    const char *const *tags;
    size_t tag_count;

    const char *rollout;       /* NULL before the first policy */
    int64_t received_version;  /* last verified; 0: null */
    int64_t effective_version; /* 0: null */
    const char *digest;        /* of the effective payload; NULL: none */
    bool stale;
    const char *failed_code; /* NULL: the last one was not refused */
    const char *failed_pointer;
    const char *failed_etag; /* may be NULL (a file has none) */
    int64_t failed_at_s;
    const char *pending_code; /* NULL: nothing pending */
    int64_t pending_version;
    int64_t pending_not_before_s;

    bool outlook_known;          /* false: the report's "outlook" is null */
    const char *outlook_version; /* "": none is installed */
    const char *outlook_bitness; /* NULL: not known */
    enum pol_install outlook_install;
    enum pol_answer outlook_minimum; /* is it new enough for MAPI/HTTP? */
    uint32_t dotnet_release;         /* 0: null */
    const struct pol_report_probe *probes;
    size_t probe_count;

    const struct pol_report_user *users;
    size_t user_count;
    void *memory; /* of a parsed report; NULL for one that is written */
};

/* Append the report as JSON. ST_TOO_LARGE beyond LIMIT_REPORT_BYTES: then send fewer users. */
enum status pol_report_write(const struct pol_report *report, struct bytes *out,
                             struct err *err) MUST_USE;

/* Strict, in full: unknown fields are refused. */
enum status pol_report_parse(struct span document, struct pol_report **out,
                             struct err *err) MUST_USE;
void pol_report_free(struct pol_report *report);

#endif
