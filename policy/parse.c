#include "policy/parse.h"

#include "policy/clauses.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What struct pol_policy points into. */
struct memory {
    struct pol_json *json;
    struct pol_ring_set rings;
    struct pol_rule_set rules;
};

static void memory_free(struct memory *memory)
{
    if (memory != NULL) {
        pol_ring_set_done(&memory->rings);
        free(memory->rules.rules);
        pol_json_free(memory->json);
        free(memory);
    }
}

void pol_policy_free(struct pol_policy *policy)
{
    if (policy != NULL) {
        memory_free(policy->memory);
        free(policy);
    }
}

static void read_format(const struct pol_at *at)
{
    struct pol_at member;
    const char *format = NULL;
    if (pol_read_member(at, "format", POL_REQUIRED, &member) &&
        pol_at_text(&member, LIMIT_STRING_BYTES, &format) &&
        strcmp(format, "mapi-rollout/policy/1") != 0) {
        pol_at_problem(&member, "out_of_range", "\"mapi-rollout/policy/1\" is expected");
    }
}

static void check_kind(const struct pol_at *at, const struct pol_policy *policy)
{
    int64_t position = policy->version % VERSION_STEP;
    bool safe = position == VERSION_SAFE_POSITION;
    bool stage = position >= 1 && position <= LIMIT_STAGES;
    bool fits = policy->kind == POL_KIND_SAFE ? safe : stage;
    if (!fits || (policy->kind == POL_KIND_SAFE) != (strcmp(policy->stage, "safe") == 0)) {
        pol_at_problem(at, "kind_mismatch", "version %" PRId64 " is no version of a %s policy",
                       policy->version, POL_KIND_WORDS[policy->kind]);
    }
}

static void read_head(const struct pol_at *at, struct pol_policy *policy)
{
    int64_t version = 0;
    size_t kind = 0;
    policy->rollout = "";
    policy->stage = "";
    read_format(at);
    (void)pol_read_name(at, "rollout", &policy->rollout);
    bool numbered =
        pol_read_integer(at, "version", POL_REQUIRED, VERSION_STEP, VERSION_MOST, &version);
    policy->version = version;
    bool named = pol_read_name(at, "stage", &policy->stage);
    if (pol_read_word(at, "kind", POL_REQUIRED, POL_KIND_WORDS, POL_KIND_COUNT, &kind)) {
        policy->kind = (enum pol_kind)kind;
        if (numbered && named) {
            check_kind(at, policy);
        }
    }
}

static void read_times(const struct pol_at *at, struct pol_policy *policy)
{
    bool stage = policy->kind == POL_KIND_STAGE;
    policy->expires_at_s = -1;
    policy->not_before_s = -1;
    (void)pol_read_time(at, "issued_at", POL_REQUIRED, &policy->issued_at_s);
    (void)pol_read_time(at, "expires_at", stage ? POL_REQUIRED : POL_OPTIONAL,
                        &policy->expires_at_s);
    (void)pol_read_time(at, "not_before", POL_OPTIONAL, &policy->not_before_s);
    if (!stage && (policy->expires_at_s >= 0 || policy->not_before_s >= 0)) {
        pol_at_problem(at, "kind_mismatch", "a safe policy has no expiry and no beginning");
    }
}

static void check_safe(const struct pol_at *at, const struct pol_policy *policy,
                       const struct memory *memory)
{
    struct pol_at member;
    if (memory->rules.count > 0 || memory->rings.ring_count > 0 ||
        pol_read_member(at, "apply", POL_OPTIONAL, &member) ||
        pol_read_member(at, "gate", POL_OPTIONAL, &member)) {
        pol_at_problem(at, "kind_mismatch", "a safe policy has no rules, rings, apply or gate");
    }
    if (policy->otherwise == POL_SET_RELEASE || policy->expect != POL_EXPECT_ANY) {
        pol_at_problem(at, "kind_mismatch",
                       "a safe policy never releases and is content with any protocol");
    }
}

static enum status read_body(const struct pol_at *at, struct pol_policy *policy,
                             struct memory *memory)
{
    struct pol_at rings = {.problems = at->problems};
    size_t ring_count = 0;
    pol_read_timing(at, &policy->timing);
    pol_read_guards(at, &policy->guards);
    pol_read_apply(at, &policy->apply);
    pol_read_gate(at, &policy->gate);
    pol_read_expect(at, &policy->expect);
    (void)pol_read_set(at, "otherwise", &policy->otherwise);
    if (!pol_read_array(at, "rings", POL_REQUIRED, LIMIT_RINGS, &rings, &ring_count)) {
        return ST_OK;
    }
    if (!pol_at_is_object(&rings)) {
        pol_at_problem(&rings, "wrong_type", "an object of rings is expected");
        return ST_OK;
    }
    enum status st = pol_ring_set_read(&rings, &memory->rings);
    if (st == ST_OK) {
        st = pol_read_rules(at, &memory->rings, &memory->rules);
    }
    if (st == ST_OK && policy->kind == POL_KIND_SAFE) {
        check_safe(at, policy, memory);
    }
    return st;
}

static void borrow(struct pol_policy *policy, const struct memory *memory)
{
    policy->rules = memory->rules.rules;
    policy->rule_count = memory->rules.count;
    pol_ring_set_lend(&memory->rings, policy);
}

static enum status read_policy(const struct pol_json *json, struct pol_policy *policy,
                               struct memory *memory, struct err *err)
{
    static const char *const KEYS[] = {"format",    "rollout",   "version",    "kind",
                                       "stage",     "issued_at", "expires_at", "not_before",
                                       "timing",    "guards",    "rings",      "rules",
                                       "otherwise", "apply",     "expect",     "gate"};
    struct pol_problems problems = {0};
    struct pol_at root = pol_json_root(json, &problems);
    enum status st = ST_OK;
    if (pol_read_object(&root, KEYS, COUNT(KEYS))) {
        read_head(&root, policy);
        read_times(&root, policy);
        st = read_body(&root, policy, memory);
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "no memory to read a policy");
    }
    borrow(policy, memory);
    return pol_problems_status(&problems, err);
}

enum status pol_parse(const struct pol_verified *verified, struct pol_policy **out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    if (pol_verified_document(verified) != POL_DOCUMENT_POLICY) {
        return err_refuse(err, "type_mismatch", "", "this is a bundle, not a policy");
    }
    struct pol_policy *policy = calloc(1, sizeof *policy);
    struct memory *memory = calloc(1, sizeof *memory);
    enum status st = policy == NULL || memory == NULL
                         ? err_set(err, ST_NO_MEMORY, 0, "no memory to read a policy")
                         : ST_OK;
    if (st == ST_OK) {
        policy->memory = memory;
        st = pol_json_parse(pol_verified_payload(verified), &limits, &memory->json, err);
    }
    if (st == ST_OK) {
        st = read_policy(memory->json, policy, memory, err);
    }
    if (st == ST_OK) {
        (void)snprintf(policy->digest, sizeof policy->digest, "%s", pol_verified_digest(verified));
        *out = policy;
        return ST_OK;
    }
    free(policy);
    memory_free(memory);
    return st;
}
