#include "policy/simulate_write.h"
#include "server/effect.h"
#include "server/rollout_parts.h"
#include "server/simulator.h"

#include <string.h>

/* Of 50 stages with all their moves. */
enum { ANSWER_BYTES = 1024 * 1024 };

/* What one answer is made of. */
struct answering {
    struct srv_question *question;
    const struct srv_simulator_parts *parts;
    const struct srv_patience *patience;
    const struct srv_rollout_view *view;
    struct srv_known known;
    struct pol_json_writer json;
};

/* ---- what holds now -------------------------------------------------------------------------- */

/* NULL: nothing is released yet. What is released and not at hand cannot be compared with. */
static enum status find_released(const struct answering *a, const struct pol_policy **out,
                                 struct err *err)
{
    const struct srv_release *release = &a->view->release;
    const struct pol_bundle_entry *entry = srv_bundle_find(a->view->released, release->version);
    if (release->version != 0 && entry == NULL) {
        return err_refuse(err, "unavailable", "",
                          "what is released is not at hand, so nobody can say what would change");
    }
    *out = entry != NULL ? entry->policy : NULL;
    return ST_OK;
}

static void write_policy(struct pol_json_writer *w, const char *key, const struct pol_policy *p)
{
    if (p == NULL) {
        pol_json_null(w, key);
        return;
    }
    pol_json_object(w, key);
    pol_json_text(w, "stage", p->stage);
    pol_json_integer(w, "version", p->version);
    pol_json_text(w, "kind", POL_KIND_WORDS[p->kind]);
    pol_json_close_object(w);
}

static void start(struct answering *a)
{
    a->question->text = bytes_with_limit(ANSWER_BYTES);
    a->json = pol_json_write_start(&a->question->text);
    pol_json_object(&a->json, NULL);
    pol_json_time(&a->json, "at", a->parts->now_s());
    pol_json_text(&a->json, "policy_etag", a->view->policy_etag);
}

static enum status finish(struct answering *a, struct err *err)
{
    pol_json_close_object(&a->json);
    enum status st = pol_json_write_end(&a->json);
    return st == ST_OK ? st : err_set(err, st, 0, "cannot write what was counted");
}

/* ---- a stage --------------------------------------------------------------------------------- */

/* What would become of it if it were released now: not looked at is only what takes a look at the
 * users, and the ETag. */
static void write_refusal(struct answering *a, const struct pol_policy *next)
{
    struct err why = {0};
    if (srv_rules_release(&a->view->release, next, a->parts->now_s(), &why) == ST_OK) {
        pol_json_null(&a->json, "refusal");
        return;
    }
    pol_json_object(&a->json, "refusal");
    pol_json_text(&a->json, "code", why.code);
    pol_json_text(&a->json, "detail", why.text);
    pol_json_close_object(&a->json);
}

struct sums {
    uint64_t unchanged;
    uint64_t unknown;
};

/* Whoever is not known on either side can only be counted apart: out of changes he goes. */
static struct sums take_sums(uint64_t (*moves)[POL_OUTCOME_COUNT])
{
    struct sums sums = {0};
    for (unsigned from = 0; from < POL_OUTCOME_COUNT; from++) {
        for (unsigned to = 0; to < POL_OUTCOME_COUNT; to++) {
            if (from == POL_OUTCOME_UNKNOWN || to == POL_OUTCOME_UNKNOWN) {
                sums.unknown += moves[from][to];
                moves[from][to] = 0;
            } else if (!pol_outcome_moves(from, to)) {
                sums.unchanged += moves[from][to];
            }
        }
    }
    return sums;
}

static void write_effect(struct answering *a, struct srv_effect *effect)
{
    struct sums sums = take_sums(effect->counts.moves);
    const struct pol_stage_counts *counts = &effect->counts;
    pol_json_integer(&a->json, "users", (int64_t)effect->users);
    pol_moves_write(&a->json, "changes", counts->moves);
    pol_json_integer(&a->json, "unchanged", (int64_t)sums.unchanged);
    pol_json_integer(&a->json, "regressing", (int64_t)effect->regressing);
    pol_json_integer(&a->json, "unknown", (int64_t)sums.unknown);
    pol_stage_counts_write(&a->json, counts);
}

/* stage NULL: the next one. */
static enum status answer_stage(struct answering *a, const char *stage, struct err *err)
{
    const struct pol_policy *from = NULL;
    const struct pol_bundle_entry *entry = NULL;
    struct srv_effect effect = {0};
    enum status st = stage != NULL ? ST_OK : srv_rules_not_safe(a->view, err);
    if (st == ST_OK) {
        st = stage != NULL ? srv_step_find_stage(a->view, stage, &entry, err)
                           : srv_step_find_next(a->view, &entry, err);
    }
    if (st == ST_OK) {
        st = find_released(a, &from, err);
    }
    if (st == ST_OK) {
        struct srv_effect_question question = {.from = from,
                                               .to = entry->policy,
                                               .known = &a->known,
                                               .now_s = a->parts->now_s(),
                                               .counts_only = true,
                                               .patience = a->patience};
        st = srv_effect_find(a->parts->store, &question, &effect, err);
    }
    if (st == ST_OK) {
        start(a);
        write_policy(&a->json, "from", from);
        write_policy(&a->json, "to", entry->policy);
        write_effect(a, &effect);
        write_refusal(a, entry->policy);
        st = finish(a, err);
    }
    srv_effect_done(&effect);
    return st;
}

/* ---- a plan ---------------------------------------------------------------------------------- */

struct planning {
    struct srv_sight sight;
    struct srv_lens released;
    struct srv_lens plan;
    bool probes;
    struct pol_simulation *simulation;
};

static enum status add_user(void *v, const struct srv_user_row *row)
{
    struct planning *p = v;
    struct pol_decision now;
    struct pol_facts facts;
    enum status st = srv_sight_read(&p->sight, row, p->probes);
    if (st == ST_OK) {
        st = srv_lens_decide(&p->released, row, &p->sight, &now);
    }
    if (st == ST_OK) {
        st = srv_lens_facts(&p->plan, row, &p->sight, &facts);
    }
    if (st == ST_OK) {
        st = pol_simulation_add_from(p->simulation, &facts, pol_outcome_of(&now));
    }
    return st;
}

static void write_warnings(struct pol_json_writer *w, const struct pol_problems *warnings)
{
    pol_json_array(w, "warnings");
    for (size_t i = 0; i < warnings->count; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "code", warnings->items[i].code);
        pol_json_text(w, "pointer", warnings->items[i].pointer);
        pol_json_text(w, "text", warnings->items[i].text);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

static enum status simulate(struct answering *a, const struct pol_plan *plan, struct err *err)
{
    struct planning p = {.simulation = NULL};
    struct pol_policy view; /* all stages of a plan have the same rings and guards */
    const struct pol_policy *released = NULL;
    enum status st = find_released(a, &released, err);
    pol_plan_view(plan, POL_PLAN_SAFE, &view);
    srv_lens_init(&p.released, released, &a->known);
    srv_lens_init(&p.plan, &view, &a->known);
    p.probes = srv_lens_asks_probes(&p.plan);
    if (st == ST_OK) {
        st = pol_simulation_new(plan, NULL, &p.simulation, err);
    }
    if (st == ST_OK) {
        pol_simulation_compare(p.simulation);
        st = srv_fleet_walk(a->parts->store, a->patience, add_user, &p, err);
    }
    if (st == ST_OK) {
        start(a);
        write_policy(&a->json, "released", released);
        pol_simulation_write(&a->json, plan, p.simulation);
        write_warnings(&a->json, &a->question->warnings);
        st = finish(a, err);
    }
    pol_simulation_free(p.simulation);
    srv_lens_done(&p.released);
    srv_lens_done(&p.plan);
    srv_sight_done(&p.sight);
    return st;
}

static enum status answer_plan(struct answering *a, struct err *err)
{
    struct srv_question *q = a->question;
    struct pol_plan *plan = NULL;
    enum status st = pol_plan_parse(q->body, &plan, &q->problems, &q->warnings, err);
    if (st == ST_OK) {
        st = simulate(a, plan, err);
    }
    pol_plan_free(plan);
    return st;
}

/* ---- which of both --------------------------------------------------------------------------- */

static bool has_member(const struct pol_at *root, const char *key)
{
    struct pol_at member;
    return pol_read_member(root, key, POL_OPTIONAL, &member);
}

/* `{"stage": NAME}` or `{"advance": true}`; *stage NULL: the next one. */
static enum status read_step(const struct pol_at *root, const char **stage, struct err *err)
{
    static const char *const MEMBERS[] = {"stage", "advance"};
    bool advance = false;
    if (pol_read_object(root, MEMBERS, 2)) {
        (void)pol_read_text(root, "stage", POL_OPTIONAL, LIMIT_NAME_BYTES, stage);
        (void)pol_read_boolean(root, "advance", POL_OPTIONAL, &advance);
        if (root->problems->found == 0 && advance == (*stage != NULL)) {
            pol_at_problem(root, "out_of_range",
                           "say either {\"stage\": NAME} or {\"advance\": true}");
        }
    }
    return pol_problems_status(root->problems, err);
}

/* What is no JSON is a plan that is none: its reader says so. */
static enum status answer(struct answering *a, struct err *err)
{
    struct srv_question *q = a->question;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_json *json = NULL;
    const char *stage = NULL;
    bool is_step = false;
    enum status st = pol_json_parse(q->body, &limits, &json, err);
    if (st == ST_NO_MEMORY) {
        return st; /* nobody knows what it is */
    }
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(json, &q->problems);
        is_step = pol_at_is_object(&root) && !has_member(&root, "format") &&
                  (has_member(&root, "stage") || has_member(&root, "advance"));
        st = is_step ? read_step(&root, &stage, err) : ST_OK;
    }
    q->was_next = is_step && stage == NULL;
    if (is_step && st == ST_OK) {
        st = answer_stage(a, stage, err);
    }
    pol_json_free(json); /* not before: the name of the stage points into it */
    return is_step ? st : answer_plan(a, err);
}

/* Half of the numbers would be none. */
static enum status tell_end(const struct srv_simulator_parts *parts, enum status st,
                            struct err *err)
{
    struct err cause = *err;
    if (st == ST_TIMED_OUT) {
        return err_refuse(err, "timed_out", "",
                          "this takes more than the %u s that it may take: %s",
                          parts->limit_ms / 1000, cause.text);
    }
    return st == ST_CANCELLED ? err_refuse(err, "unavailable", "", "the server ends: come again")
                              : st;
}

void srv_question_answer(struct srv_question *question, const struct srv_simulator_parts *parts,
                         const struct srv_patience *patience)
{
    struct srv_rollout_view view;
    struct answering a = {
        .question = question, .parts = parts, .patience = patience, .view = &view};
    question->text = bytes_with_limit(ANSWER_BYTES);
    srv_rollout_look(parts->rollout, &view);
    srv_known_list(&view, &a.known);
    question->st = tell_end(parts, answer(&a, &question->err), &question->err);
    srv_rollout_view_done(&view);
}
