#include "server/regression.h"

#include "policy/evaluate.h"
#include "policy/facts.h"
#include "policy/json_read.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 500, LIST_MAX = 1024 };

/* One of the two policies, with what evaluating it takes. */
struct side {
    const struct pol_policy *policy;
    struct pol_preparation preparation;
};

struct walk {
    const struct srv_regression_question *question;
    struct side from;
    struct side to;
    struct srv_regression result;
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

static enum status decide(const struct walk *w, struct side *side, const struct srv_user_row *row,
                          struct pol_facts facts, struct pol_decision *out)
{
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

static bool allows(enum pol_set set)
{
    return set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
}

static enum status compare(struct walk *w, const struct srv_user_row *row)
{
    struct texts groups;
    struct texts tags;
    struct pol_decision before = {0};
    struct pol_decision after = {0};
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
            .tags = tags.items,
            .tag_count = tags.count,
            .mailbox = mailbox_of(row->mailbox),
        };
        st = decide(w, &w->from, row, facts, &before);
        st = st == ST_OK ? decide(w, &w->to, row, facts, &after) : st;
    }
    if (st == ST_OK) {
        w->result.users++;
        w->result.unknown += after.blocked_by == POL_BLOCKED_UNKNOWN_FACT ? 1 : 0;
        w->result.regressing += allows(before.set) && after.set == POL_SET_BLOCK ? 1 : 0;
    }
    pol_json_free(groups.json);
    pol_json_free(tags.json);
    return st;
}

static bool visit(void *v, const struct srv_user_row *row)
{
    struct walk *w = v;
    w->last_key = row->key;
    w->rows++;
    w->st = compare(w, row);
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

enum status srv_regression_count(const struct srv_store *store,
                                 const struct srv_regression_question *question,
                                 struct srv_regression *out, struct err *err)
{
    if (question->from == NULL) {
        *out = (struct srv_regression){0};
        return ST_OK;
    }
    struct walk w = {
        .question = question, .from = {.policy = question->from}, .to = {.policy = question->to}};
    enum status st = walk_users(store, &w, err);
    if (st == ST_OK) {
        *out = w.result;
    }
    pol_preparation_done(&w.from.preparation);
    pol_preparation_done(&w.to.preparation);
    return st;
}
