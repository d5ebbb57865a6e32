#include "policy/match.h"

#include "policy/match_seen.h"

#include <string.h>

static struct pol_ring_answer answer(bool yes)
{
    return (struct pol_ring_answer){.truth = yes ? POL_TRUE : POL_FALSE};
}

static struct pol_ring_answer unknown(const char *fact)
{
    return (struct pol_ring_answer){.truth = POL_UNKNOWN, .fact = fact};
}

/* ---- seeing ------------------------------------------------------------------------------- */

static void see_one(struct pol_seen *seen, const char *text)
{
    seen->own[0] = text;
    seen->texts = text != NULL ? seen->own : NULL;
    seen->count = 1;
}

/* A SID is known wherever there is a user; a name only where the account could be looked up. */
static void see_user(struct pol_seen *seen, const struct pol_facts *facts)
{
    see_one(seen, facts->sid);
    if (facts->sid != NULL) {
        seen->own[1] = facts->account;
        seen->count = facts->account != NULL ? 2 : 1;
        seen->without_names = facts->account == NULL;
        seen->fact = "account";
    }
}

/* What stands before the backslash of the account; an account without one has no domain. */
static void see_domain(struct pol_seen *seen, const char *account)
{
    const char *end = account != NULL ? strchr(account, '\\') : NULL;
    size_t size = 0;
    if (end != NULL && (size_t)(end - account) < sizeof seen->domain) {
        size = (size_t)(end - account);
        memcpy(seen->domain, account, size);
    }
    seen->domain[size] = '\0';
    see_one(seen, account != NULL ? seen->domain : NULL);
}

/* Inline: most of a decision's time is spent between here and match_texts(). */
static inline void see(const struct pol_facts *facts, enum pol_match_key key, struct pol_seen *out)
{
    out->texts = NULL;
    out->count = 0;
    out->index = NULL;
    out->without_names = false;
    out->asked = NULL;
    out->fact = POL_MATCH_WORDS[key];
    switch (key) {
    case POL_MATCH_USER:
        out->fact = "sid";
        see_user(out, facts);
        break;
    case POL_MATCH_GROUP:
        out->fact = "groups";
        out->texts = facts->groups;
        out->count = facts->group_count;
        out->index = facts->group_index;
        out->without_names = facts->groups_without_names;
        out->asked = facts->groups_asked;
        break;
    case POL_MATCH_TAG:
        out->fact = "tags";
        out->texts = facts->tags;
        out->count = facts->tag_count;
        break;
    case POL_MATCH_DOMAIN:
        out->fact = "account";
        see_domain(out, facts->account);
        break;
    case POL_MATCH_HOST: see_one(out, facts->host); break;
    case POL_MATCH_COMPUTER_OU: see_one(out, facts->computer_ou); break;
    case POL_MATCH_AD_SITE: see_one(out, facts->ad_site); break;
    case POL_MATCH_OUTLOOK:
    case POL_MATCH_MAILBOX:
    case POL_MATCH_MULTI_SESSION:
    case POL_MATCH_PERCENT:
    case POL_MATCH_RING:
    case POL_MATCH_ANY:
    case POL_MATCH_ALL:
    case POL_MATCH_NOT:
    case POL_MATCH_COUNT: break;
    }
}

void pol_see(const struct pol_facts *facts, enum pol_match_key key, struct pol_seen *out)
{
    see(facts, key, out);
}

/* ---- lists of patterns -------------------------------------------------------------------- */

static bool fits_one_of(const struct pol_seen *seen, enum pol_match_key key, const char *pattern,
                        const struct pol_text_mark *mark)
{
    if (seen->index != NULL) {
        return pol_text_index_find(seen->index, pattern, mark) != NULL;
    }
    for (size_t i = 0; i < seen->count; i++) {
        const char *text = seen->texts[i];
        if (key == POL_MATCH_COMPUTER_OU) {
            if (pol_text_is_under(pattern, text)) {
                return true;
            }
            continue;
        }
        size_t size = strlen(text);
        if ((mark->has_wild || mark->size == size) &&
            pol_text_fits_marked(pattern, mark, text, size)) {
            return true;
        }
    }
    return false;
}

/* What could not be looked up, or was not, is not denied. */
static struct pol_ring_answer match_texts(const struct pol_matching *m,
                                          const struct pol_match *match)
{
    const char *const *patterns = m->policy->texts + match->first;
    const struct pol_text_mark *marks = m->policy->marks + match->first;
    struct pol_seen seen;
    bool unsure = false;
    see(m->facts, match->key, &seen);
    if (seen.texts == NULL) {
        return unknown(seen.fact);
    }
    for (uint32_t i = 0; i < match->count; i++) {
        if (fits_one_of(&seen, match->key, patterns[i], &marks[i])) {
            return answer(true);
        }
        unsure = unsure || (seen.without_names && !pol_text_is_sid(patterns[i])) ||
                 (seen.asked != NULL && !seen.asked[match->first + i]);
    }
    return unsure ? unknown(seen.fact) : answer(false);
}

/* ---- single facts ------------------------------------------------------------------------- */

bool pol_facts_outlook(const struct pol_facts *facts, uint64_t *out)
{
    if (facts->outlook_is_read) {
        *out = facts->outlook_version;
        return true;
    }
    return facts->outlook != NULL && pol_outlook_version_read(facts->outlook, out);
}

/* No Outlook is a known fact: it is in no range. So is a version that we cannot read: Windows hands
 * out numbers, and what is none was made up by somebody. */
static struct pol_ring_answer match_outlook(const struct pol_matching *m,
                                            const struct pol_match *match)
{
    const struct pol_outlook_range *range = &m->policy->ranges[match->first];
    uint64_t version = 0;
    if (m->facts->outlook == NULL) {
        return unknown("outlook");
    }
    return answer(pol_facts_outlook(m->facts, &version) && version >= range->low &&
                  version <= range->high);
}

static struct pol_ring_answer match_multi_session(const struct pol_matching *m,
                                                  const struct pol_match *match)
{
    return m->facts->multi_session == POL_NOT_KNOWN
               ? unknown("multi_session")
               : answer((m->facts->multi_session == POL_YES) == (match->first == 1));
}

static struct pol_ring_answer match_percent(const struct pol_matching *m,
                                            const struct pol_match *match)
{
    const struct pol_percent *percent = &m->policy->percents[match->first];
    bool of_host = m->policy->draws[percent->draw].of_host;
    if ((of_host ? m->facts->host : m->facts->sid) == NULL) {
        return unknown(of_host ? "host" : "sid");
    }
    return answer(m->facts->buckets[percent->draw] < percent->threshold_ppm);
}

/* ---- joining ------------------------------------------------------------------------------ */

static struct pol_ring_answer settle(const struct pol_matching *m, uint32_t node);

/* AND is the minimum of the children, OR the maximum. Once FALSE or TRUE settles it, the rest is
 * asked for the trace's sake only. */
static struct pol_ring_answer settle_children(const struct pol_matching *m, uint32_t node, bool all)
{
    const struct pol_match *matches = m->policy->matches;
    enum pol_truth final = all ? POL_FALSE : POL_TRUE;
    struct pol_ring_answer result = answer(all);
    for (uint32_t i = 1; i < matches[node].subtree; i += matches[node + i].subtree) {
        struct pol_ring_answer a = settle(m, node + i);
        if (all ? a.truth < result.truth : a.truth > result.truth) {
            result = a;
        }
        if (result.truth == final && m->trace == NULL) {
            break;
        }
    }
    return result;
}

static struct pol_ring_answer settle_not(const struct pol_matching *m, uint32_t node)
{
    struct pol_ring_answer a = settle(m, node + 1);
    return a.truth == POL_UNKNOWN ? a : answer(a.truth == POL_FALSE);
}

static struct pol_ring_answer settle_node(const struct pol_matching *m, uint32_t node)
{
    const struct pol_match *match = &m->policy->matches[node];
    switch (match->key) {
    case POL_MATCH_USER:
    case POL_MATCH_GROUP:
    case POL_MATCH_HOST:
    case POL_MATCH_DOMAIN:
    case POL_MATCH_COMPUTER_OU:
    case POL_MATCH_AD_SITE:
    case POL_MATCH_TAG: return match_texts(m, match);
    case POL_MATCH_OUTLOOK: return match_outlook(m, match);
    case POL_MATCH_MAILBOX: return answer((match->first >> m->facts->mailbox & 1) != 0);
    case POL_MATCH_MULTI_SESSION: return match_multi_session(m, match);
    case POL_MATCH_PERCENT: return match_percent(m, match);
    case POL_MATCH_RING: return m->answers[match->first]; /* settled before this one */
    case POL_MATCH_ANY: return settle_children(m, node, false);
    case POL_MATCH_ALL: return settle_children(m, node, true);
    case POL_MATCH_NOT: return settle_not(m, node);
    case POL_MATCH_COUNT: break;
    }
    return unknown("condition"); /* a key the compiler could not see: widen nothing */
}

static struct pol_ring_answer settle(const struct pol_matching *m, uint32_t node)
{
    struct pol_ring_answer a = settle_node(m, node);
    if (m->trace != NULL) {
        pol_match_tell(m, &m->policy->matches[node], a);
    }
    return a;
}

static void settle_ring(struct pol_matching *m, uint32_t ring)
{
    m->ring = ring;
    m->answers[ring] = settle(m, m->policy->rings[ring].root);
    m->settled |= UINT64_C(1) << ring;
}

/* A ring stands behind all that it names, so rising order settles each before it is asked for: no
 * recursion from ring to ring, however they are nested. */
static void settle_needs(struct pol_matching *m, uint64_t missing)
{
    for (uint32_t i = 0; missing >> i != 0; i++) { /* the last ring is needed by none */
        if ((missing >> i & 1) != 0) {
            settle_ring(m, i);
        }
    }
}

struct pol_ring_answer pol_match_ring(struct pol_matching *matching, uint32_t ring)
{
    if ((matching->settled >> ring & 1) == 0) {
        uint64_t missing = matching->policy->rings[ring].needs & ~matching->settled;
        if (missing != 0) {
            settle_needs(matching, missing);
        }
        settle_ring(matching, ring);
    }
    return matching->answers[ring];
}
