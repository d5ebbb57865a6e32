#include "tests/fuzz/deciding.h"

#include "policy/evaluate.h"
#include "tests/fuzz/fuzzing.h"

#include <string.h>

static void check_texts(const struct pol_trace_texts *texts)
{
    HOLDS(texts->one == NULL || fuzz_is_utf8(texts->one));
    for (size_t i = 0; texts->items != NULL && i < texts->count; i++) {
        HOLDS(texts->items[i] != NULL && fuzz_is_utf8(texts->items[i]));
    }
}

static void check_step(void *ctx, const struct pol_trace_step *step)
{
    size_t *steps = ctx;
    ++*steps;
    HOLDS((step->ring == NULL) != (step->guard == NULL));
    HOLDS((step->rule == -1) == (step->ring == NULL));
    HOLDS(step->result >= POL_FALSE && step->result <= POL_TRUE);
    check_texts(&step->want);
    check_texts(&step->saw);
}

static void check_same(const struct pol_decision *a, const struct pol_decision *b)
{
    HOLDS(a->set == b->set && a->rule == b->rule && a->ring == b->ring);
    HOLDS(a->blocked_by == b->blocked_by && a->guard == b->guard && a->fact == b->fact);
}

static void check_decision(const struct pol_policy *policy, const struct pol_decision *d)
{
    HOLDS(d->set >= 0 && d->set < POL_SET_COUNT);
    HOLDS(d->rule >= -1 && d->rule < (int)policy->rule_count);
    HOLDS((d->rule == -1) == (d->ring == NULL));
    HOLDS((d->blocked_by == POL_BLOCKED_UNKNOWN_FACT) == (d->fact != NULL));
    if (d->fact != NULL) {
        HOLDS(d->set == POL_SET_LEAVE && d->guard == NULL);
    } else {
        HOLDS(d->set == (d->rule >= 0 ? policy->rules[d->rule].set : policy->otherwise));
        HOLDS((d->blocked_by == POL_BLOCKED_NOT) == (d->guard == NULL));
    }
    if (d->set == POL_SET_RELEASE || d->set == POL_SET_RESTORE) {
        HOLDS(d->guard == NULL);
    }
}

enum { FORGETTABLE = 9 };

static void forget(struct pol_facts *facts, int which)
{
    switch (which) {
    case 0: facts->sid = NULL; break;
    case 1: facts->account = NULL; break;
    case 2:
        facts->groups = NULL;
        facts->group_count = 0;
        facts->group_index = NULL;
        break;
    case 3: facts->host = NULL; break;
    case 4: facts->computer_ou = NULL; break;
    case 5: facts->ad_site = NULL; break;
    case 6:
        facts->tags = NULL;
        facts->tag_count = 0;
        break;
    case 7: facts->multi_session = POL_NOT_KNOWN; break;
    default:
        facts->outlook = NULL;
        facts->outlook_is_read = false;
        break;
    }
}

/* Who knows less decides the same or leaves the user alone: never something else. */
static void check_forgetting(const struct pol_policy *policy, const struct pol_facts *facts,
                             const struct pol_decision *all)
{
    for (int i = 0; i < FORGETTABLE; i++) {
        struct pol_facts fewer = *facts;
        forget(&fewer, i);
        struct pol_decision d = pol_evaluate(policy, &fewer, NULL);
        check_decision(policy, &d);
        HOLDS(d.fact != NULL || all->fact != NULL || (d.set == all->set && d.rule == all->rule));
        HOLDS(all->fact == NULL || d.fact != NULL);
    }
}

void fuzz_decide(const struct pol_policy *policy, const struct pol_facts *known)
{
    struct pol_preparation p = {0};
    size_t steps = 0;
    struct pol_trace trace = {.ctx = &steps, .step = check_step};
    HOLDS(pol_prepare(&p, policy, known) == ST_OK);
    struct pol_decision d = pol_evaluate(policy, &p.facts, NULL);
    struct pol_decision traced = pol_evaluate(policy, &p.facts, &trace);
    check_decision(policy, &d);
    check_same(&d, &traced);

    struct pol_facts unindexed = p.facts;
    unindexed.group_index = NULL;
    struct pol_decision slow = pol_evaluate(policy, &unindexed, NULL);
    check_same(&d, &slow);
    check_forgetting(policy, &p.facts, &d);
    pol_preparation_done(&p);
}
