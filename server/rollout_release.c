#include "base/log.h"
#include "server/effect.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_BYTES = 512 };

/* ---- what it would change ----------------------------------------------------------------------- */

static enum status find_effect(struct srv_rollout *r, const struct srv_change *change,
                               const struct srv_rollout_view *view, const struct pol_policy *next,
                               struct srv_effect *out, struct err *err)
{
    struct srv_known known;
    const struct pol_bundle_entry *from = srv_bundle_find(view->released, view->release.version);
    struct srv_effect_question question = {.from = from != NULL ? from->policy : NULL,
                                           .to = next,
                                           .known = &known,
                                           .now_s = change->now_s};
    srv_known_list(view, &known);
    return srv_effect_find(r->parts.store, &question, out, err);
}

/* Before the release, so that its gate has them whatever happens in between. */
static enum status fix_subjects(struct srv_rollout *r, const struct srv_change *change,
                                const struct srv_rollout_view *view, const struct pol_policy *next,
                                const struct srv_effect *effect, struct err *err)
{
    int64_t released = view->release.version;
    char after[DETAIL_BYTES];
    (void)snprintf(after, sizeof after, "version=%" PRId64 " subjects=%zu unknown=%zu",
                   next->version, effect->subject_count, (size_t)effect->unknown);
    struct srv_write w = {
        .kind = SRV_WRITE_SUBJECTS,
        .now_s = change->now_s,
        .audit = {.who = change->who,
                  .name = change->actor,
                  .address = change->address,
                  .what = "gate_subjects",
                  .after = after},
    };
    w.u.subjects.gate = (struct srv_gate_row){.version = next->version,
                                              .released_s = change->now_s,
                                              .unknown = (int64_t)effect->unknown,
                                              .failing_s = -1};
    w.u.subjects.list = effect->subjects;
    w.u.subjects.count = effect->subject_count;
    w.u.subjects.keep_version = released != next->version ? released : 0;
    return srv_store_write(r->parts.store, &w, err);
}

static enum status prepare(struct srv_rollout *r, const struct srv_change *change,
                           const struct srv_rollout_view *view, const struct pol_policy *next,
                           struct err *err)
{
    struct srv_effect effect = {0};
    enum status st = find_effect(r, change, view, next, &effect, err);
    if (st == ST_OK && effect.regressing > 0 && !change->confirmed) {
        st = err_refuse(err, "stage_regression", "",
                        "%llu of %llu users would go from allow back to block: if that is meant, "
                        "confirm it",
                        (unsigned long long)effect.regressing, (unsigned long long)effect.users);
    }
    if (st == ST_OK) {
        st = fix_subjects(r, change, view, next, &effect, err);
    }
    srv_effect_done(&effect);
    return st;
}

/* ---- release --------------------------------------------------------------------------------- */

/* The brake may have been pulled while the users were looked at, or the disk written to. */
static enum status still_at(struct srv_rollout *r, const struct srv_rollout_view *view,
                            struct err *err)
{
    pthread_mutex_lock(&r->state);
    enum status st = srv_rules_match(view->policy_etag, r->now.policy_etag, err);
    pthread_mutex_unlock(&r->state);
    return st;
}

/* A release that has passed all questions. */
struct entrance {
    const struct srv_change *change;
    struct srv_bundle *bundle;
    struct srv_release release;
};

/* Written down before it is handed out: no agent gets what a restart would forget. Should the brake
 * be pulled while the disk is written to, it is recorded behind this, and wins. */
static enum status enter(struct srv_rollout *r, const struct srv_rollout_view *view,
                         const struct entrance *e, struct srv_body **take, uint64_t *note,
                         struct err *err)
{
    pthread_mutex_lock(&r->recording);
    enum status st = still_at(r, view, err);
    if (st == ST_OK) {
        st = srv_record_write(r->record, &e->release, err);
    }
    if (st == ST_OK) {
        r->recorded = e->release.version;
        pthread_mutex_lock(&r->state);
        st = srv_rules_match(view->policy_etag, r->now.policy_etag, err);
        if (st == ST_OK) {
            srv_rollout_hand_out(r, &e->release, e->bundle, *take);
            *take = NULL; /* handed over */
            *note = srv_rollout_note(r, e->change, &view->release, &e->release, "release");
        }
        pthread_mutex_unlock(&r->state);
    }
    pthread_mutex_unlock(&r->recording);
    return st;
}

static enum status release_entry(struct srv_rollout *r, const struct srv_change *change,
                                 const struct srv_rollout_view *view, struct srv_bundle *bundle,
                                 const struct pol_bundle_entry *entry, struct err *err)
{
    struct entrance e = {.change = change, .bundle = bundle};
    struct srv_body *body = NULL;
    uint64_t note = 0;
    enum status st = srv_rules_release(&view->release, entry->policy, change->now_s, err);
    if (st != ST_OK || (entry->policy->version == view->release.version && view->served)) {
        return st;
    }
    srv_rollout_fill(&e.release, change, entry->policy);
    st = prepare(r, change, view, entry->policy, err);
    if (st == ST_OK) {
        st = srv_body_new(e.release.version, entry->envelope, &body, err);
    }
    if (st == ST_OK) {
        st = enter(r, view, &e, &body, &note, err);
    }
    if (st == ST_OK) {
        srv_rollout_await_note(r, note, &e.release, "release");
    }
    srv_body_drop(body);
    return st;
}

static enum status release_named(struct srv_rollout *r, const struct srv_change *change,
                                 const struct srv_rollout_view *view, const char *stage,
                                 struct err *err)
{
    enum status st = srv_rules_match(change->if_match, view->policy_etag, err);
    if (st != ST_OK) {
        return st;
    }
    const struct pol_bundle_entry *entry = NULL;
    st = srv_step_find_stage(view, stage, &entry, err);
    return st == ST_OK ? release_entry(r, change, view, view->newest, entry, err) : st;
}

static enum status release_next(struct srv_rollout *r, const struct srv_change *change,
                                const struct srv_rollout_view *view, struct err *err)
{
    const struct pol_bundle_entry *entry = NULL;
    enum status st = srv_rules_go_on(view, change, err);
    if (st == ST_OK) {
        st = srv_step_find_next(view, &entry, err);
    }
    return st == ST_OK ? release_entry(r, change, view, view->released, entry, err) : st;
}

enum status srv_rollout_release(struct srv_rollout *r, const struct srv_change *change,
                                const char *stage, struct err *err)
{
    struct srv_rollout_view view;
    pthread_mutex_lock(&r->change);
    srv_rollout_look(r, &view);
    enum status st = release_named(r, change, &view, stage, err);
    srv_rollout_view_done(&view);
    pthread_mutex_unlock(&r->change);
    return st;
}

enum status srv_rollout_advance(struct srv_rollout *r, const struct srv_change *change,
                                struct err *err)
{
    struct srv_rollout_view view;
    pthread_mutex_lock(&r->change);
    srv_rollout_look(r, &view);
    enum status st = release_next(r, change, &view, err);
    srv_rollout_view_done(&view);
    pthread_mutex_unlock(&r->change);
    return st;
}
