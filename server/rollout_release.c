#include "base/log.h"
#include "server/effect.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_MAX = 2 * (LIMIT_STAGES + 1), DETAIL_BYTES = 512 };

/* ---- release --------------------------------------------------------------------------------- */

static void fill_release(struct srv_release *out, const struct srv_change *change,
                         const struct pol_policy *policy)
{
    *out = (struct srv_release){.version = policy->version, .at_s = change->now_s};
    (void)snprintf(out->rollout, sizeof out->rollout, "%s", policy->rollout);
    (void)snprintf(out->stage, sizeof out->stage, "%s", policy->stage);
    (void)snprintf(out->by, sizeof out->by, "%s", change->actor);
    (void)snprintf(out->reason, sizeof out->reason, "%s",
                   change->reason != NULL ? change->reason : "");
}

/* Record, memory, feed; under `state`. must_record false: go on without the record. */
static enum status hand_out(struct srv_rollout *r, const struct srv_change *change,
                            struct srv_bundle *bundle, const struct pol_bundle_entry *entry,
                            bool must_record, struct err *err)
{
    struct srv_release release;
    char etag[SRV_ETAG_BYTES];
    fill_release(&release, change, entry->policy);
    enum status recorded = srv_record_write(r->record, &release, err);
    if (recorded != ST_OK && must_record) {
        return recorded;
    }
    enum status st = srv_etag_write(release.version, entry->envelope, etag);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot name the policy");
    }
    struct err publishing = {0};
    st = srv_feed_publish(r->parts.feed, release.version, entry->envelope, &publishing);
    if (st != ST_OK) {
        *err = publishing;
        return st;
    }
    r->now.release = release;
    r->now.served = true;
    memcpy(r->now.policy_etag, etag, sizeof etag);
    struct srv_bundle *old = r->now.released;
    r->now.released = srv_bundle_share(bundle);
    srv_bundle_drop(old);
    return recorded;
}

static size_t list_policies(const struct srv_bundle *b, const struct pol_policy **out, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle) && count < room; i++) {
        out[count++] = pol_bundle_stage(b->bundle, i)->policy;
    }
    return count;
}

static enum status find_effect(struct srv_rollout *r, const struct srv_change *change,
                               const struct srv_rollout_view *view, const struct pol_policy *next,
                               struct srv_effect *out, struct err *err)
{
    const struct pol_policy *known[KNOWN_MAX];
    const struct pol_bundle_entry *from = srv_bundle_find(view->released, view->release.version);
    size_t count = list_policies(view->released, known, KNOWN_MAX);
    count += list_policies(view->newest, known + count, KNOWN_MAX - count);
    struct srv_effect_question question = {.from = from != NULL ? from->policy : NULL,
                                           .to = next,
                                           .known = known,
                                           .known_count = count,
                                           .now_s = change->now_s};
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

static enum status release_entry(struct srv_rollout *r, const struct srv_change *change,
                                 const struct srv_rollout_view *view, struct srv_bundle *bundle,
                                 const struct pol_bundle_entry *entry, struct err *err)
{
    enum status st = srv_rules_release(&view->release, entry->policy, change->now_s, err);
    if (st != ST_OK || (entry->policy->version == view->release.version && view->served)) {
        return st;
    }
    st = prepare(r, change, view, entry->policy, err);
    if (st == ST_OK) {
        pthread_mutex_lock(&r->state);
        /* The brake may have been pulled while the users were looked at. */
        st = srv_rules_match(view->policy_etag, r->now.policy_etag, err);
        if (st == ST_OK) {
            st = hand_out(r, change, bundle, entry, true, err);
        }
        pthread_mutex_unlock(&r->state);
    }
    if (st == ST_OK) {
        struct srv_release release;
        fill_release(&release, change, entry->policy);
        srv_rollout_note(r, change, &view->release, &release, "release");
    }
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
    if (view->newest == NULL) {
        return err_refuse(err, "stage_unknown", "", "no bundle is stored: publish one first");
    }
    const struct pol_bundle_entry *entry = pol_bundle_find_stage(view->newest->bundle, stage);
    if (entry == NULL) {
        return err_refuse(err, "stage_unknown", "/stage",
                          "the newest bundle (serial %u) has no signed stage %s",
                          pol_bundle_serial(view->newest->bundle), stage);
    }
    return release_entry(r, change, view, view->newest, entry, err);
}

static enum status release_next(struct srv_rollout *r, const struct srv_change *change,
                                const struct srv_rollout_view *view, struct err *err)
{
    int64_t version = view->release.version;
    enum status st = srv_rules_go_on(view, change, err);
    if (st != ST_OK) {
        return st;
    }
    if (version == 0) {
        return err_refuse(err, "stage_unknown", "", "nothing is released yet: release a stage");
    }
    const struct pol_bundle_entry *entry = srv_bundle_find(view->released, version + 1);
    if (entry == NULL) {
        return err_refuse(err, "stage_unknown", "",
                          "%s is the last signed stage of serial %" PRId64, view->release.stage,
                          version / VERSION_STEP);
    }
    return release_entry(r, change, view, view->released, entry, err);
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

/* ---- the brake ------------------------------------------------------------------------------- */

/* Under `state`. */
static enum status pull(struct srv_rollout *r, const struct srv_change *change,
                        struct srv_bundle *newest, const struct pol_bundle_entry *entry,
                        struct err *err)
{
    int64_t version = r->now.release.version;
    if (change->by_gate) {
        enum status st = srv_rules_go_on(&r->now, change, err);
        if (st != ST_OK) {
            return st; /* somebody was quicker */
        }
    }
    if (entry->policy->version < version) {
        return err_refuse(err, "version_rollback", "",
                          "the newest stored bundle (serial %u) is older than what is released",
                          pol_bundle_serial(newest->bundle));
    }
    if (entry->policy->version == version && r->now.served) {
        return ST_OK; /* it is out */
    }
    return hand_out(r, change, newest, entry, false, err);
}

enum status srv_rollout_safe(struct srv_rollout *r, const struct srv_change *change,
                             const char *confirm, struct err *err)
{
    enum status st = ST_OK;
    bool changed = false;
    struct srv_release before = {0};
    struct srv_release release = {0};
    pthread_mutex_lock(&r->state);
    struct srv_bundle *newest = r->now.newest;
    if (newest == NULL) {
        st = err_refuse(err, "stage_unknown", "", "no bundle is stored: there is no safe policy");
    } else if (confirm != NULL && strcmp(confirm, pol_bundle_rollout(newest->bundle)) != 0) {
        st = err_refuse(err, "rollout_mismatch", "/confirm", "this server has the rollout %s",
                        pol_bundle_rollout(newest->bundle));
    } else {
        const struct pol_bundle_entry *entry = pol_bundle_safe(newest->bundle);
        before = r->now.release;
        st = pull(r, change, newest, entry, err);
        release = r->now.release;
        changed = release.version != before.version;
    }
    pthread_mutex_unlock(&r->state);
    if (changed) {
        srv_rollout_note(r, change, &before, &release, "safe");
    }
    return st;
}
