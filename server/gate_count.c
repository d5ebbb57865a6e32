#include "server/gate_count.h"

#include "policy/bucket.h"
#include "policy/report.h"
#include "server/gate_tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, SID_BYTES = LIMIT_STRING_BYTES + 1 };

/* ---- subjects -------------------------------------------------------------------------------- */

struct subject_walk {
    struct srv_gate_tally tally;
    struct srv_subject last;
    size_t rows;
};

/* A word that only a newer server knows counts for nothing. */
static enum pol_state state_of(const char *word)
{
    for (size_t i = 0; i < POL_STATE_COUNT; i++) {
        if (strcmp(word, POL_STATE_WORDS[i]) == 0) {
            return (enum pol_state)i;
        }
    }
    return POL_STATE_UNVERIFIED;
}

static bool visit_subject(void *v, const struct srv_subject_row *row)
{
    struct subject_walk *w = v;
    const struct srv_gate_subject subject = {.device = row->key.device,
                                             .version = row->version,
                                             .state = state_of(row->state),
                                             .failing_since_s = row->failing_since_s,
                                             .gone = row->gone};
    w->last = row->key;
    w->rows++;
    srv_gate_tally_add(&w->tally, &subject);
    return true;
}

static enum status count_subjects(const struct srv_store *store, const struct srv_gate_row *row,
                                  int64_t now_s, struct srv_gate_counts *out, struct err *err)
{
    struct subject_walk w = {
        .tally = {.version = row->version, .released_s = row->released_s, .now_s = now_s}};
    enum status st = ST_OK;
    do {
        struct srv_subject_question question = {
            .version = row->version, .after = w.last, .limit = PAGE};
        w.rows = 0;
        st = store->subjects(store->ctx, &question, visit_subject, &w, err);
    } while (st == ST_OK && w.rows == PAGE);
    if (st == ST_OK) {
        *out = w.tally.counts;
        out->unknown = (uint64_t)row->unknown;
    }
    return st;
}

/* ---- samples --------------------------------------------------------------------------------- */

struct sample_walk {
    const struct pol_policy *policy;
    struct srv_gate_sample *samples;
    size_t count;
    uint32_t *buckets;
    char last_sid[SID_BYTES];
    size_t rows;
    enum status st;
};

static bool is_listed(const struct sample_walk *w, const struct pol_percent *percent)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->samples[i].draw == percent->draw &&
            w->samples[i].threshold_ppm == percent->threshold_ppm) {
            return true;
        }
    }
    return false;
}

/* A percentage of users, wherever in a ring it stands. samples NULL: only count, twins included. */
static void take_percents(struct sample_walk *w, const struct pol_ring *ring)
{
    const struct pol_match *root = &w->policy->matches[ring->root];
    for (const struct pol_match *m = root; m < root + root->subtree; m++) {
        if (m->key != POL_MATCH_PERCENT) {
            continue;
        }
        const struct pol_percent *percent = &w->policy->percents[m->first];
        if (w->policy->draws[percent->draw].of_host) {
            continue;
        }
        if (w->samples == NULL) {
            w->count++;
        } else if (!is_listed(w, percent)) {
            w->samples[w->count++] = (struct srv_gate_sample){
                .draw = percent->draw, .threshold_ppm = percent->threshold_ppm};
        }
    }
}

static void take_all_percents(struct sample_walk *w)
{
    w->count = 0;
    for (size_t i = 0; i < w->policy->ring_count; i++) {
        take_percents(w, &w->policy->rings[i]);
    }
}

static enum status open_samples(struct sample_walk *w)
{
    take_all_percents(w);
    if (w->count == 0) {
        return ST_OK;
    }
    w->samples = calloc(w->count, sizeof *w->samples);
    w->buckets = calloc(w->policy->draw_count, sizeof *w->buckets);
    if (w->samples == NULL || w->buckets == NULL) {
        return ST_NO_MEMORY;
    }
    take_all_percents(w);
    return ST_OK;
}

static bool visit_sid(void *v, const char *sid, bool seen)
{
    struct sample_walk *w = v;
    (void)snprintf(w->last_sid, sizeof w->last_sid, "%s", sid);
    w->rows++;
    if (!seen) {
        return true;
    }
    w->st = pol_buckets(w->policy, sid, NULL, w->buckets);
    for (size_t i = 0; i < w->count && w->st == ST_OK; i++) {
        struct srv_gate_sample *s = &w->samples[i];
        s->users++;
        s->seen += w->buckets[s->draw] < s->threshold_ppm ? 1 : 0;
    }
    return w->st == ST_OK;
}

static enum status walk_sids(const struct srv_store *store, const struct srv_gate_row *row,
                             struct sample_walk *w, struct err *err)
{
    enum status st = ST_OK;
    do {
        struct srv_seen_question question = {.after_sid = w->last_sid,
                                             .version = row->version,
                                             .enrolled_until_s = row->released_s,
                                             .limit = PAGE};
        w->rows = 0;
        st = store->seen(store->ctx, &question, visit_sid, w, err);
        if (st == ST_OK && w->st != ST_OK) {
            st = err_set(err, w->st, 0, "cannot draw the lot of a stored user");
        }
    } while (st == ST_OK && w->rows == PAGE);
    return st;
}

static enum status count_samples(const struct srv_store *store, const struct pol_policy *policy,
                                 const struct srv_gate_row *row, struct srv_gate_counts *out,
                                 struct err *err)
{
    struct sample_walk w = {.policy = policy};
    enum status st = open_samples(&w);
    if (st != ST_OK) {
        (void)err_set(err, st, 0, "no memory to look at shares of users");
    } else if (w.count > 0) {
        st = walk_sids(store, row, &w, err);
    }
    free(w.buckets);
    if (st == ST_OK) {
        out->samples = w.samples;
        out->sample_count = w.count;
    } else {
        free(w.samples);
    }
    return st;
}

/* ---- both ------------------------------------------------------------------------------------ */

enum status srv_gate_count(const struct srv_store *store, const struct pol_policy *policy,
                           const struct srv_gate_row *row, int64_t now_s,
                           struct srv_gate_counts *out, struct err *err)
{
    struct srv_gate_counts counts = {0};
    enum status st = count_subjects(store, row, now_s, &counts, err);
    if (st == ST_OK) {
        st = count_samples(store, policy, row, &counts, err);
    }
    if (st == ST_OK) {
        *out = counts;
    }
    return st;
}

void srv_gate_counts_done(struct srv_gate_counts *counts)
{
    free(counts->samples);
    *counts = (struct srv_gate_counts){0};
}
