/* rollout_parts.h - what the files of the rollout share with each other.
 *
 * Effects: none                         Units:  none
 * Owns:    bundles are shared by count  Errors: none
 * Threads: as said at the locks         Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_ROLLOUT_PARTS_H
#define SERVER_ROLLOUT_PARTS_H

#include "server/bundle_keep.h"
#include "server/release_record.h"
#include "server/rollout.h"

#include <pthread.h>

/* `change` lets one slow change happen at a time; `recording` is held while the disk is written to;
 * `state` is held only for moments, so that the brake never waits for a slow change or a slow disk.
 * Each guards what is below it. Taken in this order. */
struct srv_rollout {
    struct srv_rollout_parts parts;
    pthread_mutex_t change;
    pthread_mutex_t recording;
    struct srv_record *record;
    int64_t recorded; /* the version in it */
    int64_t spared;   /* the version in the spare one; 0: there is none */
    pthread_mutex_t state;
    struct srv_rollout_view now;

    pthread_mutex_t noting; /* guards what is below it; taken last */
    pthread_cond_t noted;
    struct srv_note *notes; /* releases in force whose row and audit entry are not committed yet */
    uint64_t last_note;
    int64_t stored; /* the highest version of which they are */
};

enum status srv_bundle_open(const struct pol_trust *trust, struct span raw, struct srv_bundle **out,
                            struct err *err) MUST_USE;
struct srv_bundle *srv_bundle_share(struct srv_bundle *b); /* NULL stays NULL */
void srv_bundle_drop(struct srv_bundle *b);
/* The stage or safe policy of that version, or NULL. */
const struct pol_bundle_entry *srv_bundle_find(const struct srv_bundle *b, int64_t version);

/* At the start: what the store has, and what only the copies beside it have. */
struct srv_bundle_loading {
    struct srv_rollout *r;
    uint32_t stored; /* the highest serial in the store; 0: none */
};

/* Bundles come in rising order. */
void srv_rollout_take_loaded(struct srv_rollout *r, struct srv_bundle *take);
/* Those that are newer than the store and verify; then, once they are served, into the store with them.
 * What does not go is told in the log: nothing here keeps a server from starting. */
void srv_rollout_load_copies(struct srv_bundle_loading *loading);
void srv_rollout_store_copies(const struct srv_bundle_loading *loading);

/* What a release of that policy is. */
void srv_rollout_fill(struct srv_release *out, const struct srv_change *change,
                      const struct pol_policy *policy);
/* Under `state`: from now on agents get this; those who wait for it are woken before anything else. */
void srv_rollout_hand_out(struct srv_rollout *r, const struct srv_release *release,
                          struct srv_bundle *bundle, struct srv_body *take);
/* What is released goes into the record, unless it is there; without `state`. */
enum status srv_rollout_write_down(struct srv_rollout *r, struct err *err) MUST_USE;

/* Which stage is meant: of the newest bundle by its name, or the one behind what is released. Good as
 * long as the view. */
enum status srv_step_find_stage(const struct srv_rollout_view *view, const char *stage,
                                const struct pol_bundle_entry **out, struct err *err) MUST_USE;
enum status srv_step_find_next(const struct srv_rollout_view *view,
                               const struct pol_bundle_entry **out, struct err *err) MUST_USE;

/* Loudly, if it is so. */
void srv_rollout_log_behind(const struct srv_rollout_view *view);

/* A release is in force: its row and its entry in the audit follow, in one transaction. Under `state`, so
 * that entries come in the order of releases; waits for nothing. 0 if memory is short. */
uint64_t srv_rollout_note(struct srv_rollout *r, const struct srv_change *change,
                          const struct srv_release *before, const struct srv_release *release,
                          const char *what);
/* Waits for them a moment; what cannot be written now is written later, by srv_rollout_note_again() or
 * the next start (which knows of it by the record). */
void srv_rollout_await_note(struct srv_rollout *r, uint64_t note, const struct srv_release *release,
                            const char *what);
/* At the start: the record knows of a release that the store does not. A store that cannot be written
 * to is told later, like any other: what is in the record is served without it. */
void srv_rollout_note_recovered(struct srv_rollout *r, const struct srv_release *stored,
                                int64_t now_s);
/* The store is closed. */
void srv_rollout_drop_notes(struct srv_rollout *r);

/* For the audit: "" for version 0. */
enum { SRV_RELEASE_TEXT_BYTES = 512 };
void srv_release_text(const struct srv_release *release, char out[SRV_RELEASE_TEXT_BYTES]);

#endif
