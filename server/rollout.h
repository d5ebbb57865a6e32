/* rollout.h - decide what may be uploaded and what agents get next.
 *
 * bundle -> [rollout] -> feed -> agents
 *
 * The server checks signatures with the same code as agents do, and only to say no early: it can
 * release nothing that was not signed. The safe policy waits for nothing but the release record.
 * Effects: writes the record and the store, publishes to the feed
 * Units:   seconds since 1970 UTC                 Owns:    struct srv_rollout; views by count
 * Errors:  ST_REFUSED with the codes of docs/policy-format.md "Codes"; those of store and record;
 *          then nothing changed
 * Threads: safe                                   Source:  docs/protocol.md "Administrators"
 */
#ifndef SERVER_ROLLOUT_H
#define SERVER_ROLLOUT_H

#include "policy/bundle.h"
#include "server/policy_feed.h"
#include "server/store.h"

/* What the rollout works with; all must outlive it. */
struct srv_rollout_parts {
    const char *folder;
    const char *spare_folder; /* for what cannot be written there; NULL: none */
    const struct srv_store *store;
    struct srv_feed *feed;
    const struct pol_trust *trust;
};

/* Who wants a change, and on what terms. */
struct srv_change {
    enum srv_who who;
    const char *actor;
    const char *address;  /* NULL: none */
    const char *if_match; /* NULL: not sent */
    const char *reason;   /* NULL: none */
    bool confirmed;       /* regressions, or a jump of serials */
    bool by_gate;         /* nobody typed it: only while the gates are not held */
    int64_t now_s;
};

/* A verified bundle in memory; it never changes. */
struct srv_bundle {
    atomic_uint users;
    struct pol_bundle *bundle;
    struct srv_body *safe; /* its safe policy, ready to be handed out */
    char etag[SRV_ETAG_BYTES];
    char by[SRV_NAME_BYTES];
    int64_t at_s;
};

/* What holds at one moment. */
struct srv_rollout_view {
    struct srv_release release; /* version 0: nothing yet */
    char policy_etag[SRV_ETAG_BYTES];
    char bundle_etag[SRV_ETAG_BYTES];
    struct srv_bundle *newest;   /* NULL: none stored */
    struct srv_bundle *released; /* NULL: none, or not usable any more */
    bool served;                 /* what is released can be handed out */
    struct srv_gate_hold hold;
    struct srv_behind behind; /* what it says may be over: see srv_rollout_is_behind() */
};

struct srv_rollout;

enum status srv_rollout_open(const struct srv_rollout_parts *parts, struct srv_rollout **out,
                             struct err *err) MUST_USE;
void srv_rollout_free(struct srv_rollout *rollout);

void srv_rollout_look(struct srv_rollout *rollout, struct srv_rollout_view *out);
void srv_rollout_view_done(struct srv_rollout_view *view);
bool srv_release_is_safe(const struct srv_release *release);

/* Verify and store a bundle; nothing is released. The same bundle again is no change. */
/* From now on uploads are verified against another trust, which must outlive it; when this returns,
 * nobody looks at the old one. Stored bundles that it does not cover are told in the log: they stay
 * until the next start. */
void srv_rollout_change_trust(struct srv_rollout *rollout, const struct pol_trust *trust);

enum status srv_rollout_put(struct srv_rollout *rollout, const struct srv_change *change,
                            struct span raw, struct err *err) MUST_USE;
/* Release a stage of the newest bundle by its name. */
enum status srv_rollout_release(struct srv_rollout *rollout, const struct srv_change *change,
                                const char *stage, struct err *err) MUST_USE;
/* Release the stage behind the released one. */
enum status srv_rollout_advance(struct srv_rollout *rollout, const struct srv_change *change,
                                struct err *err) MUST_USE;
/* Stop the gates, for change->reason, and let them go on. */
enum status srv_rollout_hold(struct srv_rollout *rollout, const struct srv_change *change,
                             struct err *err) MUST_USE;
enum status srv_rollout_resume(struct srv_rollout *rollout, const struct srv_change *change,
                               struct err *err) MUST_USE;
/* Release the newest safe policy: to those who wait for one first, then into the record, then into
 * store and audit. confirm is the rollout's name, NULL if whoever asks is on this machine. if_match is
 * looked at for a gate only. Should the record not be writable, the safe policy is out all the same,
 * the failure is told, with what a restart would make of it, and asking again tries the record again. */
enum status srv_rollout_safe(struct srv_rollout *rollout, const struct srv_change *change,
                             const char *confirm, struct err *err) MUST_USE;

/* Is this server behind its fleet, until it releases at least that version? */
bool srv_rollout_is_behind(const struct srv_rollout_view *view);
/* A device says what it has: *out has version 0, or what is to be kept together with its report.
 * Only what is in a bundle here, byte for byte, counts: nobody can invent it. */
void srv_rollout_hear(struct srv_rollout *rollout, const struct pol_report *report,
                      const char *device_id, int64_t now_s, struct srv_behind *out);
/* That was committed: it holds the gates from now on. */
void srv_rollout_heard(struct srv_rollout *rollout, const struct srv_behind *behind);

/* Is the audit entry of every release committed? Try again what the store or the record refused. */
bool srv_rollout_is_noted(struct srv_rollout *rollout);
void srv_rollout_note_again(struct srv_rollout *rollout);

/* For rollout_rules.c and its tests: may anything but a higher serial lead on, and may this asker? */
enum status srv_rules_not_safe(const struct srv_rollout_view *view, struct err *err) MUST_USE;
enum status srv_rules_go_on(const struct srv_rollout_view *view, const struct srv_change *change,
                            struct err *err) MUST_USE;
/* May this entry follow what is released? */
enum status srv_rules_release(const struct srv_release *released, const struct pol_policy *next,
                              int64_t now_s, struct err *err) MUST_USE;
enum status srv_rules_bundle(const struct srv_rollout_view *view, const struct pol_bundle *next,
                             const char *etag, bool skip_allowed, bool *same,
                             struct err *err) MUST_USE;
/* "0" in quotes stands for nothing; the quotes may be missing. */
enum status srv_rules_match(const char *if_match, const char *etag, struct err *err) MUST_USE;

#endif
