#include "server/ahead.h"

#include "server/rollout_parts.h"

#include <stdlib.h>
#include <string.h>

/* All policies of both bundles. */
enum { CANDIDATES_MAX = 2 * (LIMIT_STAGES + 1) };

struct candidate {
    struct srv_ahead_count count;
    const char *digest;
};

struct counting {
    struct candidate candidates[CANDIDATES_MAX];
    size_t count;
};

static void add_policy(struct counting *c, int64_t released, const struct pol_policy *policy)
{
    if (policy->version > released && c->count < CANDIDATES_MAX) {
        c->candidates[c->count++] = (struct candidate){
            .count = {.version = policy->version, .seen_s = -1}, .digest = policy->digest};
    }
}

static void add_bundle(struct counting *c, int64_t released, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        add_policy(c, released, pol_bundle_stage(b->bundle, i)->policy);
    }
    if (b != NULL) {
        add_policy(c, released, pol_bundle_safe(b->bundle)->policy);
    }
}

static bool count_device(void *v, const struct srv_ahead_row *row)
{
    struct counting *c = v;
    for (size_t i = 0; row->digest != NULL && i < c->count; i++) {
        struct candidate *at = &c->candidates[i];
        if (at->count.version == row->version && strcmp(at->digest, row->digest) == 0) {
            at->count.devices++;
            at->count.seen_s = row->seen_s > at->count.seen_s ? row->seen_s : at->count.seen_s;
            break;
        }
    }
    return true;
}

static int newest_first(const void *a, const void *b)
{
    int64_t one = ((const struct candidate *)a)->count.version;
    int64_t other = ((const struct candidate *)b)->count.version;
    return one < other ? 1 : one > other ? -1 : 0;
}

static void sum_up(struct counting *c, struct srv_ahead *out)
{
    out->seen_s = -1;
    qsort(c->candidates, c->count, sizeof c->candidates[0], newest_first);
    for (size_t i = 0; i < c->count; i++) {
        const struct srv_ahead_count *count = &c->candidates[i].count;
        if (count->devices == 0) {
            continue;
        }
        out->versions++;
        out->devices += count->devices;
        out->seen_s = count->seen_s > out->seen_s ? count->seen_s : out->seen_s;
        if (out->newest_count < SRV_AHEAD_VERSIONS) {
            out->newest[out->newest_count++] = *count;
        }
    }
}

enum status srv_ahead_count(const struct srv_store *store, const struct srv_rollout_view *view,
                            struct srv_ahead *out, struct err *err)
{
    struct counting c = {.count = 0};
    struct srv_ahead ahead = {.released = view->release.version};
    enum status st = ST_OK;
    if (srv_rollout_is_behind(view)) {
        ahead.behind = view->behind.version;
        add_bundle(&c, ahead.released, view->newest);
        if (view->released != view->newest) {
            add_bundle(&c, ahead.released, view->released);
        }
        st = store->ahead(store->ctx, ahead.released, count_device, &c, err);
        sum_up(&c, &ahead);
    }
    if (st == ST_OK) {
        *out = ahead;
    }
    return st;
}
