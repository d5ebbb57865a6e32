#include "base/clock.h"
#include "base/log.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DETAIL_BYTES = 512 };

static const char NOTHING[] = "\"0\"";

/* ---- bundles --------------------------------------------------------------------------------- */

struct srv_bundle *srv_bundle_share(struct srv_bundle *b)
{
    if (b != NULL) {
        atomic_fetch_add(&b->users, 1);
    }
    return b;
}

void srv_bundle_drop(struct srv_bundle *b)
{
    if (b != NULL && atomic_fetch_sub(&b->users, 1) == 1) {
        pol_bundle_free(b->bundle);
        srv_body_drop(b->safe);
        free(b);
    }
}

enum status srv_bundle_open(const struct pol_trust *trust, struct span raw, struct srv_bundle **out,
                            struct err *err)
{
    struct srv_bundle *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot keep the bundle");
    }
    atomic_init(&b->users, 1);
    enum status st = pol_bundle_open(trust, raw, &b->bundle, err);
    if (st == ST_OK) {
        st = srv_etag_write(pol_bundle_serial(b->bundle), raw, b->etag);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot name the bundle");
        }
    }
    if (st == ST_OK) {
        const struct pol_bundle_entry *safe = pol_bundle_safe(b->bundle);
        st = srv_body_new(safe->policy->version, safe->envelope, &b->safe, err);
    }
    if (st == ST_OK) {
        *out = b;
        b = NULL; /* handed over */
    }
    srv_bundle_drop(b);
    return st;
}

const struct pol_bundle_entry *srv_bundle_find(const struct srv_bundle *b, int64_t version)
{
    const struct pol_bundle_entry *safe = b != NULL ? pol_bundle_safe(b->bundle) : NULL;
    if (safe == NULL || safe->policy->version == version) {
        return safe;
    }
    for (size_t i = 0; i < pol_bundle_stage_count(b->bundle); i++) {
        const struct pol_bundle_entry *entry = pol_bundle_stage(b->bundle, i);
        if (entry->policy->version == version) {
            return entry;
        }
    }
    return NULL;
}

void srv_rollout_look(struct srv_rollout *r, struct srv_rollout_view *out)
{
    pthread_mutex_lock(&r->state);
    *out = r->now;
    (void)srv_bundle_share(out->newest);
    (void)srv_bundle_share(out->released);
    pthread_mutex_unlock(&r->state);
}

void srv_rollout_view_done(struct srv_rollout_view *view)
{
    srv_bundle_drop(view->newest);
    srv_bundle_drop(view->released);
}

/* ---- start ----------------------------------------------------------------------------------- */

/* A bundle that trust no longer covers is left out: agents would refuse it, too. */
static bool load_bundle(void *v, const struct srv_bundle_row *row)
{
    struct srv_bundle_loading *loading = v;
    struct srv_rollout *r = loading->r;
    struct srv_bundle *b = NULL;
    struct err err = {0};
    loading->stored = row->serial; /* rows come in rising order */
    if (srv_bundle_open(r->parts.trust, row->raw, &b, &err) != ST_OK) {
        log_failure(LOG_ERROR, "stored_bundle_unusable", &err);
        return true;
    }
    (void)snprintf(b->by, sizeof b->by, "%s", row->by);
    b->at_s = row->at_s;
    srv_rollout_take_loaded(r, b);
    srv_bundle_copy(r->parts.folder, row->serial, row->raw);
    return true;
}

/* What could not be recorded before this start. */
static void load_spare(struct srv_rollout *r)
{
    struct srv_release spared = {.version = 0};
    if (r->parts.spare_folder != NULL) {
        srv_record_spare_read(r->record, r->parts.spare_folder, &spared);
    }
    if (spared.version > 0 && pol_trust_has_rollout(r->parts.trust, spared.rollout)) {
        r->spared = spared.version;
    }
    if (r->spared > r->recorded) {
        log_write(LOG_WARNING, "event=release_spared version=%" PRId64, spared.version);
        r->now.release = spared;
    }
}

/* The record counts, unless a restored store knows of more. */
static enum status load_release(struct srv_rollout *r, struct srv_release *stored, struct err *err)
{
    enum status st = srv_record_open(r->parts.folder, &r->record, &r->now.release, err);
    if (st == ST_OK) {
        st = r->parts.store->release(r->parts.store->ctx, stored, err);
    }
    r->recorded = r->now.release.version;
    if (st == ST_OK) {
        load_spare(r);
    }
    r->stored = stored->version;
    if (st == ST_OK && stored->version > r->now.release.version) {
        r->now.release = *stored;
    }
    return st;
}

/* What is served needs no disk that can be written to: what cannot be told now is told later. */
static void reconcile(struct srv_rollout *r, const struct srv_release *stored)
{
    struct err err = {0};
    if (srv_rollout_write_down(r, &err) != ST_OK) {
        log_failure(LOG_ERROR, "release_not_recorded", &err);
    }
    if (stored->version < r->now.release.version) {
        srv_rollout_note_recovered(r, stored, clock_wall_s());
    }
    srv_rollout_log_behind(&r->now);
}

static enum status serve_again(struct srv_rollout *r, struct err *err)
{
    int64_t version = r->now.release.version;
    const struct pol_bundle_entry *entry = srv_bundle_find(r->now.released, version);
    if (version == 0) {
        return ST_OK;
    }
    (void)snprintf(r->now.policy_etag, SRV_ETAG_BYTES, "\"%" PRId64 "\"", version);
    if (entry == NULL) {
        log_write(LOG_ERROR, "event=released_policy_missing version=%" PRId64, version);
        return ST_OK; /* an upload and a release are the way on */
    }
    r->now.served = true;
    enum status st = srv_etag_write(version, entry->envelope, r->now.policy_etag);
    return st == ST_OK ? srv_feed_publish(r->parts.feed, version, entry->envelope, err)
                       : err_set(err, st, 0, "cannot name the released policy");
}

enum status srv_rollout_open(const struct srv_rollout_parts *parts, struct srv_rollout **out,
                             struct err *err)
{
    struct srv_rollout *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot load the rollout");
    }
    r->parts = *parts;
    (void)snprintf(r->now.policy_etag, SRV_ETAG_BYTES, "%s", NOTHING);
    (void)snprintf(r->now.bundle_etag, SRV_ETAG_BYTES, "%s", NOTHING);
    (void)pthread_mutex_init(&r->change, NULL); /* cannot fail on Linux */
    (void)pthread_mutex_init(&r->recording, NULL);
    (void)pthread_mutex_init(&r->state, NULL);
    (void)pthread_mutex_init(&r->noting, NULL);
    (void)pthread_cond_init(&r->noted, NULL);
    struct srv_release stored = {0};
    enum status st = load_release(r, &stored, err);
    if (st == ST_OK) {
        st = parts->store->hold(parts->store->ctx, &r->now.hold, err);
    }
    if (st == ST_OK) {
        st = parts->store->behind(parts->store->ctx, &r->now.behind, err);
    }
    struct srv_bundle_loading loading = {.r = r};
    if (st == ST_OK) {
        st = parts->store->bundles(parts->store->ctx, load_bundle, &loading, err);
    }
    if (st == ST_OK) {
        srv_rollout_load_copies(&loading);
        st = serve_again(r, err);
    }
    if (st == ST_OK) {
        srv_rollout_store_copies(&loading);
        reconcile(r, &stored);
        *out = r;
        r = NULL; /* handed over */
    }
    srv_rollout_free(r);
    return st;
}

void srv_rollout_free(struct srv_rollout *r)
{
    if (r != NULL) {
        srv_rollout_view_done(&r->now);
        srv_record_close(r->record);
        srv_rollout_drop_notes(r);
        (void)pthread_mutex_destroy(&r->change);
        (void)pthread_mutex_destroy(&r->recording);
        (void)pthread_mutex_destroy(&r->state);
        (void)pthread_mutex_destroy(&r->noting);
        (void)pthread_cond_destroy(&r->noted);
        free(r);
    }
}

/* ---- upload ---------------------------------------------------------------------------------- */

static enum status keep_bundle(struct srv_rollout *r, const struct srv_change *change,
                               struct srv_bundle *b, struct span raw, uint32_t keep_from,
                               struct err *err)
{
    char before[SRV_ETAG_BYTES];
    char detail[DETAIL_BYTES];
    pthread_mutex_lock(&r->state);
    memcpy(before, r->now.bundle_etag, sizeof before);
    pthread_mutex_unlock(&r->state);
    uint32_t serial = pol_bundle_serial(b->bundle);
    (void)snprintf(detail, sizeof detail, "rollout=%s serial=%u etag=%s",
                   pol_bundle_rollout(b->bundle), serial, b->etag);
    struct srv_write w = {
        .kind = SRV_WRITE_BUNDLE,
        .now_s = change->now_s,
        .audit = {.who = change->who,
                  .name = change->actor,
                  .address = change->address,
                  .what = "put_bundle",
                  .before = strcmp(before, NOTHING) != 0 ? before : NULL,
                  .after = detail},
    };
    w.u.bundle.serial = serial;
    w.u.bundle.etag = b->etag;
    w.u.bundle.by = change->actor;
    w.u.bundle.raw = raw;
    w.u.bundle.keep_from = keep_from;
    enum status st = srv_store_write(r->parts.store, &w, err);
    if (st == ST_OK) {
        srv_bundle_copy(r->parts.folder, serial, raw);
        srv_bundle_copies_drop(r->parts.folder, keep_from);
        (void)snprintf(b->by, sizeof b->by, "%s", change->actor);
        b->at_s = change->now_s;
        char actor[SRV_NAME_BYTES];
        log_quotable(change->actor, actor, sizeof actor);
        log_write(LOG_INFO, "event=bundle_stored actor=\"%s\" %s", actor, detail);
    }
    return st;
}

static void set_newest(struct srv_rollout *r, struct srv_bundle *take)
{
    pthread_mutex_lock(&r->state);
    struct srv_bundle *old = r->now.newest;
    r->now.newest = take;
    memcpy(r->now.bundle_etag, take->etag, sizeof take->etag);
    pthread_mutex_unlock(&r->state);
    srv_bundle_drop(old);
}

static enum status put(struct srv_rollout *r, const struct srv_change *change, struct span raw,
                       const struct srv_rollout_view *view, struct err *err)
{
    struct srv_bundle *b = NULL;
    bool same = false;
    enum status st = srv_rules_match(change->if_match, view->bundle_etag, err);
    if (st == ST_OK) {
        st = srv_bundle_open(r->parts.trust, raw, &b, err);
    }
    if (st == ST_OK) {
        st = srv_rules_bundle(view, b->bundle, b->etag, change->confirmed, &same, err);
    }
    if (st == ST_OK && !same) {
        /* What is newest now may be released by the brake before this upload is done: it stays. */
        uint32_t newest = view->newest != NULL ? pol_bundle_serial(view->newest->bundle) : 0;
        uint32_t released = (uint32_t)(view->release.version / VERSION_STEP);
        st = keep_bundle(r, change, b, raw, released < newest ? released : newest, err);
    }
    if (st == ST_OK && !same) {
        set_newest(r, b);
        b = NULL; /* handed over */
    }
    srv_bundle_drop(b);
    return st;
}

enum status srv_rollout_put(struct srv_rollout *r, const struct srv_change *change, struct span raw,
                            struct err *err)
{
    struct srv_rollout_view view;
    pthread_mutex_lock(&r->change);
    srv_rollout_look(r, &view);
    enum status st = put(r, change, raw, &view, err);
    srv_rollout_view_done(&view);
    pthread_mutex_unlock(&r->change);
    return st;
}
