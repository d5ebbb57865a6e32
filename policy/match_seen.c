#include "policy/match_seen.h"

/* ---- telling ------------------------------------------------------------------------------ */

static struct pol_trace_texts one_text(const char *text)
{
    return (struct pol_trace_texts){.one = text};
}

static struct pol_trace_texts all_texts(const char *const *texts, size_t count)
{
    return count == 1 ? one_text(texts[0])
                      : (struct pol_trace_texts){.items = texts, .count = count};
}

static bool fits(enum pol_match_key key, const char *pattern, const char *text)
{
    return key == POL_MATCH_COMPUTER_OU ? pol_text_is_under(pattern, text)
                                        : pol_text_fits(pattern, text);
}

/* The first pattern that fits, and the text that it fits. */
static bool find_pair(const struct pol_seen *seen, const struct pol_match *match,
                      const char *const *patterns, const char **pattern, const char **text)
{
    for (uint32_t i = 0; i < match->count; i++) {
        for (size_t k = 0; k < seen->count; k++) {
            if (fits(match->key, patterns[i], seen->texts[k])) {
                *pattern = patterns[i];
                *text = seen->texts[k];
                return true;
            }
        }
    }
    return false;
}

/* The pair that fitted, or all that was wanted and all that was seen. */
static void add_texts(const struct pol_matching *m, const struct pol_match *match,
                      struct pol_ring_answer answer, struct pol_seen *seen,
                      struct pol_trace_step *step)
{
    const char *const *patterns = m->policy->texts + match->first;
    pol_see(m->facts, match->key, seen);
    if (answer.truth == POL_TRUE &&
        find_pair(seen, match, patterns, &step->want.one, &step->saw.one)) {
        return;
    }
    step->want = all_texts(patterns, match->count);
    if (seen->texts != NULL) {
        step->saw = all_texts(seen->texts, seen->count);
    }
}

static size_t list_mailboxes(uint32_t bits, const char *out[POL_MAILBOX_COUNT])
{
    size_t count = 0;
    for (unsigned i = 0; i < POL_MAILBOX_COUNT; i++) {
        if ((bits >> i & 1) != 0) {
            out[count++] = POL_MAILBOX_WORDS[i];
        }
    }
    return count;
}

static void add_share(const struct pol_matching *m, const struct pol_match *match,
                      struct pol_trace_step *step)
{
    const struct pol_percent *percent = &m->policy->percents[match->first];
    bool of_host = m->policy->draws[percent->draw].of_host;
    step->saw = one_text(of_host ? m->facts->host : m->facts->sid);
    step->has_bucket = step->saw.one != NULL;
    if (step->has_bucket) {
        step->bucket = m->facts->buckets[percent->draw];
        step->threshold = percent->threshold_ppm;
    }
}

void pol_match_tell(const struct pol_matching *m, const struct pol_match *match,
                    struct pol_ring_answer answer)
{
    static const char *const SESSIONS[] = {
        [POL_NOT_KNOWN] = NULL, [POL_NO] = "false", [POL_YES] = "true"};
    const char *mailboxes[POL_MAILBOX_COUNT];
    struct pol_seen seen;
    struct pol_trace_step step = {.rule = m->rule,
                                  .ring = m->policy->rings[m->ring].name,
                                  .key = match->key,
                                  .result = (int)answer.truth};
    switch (match->key) {
    case POL_MATCH_USER:
    case POL_MATCH_GROUP:
    case POL_MATCH_HOST:
    case POL_MATCH_DOMAIN:
    case POL_MATCH_COMPUTER_OU:
    case POL_MATCH_AD_SITE:
    case POL_MATCH_TAG: add_texts(m, match, answer, &seen, &step); break;
    case POL_MATCH_OUTLOOK:
        step.want = one_text(m->policy->ranges[match->first].text);
        step.saw = one_text(m->facts->outlook);
        break;
    case POL_MATCH_MAILBOX:
        step.saw = one_text(POL_MAILBOX_WORDS[m->facts->mailbox]);
        step.want = all_texts(mailboxes, list_mailboxes(match->first, mailboxes));
        if (answer.truth == POL_TRUE) {
            step.want = step.saw;
        }
        break;
    case POL_MATCH_MULTI_SESSION:
        step.want = one_text(SESSIONS[match->first == 1 ? POL_YES : POL_NO]);
        step.saw = one_text(SESSIONS[m->facts->multi_session]);
        break;
    case POL_MATCH_PERCENT: add_share(m, match, &step); break;
    case POL_MATCH_RING: step.want = one_text(m->policy->rings[match->first].name); break;
    case POL_MATCH_ANY:
    case POL_MATCH_ALL:
    case POL_MATCH_NOT:
    case POL_MATCH_COUNT: return; /* they join what is told */
    }
    m->trace->step(m->trace->ctx, &step);
}
