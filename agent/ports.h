/* ports.h - what the agent's core needs from outside, as small tables of functions.
 *
 * The core (all of agent/ but *_win.c and source_http.c) sees the world only through these; fakes
 * stand in for each in tests, and virtual time in simulations.
 * Effects: those behind the ports    Units:  _s wall seconds since 1970 UTC, _ms monotonic
 * Owns:    said at each function     Errors: those of the port; an error is about that one call
 * Threads: the core is one thread; only `wake` may be called from another
 * Source:  docs/architecture.md "The agent"
 */
#ifndef AGENT_PORTS_H
#define AGENT_PORTS_H

#include "agent/preflight_classify.h"
#include "agent/sight.h"
#include "base/bytes.h"
#include "base/err.h"
#include "policy/words.h"

/* ---- time and chance ---------------------------------------------------------------------- */

struct ag_clock {
    void *ctx;
    int64_t (*wall_s)(void *ctx);
    uint64_t (*monotonic_ms)(void *ctx);
    uint32_t (*random)(void *ctx); /* any 32 bits; for jitter only, never for secrets */
};

/* ---- the network -------------------------------------------------------------------------- */

/* One exchange at a time in each lane, so that a held poll delays neither enrolling nor reports. */
enum ag_lane { AG_LANE_POLICY, AG_LANE_ENROLL, AG_LANE_REPORT, AG_LANE_COUNT };

struct ag_request {
    const char *path;          /* "/v1/policy"; a body makes it a POST, else it is a GET */
    const char *bearer;        /* token or enroll secret; NULL: none */
    const char *device_token;  /* X-Device-Token; NULL: none */
    const char *if_none_match; /* the whole header value, quotes included; NULL: none */
    uint32_t wait_s;           /* Prefer: wait=…; 0: none */
    struct span body;          /* JSON; copied by start() */
    size_t answer_limit_bytes;
};

struct ag_answer {
    enum status st; /* ST_OK: there is an HTTP answer, whatever its code */
    struct err err; /* why there is none */
    int http;
    struct bytes body; /* the core frees it */
    char etag[128];    /* as received, quotes included; "" if there was none or it was too long */
    uint32_t retry_after_s; /* 0: none */
    bool wait_applied;      /* Preference-Applied: wait */
    bool enrollment_required;
    uint32_t elapsed_ms;
};

struct ag_http {
    void *ctx;
    /* ST_OK: an answer will come out of wait(). The lane must be free. */
    enum status (*start)(void *ctx, enum ag_lane lane, const struct ag_request *request,
                         struct err *err);
    /* Drop what runs in the lane, if anything; its answer never comes. The next exchange there takes
     * a new connection. */
    void (*cancel)(void *ctx, enum ag_lane lane);
    /* Sleep until an exchange ended (true, lane and answer set), or until timeout_ms passed or
     * somebody called wake (false). */
    bool (*wait)(void *ctx, uint32_t timeout_ms, enum ag_lane *lane, struct ag_answer *answer);
};

/* ---- the users of this machine ------------------------------------------------------------ */

struct ag_user {
    char *sid;     /* as Windows prints it */
    char *account; /* DOMAIN\name; NULL if it cannot be looked up */
    bool hive_loaded;
    char **groups; /* SIDs and DOMAIN\name; NULL: not known */
    size_t group_count;
    bool groups_without_names; /* some have no name in the list: it could not be looked up (yet) */
};

struct ag_users {
    void *ctx;
    /* All users whose setting is ours to look after: those with a loaded hive, and those with a
     * profile only. ag_users_free() (users.c) frees the list. */
    enum status (*list)(void *ctx, struct ag_user **out, size_t *out_count, struct err *err);
};

/* ---- the setting in a user's hive --------------------------------------------------------- */

/* A marker's part is a value of at most AG_PRE_IMAGE_BYTES behind a head of 5 bytes. */
enum { AG_PRE_IMAGE_BYTES = 1024, AG_VALUE_BYTES = AG_PRE_IMAGE_BYTES + 5 };
enum { AG_TYPE_SZ = 1, AG_TYPE_BINARY = 3, AG_TYPE_DWORD = 4 };

/* A registry value of any type. */
struct ag_value {
    bool present;
    bool truncated; /* more than AG_VALUE_BYTES: data holds nothing */
    uint32_t type;  /* REG_... number */
    uint32_t size;
    uint8_t data[AG_VALUE_BYTES];
};

/* Three values in the user's own key Software\MapiRollout, REG_BINARY each; raw and hostile here,
 * encoded and decoded by marker.c. */
enum ag_marker_part {
    AG_MARKER_PRE_IMAGE,
    AG_MARKER_WRITTEN,
    AG_MARKER_PREVIOUS,
    AG_MARKER_ROLLOUT
};
enum { AG_MARKER_PARTS = 4 };

struct ag_hive; /* one user's keys, opened safely; belongs to the port */

struct ag_setting {
    void *ctx;
    /* Open, or ST_NOT_FOUND if the hive went away. The handle lives until close(). */
    enum status (*open)(void *ctx, const char *sid, struct ag_hive **out, struct err *err);
    void (*close)(void *ctx, struct ag_hive *hive);
    enum status (*read)(void *ctx, struct ag_hive *hive, struct ag_value *out, struct err *err);
    /* value->present false removes the value; the key stays. */
    enum status (*write)(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                         struct err *err);
    /* A part that is not there gives present = false. REG_SZ for AG_MARKER_ROLLOUT. */
    enum status (*read_marker)(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                               struct ag_value *out, struct err *err);
    enum status (*write_marker)(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                                const struct ag_value *value, struct err *err);
    /* Make what write_marker() wrote durable: before the value is touched. */
    enum status (*flush)(void *ctx, struct ag_hive *hive, struct err *err);
    /* Remove the marker's key and all parts. */
    enum status (*forget_marker)(void *ctx, struct ag_hive *hive, struct err *err);
};

/* ---- what Outlook does -------------------------------------------------------------------- */

struct ag_outlook_view {
    bool known;
    bool running;
    int64_t started_s; /* of the user's oldest OUTLOOK.EXE */
};

struct ag_outlook {
    void *ctx;
    /* Take stock of all OUTLOOK.EXE once; find() then answers for each user from it. */
    enum status (*refresh)(void *ctx, struct err *err);
    struct ag_outlook_view (*find)(void *ctx, const char *sid);
};

/* Looking into users' profiles takes its time, and a hostile one could take for ever: so it is done
 * elsewhere, and nobody waits for it. */
struct ag_sights {
    void *ctx;
    bool never; /* no user is looked at: what was once seen of them does not count any more */
    /* Look at these users again by and by, each once in a few seconds at most, and at what is
     * installed; only those with a loaded hive. Never waits: what is seen comes out of the two below,
     * and hives_changed() tells when it differs. Who is not on the list any more is forgotten. */
    void (*want)(void *ctx, const struct ag_user *users, size_t count);
    /* The last look at this user; false: there was none. */
    bool (*find)(void *ctx, const char *sid, struct ag_sight *out);
    /* What is installed; false: not known yet. */
    bool (*client)(void *ctx, struct ag_client *out);
};

/* What came of probing one URL. */
struct ag_probed {
    char url[LIMIT_STRING_BYTES + 1];
    struct ag_probe_result result;
};

/* Asking servers takes many seconds, so it is done elsewhere, and nobody waits for it. All NULL:
 * nobody can. */
struct ag_probing {
    void *ctx;
    /* Copy the URLs and ask each of them; the loop is woken once all are done. ST_BUSY: what was
     * begun before has not been taken yet. */
    enum status (*start)(void *ctx, const char *const *urls, size_t count, struct err *err);
    /* True once, when all are done. Those beyond `most` are dropped. */
    bool (*take)(void *ctx, struct ag_probed *out, size_t most, size_t *out_count);
    /* This machine has no address with which it could get anywhere. */
    bool (*off_network)(void *ctx);
};

/* ---- small protected files ---------------------------------------------------------------- */

enum { AG_FLOOR_BYTES = 4096, AG_SECRET_BYTES = 8192, AG_MARK_BYTES = 256 };

struct ag_vault {
    void *ctx;
    /* Files in the data directory by their plain name; file.h semantics. Secrets are sealed by the
     * port before they reach the disk where the platform can. */
    enum status (*read)(void *ctx, const char *name, size_t limit, struct bytes *out,
                        struct err *err);
    enum status (*write)(void *ctx, const char *name, struct span content, struct err *err);
    enum status (*remove)(void *ctx, const char *name, struct err *err);
    enum status (*rename)(void *ctx, const char *from, const char *to, struct err *err);
    enum status (*list)(void *ctx, bool (*visit)(void *ctx, const char *name), void *visit_ctx,
                        struct err *err);
    enum status (*read_secret)(void *ctx, const char *name, struct bytes *out, struct err *err);
    enum status (*write_secret)(void *ctx, const char *name, struct span content, struct err *err);
    /* The second place of the floor (HKLM on Windows): lines of text, one for each rollout, of at
     * most AG_FLOOR_BYTES. ST_NOT_FOUND if it was never written. */
    enum status (*read_floor)(void *ctx, struct bytes *out, struct err *err);
    enum status (*write_floor)(void *ctx, struct span content, struct err *err);
    /* A mark that outlives this process, but neither a restart of the machine nor a power cut: who
     * was being looked after. NULL removes it; out is "" if there is none. */
    enum status (*write_mark)(void *ctx, const char *mark, struct err *err);
    enum status (*read_mark)(void *ctx, char out[AG_MARK_BYTES], struct err *err);
};

/* ---- what others may read of us ------------------------------------------------------------ */

struct ag_picture; /* agent/picture.h */

struct ag_mirror {
    void *ctx;
    /* Show where this agent and its users stand, for whoever does not want to ask us (SCCM); only
     * what differs is written. NULL: nothing is shown. */
    enum status (*show)(void *ctx, const struct ag_picture *picture, struct err *err);
};

/* ---- this machine ------------------------------------------------------------------------- */

/* Facts about the host. All but the place of the computer are fixed for one run; that may change
 * whenever the users are listed. */
struct ag_host {
    char *name;   /* NetBIOS */
    char *fqdn;   /* may be NULL */
    char *domain; /* may be NULL */
    char *os;
    char *arch;
    char *machine_guid; /* may be NULL */
    char *computer_sid; /* may be NULL */
    char *computer_ou;  /* distinguished name of the computer's account; NULL: not known */
    char *ad_site;      /* NULL: not known */
    enum pol_answer multi_session;
};

struct ag_ports {
    struct ag_clock clock;
    struct ag_http http;
    struct ag_users users;
    struct ag_setting setting;
    struct ag_outlook outlook;
    struct ag_probing probing;
    struct ag_sights sights;
    struct ag_vault vault;
    struct ag_mirror mirror;
    /* Set from any thread before waking; looked at between two steps. */
    bool (*stopping)(void *ctx);
    bool (*hives_changed)(void *ctx); /* true once after a hive appeared, went or changed */
    bool (*files_changed)(void *ctx); /* true once after a file came into the data directory */
    /* True once after an address of this machine came or went, or after it woke. NULL: nobody can
     * tell; that it slept is noticed by the clock, too. */
    bool (*network_changed)(void *ctx);
    void *events_ctx;
};

#endif
