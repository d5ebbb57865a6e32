#include "agent/outcome.h"

#include "agent/users.h"
#include "policy/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status ag_pass_new(struct ag_user *users, size_t count, struct ag_pass **out, struct err *err)
{
    struct ag_pass *pass = calloc(1, sizeof *pass);
    struct ag_outcome *outcomes = calloc(count > 0 ? count : 1, sizeof *outcomes);
    if (pass == NULL || outcomes == NULL) {
        free(outcomes);
        free(pass);
        ag_users_free(users, count);
        return err_set(err, ST_NO_MEMORY, 0, "no memory for %zu users", count);
    }
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = (struct ag_outcome){
            .row = {.sid = users[i].sid,
                    .account = users[i].account,
                    .hive_loaded = users[i].hive_loaded,
                    .rule = -1,
                    .set = POL_SET_LEAVE},
            .turn_at_s = -1,
        };
    }
    *pass = (struct ag_pass){.users = users, .outcomes = outcomes, .count = count};
    *out = pass;
    return ST_OK;
}

void ag_pass_free(struct ag_pass *pass)
{
    if (pass == NULL) {
        return;
    }
    for (size_t i = 0; i < pass->count; i++) {
        free(pass->outcomes[i].groups);
    }
    free(pass->outcomes);
    ag_users_free(pass->users, pass->count);
    free(pass);
}

void ag_outcome_keep_ring(struct ag_outcome *outcome, const char *ring)
{
    if (ring != NULL) {
        (void)snprintf(outcome->ring, sizeof outcome->ring, "%s", ring);
        outcome->row.ring = outcome->ring;
    }
}

static bool node_names(const struct pol_policy *policy, const struct pol_match *node,
                       const char *group, size_t group_bytes)
{
    if (node->key != POL_MATCH_GROUP) {
        return false;
    }
    for (uint32_t i = node->first; i < node->first + node->count; i++) {
        const struct pol_text_mark *mark = &policy->marks[i];
        if ((mark->has_wild || mark->size == group_bytes) &&
            pol_text_fits_marked(policy->texts[i], mark, group, group_bytes)) {
            return true;
        }
    }
    return false;
}

static bool policy_names(const struct pol_policy *policy, const char *group)
{
    size_t group_bytes = strlen(group);
    for (size_t r = 0; r < policy->ring_count; r++) {
        uint32_t root = policy->rings[r].root;
        for (uint32_t n = 0; n < policy->matches[root].subtree; n++) {
            if (node_names(policy, &policy->matches[root + n], group, group_bytes)) {
                return true;
            }
        }
    }
    return false;
}

enum status ag_outcome_keep_groups(struct ag_outcome *outcome, const struct ag_user *user,
                                   const struct pol_policy *policy, struct err *err)
{
    if (user->groups == NULL) {
        return ST_OK;
    }
    outcome->groups = calloc(user->group_count + 1, sizeof *outcome->groups);
    if (outcome->groups == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for %zu groups", user->group_count);
    }
    for (size_t i = 0; i < user->group_count; i++) {
        if (policy != NULL && policy_names(policy, user->groups[i])) {
            outcome->groups[outcome->row.group_count++] = user->groups[i];
        }
    }
    outcome->row.groups = outcome->groups;
    return ST_OK;
}

void ag_outcome_keep_evidence(struct ag_outcome *outcome, const struct ag_evidence *evidence)
{
    outcome->evidence = *evidence;
    for (size_t i = 0; i < evidence->count; i++) {
        outcome->evidence_texts[i] = outcome->evidence.items[i];
    }
    outcome->row.evidence = outcome->evidence_texts;
    outcome->row.evidence_count = evidence->count;
}

const struct ag_outcome *ag_pass_find(const struct ag_pass *pass, const char *sid)
{
    for (size_t i = 0; pass != NULL && i < pass->count; i++) {
        if (strcmp(pass->outcomes[i].row.sid, sid) == 0) {
            return &pass->outcomes[i];
        }
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_value(const struct pol_report_value *a, const struct pol_report_value *b)
{
    return a->known == b->known && a->present == b->present && a->type == b->type &&
           a->dword == b->dword;
}

static bool same_groups(const struct pol_report_user *a, const struct pol_report_user *b)
{
    if ((a->groups == NULL) != (b->groups == NULL) || a->group_count != b->group_count) {
        return false;
    }
    for (size_t i = 0; i < a->group_count; i++) {
        if (strcmp(a->groups[i], b->groups[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool same_evidence(const struct ag_evidence *a, const struct ag_evidence *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        same = strcmp(a->items[i], b->items[i]) == 0;
    }
    return same;
}

static bool same_decision(const struct pol_report_user *a, const struct pol_report_user *b)
{
    return a->decided == b->decided && a->rule == b->rule && same_text(a->ring, b->ring) &&
           a->set == b->set && a->blocked_by == b->blocked_by;
}

static bool same_setting(const struct pol_report_user *a, const struct pol_report_user *b)
{
    return a->ours == b->ours && same_value(&a->value, &b->value) &&
           same_value(&a->pre_image, &b->pre_image) && a->action == b->action &&
           a->changed_at_s == b->changed_at_s && a->corrections == b->corrections &&
           same_text(a->error_code, b->error_code) && a->error_os_code == b->error_os_code;
}

static bool same_client(const struct pol_report_user *a, const struct pol_report_user *b)
{
    return a->outlook_known == b->outlook_known && a->outlook_running == b->outlook_running &&
           a->outlook_started_s == b->outlook_started_s &&
           a->starts_since_change == b->starts_since_change && a->observed == b->observed &&
           a->confidence == b->confidence && a->mailbox == b->mailbox;
}

bool ag_outcome_same(const struct ag_outcome *a, const struct ag_outcome *b)
{
    const struct pol_report_user *x = &a->row;
    const struct pol_report_user *y = &b->row;
    return same_text(x->account, y->account) && x->hive_loaded == y->hive_loaded &&
           x->state == y->state && same_groups(x, y) && same_decision(x, y) && same_setting(x, y) &&
           same_client(x, y) && same_evidence(&a->evidence, &b->evidence);
}
