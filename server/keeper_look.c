#include "base/time_text.h"
#include "server/gate_count.h"
#include "server/keeper.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FAILING_TEXT_BYTES = 80 };

const char SRV_KEEPER_ACTOR[] = "gate";

/* One look at the gate of what is released. */
struct look {
    const struct srv_keeper_parts *parts;
    const struct srv_rollout_view *rollout;
    const struct pol_policy *policy;
    const struct pol_policy *next; /* NULL: the last signed stage */
    struct srv_gate_row row;
    struct srv_gate_view view;
};

/* Is there a gate at all? */
static bool find_stage(struct look *l)
{
    const struct srv_rollout_view *r = l->rollout;
    int64_t version = r->release.version;
    if (version == 0 || srv_release_is_safe(&r->release)) {
        return false;
    }
    const struct pol_bundle_entry *entry = srv_bundle_find(r->released, version);
    const struct pol_bundle_entry *next = srv_bundle_find(r->released, version + 1);
    l->policy = entry != NULL ? entry->policy : NULL;
    l->next = next != NULL ? next->policy : NULL;
    return l->policy != NULL;
}

static void write_failing(int64_t version, int64_t since_s, char out[FAILING_TEXT_BYTES])
{
    char time[TIME_TEXT_BYTES] = "never";
    if (since_s >= 0) {
        time_text_write(since_s, time);
    }
    (void)snprintf(out, FAILING_TEXT_BYTES, "version=%" PRId64 " failing_since=%s", version, time);
}

static enum status remember(struct look *l, struct err *err)
{
    if (l->view.answer.failing_s == l->row.failing_s) {
        return ST_OK;
    }
    char before[FAILING_TEXT_BYTES];
    char after[FAILING_TEXT_BYTES];
    write_failing(l->row.version, l->row.failing_s, before);
    write_failing(l->row.version, l->view.answer.failing_s, after);
    struct srv_write w = {
        .kind = SRV_WRITE_FAILING,
        .now_s = l->view.at_s,
        .audit = {.who = SRV_WHO_GATE,
                  .name = SRV_KEEPER_ACTOR,
                  .what = "gate_failing",
                  .before = before,
                  .after = after},
    };
    w.u.failing.version = l->row.version;
    w.u.failing.failing_s = l->view.answer.failing_s;
    enum status st = srv_store_write(l->parts->store, &w, err);
    return st == ST_NOT_FOUND ? ST_OK : st; /* another stage was released meanwhile */
}

static enum status decide(struct look *l, struct err *err)
{
    struct srv_gate_view *v = &l->view;
    const struct srv_store *store = l->parts->store;
    enum status st = store->gate(store->ctx, l->policy->version, &l->row, err);
    if (st != ST_OK) {
        return st;
    }
    v->version = l->policy->version;
    v->released_s = l->row.released_s;
    if (l->row.version == 0) {
        v->answer = (struct srv_gate_answer){
            .verdict = SRV_GATE_HOLD, .reason = SRV_GATE_NOT_FIXED, .failing_s = -1};
        return ST_OK;
    }
    st = srv_gate_count(store, l->policy, &l->row, v->at_s, &v->counts, err);
    if (st == ST_OK) {
        struct srv_gate_terms terms = {.gate = &l->policy->gate, .next = l->next};
        struct srv_gate_memory memory = {.released_s = l->row.released_s,
                                         .failing_s = l->row.failing_s,
                                         .held = l->rollout->hold.at_s >= 0,
                                         .behind = srv_rollout_is_behind(l->rollout)};
        v->answer = srv_gate_decide(&terms, &v->counts, &memory, v->at_s);
        st = remember(l, err);
    }
    return st;
}

/* ---- acting ---------------------------------------------------------------------------------- */

static void write_reason(const struct look *l, char out[SRV_REASON_BYTES])
{
    const struct srv_gate_counts *c = &l->view.counts;
    if (l->view.answer.verdict == SRV_GATE_SAFE) {
        (void)snprintf(out, SRV_REASON_BYTES,
                       "the gate of %s failed: %" PRIu64 " of %" PRIu64 " devices failing, %" PRIu64
                       " of %" PRIu64 " users healthy",
                       l->policy->stage, c->failing_devices, c->devices, c->healthy,
                       c->healthy + c->failing);
    } else {
        (void)snprintf(out, SRV_REASON_BYTES,
                       "the gate of %s passed: %" PRIu64 " of %" PRIu64 " users healthy",
                       l->policy->stage, c->healthy, c->healthy + c->failing);
    }
}

/* Somebody changed the rollout since the look began: what was seen is about another stage, and the
 * next look says what holds now. */
static bool was_overtaken(const struct err *err)
{
    return err->code != NULL && (strcmp(err->code, "precondition_failed") == 0 ||
                                 strcmp(err->code, "safe_released") == 0);
}

static enum status act(struct look *l, bool *again, struct err *err)
{
    char reason[SRV_REASON_BYTES];
    struct srv_change change = {.who = SRV_WHO_GATE,
                                .actor = SRV_KEEPER_ACTOR,
                                .if_match = l->rollout->policy_etag,
                                .reason = reason,
                                .by_gate = true,
                                .now_s = l->view.at_s};
    write_reason(l, reason);
    enum status st = l->view.answer.verdict == SRV_GATE_SAFE
                         ? srv_rollout_safe(l->parts->rollout, &change, NULL, err)
                         : srv_rollout_advance(l->parts->rollout, &change, err);
    *again = st == ST_OK;
    if (st == ST_REFUSED && was_overtaken(err)) {
        *again = true;
        return ST_OK;
    }
    if (st == ST_REFUSED) {
        l->view.answer.verdict = SRV_GATE_HOLD;
        l->view.answer.reason = SRV_GATE_REFUSED;
        (void)snprintf(l->view.refusal, sizeof l->view.refusal, "%s: %.400s", err->code, err->text);
        return ST_OK;
    }
    return st;
}

static enum status look_at_stage(struct look *l, bool *again, struct err *err)
{
    enum status st = decide(l, err);
    enum srv_gate_verdict verdict = l->view.answer.verdict;
    if (st == ST_OK && (verdict == SRV_GATE_ADVANCE || verdict == SRV_GATE_SAFE)) {
        st = act(l, again, err);
    }
    return st;
}

enum status srv_keeper_look(const struct srv_keeper_parts *parts, struct srv_gate_view *out,
                            bool *again, struct err *err)
{
    struct srv_rollout_view rollout;
    struct look l = {.parts = parts, .rollout = &rollout, .view = {.at_s = parts->now_s()}};
    enum status st = ST_OK;
    *again = false;
    srv_rollout_note_again(parts->rollout);
    srv_rollout_look(parts->rollout, &rollout);
    if (find_stage(&l)) {
        st = look_at_stage(&l, again, err);
    }
    if (st == ST_OK) {
        st = srv_ahead_count(parts->store, &rollout, &l.view.ahead, err);
    }
    srv_rollout_view_done(&rollout);
    if (st == ST_OK) {
        *out = l.view;
    } else {
        srv_gate_view_done(&l.view);
    }
    return st;
}

void srv_gate_view_done(struct srv_gate_view *view)
{
    srv_gate_counts_done(&view->counts);
    *view = (struct srv_gate_view){0};
}
