#include "policy/match.h"

#include <string.h>

/* The matching, and the ring whose condition is being settled. */
struct scope {
    struct pol_matching *matching;
    const char *ring;
};

static const struct pol_facts *facts_of(const struct scope *s)
{
    return s->matching->facts;
}

static struct pol_ring_answer answer(bool yes)
{
    return (struct pol_ring_answer){.truth = yes ? POL_TRUE : POL_FALSE};
}

static struct pol_ring_answer unknown(const char *fact)
{
    return (struct pol_ring_answer){.truth = POL_UNKNOWN, .fact = fact};
}

/* ---- telling ------------------------------------------------------------------------------ */

static struct pol_trace_texts one_text(const char *text)
{
    return (struct pol_trace_texts){.one = text};
}

static void tell(const struct scope *s, struct pol_trace_step step, struct pol_ring_answer a)
{
    const struct pol_trace *trace = s->matching->trace;
    if (trace != NULL) {
        step.rule = s->matching->rule;
        step.ring = s->ring;
        step.result = (int)a.truth;
        trace->step(trace->ctx, &step);
    }
}

/* The pattern that fitted, or all of them. */
static struct pol_trace_texts wanted_texts(const struct scope *s, const struct pol_match *match,
                                           const char *fitted)
{
    if (fitted != NULL || match->count == 1) {
        return one_text(fitted != NULL ? fitted : s->matching->policy->texts[match->first]);
    }
    return (struct pol_trace_texts){.items = s->matching->policy->texts + match->first,
                                    .count = match->count};
}

static struct pol_ring_answer not_known(const struct scope *s, const struct pol_match *match,
                                        struct pol_trace_texts want, const char *fact)
{
    tell(s, (struct pol_trace_step){.key = match->key, .want = want}, unknown(fact));
    return unknown(fact);
}

/* ---- lists of patterns -------------------------------------------------------------------- */

/* What a list of patterns is held against. */
struct seen {
    const char *const *texts;
    size_t count;
    const struct pol_text_mark *marks; /* NULL: do without */
};

/* The first pattern that fits one of the texts, or NULL. */
static const char *find_pattern(const struct scope *s, const struct pol_match *match,
                                const struct seen *seen, const char **saw)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const char *pattern = s->matching->policy->texts[match->first + i];
        const struct pol_text_mark *mark = &s->matching->policy->marks[match->first + i];
        for (size_t k = 0; k < seen->count; k++) {
            bool fits = seen->marks != NULL
                            ? pol_text_fits_marked(pattern, mark, seen->texts[k], &seen->marks[k])
                            : pol_text_fits(pattern, seen->texts[k]);
            if (fits) {
                *saw = seen->texts[k];
                return pattern;
            }
        }
    }
    return NULL;
}

/* otherwise: what it is if nothing fits. */
static struct pol_ring_answer match_patterns(const struct scope *s, const struct pol_match *match,
                                             struct seen seen, struct pol_ring_answer otherwise)
{
    const char *saw = NULL;
    const char *pattern = find_pattern(s, match, &seen, &saw);
    struct pol_ring_answer a = pattern != NULL ? answer(true) : otherwise;
    struct pol_trace_texts all = {.items = seen.texts, .count = seen.count};
    tell(s,
         (struct pol_trace_step){.key = match->key,
                                 .want = wanted_texts(s, match, pattern),
                                 .saw = pattern != NULL   ? one_text(saw)
                                        : seen.count == 1 ? one_text(seen.texts[0])
                                                          : all},
         a);
    return a;
}

static bool has_name(const struct scope *s, const struct pol_match *match)
{
    bool found = false;
    for (uint32_t i = 0; i < match->count && !found; i++) {
        found = !pol_text_is_sid(s->matching->policy->texts[match->first + i]);
    }
    return found;
}

/* A SID is known wherever there is a user; a name only where the account could be looked up. */
static struct pol_ring_answer match_user(const struct scope *s, const struct pol_match *match)
{
    const char *names[2] = {facts_of(s)->sid, facts_of(s)->account};
    if (names[0] == NULL) {
        return not_known(s, match, wanted_texts(s, match, NULL), "sid");
    }
    bool unsure = names[1] == NULL && has_name(s, match);
    return match_patterns(s, match,
                          (struct seen){.texts = names, .count = names[1] == NULL ? 1 : 2},
                          unsure ? unknown("account") : answer(false));
}

/* A token has SIDs; their names must be looked up, and that may fail. */
static struct pol_ring_answer match_group(const struct scope *s, const struct pol_match *match)
{
    const struct pol_facts *facts = facts_of(s);
    if (facts->groups == NULL) {
        return not_known(s, match, wanted_texts(s, match, NULL), "groups");
    }
    bool unsure = facts->groups_without_names && has_name(s, match);
    struct seen seen = {
        .texts = facts->groups, .count = facts->group_count, .marks = facts->group_marks};
    return match_patterns(s, match, seen, unsure ? unknown("groups") : answer(false));
}

static struct pol_ring_answer match_one(const struct scope *s, const struct pol_match *match,
                                        const char *text, const char *fact)
{
    return text != NULL
               ? match_patterns(s, match, (struct seen){.texts = &text, .count = 1}, answer(false))
               : not_known(s, match, wanted_texts(s, match, NULL), fact);
}

/* What stands before the backslash of the account; an account without one has no domain. */
static struct pol_ring_answer match_domain(const struct scope *s, const struct pol_match *match)
{
    char domain[LIMIT_STRING_BYTES + 1] = "";
    const char *account = facts_of(s)->account;
    const char *end = account != NULL ? strchr(account, '\\') : NULL;
    if (end != NULL && (size_t)(end - account) < sizeof domain) {
        memcpy(domain, account, (size_t)(end - account));
    }
    return match_one(s, match, account != NULL ? domain : NULL, "account");
}

static struct pol_ring_answer match_tag(const struct scope *s, const struct pol_match *match)
{
    const struct pol_facts *facts = facts_of(s);
    struct seen seen = {.texts = facts->tags, .count = facts->tag_count};
    return facts->tags != NULL ? match_patterns(s, match, seen, answer(false))
                               : not_known(s, match, wanted_texts(s, match, NULL), "tags");
}

static struct pol_ring_answer match_computer_ou(const struct scope *s,
                                                const struct pol_match *match)
{
    const char *dn = facts_of(s)->computer_ou;
    const char *fitted = NULL;
    if (dn == NULL) {
        return not_known(s, match, wanted_texts(s, match, NULL), "computer_ou");
    }
    for (uint32_t i = 0; i < match->count && fitted == NULL; i++) {
        const char *wanted = s->matching->policy->texts[match->first + i];
        fitted = pol_text_is_under(wanted, dn) ? wanted : NULL;
    }
    struct pol_ring_answer a = answer(fitted != NULL);
    tell(s,
         (struct pol_trace_step){
             .key = match->key, .want = wanted_texts(s, match, fitted), .saw = one_text(dn)},
         a);
    return a;
}

/* ---- other conditions --------------------------------------------------------------------- */

/* No Outlook is a known fact: it is in no range. So is a version that we cannot read: Windows hands
 * out numbers, and what is none was made up by somebody. */
static struct pol_ring_answer match_outlook(const struct scope *s, const struct pol_match *match)
{
    const struct pol_outlook_range *range = &s->matching->policy->ranges[match->first];
    const char *text = facts_of(s)->outlook;
    uint64_t version = 0;
    if (text == NULL) {
        return not_known(s, match, one_text(range->text), "outlook");
    }
    bool within =
        pol_outlook_version_read(text, &version) && version >= range->low && version <= range->high;
    tell(s,
         (struct pol_trace_step){
             .key = match->key, .want = one_text(range->text), .saw = one_text(text)},
         answer(within));
    return answer(within);
}

static struct pol_ring_answer match_mailbox(const struct scope *s, const struct pol_match *match)
{
    enum pol_mailbox mailbox = facts_of(s)->mailbox;
    const char *wanted[POL_MAILBOX_COUNT];
    size_t count = 0;
    struct pol_ring_answer a = answer((match->first >> mailbox & 1) != 0);
    for (unsigned i = 0; i < POL_MAILBOX_COUNT; i++) {
        if ((match->first >> i & 1) != 0) {
            wanted[count++] = POL_MAILBOX_WORDS[i];
        }
    }
    struct pol_trace_texts all = {.items = wanted, .count = count};
    tell(s,
         (struct pol_trace_step){.key = match->key,
                                 .want = a.truth == POL_TRUE ? one_text(POL_MAILBOX_WORDS[mailbox])
                                         : count == 1        ? one_text(wanted[0])
                                                             : all,
                                 .saw = one_text(POL_MAILBOX_WORDS[mailbox])},
         a);
    return a;
}

static struct pol_ring_answer match_multi_session(const struct scope *s,
                                                  const struct pol_match *match)
{
    static const char *const WORDS[] = {"false", "true"};
    enum pol_answer known = facts_of(s)->multi_session;
    bool is = known == POL_YES;
    if (known == POL_NOT_KNOWN) {
        return not_known(s, match, one_text(WORDS[match->first]), "multi_session");
    }
    struct pol_ring_answer a = answer(is == (match->first == 1));
    tell(s,
         (struct pol_trace_step){.key = match->key,
                                 .want = one_text(WORDS[match->first]),
                                 .saw = one_text(WORDS[is ? 1 : 0])},
         a);
    return a;
}

static struct pol_ring_answer match_percent(const struct scope *s, const struct pol_match *match)
{
    const struct pol_percent *percent = &s->matching->policy->percents[match->first];
    bool of_host = s->matching->policy->draws[percent->draw].of_host;
    const char *unit = of_host ? facts_of(s)->host : facts_of(s)->sid;
    if (unit == NULL) {
        return not_known(s, match, one_text(NULL), of_host ? "host" : "sid");
    }
    uint32_t bucket = facts_of(s)->buckets[percent->draw];
    struct pol_ring_answer a = answer(bucket < percent->threshold_ppm);
    tell(s,
         (struct pol_trace_step){.key = match->key,
                                 .saw = one_text(unit),
                                 .has_bucket = true,
                                 .bucket = bucket,
                                 .threshold = percent->threshold_ppm},
         a);
    return a;
}

static struct pol_ring_answer match_named_ring(const struct scope *s, const struct pol_match *match)
{
    struct pol_ring_answer a = s->matching->answers[match->first]; /* settled before this one */
    const char *name = s->matching->policy->rings[match->first].name;
    tell(s, (struct pol_trace_step){.key = match->key, .want = one_text(name)}, a);
    return a;
}

/* ---- joining ------------------------------------------------------------------------------ */

static struct pol_ring_answer settle(const struct scope *s, uint32_t node);

/* AND is the minimum of the children, OR the maximum. Once FALSE or TRUE settles it, the rest is
 * asked for the trace's sake only. */
static struct pol_ring_answer settle_children(const struct scope *s, uint32_t node, bool all)
{
    const struct pol_match *matches = s->matching->policy->matches;
    enum pol_truth final = all ? POL_FALSE : POL_TRUE;
    struct pol_ring_answer result = answer(all);
    for (uint32_t i = 1; i < matches[node].subtree; i += matches[node + i].subtree) {
        struct pol_ring_answer a = settle(s, node + i);
        if (all ? a.truth < result.truth : a.truth > result.truth) {
            result = a;
        }
        if (result.truth == final && s->matching->trace == NULL) {
            break;
        }
    }
    return result;
}

static struct pol_ring_answer settle_not(const struct scope *s, uint32_t node)
{
    struct pol_ring_answer a = settle(s, node + 1);
    return a.truth == POL_UNKNOWN ? a : answer(a.truth == POL_FALSE);
}

static struct pol_ring_answer settle(const struct scope *s, uint32_t node)
{
    const struct pol_match *match = &s->matching->policy->matches[node];
    switch (match->key) {
    case POL_MATCH_USER: return match_user(s, match);
    case POL_MATCH_GROUP: return match_group(s, match);
    case POL_MATCH_HOST: return match_one(s, match, facts_of(s)->host, "host");
    case POL_MATCH_DOMAIN: return match_domain(s, match);
    case POL_MATCH_COMPUTER_OU: return match_computer_ou(s, match);
    case POL_MATCH_AD_SITE: return match_one(s, match, facts_of(s)->ad_site, "ad_site");
    case POL_MATCH_TAG: return match_tag(s, match);
    case POL_MATCH_OUTLOOK: return match_outlook(s, match);
    case POL_MATCH_MAILBOX: return match_mailbox(s, match);
    case POL_MATCH_MULTI_SESSION: return match_multi_session(s, match);
    case POL_MATCH_PERCENT: return match_percent(s, match);
    case POL_MATCH_RING: return match_named_ring(s, match);
    case POL_MATCH_ANY: return settle_children(s, node, false);
    case POL_MATCH_ALL: return settle_children(s, node, true);
    case POL_MATCH_NOT: return settle_not(s, node);
    case POL_MATCH_COUNT: break;
    }
    return unknown("condition"); /* a key the compiler could not see: widen nothing */
}

static void settle_ring(struct pol_matching *matching, uint32_t ring)
{
    const struct pol_ring *r = &matching->policy->rings[ring];
    struct scope s = {.matching = matching, .ring = r->name};
    matching->answers[ring] = settle(&s, r->root);
    matching->settled |= UINT64_C(1) << ring;
}

struct pol_ring_answer pol_match_ring(struct pol_matching *matching, uint32_t ring)
{
    /* A ring stands behind all that it names, so rising order settles each before it is asked for:
     * no recursion from ring to ring, however they are nested. */
    uint64_t missing = matching->policy->rings[ring].needs & ~matching->settled;
    for (uint32_t i = 0; missing >> i != 0; i++) {
        if ((missing >> i & 1) != 0) {
            settle_ring(matching, i);
        }
    }
    if ((matching->settled >> ring & 1) == 0) {
        settle_ring(matching, ring);
    }
    return matching->answers[ring];
}
