#include "server/effect.h"

#include "server/compliance.h"
#include "server/lens.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

/* Those who change stand first in the list, then those who do not: which of them are subjects shows
 * only at the end. */
struct walk {
    const struct srv_effect_question *question;
    struct srv_sight sight;
    struct srv_lens from;
    struct srv_lens to;
    bool probes;
    int64_t heard_s; /* machines silent since before are not looked at by gates */
    struct srv_effect result;
    size_t capacity;
    size_t changing;
    bool managed_before; /* somebody was not left alone */
    bool managed_after;
};

/* ---- subjects -------------------------------------------------------------------------------- */

/* A machine enrolled before and heard from lately. One that says to be another one counts only when
 * that other one has gone silent. */
static bool is_looked_at(const struct walk *w, const struct srv_user_row *row)
{
    return row->device_enrolled_s <= w->question->now_s && row->device_seen_s >= w->heard_s &&
           (row->older_seen_s < 0 || row->older_seen_s < w->heard_s);
}

static enum status reserve(struct walk *w)
{
    if (w->result.subject_count < w->capacity) {
        return ST_OK;
    }
    size_t capacity = w->capacity == 0 ? FIRST_CAPACITY : w->capacity * 2;
    struct srv_subject *list = realloc(w->result.subjects, capacity * sizeof *list);
    if (list == NULL) {
        return ST_NO_MEMORY;
    }
    w->result.subjects = list;
    w->capacity = capacity;
    return ST_OK;
}

static enum status add_subject(struct walk *w, const struct srv_user_row *row, bool changes)
{
    enum status st = reserve(w);
    if (st == ST_OK) {
        struct srv_subject *list = w->result.subjects;
        size_t at = w->result.subject_count++;
        if (changes) {
            list[at] = list[w->changing];
            at = w->changing++;
        }
        list[at] = (struct srv_subject){.device = row->device, .user = row->key};
    }
    return st;
}

static enum status look_at(struct walk *w, const struct srv_user_row *row,
                           const struct pol_decision *before, const struct pol_decision *after)
{
    if (!is_looked_at(w, row)) {
        return ST_OK;
    }
    if (before->blocked_by == POL_BLOCKED_UNKNOWN_FACT ||
        after->blocked_by == POL_BLOCKED_UNKNOWN_FACT) {
        w->result.unknown++;
        return ST_OK;
    }
    w->managed_before = w->managed_before || before->set != POL_SET_LEAVE;
    w->managed_after = w->managed_after || after->set != POL_SET_LEAVE;
    return add_subject(w, row, before->set != after->set);
}

/* ---- all users ------------------------------------------------------------------------------- */

static enum status visit(void *v, const struct srv_user_row *row)
{
    struct walk *w = v;
    struct pol_decision before;
    struct pol_decision after;
    enum status st = srv_sight_read(&w->sight, row, w->probes);
    if (st == ST_OK) {
        st = srv_lens_decide(&w->from, row, &w->sight, &before);
    }
    if (st == ST_OK) {
        st = srv_lens_decide(&w->to, row, &w->sight, &after);
    }
    if (st == ST_OK) {
        unsigned to = pol_stage_counts_add(&w->result.counts, &after);
        w->result.users++;
        w->result.counts.moves[pol_outcome_of(&before)][to]++;
        st = w->question->counts_only ? ST_OK : look_at(w, row, &before, &after);
    }
    return st;
}

/* The longer of the two: those who reported under the one before kept to that. */
static int64_t report_interval(const struct srv_effect_question *question)
{
    uint32_t before_s = question->from != NULL ? question->from->timing.report_s : 0;
    uint32_t after_s = question->to->timing.report_s;
    return before_s > after_s ? before_s : after_s;
}

enum status srv_effect_find(const struct srv_store *store,
                            const struct srv_effect_question *question, struct srv_effect *out,
                            struct err *err)
{
    struct walk w = {.question = question};
    srv_lens_init(&w.from, question->from, question->known);
    srv_lens_init(&w.to, question->to, question->known);
    w.probes = srv_lens_asks_probes(&w.to);
    w.heard_s = question->now_s - SRV_REPORTS_AWAY * report_interval(question);
    enum status st = srv_fleet_walk(store, question->patience, visit, &w, err);
    if (st == ST_OK) {
        /* Of the first stage that manages anybody, all are subjects. */
        bool first = !w.managed_before && w.managed_after;
        w.result.subject_count = first ? w.result.subject_count : w.changing;
        const struct pol_stage_counts *counts = &w.result.counts;
        w.result.regressing = pol_moves_regressing(counts->moves);
        *out = w.result;
    } else {
        srv_effect_done(&w.result);
    }
    srv_lens_done(&w.from);
    srv_lens_done(&w.to);
    srv_sight_done(&w.sight);
    return st;
}

void srv_effect_done(struct srv_effect *effect)
{
    free(effect->subjects);
    *effect = (struct srv_effect){0};
}
