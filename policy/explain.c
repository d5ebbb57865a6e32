#include "policy/explain.h"

#include "policy/json_write.h"

#include <inttypes.h>
#include <string.h>

static const char *const RESULTS[] = {
    [POL_FALSE] = "false", [POL_UNKNOWN] = "unknown", [POL_TRUE] = "true"};

/* ---- for programs ------------------------------------------------------------------------- */

/* One text, a list where several were compared and none was it, null where nothing is known. */
static void write_texts(struct pol_json_writer *w, const char *key, struct pol_trace_texts texts)
{
    if (texts.one != NULL || texts.items == NULL) {
        pol_json_text(w, key, texts.one);
        return;
    }
    if (texts.count == 1) {
        pol_json_text(w, key, texts.items[0]);
        return;
    }
    pol_json_array(w, key);
    for (size_t i = 0; i < texts.count; i++) {
        pol_json_text(w, NULL, texts.items[i]);
    }
    pol_json_close_array(w);
}

static void write_step(void *ctx, const struct pol_trace_step *step)
{
    struct pol_json_writer *w = ctx;
    pol_json_object(w, NULL);
    if (step->guard != NULL) {
        pol_json_text(w, "guard", step->guard);
    } else {
        pol_json_integer(w, "rule", step->rule);
        pol_json_text(w, "ring", step->ring);
        pol_json_text(w, "key", POL_MATCH_WORDS[step->key]);
    }
    write_texts(w, "want", step->want);
    write_texts(w, "saw", step->saw);
    if (step->has_bucket) {
        pol_json_integer(w, "bucket", step->bucket);
        pol_json_integer(w, "threshold", step->threshold);
    }
    pol_json_text(w, "result", RESULTS[step->result]);
    pol_json_close_object(w);
}

enum status pol_explain_json(const struct pol_policy *policy, const struct pol_facts *facts,
                             struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    struct pol_trace trace = {.ctx = &w, .step = write_step};
    struct pol_decision d = pol_evaluate(policy, facts, NULL);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "sid", facts->sid);
    pol_json_text(&w, "host", facts->host);
    pol_json_text(&w, "set", POL_SET_WORDS[d.set]);
    if (d.rule >= 0) {
        pol_json_integer(&w, "rule", d.rule);
    } else {
        pol_json_null(&w, "rule");
    }
    pol_json_text(&w, "ring", d.ring);
    pol_json_text(&w, "guard", d.guard);
    pol_json_text(&w, "blocked_by", POL_BLOCKED_WORDS[d.blocked_by]);
    pol_json_text(&w, "fact", d.fact);
    pol_json_array(&w, "trace");
    (void)pol_evaluate(policy, facts, &trace);
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* ---- for people --------------------------------------------------------------------------- */

/* Lines in the making. The first failure sticks. */
struct lines {
    const struct pol_policy *policy;
    struct pol_decision decision;
    struct bytes *out;
    enum status st;
    int rule; /* whose heading was written last; -1: none yet */
    bool guards_begun;
};

enum { RULE_NONE = -1, KEY_COLUMNS = 15 };

PRINTF_LIKE(2, 3)
static void put(struct lines *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (l->st == ST_OK) {
        l->st = bytes_append_format_list(l->out, format, arguments);
    }
    va_end(arguments);
}

static void put_visible(struct lines *l, const char *text)
{
    if (l->st == ST_OK) {
        l->st = bytes_append_visible(l->out, text);
    }
}

static void put_wanted(struct lines *l, const struct pol_trace_step *step)
{
    struct pol_trace_texts want = step->want;
    if (step->has_bucket) {
        put(l, "bucket below %" PRIu32, step->threshold);
    } else if (want.one != NULL || (want.items != NULL && want.count == 1)) {
        put_visible(l, want.one != NULL ? want.one : want.items[0]);
    } else if (want.items != NULL && want.count > 1) {
        put_visible(l, want.items[0]);
        put(l, " or %zu more", want.count - 1);
    } else {
        put(l, "any");
    }
}

/* What was compared: one text, or how many. */
static void put_seen(struct lines *l, const struct pol_trace_step *step)
{
    if (step->has_bucket) {
        put(l, "%" PRIu32 " of ", step->bucket);
    }
    if (step->saw.one != NULL) {
        put_visible(l, step->saw.one[0] != '\0' ? step->saw.one : "none");
    } else if (step->saw.items != NULL && step->saw.count == 0) {
        put(l, "none");
    } else if (step->saw.items != NULL) {
        put(l, "none of %zu", step->saw.count);
    } else {
        put(l, "not known");
    }
}

static const char *rule_result(const struct pol_decision *d, int rule)
{
    if (rule != d->rule) {
        return "no";
    }
    return d->blocked_by == POL_BLOCKED_UNKNOWN_FACT ? "unknown" : "yes";
}

static void put_heading(struct lines *l, int rule)
{
    const struct pol_rule *r = &l->policy->rules[rule];
    put(l, "  rule %d: %s -> %s: %s\n", rule, l->policy->rings[r->ring].name, POL_SET_WORDS[r->set],
        rule_result(&l->decision, rule));
}

/* Headings up to this rule: one whose ring was settled for an earlier rule has no steps of its own. */
static void put_headings(struct lines *l, int up_to)
{
    while (l->rule < up_to) {
        put_heading(l, ++l->rule);
    }
}

static void put_step(void *ctx, const struct pol_trace_step *step)
{
    static const char *const WORDS[] = {
        [POL_FALSE] = "no", [POL_UNKNOWN] = "unknown", [POL_TRUE] = "yes"};
    struct lines *l = ctx;
    const char *key = step->guard != NULL ? step->guard : POL_MATCH_WORDS[step->key];
    if (step->guard == NULL) {
        put_headings(l, step->rule);
    } else if (!l->guards_begun) {
        put_headings(l, l->decision.rule >= 0 ? l->decision.rule : (int)l->policy->rule_count - 1);
        put(l, "  guards of %s:\n", POL_SET_WORDS[l->decision.set]);
        l->guards_begun = true;
    }
    put(l, "    %-7s  ", WORDS[step->result]);
    if (step->guard == NULL &&
        strcmp(step->ring, l->policy->rings[l->policy->rules[step->rule].ring].name) != 0) {
        put(l, "(%s) ", step->ring);
    }
    put(l, "%-*s ", KEY_COLUMNS, key);
    put_wanted(l, step);
    if (step->guard != NULL || step->key != POL_MATCH_RING) {
        put(l, "; saw ");
        put_seen(l, step);
    }
    put(l, "\n");
}

static void put_outcome(struct lines *l)
{
    const struct pol_decision *d = &l->decision;
    put(l, "  so: %s", POL_SET_WORDS[d->set]);
    if (d->rule >= 0) {
        put(l, ", by rule %d (%s)", d->rule, d->ring);
    } else {
        put(l, ", because no rule matches");
    }
    if (d->fact != NULL) {
        put(l, "; left alone: \"%s\" is not known", d->fact);
    } else if (d->blocked_by == POL_BLOCKED_CLIENT_VERSION) {
        put(l, "; written, but Outlook is too old (%s)", d->guard);
    } else if (d->blocked_by == POL_BLOCKED_MAILBOX) {
        put(l, "; not written, as if it were release (%s)", d->guard);
    } else if (d->guard != NULL) {
        put(l, "; not written: %s (%s)", POL_BLOCKED_WORDS[d->blocked_by], d->guard);
    }
    put(l, "\n");
}

enum status pol_explain_text(const struct pol_policy *policy, const struct pol_facts *facts,
                             struct bytes *out)
{
    struct lines l = {.policy = policy,
                      .decision = pol_evaluate(policy, facts, NULL),
                      .out = out,
                      .rule = RULE_NONE};
    struct pol_trace trace = {.ctx = &l, .step = put_step};
    put_visible(&l, facts->account != NULL ? facts->account : "(account not known)");
    put(&l, " ");
    put_visible(&l, facts->sid != NULL ? facts->sid : "(SID not known)");
    put(&l, " on ");
    put_visible(&l, facts->host != NULL ? facts->host : "(host not known)");
    put(&l, ", stage %s:\n", policy->stage);
    (void)pol_evaluate(policy, facts, &trace);
    put_headings(&l, l.decision.rule >= 0 ? l.decision.rule : (int)policy->rule_count - 1);
    put_outcome(&l);
    return l.st;
}
