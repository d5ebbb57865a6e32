#include "policy/plan.h"

#include "policy/clauses.h"
#include "policy/plan_stages.h"
#include "policy/plan_warnings.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void pol_plan_free(struct pol_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (size_t i = 0; i < plan->stage_count; i++) {
        free(plan->stages[i].rules.rules);
    }
    pol_ring_set_done(&plan->rings);
    pol_json_free(plan->json);
    free(plan);
}

/* ---- reading ------------------------------------------------------------------------------ */

static void read_format(const struct pol_at *at)
{
    struct pol_at member;
    const char *format = NULL;
    if (pol_read_member(at, "format", POL_REQUIRED, &member) &&
        pol_at_text(&member, LIMIT_STRING_BYTES, &format) &&
        strcmp(format, "mapi-rollout/plan/1") != 0) {
        pol_at_problem(&member, "out_of_range", "\"mapi-rollout/plan/1\" is expected");
    }
}

static void read_head(const struct pol_at *at, struct pol_plan *plan)
{
    int64_t serial = 0;
    plan->rollout = "";
    read_format(at);
    pol_read_notes(at);
    (void)pol_read_name(at, "rollout", &plan->rollout);
    (void)pol_read_integer(at, "serial", POL_REQUIRED, 1, LIMIT_SERIAL, &serial);
    plan->serial = (uint32_t)serial;
    bool issued = pol_read_time(at, "issued_at", POL_REQUIRED, &plan->issued_at_s);
    bool expires = pol_read_time(at, "expires_at", POL_REQUIRED, &plan->expires_at_s);
    if (issued && expires && plan->expires_at_s <= plan->issued_at_s) {
        pol_at_problem(at, "out_of_range", "expires_at must be later than issued_at");
    }
    pol_read_timing(at, &plan->timing);
    pol_read_guards(at, &plan->guards);
}

static enum status read_rings(const struct pol_at *at, struct pol_plan *plan)
{
    struct pol_at rings = {.problems = at->problems};
    size_t count = 0;
    if (pol_read_array(at, "rings", POL_OPTIONAL, LIMIT_RINGS, &rings, &count) &&
        !pol_at_is_object(&rings)) {
        pol_at_problem(&rings, "wrong_type", "an object of rings is expected");
        return ST_OK;
    }
    return pol_ring_set_read(&rings, &plan->rings);
}

static void read_safe(const struct pol_at *at, struct pol_plan *plan)
{
    static const char *const KEYS[] = {"set", "description", "ticket"};
    struct pol_at safe;
    if (!pol_read_member(at, "safe", POL_REQUIRED, &safe) ||
        !pol_read_object(&safe, KEYS, COUNT(KEYS))) {
        return;
    }
    pol_read_notes(&safe);
    if (pol_read_set(&safe, "set", &plan->safe) && plan->safe == POL_SET_RELEASE) {
        pol_at_problem(&safe, "out_of_range",
                       "a safe policy is block, allow, allow_explicit, restore or leave");
    }
}

static enum status read_plan(struct pol_plan *plan, struct pol_problems *problems,
                             struct pol_problems *warnings)
{
    static const char *const KEYS[] = {"format", "rollout",   "serial",     "description",
                                       "ticket", "issued_at", "expires_at", "timing",
                                       "guards", "rings",     "stages",     "safe"};
    struct pol_at root = pol_json_root(plan->json, problems);
    if (!pol_read_object(&root, KEYS, COUNT(KEYS))) {
        return ST_OK;
    }
    read_head(&root, plan);
    read_safe(&root, plan);
    enum status st = read_rings(&root, plan);
    if (st == ST_OK) {
        st = pol_plan_read_stages(&root, plan);
    }
    if (st == ST_OK && problems->found == 0) {
        root.problems = warnings;
        pol_plan_warn(&root, plan);
    }
    return st;
}

enum status pol_plan_parse(struct span document, struct pol_plan **out,
                           struct pol_problems *problems, struct pol_problems *warnings,
                           struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read a plan");
    }
    struct err cause = {0};
    enum status st = pol_json_parse(document, &limits, &plan->json, &cause);
    if (st != ST_OK && err != NULL) {
        *err = cause;
    }
    if (st == ST_REFUSED) {
        pol_problems_add(problems, &cause);
    }
    if (st == ST_OK) {
        st = read_plan(plan, problems, warnings);
        st = st == ST_OK ? pol_problems_status(problems, err)
                         : err_set(err, st, 0, "no memory to read a plan");
    }
    if (st == ST_OK) {
        *out = plan;
        return ST_OK;
    }
    pol_plan_free(plan);
    return st;
}

/* ---- asking ------------------------------------------------------------------------------- */

const char *pol_plan_rollout(const struct pol_plan *plan)
{
    return plan->rollout;
}

uint32_t pol_plan_serial(const struct pol_plan *plan)
{
    return plan->serial;
}

size_t pol_plan_stage_count(const struct pol_plan *plan)
{
    return plan->stage_count;
}

static int64_t version_of(const struct pol_plan *plan, int stage)
{
    int64_t position = stage == POL_PLAN_SAFE ? VERSION_SAFE_POSITION : stage + 1;
    return (int64_t)plan->serial * VERSION_STEP + position;
}

const char *pol_plan_stage_name(const struct pol_plan *plan, size_t stage)
{
    return plan->stages[stage].name;
}

bool pol_plan_find_stage(const struct pol_plan *plan, const char *name, size_t *out)
{
    for (size_t i = 0; i < plan->stage_count; i++) {
        if (strcmp(plan->stages[i].name, name) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

void pol_plan_view(const struct pol_plan *plan, int stage, struct pol_policy *out)
{
    bool safe = stage == POL_PLAN_SAFE;
    *out = (struct pol_policy){
        .rollout = plan->rollout,
        .version = version_of(plan, stage),
        .kind = safe ? POL_KIND_SAFE : POL_KIND_STAGE,
        .stage = safe ? "safe" : plan->stages[stage].name,
        .issued_at_s = plan->issued_at_s,
        .expires_at_s = safe ? -1 : plan->expires_at_s,
        .not_before_s = safe ? -1 : plan->stages[stage].not_before_s,
        .timing = plan->timing,
        .guards = plan->guards,
        .expect = safe ? POL_EXPECT_ANY : plan->stages[stage].expect,
        .otherwise = safe ? plan->safe : plan->stages[stage].otherwise,
    };
    pol_ring_set_lend(&plan->rings, out);
    if (!safe) {
        out->apply = plan->stages[stage].apply;
        out->gate = plan->stages[stage].gate;
        out->rules = plan->stages[stage].rules.rules;
        out->rule_count = plan->stages[stage].rules.count;
    }
}

/* ---- writing policies --------------------------------------------------------------------- */

static void write_head(struct pol_json_writer *w, const struct pol_plan *plan, int stage)
{
    bool safe = stage == POL_PLAN_SAFE;
    pol_json_text(w, "format", "mapi-rollout/policy/1");
    pol_json_text(w, "rollout", plan->rollout);
    pol_json_integer(w, "version", version_of(plan, stage));
    pol_json_text(w, "kind", POL_KIND_WORDS[safe ? POL_KIND_SAFE : POL_KIND_STAGE]);
    pol_json_text(w, "stage", safe ? "safe" : plan->stages[stage].name);
    pol_json_time(w, "issued_at", plan->issued_at_s);
}

/* Only the rings that the stage needs: agents need not learn of the others. */
static void write_rings(struct pol_json_writer *w, const struct pol_plan *plan,
                        const struct pol_plan_stage *stage)
{
    uint64_t used = pol_ring_set_used(&plan->rings, stage->rules.rules, stage->rules.count);
    pol_json_object(w, "rings");
    for (size_t i = 0; i < plan->rings.ring_count; i++) {
        if ((used >> i & 1) != 0) {
            pol_at_write(&plan->rings.places[i], w, plan->rings.rings[i].name);
        }
    }
    pol_json_close_object(w);
}

static void write_rules(struct pol_json_writer *w, const struct pol_plan *plan,
                        const struct pol_plan_stage *stage)
{
    pol_json_array(w, "rules");
    for (size_t i = 0; i < stage->rules.count; i++) {
        const struct pol_rule *rule = &stage->rules.rules[i];
        pol_json_object(w, NULL);
        pol_json_text(w, "ring", plan->rings.rings[rule->ring].name);
        pol_json_text(w, "set", POL_SET_WORDS[rule->set]);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

static void write_stage(struct pol_json_writer *w, const struct pol_plan *plan, int i)
{
    const struct pol_plan_stage *stage = &plan->stages[i];
    write_head(w, plan, i);
    pol_json_time(w, "expires_at", plan->expires_at_s);
    pol_json_time(w, "not_before", stage->not_before_s);
    pol_write_timing(w, &plan->timing);
    pol_write_guards(w, &plan->guards);
    write_rings(w, plan, stage);
    write_rules(w, plan, stage);
    pol_json_text(w, "otherwise", POL_SET_WORDS[stage->otherwise]);
    pol_write_apply(w, &stage->apply);
    pol_json_text(w, "expect", POL_EXPECT_WORDS[stage->expect]);
    pol_write_gate(w, &stage->gate);
}

static void write_safe(struct pol_json_writer *w, const struct pol_plan *plan)
{
    write_head(w, plan, POL_PLAN_SAFE);
    pol_json_null(w, "expires_at");
    pol_json_null(w, "not_before");
    pol_write_timing(w, &plan->timing);
    pol_write_guards(w, &plan->guards);
    pol_json_object(w, "rings");
    pol_json_close_object(w);
    pol_json_array(w, "rules");
    pol_json_close_array(w);
    pol_json_text(w, "otherwise", POL_SET_WORDS[plan->safe]);
    pol_json_text(w, "expect", POL_EXPECT_WORDS[POL_EXPECT_ANY]);
}

enum status pol_plan_write_policy(const struct pol_plan *plan, int stage, struct bytes *out,
                                  struct err *err)
{
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    struct pol_json_writer w = pol_json_write_start(&payload);
    pol_json_object(&w, NULL);
    if (stage == POL_PLAN_SAFE) {
        write_safe(&w, plan);
    } else {
        write_stage(&w, plan, stage);
    }
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_TOO_LARGE) {
        st = err_refuse(err, "too_large", "", "the policy of stage \"%s\" is over %d bytes",
                        stage == POL_PLAN_SAFE ? "safe" : plan->stages[stage].name,
                        LIMIT_PAYLOAD_BYTES);
    } else if (st == ST_OK) {
        st = bytes_append(out, payload.data, payload.size);
    }
    if (st != ST_OK && st != ST_REFUSED) {
        (void)err_set(err, st, 0, "no memory to write a policy");
    }
    bytes_free(&payload);
    return st;
}
