#include "server/lens.h"

#include <stdlib.h>
#include <string.h>

void srv_lens_done(struct srv_lens *lens)
{
    for (size_t i = 0; i < lens->found_count; i++) {
        free(lens->found[i].named);
    }
    lens->found_count = 0;
    pol_preparation_done(&lens->preparation);
}

/* ---- which groups were asked for ------------------------------------------------------------- */

static void add_policies(struct srv_known *known, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        if (known->count < SRV_KNOWN_MAX) {
            known->policies[known->count++] = pol_bundle_stage(b->bundle, i)->policy;
        }
    }
}

void srv_known_list(const struct srv_rollout_view *view, struct srv_known *out)
{
    out->count = 0;
    add_policies(out, view->released);
    if (view->newest != view->released) {
        add_policies(out, view->newest);
    }
}

/* Calls see for each list of groups in the policy's rings. */
static void each_group_list(const struct pol_policy *p,
                            void (*see)(void *ctx, uint32_t first, uint32_t count), void *ctx)
{
    for (size_t r = 0; r < p->ring_count; r++) {
        const struct pol_match *root = &p->matches[p->rings[r].root];
        for (const struct pol_match *m = root; m < root + root->subtree; m++) {
            if (m->key == POL_MATCH_GROUP) {
                see(ctx, m->first, m->count);
            }
        }
    }
}

static void see_end(void *ctx, uint32_t first, uint32_t count)
{
    size_t *end = ctx;
    *end = first + count > *end ? first + count : *end;
}

static size_t end_of_groups(const struct pol_policy *p)
{
    size_t end = 0;
    each_group_list(p, see_end, &end);
    return end;
}

/* The groups of one policy in order, and the marks of another whose texts are looked for in it. */
struct naming {
    const struct pol_policy *wide;
    const struct pol_policy *asked;
    const char **sorted;
    size_t count;
    bool *named;
};

static void collect(void *ctx, uint32_t first, uint32_t count)
{
    struct naming *n = ctx;
    for (uint32_t i = 0; i < count; i++) {
        n->sorted[n->count++] = n->wide->texts[first + i];
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void mark(void *ctx, uint32_t first, uint32_t count)
{
    struct naming *n = ctx;
    for (uint32_t i = first; i < first + count; i++) {
        n->named[i] = n->count > 0 && bsearch(&n->asked->texts[i], n->sorted, n->count,
                                              sizeof *n->sorted, compare) != NULL;
    }
}

/* wide NULL: nobody knows what was asked for. */
static enum status find_named(const struct srv_lens *lens, const struct pol_policy *wide,
                              bool **out)
{
    size_t most = wide != NULL ? end_of_groups(wide) : 0;
    struct naming n = {.wide = wide,
                       .asked = lens->policy,
                       .sorted = malloc((most + 1) * sizeof *n.sorted),
                       .named = calloc(lens->text_count, sizeof *n.named)};
    enum status st = n.sorted != NULL && n.named != NULL ? ST_OK : ST_NO_MEMORY;
    if (st == ST_OK && wide != NULL) {
        each_group_list(wide, collect, &n);
        qsort(n.sorted, n.count, sizeof *n.sorted, compare);
        each_group_list(lens->policy, mark, &n);
    }
    if (st == ST_OK) {
        *out = n.named;
        n.named = NULL; /* handed over */
    }
    free(n.named);
    free(n.sorted);
    return st;
}

static const struct pol_policy *find_known(const struct srv_known *known, int64_t version)
{
    for (size_t i = 0; i < known->count; i++) {
        if (known->policies[i]->version == version) {
            return known->policies[i];
        }
    }
    return NULL;
}

/* *out NULL: the policy asks for no group. Versions that nobody knows share version 0. */
static enum status groups_asked(struct srv_lens *lens, int64_t version, const bool **out)
{
    enum status st = ST_OK;
    *out = NULL;
    if (lens->text_count == 0) {
        return ST_OK;
    }
    const struct pol_policy *wide = find_known(lens->known, version);
    int64_t key = wide != NULL ? version : 0;
    for (size_t i = 0; i < lens->found_count; i++) {
        if (lens->found[i].version == key) {
            *out = lens->found[i].named;
            return ST_OK;
        }
    }
    struct srv_named *found = &lens->found[lens->found_count];
    st = find_named(lens, wide, &found->named);
    if (st == ST_OK) {
        found->version = key;
        lens->found_count++;
        *out = found->named;
    }
    return st;
}

/* ---- facts and decision ---------------------------------------------------------------------- */

void srv_lens_init(struct srv_lens *lens, const struct pol_policy *policy,
                   const struct srv_known *known)
{
    *lens = (struct srv_lens){.policy = policy, .known = known};
    lens->text_count = policy != NULL ? end_of_groups(policy) : 0;
}

bool srv_lens_asks_probes(const struct srv_lens *lens)
{
    return lens->policy != NULL &&
           lens->policy->guards.allow.count + lens->policy->guards.block.count > 0;
}

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

static bool is_among(const char *url, const struct srv_texts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(url, list->items[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* As the agent reckons: one that answers is enough, and all must have failed. */
static enum pol_answer preflight_of(const struct pol_preflight *asked,
                                    const struct srv_sight *sight)
{
    enum pol_answer answer = asked->count > 0 ? POL_NO : POL_NOT_KNOWN;
    for (size_t i = 0; i < asked->count; i++) {
        if (is_among(asked->urls[i], sight->ready)) {
            return POL_YES;
        }
        if (!is_among(asked->urls[i], sight->failed)) {
            answer = POL_NOT_KNOWN;
        }
    }
    return answer;
}

enum status srv_lens_facts(struct srv_lens *lens, const struct srv_user_row *row,
                           const struct srv_sight *sight, struct pol_facts *out)
{
    *out = (struct pol_facts){
        .sid = row->sid,
        .account = row->account,
        .groups = row->groups != NULL ? sight->groups->items : NULL,
        .group_count = sight->groups->count,
        .host = row->host,
        .computer_ou = row->computer_ou,
        .ad_site = row->ad_site,
        .tags = sight->tags->items,
        .tag_count = sight->tags->count,
        .multi_session = row->multi_session,
        .outlook = outlook_of(row->outlook),
        .mailbox = mailbox_of(row->mailbox),
        .preflight_allow = preflight_of(&lens->policy->guards.allow, sight),
        .preflight_block = preflight_of(&lens->policy->guards.block, sight),
    };
    return groups_asked(lens, row->version, &out->groups_asked);
}

enum status srv_lens_decide(struct srv_lens *lens, const struct srv_user_row *row,
                            const struct srv_sight *sight, struct pol_decision *out)
{
    struct pol_facts facts;
    if (lens->policy == NULL) {
        *out = (struct pol_decision){.set = POL_SET_LEAVE};
        return ST_OK;
    }
    enum status st = srv_lens_facts(lens, row, sight, &facts);
    if (st == ST_OK) {
        st = pol_prepare(&lens->preparation, lens->policy, &facts);
    }
    if (st == ST_OK) {
        *out = pol_evaluate(lens->policy, &lens->preparation.facts, NULL);
    }
    return st;
}
