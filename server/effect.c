#include "server/effect.h"

#include "policy/evaluate.h"
#include "policy/facts.h"
#include "policy/json_read.h"
#include "server/compliance.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, LIST_MAX = 1024, FIRST_CAPACITY = 1024 };

/* One of the two policies, with what evaluating it takes. */
struct side {
    const struct pol_policy *policy;
    struct pol_preparation preparation;
};

/* Those who change stand first in the list, then those who do not: which of them are subjects shows
 * only at the end. */
struct walk {
    const struct srv_effect_question *question;
    struct side from;
    struct side to;
    int64_t heard_s; /* machines silent since before are not looked at by gates */
    struct srv_effect result;
    size_t capacity;
    size_t changing;
    bool managed_before; /* somebody was not left alone */
    bool managed_after;
    int64_t last_key;
    size_t rows;
    enum status st;
};

/* A list of texts from a JSON column. */
struct texts {
    struct pol_json *json;
    const char *items[LIST_MAX];
    size_t count;
};

static enum status read_texts(const char *column, struct texts *out)
{
    struct pol_problems problems = {.count = 0};
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_REPORT_BYTES);
    struct pol_at item;
    out->json = NULL;
    out->count = 0;
    if (column == NULL) {
        return ST_OK;
    }
    enum status st = pol_json_parse(span_text(column), &limits, &out->json, NULL);
    if (st != ST_OK) {
        return st;
    }
    struct pol_at root = pol_json_root(out->json, &problems);
    for (bool more = pol_first(&root, &item); more && out->count < LIST_MAX;
         more = pol_next(&item)) {
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &out->items[out->count])) {
            out->count++;
        }
    }
    return ST_OK;
}

/* ---- which groups a policy names ------------------------------------------------------------- */

static bool names_group(const struct pol_policy *p, const char *group)
{
    for (size_t r = 0; r < p->ring_count; r++) {
        const struct pol_match *root = &p->matches[p->rings[r].root];
        for (const struct pol_match *m = root; m < root + root->subtree; m++) {
            for (uint32_t i = 0; m->key == POL_MATCH_GROUP && i < m->count; i++) {
                if (group == NULL || strcmp(p->texts[m->first + i], group) == 0) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Does `wide` name every group that `narrow` names? */
static bool covers(const struct pol_policy *wide, const struct pol_policy *narrow)
{
    for (size_t r = 0; r < narrow->ring_count; r++) {
        const struct pol_match *root = &narrow->matches[narrow->rings[r].root];
        for (const struct pol_match *m = root; m < root + root->subtree; m++) {
            for (uint32_t i = 0; m->key == POL_MATCH_GROUP && i < m->count; i++) {
                if (!names_group(wide, narrow->texts[m->first + i])) {
                    return false;
                }
            }
        }
    }
    return true;
}

static bool groups_are_known(const struct walk *w, int64_t version, const struct pol_policy *asked)
{
    if (!names_group(asked, NULL)) {
        return true;
    }
    for (size_t i = 0; i < w->question->known_count; i++) {
        if (w->question->known[i]->version == version) {
            return covers(w->question->known[i], asked);
        }
    }
    return false;
}

/* ---- one user -------------------------------------------------------------------------------- */

static enum pol_mailbox mailbox_of(const char *word)
{
    for (size_t i = 0; word != NULL && i < POL_MAILBOX_COUNT; i++) {
        if (strcmp(word, POL_MAILBOX_WORDS[i]) == 0) {
            return (enum pol_mailbox)i;
        }
    }
    return POL_MAILBOX_UNKNOWN;
}

/* How the store names it, as a fact. */
static const char *outlook_of(const char *word)
{
    return strcmp(word, "unknown") == 0 ? NULL : strcmp(word, "none") == 0 ? "" : word;
}

static enum status decide(const struct walk *w, struct side *side, const struct srv_user_row *row,
                          struct pol_facts facts, struct pol_decision *out)
{
    if (side->policy == NULL) {
        *out = (struct pol_decision){.set = POL_SET_LEAVE};
        return ST_OK;
    }
    if (!groups_are_known(w, row->version, side->policy)) {
        facts.groups = NULL;
        facts.group_count = 0;
    }
    enum status st = pol_prepare(&side->preparation, side->policy, &facts);
    if (st == ST_OK) {
        *out = pol_evaluate(side->policy, &side->preparation.facts, NULL);
    }
    return st;
}

static enum status decide_both(struct walk *w, const struct srv_user_row *row,
                               struct pol_decision *before, struct pol_decision *after)
{
    struct texts groups;
    struct texts tags;
    enum status st = read_texts(row->groups, &groups);
    enum status st_tags = read_texts(row->tags, &tags);
    st = st == ST_OK ? st_tags : st;
    if (st == ST_OK) {
        struct pol_facts facts = {
            .sid = row->sid,
            .account = row->account,
            .groups = row->groups != NULL ? groups.items : NULL,
            .group_count = groups.count,
            .host = row->host,
            .computer_ou = row->computer_ou,
            .ad_site = row->ad_site,
            .tags = tags.items,
            .tag_count = tags.count,
            .multi_session = row->multi_session,
            .outlook = outlook_of(row->outlook),
            .mailbox = mailbox_of(row->mailbox),
        };
        st = decide(w, &w->from, row, facts, before);
        st = st == ST_OK ? decide(w, &w->to, row, facts, after) : st;
    }
    pol_json_free(groups.json);
    pol_json_free(tags.json);
    return st;
}

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

static bool allows(enum pol_set set)
{
    return set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

static bool visit(void *v, const struct srv_user_row *row)
{
    struct walk *w = v;
    struct pol_decision before = {0};
    struct pol_decision after = {0};
    w->last_key = row->key;
    w->rows++;
    w->st = decide_both(w, row, &before, &after);
    if (w->st == ST_OK) {
        w->result.users++;
        w->result.regressing += allows(before.set) && after.set == POL_SET_BLOCK ? 1 : 0;
        w->st = look_at(w, row, &before, &after);
    }
    return w->st == ST_OK;
}

/* Page by page, so that other readers get their turn in between. */
static enum status walk_users(const struct srv_store *store, struct walk *w, struct err *err)
{
    enum status st = ST_OK;
    do {
        struct srv_filter filter = {.after = w->last_key, .limit = PAGE};
        w->rows = 0;
        st = store->users(store->ctx, &filter, visit, w, err);
        if (st == ST_OK && w->st != ST_OK) {
            st = err_set(err, w->st, 0, "cannot evaluate a stored user");
        }
    } while (st == ST_OK && w->rows == PAGE);
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
    struct walk w = {
        .question = question, .from = {.policy = question->from}, .to = {.policy = question->to}};
    w.heard_s = question->now_s - SRV_REPORTS_AWAY * report_interval(question);
    enum status st = walk_users(store, &w, err);
    if (st == ST_OK) {
        /* Of the first stage that manages anybody, all are subjects. */
        bool first = !w.managed_before && w.managed_after;
        w.result.subject_count = first ? w.result.subject_count : w.changing;
        *out = w.result;
    } else {
        srv_effect_done(&w.result);
    }
    pol_preparation_done(&w.from.preparation);
    pol_preparation_done(&w.to.preparation);
    return st;
}

void srv_effect_done(struct srv_effect *effect)
{
    free(effect->subjects);
    *effect = (struct srv_effect){0};
}
