#include "server/gate.h"

const char *const SRV_GATE_VERDICT_WORDS[SRV_GATE_VERDICT_COUNT] = {"keep", "advance", "hold",
                                                                    "safe"};

const char *const SRV_GATE_REASON_WORDS[SRV_GATE_REASON_COUNT] = {
    "passed",  "soak",         "reporting", "conclusive",  "conclusive_percent", "healthy",
    "failing", "sample_ratio", "manual",    "not_before",  "no_next_stage",      "never_automatic",
    "held",    "refused",      "not_fixed", "behind_fleet"};

enum { MILLION = 1000000, FOUR_SIGMA_SQUARED = 16 };

/* ---- sample ratio ---------------------------------------------------------------------------- */

/* A product of two numbers of 64 bits does not fit into one. */
struct wide {
    uint64_t high;
    uint64_t low;
};

static struct wide multiply(uint64_t a, uint64_t b)
{
    uint64_t a_low = a & UINT32_MAX;
    uint64_t a_high = a >> 32;
    uint64_t b_low = b & UINT32_MAX;
    uint64_t b_high = b >> 32;
    uint64_t low = a_low * b_low;
    uint64_t middle = a_high * b_low + (low >> 32);
    uint64_t carry = (middle & UINT32_MAX) + a_low * b_high;
    return (struct wide){.high = a_high * b_high + (middle >> 32) + (carry >> 32),
                         .low = (carry << 32) | (low & UINT32_MAX)};
}

static bool is_greater(struct wide a, struct wide b)
{
    return a.high != b.high ? a.high > b.high : a.low > b.low;
}

/* |seen/n - t/10^6| > 4 sqrt(p (1 - p) / n), both sides times n * 10^6 and squared. */
bool srv_gate_sample_is_off(const struct srv_gate_sample *sample)
{
    uint64_t n = sample->users;
    uint64_t t = sample->threshold_ppm;
    uint64_t is = sample->seen * MILLION;
    uint64_t should = n * t;
    uint64_t distance = is > should ? is - should : should - is;
    if (n < SRV_GATE_SAMPLE_LEAST) {
        return false;
    }
    return is_greater(multiply(distance, distance),
                      multiply(FOUR_SIGMA_SQUARED * n, t * (MILLION - t)));
}

static bool any_sample_is_off(const struct srv_gate_counts *counts)
{
    for (size_t i = 0; i < counts->sample_count; i++) {
        if (srv_gate_sample_is_off(&counts->samples[i])) {
            return true;
        }
    }
    return false;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool reaches(uint64_t part, uint64_t whole, uint32_t percent)
{
    return part * 100 >= whole * percent;
}

/* A clock that was set back below the release starts the soak anew, and never ends it. */
static int64_t soak_left(const struct pol_gate *gate, int64_t released_s, int64_t now_s)
{
    int64_t gone_s = now_s > released_s ? now_s - released_s : 0;
    return gone_s < (int64_t)gate->soak_s ? (int64_t)gate->soak_s - gone_s : 0;
}

static uint32_t bit_if(bool missing, enum srv_gate_reason reason)
{
    return missing ? UINT32_C(1) << (unsigned)reason : 0;
}

static uint32_t find_missing(const struct pol_gate *gate, const struct srv_gate_counts *c,
                             int64_t soak_left_s)
{
    uint64_t conclusive = c->healthy + c->failing;
    uint64_t least =
        c->subjects < SRV_GATE_CONCLUSIVE_LEAST ? c->subjects : SRV_GATE_CONCLUSIVE_LEAST;
    return bit_if(soak_left_s > 0, SRV_GATE_SOAK) |
           bit_if(!reaches(c->reporting, c->subjects, gate->min_reporting_percent),
                  SRV_GATE_REPORTING) |
           bit_if(conclusive < least, SRV_GATE_CONCLUSIVE) |
           bit_if(!reaches(conclusive, c->subjects, gate->min_conclusive_percent),
                  SRV_GATE_CONCLUSIVE_PERCENT) |
           bit_if(!reaches(c->healthy, conclusive, gate->min_healthy_percent), SRV_GATE_HEALTHY);
}

static enum srv_gate_reason first_of(uint32_t missing)
{
    for (int i = SRV_GATE_SOAK; i < SRV_GATE_MISSING_END; i++) {
        if ((missing & bit_if(true, (enum srv_gate_reason)i)) != 0) {
            return (enum srv_gate_reason)i;
        }
    }
    return SRV_GATE_PASSED;
}

static bool fails(const struct pol_gate *gate, const struct srv_gate_counts *c)
{
    return c->failing_devices > gate->max_failing &&
           !reaches(c->healthy, c->healthy + c->failing, gate->min_healthy_percent);
}

/* ---- the brake ------------------------------------------------------------------------------- */

/* A handful of forged or broken reports must not pull what only the keys release. */
static bool asks_for_brake(const struct pol_gate *gate, const struct srv_gate_counts *c)
{
    return gate->on_fail == POL_ON_FAIL_SAFE && fails(gate, c) &&
           reaches(c->failing_devices, c->devices, SRV_GATE_SAFE_PERCENT);
}

/* A first look in the future is one by a clock that was set back since: it counts from now on. */
static int64_t first_look(int64_t before_s, int64_t now_s)
{
    return before_s >= 0 && before_s <= now_s ? before_s : now_s;
}

/* ---- the decision ---------------------------------------------------------------------------- */

static bool ends_rollout(enum pol_set set)
{
    return set == POL_SET_RELEASE || set == POL_SET_RESTORE;
}

static bool is_never_automatic(const struct pol_policy *stage)
{
    bool ends = ends_rollout(stage->otherwise);
    for (size_t i = 0; i < stage->rule_count && !ends; i++) {
        ends = ends_rollout(stage->rules[i].set);
    }
    return ends;
}

static void answer(struct srv_gate_answer *out, enum srv_gate_verdict verdict,
                   enum srv_gate_reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static void decide_passed(const struct srv_gate_terms *terms, int64_t now_s,
                          struct srv_gate_answer *out)
{
    if (terms->next == NULL) {
        answer(out, SRV_GATE_HOLD, SRV_GATE_NO_NEXT_STAGE);
    } else if (terms->next->not_before_s > now_s) {
        answer(out, SRV_GATE_KEEP, SRV_GATE_NOT_BEFORE);
    } else if (terms->gate->advance == POL_ADVANCE_MANUAL) {
        answer(out, SRV_GATE_KEEP, SRV_GATE_MANUAL);
    } else if (is_never_automatic(terms->next)) {
        answer(out, SRV_GATE_HOLD, SRV_GATE_NEVER_AUTOMATIC);
    } else {
        answer(out, SRV_GATE_ADVANCE, SRV_GATE_PASSED);
    }
}

struct srv_gate_answer srv_gate_decide(const struct srv_gate_terms *terms,
                                       const struct srv_gate_counts *counts,
                                       const struct srv_gate_memory *memory, int64_t now_s)
{
    const struct pol_gate *gate = terms->gate;
    struct srv_gate_answer out = {.soak_left_s = soak_left(gate, memory->released_s, now_s),
                                  .failing_s = -1};
    out.missing = find_missing(gate, counts, out.soak_left_s);
    if (memory->held) {
        answer(&out, SRV_GATE_HOLD, SRV_GATE_HELD);
        return out; /* what was seen failing before is looked at anew when it goes on */
    }
    if (memory->behind) {
        answer(&out, SRV_GATE_HOLD, SRV_GATE_BEHIND_FLEET);
        return out; /* its numbers are about another policy than machines have */
    }
    if (asks_for_brake(gate, counts)) {
        out.failing_s = first_look(memory->failing_s, now_s);
    }
    if (out.failing_s >= 0 && now_s - out.failing_s >= SRV_GATE_CONFIRM_AFTER_S) {
        answer(&out, SRV_GATE_SAFE, SRV_GATE_FAILING);
    } else if (fails(gate, counts)) {
        answer(&out, SRV_GATE_HOLD, SRV_GATE_FAILING);
    } else if (any_sample_is_off(counts)) {
        answer(&out, SRV_GATE_HOLD, SRV_GATE_SAMPLE_RATIO);
    } else if (out.missing != 0) {
        enum srv_gate_reason reason = first_of(out.missing);
        answer(&out, reason == SRV_GATE_SOAK ? SRV_GATE_KEEP : SRV_GATE_HOLD, reason);
    } else {
        decide_passed(terms, now_s, &out);
    }
    return out;
}
