#include "policy/match.h"

#include <string.h>

/* ---- text --------------------------------------------------------------------------------- */

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const char *next_code_point(const char *p)
{
    p++;
    while (((unsigned char)*p & 0xc0) == 0x80) {
        p++;
    }
    return p;
}

bool pol_match_text(const char *pattern, const char *text)
{
    const char *star = NULL; /* behind the last star, and where its run ends so far */
    const char *run = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            run = text;
        } else if (*pattern == '?') {
            pattern++;
            text = next_code_point(text);
        } else if (*pattern != '\0' && fold(*pattern) == fold(*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            run = next_code_point(run);
            text = run;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

/* ---- conditions --------------------------------------------------------------------------- */

struct matcher {
    const struct pol_policy *policy;
    const struct pol_facts *facts;
    struct pol_ring_answer *answers;
    const struct pol_trace *trace;
    const char *ring;
};

static struct pol_ring_answer answer(bool yes)
{
    return (struct pol_ring_answer){.truth = yes ? POL_TRUE : POL_FALSE};
}

static struct pol_ring_answer unknown(const char *fact)
{
    return (struct pol_ring_answer){.truth = POL_UNKNOWN, .fact = fact};
}

static void tell(const struct matcher *m, struct pol_trace_step step, struct pol_ring_answer a)
{
    if (m->trace != NULL) {
        step.ring = m->ring;
        step.result = (int)a.truth;
        m->trace->step(m->trace->ctx, &step);
    }
}

static bool is_sid(const char *pattern)
{
    return strncmp(pattern, "S-1-", 4) == 0;
}

/* The first pattern that fits one of the texts, or NULL. */
static const char *find_pattern(const struct matcher *m, const struct pol_match *match,
                                const char *const *texts, size_t text_count, const char **saw)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const char *pattern = m->policy->texts[match->first + i];
        for (size_t k = 0; k < text_count; k++) {
            if (pol_match_text(pattern, texts[k])) {
                *saw = texts[k];
                return pattern;
            }
        }
    }
    return NULL;
}

static struct pol_ring_answer match_list(const struct matcher *m, const struct pol_match *match,
                                         const char *const *texts, size_t text_count)
{
    const char *saw = text_count == 1 ? texts[0] : NULL;
    const char *pattern = find_pattern(m, match, texts, text_count, &saw);
    struct pol_ring_answer a = answer(pattern != NULL);
    if (pattern == NULL && match->count == 1) {
        pattern = m->policy->texts[match->first];
    }
    tell(m, (struct pol_trace_step){.key = match->key, .want = pattern, .saw = saw}, a);
    return a;
}

static struct pol_ring_answer not_known(const struct matcher *m, const struct pol_match *match,
                                        const char *fact)
{
    struct pol_ring_answer a = unknown(fact);
    const char *want = match->count == 1 ? m->policy->texts[match->first] : NULL;
    tell(m, (struct pol_trace_step){.key = match->key, .want = want}, a);
    return a;
}

/* A SID is known wherever there is a user; a name only where the account could be looked up. */
static struct pol_ring_answer match_user(const struct matcher *m, const struct pol_match *match)
{
    const char *names[2] = {m->facts->sid, m->facts->account};
    const char *saw = NULL;
    size_t known = m->facts->account != NULL ? 2 : 1;
    if (m->facts->sid == NULL) {
        return not_known(m, match, "sid");
    }
    const char *pattern = find_pattern(m, match, names, known, &saw);
    struct pol_ring_answer a = answer(pattern != NULL);
    for (uint32_t i = 0; pattern == NULL && known == 1 && i < match->count; i++) {
        if (!is_sid(m->policy->texts[match->first + i])) {
            a = unknown("account");
        }
    }
    if (pattern == NULL && match->count == 1) {
        pattern = m->policy->texts[match->first];
    }
    tell(m, (struct pol_trace_step){.key = match->key, .want = pattern, .saw = saw}, a);
    return a;
}

static struct pol_ring_answer match_group(const struct matcher *m, const struct pol_match *match)
{
    return m->facts->groups != NULL ? match_list(m, match, m->facts->groups, m->facts->group_count)
                                    : not_known(m, match, "groups");
}

static struct pol_ring_answer match_host(const struct matcher *m, const struct pol_match *match)
{
    return m->facts->host != NULL ? match_list(m, match, &m->facts->host, 1)
                                  : not_known(m, match, "host");
}

static struct pol_ring_answer match_tag(const struct matcher *m, const struct pol_match *match)
{
    return m->facts->tags != NULL ? match_list(m, match, m->facts->tags, m->facts->tag_count)
                                  : not_known(m, match, "tags");
}

static struct pol_ring_answer match_percent(const struct matcher *m, const struct pol_match *match)
{
    const struct pol_percent *percent = &m->policy->percents[match->first];
    const char *unit = percent->of_host ? m->facts->host : m->facts->sid;
    if (unit == NULL) {
        return not_known(m, match, percent->of_host ? "host" : "sid");
    }
    uint32_t bucket = m->facts->buckets[match->first];
    struct pol_ring_answer a = answer(bucket < percent->threshold_ppm);
    tell(m,
         (struct pol_trace_step){.key = match->key,
                                 .saw = unit,
                                 .has_bucket = true,
                                 .bucket = bucket,
                                 .threshold = percent->threshold_ppm},
         a);
    return a;
}

static struct pol_ring_answer match_ring(const struct matcher *m, const struct pol_match *match)
{
    struct pol_ring_answer a = m->answers[match->first]; /* settled before: see policy.h */
    const char *name = m->policy->rings[match->first].name;
    tell(m, (struct pol_trace_step){.key = match->key, .want = name}, a);
    return a;
}

static struct pol_ring_answer settle(const struct matcher *m, uint32_t node);

/* AND is the minimum of the children, OR the maximum. */
static struct pol_ring_answer settle_children(const struct matcher *m, uint32_t node, bool all)
{
    const struct pol_match *match = &m->policy->matches[node];
    struct pol_ring_answer result = answer(all);
    for (uint32_t i = 1; i < match->subtree; i += m->policy->matches[node + i].subtree) {
        struct pol_ring_answer a = settle(m, node + i);
        if (all ? a.truth < result.truth : a.truth > result.truth) {
            result = a;
        }
    }
    return result;
}

static struct pol_ring_answer settle_not(const struct matcher *m, uint32_t node)
{
    struct pol_ring_answer a = settle(m, node + 1);
    return a.truth == POL_UNKNOWN ? a : answer(a.truth == POL_FALSE);
}

static struct pol_ring_answer settle(const struct matcher *m, uint32_t node)
{
    const struct pol_match *match = &m->policy->matches[node];
    switch (match->key) {
    case POL_MATCH_USER: return match_user(m, match);
    case POL_MATCH_GROUP: return match_group(m, match);
    case POL_MATCH_HOST: return match_host(m, match);
    case POL_MATCH_TAG: return match_tag(m, match);
    case POL_MATCH_PERCENT: return match_percent(m, match);
    case POL_MATCH_RING: return match_ring(m, match);
    case POL_MATCH_ANY: return settle_children(m, node, false);
    case POL_MATCH_ALL: return settle_children(m, node, true);
    case POL_MATCH_NOT: return settle_not(m, node);
    case POL_MATCH_COUNT: break;
    }
    return unknown("condition"); /* a key the compiler could not see: widen nothing */
}

void pol_match_rings(const struct pol_policy *policy, const struct pol_facts *facts,
                     struct pol_ring_answer *answers, const struct pol_trace *trace)
{
    struct matcher m = {.policy = policy, .facts = facts, .answers = answers, .trace = trace};
    for (size_t i = 0; i < policy->ring_count; i++) {
        m.ring = policy->rings[i].name;
        answers[i] = settle(&m, policy->rings[i].root);
    }
}
