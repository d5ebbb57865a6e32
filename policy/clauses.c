#include "policy/clauses.h"

#include <stdlib.h>

enum { COUNT_OF_NOTES = 2 };
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool pol_read_name(const struct pol_at *at, const char *key, const char **out)
{
    struct pol_at member;
    const char *name = NULL;
    if (!pol_read_member(at, key, POL_REQUIRED, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &name)) {
        return false;
    }
    if (!pol_is_name(name)) {
        pol_at_problem(&member, "out_of_range", "names are 1 to 64 of a-z, 0-9 and -");
        return false;
    }
    *out = name;
    return true;
}

void pol_read_notes(const struct pol_at *at)
{
    static const char *const NOTES[COUNT_OF_NOTES] = {"description", "ticket"};
    for (size_t i = 0; i < COUNT_OF_NOTES; i++) {
        const char *text = NULL;
        (void)pol_read_text(at, NOTES[i], POL_OPTIONAL, LIMIT_STRING_BYTES, &text);
    }
}

/* An optional whole number that stays what it is when absent. */
static void read_bounded(const struct pol_at *at, const char *key, int64_t least, int64_t most,
                         uint32_t *value)
{
    int64_t read = *value;
    (void)pol_read_integer(at, key, POL_OPTIONAL, least, most, &read);
    *value = (uint32_t)read;
}

void pol_read_timing(const struct pol_at *at, struct pol_timing *out)
{
    static const char *const KEYS[] = {"poll_s", "wait_s", "spread_s", "report_s"};
    struct pol_at timing;
    *out = (struct pol_timing){.poll_s = 900, .wait_s = 240, .spread_s = 10, .report_s = 86400};
    if (!pol_read_member(at, "timing", POL_OPTIONAL, &timing) ||
        !pol_read_object(&timing, KEYS, COUNT(KEYS))) {
        return;
    }
    read_bounded(&timing, "poll_s", LIMIT_POLL_MIN_S, LIMIT_POLL_MAX_S, &out->poll_s);
    read_bounded(&timing, "wait_s", 0, LIMIT_WAIT_MAX_S, &out->wait_s);
    read_bounded(&timing, "spread_s", 0, LIMIT_SPREAD_MAX_S, &out->spread_s);
    read_bounded(&timing, "report_s", LIMIT_REPORT_MIN_S, LIMIT_REPORT_MAX_S, &out->report_s);
}

static void refuse_unbuilt(const struct pol_at *at, const char *key)
{
    struct pol_at member;
    if (pol_read_member(at, key, POL_OPTIONAL, &member)) {
        pol_at_problem(&member, "unsupported", "this version cannot guard by \"%s\" yet", key);
    }
}

void pol_read_guards(const struct pol_at *at, struct pol_guards *out)
{
    static const char *const KEYS[] = {"block_mailboxes", "preflight", "minimum_outlook"};
    struct pol_at guards;
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    *out = (struct pol_guards){
        .block_mailboxes = {[POL_MAILBOX_ON_PREMISES] = true, [POL_MAILBOX_UNKNOWN] = true}};
    if (!pol_read_member(at, "guards", POL_OPTIONAL, &guards) ||
        !pol_read_object(&guards, KEYS, COUNT(KEYS))) {
        return;
    }
    refuse_unbuilt(&guards, "preflight");
    refuse_unbuilt(&guards, "minimum_outlook");
    if (!pol_read_array(&guards, "block_mailboxes", POL_OPTIONAL, POL_MAILBOX_COUNT, &list,
                        &count)) {
        return;
    }
    if (!pol_at_is_array(&list)) {
        pol_at_problem(&list, "wrong_type", "a list of words is expected");
        return;
    }
    *out = (struct pol_guards){0};
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        size_t word = 0;
        if (!pol_at_word(&item, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT, &word)) {
            continue;
        }
        if (word == POL_MAILBOX_EXCHANGE_ONLINE || word == POL_MAILBOX_MIXED) {
            pol_at_problem(&item, "out_of_range",
                           "forcing RPC/HTTP breaks clients of Exchange Online");
        }
        out->block_mailboxes[word] = true;
    }
}

void pol_read_apply(const struct pol_at *at, struct pol_apply *out)
{
    static const char *const KEYS[] = {"when", "deadline_s", "spread_s"};
    static const char *const WHEN[] = {"now", "outlook_closed"};
    struct pol_at apply;
    size_t when = 0;
    *out = (struct pol_apply){0};
    if (!pol_read_member(at, "apply", POL_OPTIONAL, &apply) ||
        !pol_read_object(&apply, KEYS, COUNT(KEYS))) {
        return;
    }
    (void)pol_read_word(&apply, "when", POL_OPTIONAL, WHEN, COUNT(WHEN), &when);
    (void)pol_read_integer(&apply, "deadline_s", POL_OPTIONAL, 0, LIMIT_DEADLINE_MAX_S,
                           &out->deadline_s);
    (void)pol_read_integer(&apply, "spread_s", POL_OPTIONAL, 0, LIMIT_APPLY_SPREAD_MAX_S,
                           &out->spread_s);
    if (when != 0 || out->deadline_s != 0 || out->spread_s != 0) {
        pol_at_problem(&apply, "unsupported", "this version can only apply \"now\", at once");
    }
}

/* The rule that on_fail and advance follow is the server's; until it can drive gates, only what
 * changes nothing by itself is taken. */
static void refuse_automatic(const struct pol_at *gate)
{
    static const char *const ADVANCE[] = {"manual", "auto"};
    static const char *const ON_FAIL[] = {"hold", "safe"};
    size_t advance = 0;
    size_t on_fail = 0;
    (void)pol_read_word(gate, "advance", POL_OPTIONAL, ADVANCE, COUNT(ADVANCE), &advance);
    (void)pol_read_word(gate, "on_fail", POL_OPTIONAL, ON_FAIL, COUNT(ON_FAIL), &on_fail);
    if (advance != 0 || on_fail != 0) {
        pol_at_problem(gate, "unsupported",
                       "this version only knows gates that are \"manual\" and \"hold\"");
    }
}

void pol_read_gate(const struct pol_at *at, struct pol_gate *out)
{
    static const char *const KEYS[] = {"advance",
                                       "soak_s",
                                       "min_reporting_percent",
                                       "min_conclusive_percent",
                                       "min_healthy_percent",
                                       "max_failing",
                                       "on_fail"};
    struct pol_at gate;
    *out = (struct pol_gate){.soak_s = 259200,
                             .min_reporting_percent = 90,
                             .min_conclusive_percent = 50,
                             .min_healthy_percent = 97,
                             .max_failing = 5};
    if (!pol_read_member(at, "gate", POL_OPTIONAL, &gate) ||
        !pol_read_object(&gate, KEYS, COUNT(KEYS))) {
        return;
    }
    refuse_automatic(&gate);
    (void)pol_read_integer(&gate, "soak_s", POL_OPTIONAL, 0, LIMIT_DEADLINE_MAX_S, &out->soak_s);
    (void)pol_read_integer(&gate, "min_reporting_percent", POL_OPTIONAL, 0, 100,
                           &out->min_reporting_percent);
    (void)pol_read_integer(&gate, "min_conclusive_percent", POL_OPTIONAL, 0, 100,
                           &out->min_conclusive_percent);
    (void)pol_read_integer(&gate, "min_healthy_percent", POL_OPTIONAL, 0, 100,
                           &out->min_healthy_percent);
    (void)pol_read_integer(&gate, "max_failing", POL_OPTIONAL, 0, INT32_MAX, &out->max_failing);
}

void pol_read_expect(const struct pol_at *at, enum pol_expect *out)
{
    size_t word = POL_EXPECT_MAPI_HTTP;
    (void)pol_read_word(at, "expect", POL_OPTIONAL, POL_EXPECT_WORDS, POL_EXPECT_COUNT, &word);
    *out = (enum pol_expect)word;
}

bool pol_read_set(const struct pol_at *at, const char *key, enum pol_set *out)
{
    size_t word = 0;
    bool good = pol_read_word(at, key, POL_REQUIRED, POL_SET_WORDS, POL_SET_COUNT, &word);
    if (good) {
        *out = (enum pol_set)word;
    }
    return good;
}

static void read_rule(const struct pol_at *at, const struct pol_ring_set *rings,
                      struct pol_rule *out)
{
    static const char *const KEYS[] = {"ring", "set", "description", "ticket"};
    struct pol_at member;
    const char *name = NULL;
    if (!pol_read_object(at, KEYS, COUNT(KEYS))) {
        return;
    }
    pol_read_notes(at);
    (void)pol_read_set(at, "set", &out->set);
    if (pol_read_member(at, "ring", POL_REQUIRED, &member) &&
        pol_at_text(&member, LIMIT_STRING_BYTES, &name) &&
        !pol_ring_set_find(rings, name, &out->ring)) {
        pol_at_problem(&member, "unknown_ring", "no ring \"%s\" is defined", name);
    }
}

enum status pol_read_rules(const struct pol_at *at, const struct pol_ring_set *rings,
                           struct pol_rule_set *out)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    *out = (struct pol_rule_set){0};
    if (!pol_read_array(at, "rules", POL_REQUIRED, LIMIT_RULES, &list, &count)) {
        return ST_OK;
    }
    if (!pol_at_is_array(&list)) {
        pol_at_problem(&list, "wrong_type", "a list of rules is expected");
        return ST_OK;
    }
    out->rules = calloc(count + 1, sizeof *out->rules);
    if (out->rules == NULL) {
        return ST_NO_MEMORY;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_rule(&item, rings, &out->rules[out->count++]);
    }
    return ST_OK;
}

void pol_write_timing(struct pol_json_writer *w, const struct pol_timing *timing)
{
    pol_json_object(w, "timing");
    pol_json_integer(w, "poll_s", timing->poll_s);
    pol_json_integer(w, "wait_s", timing->wait_s);
    pol_json_integer(w, "spread_s", timing->spread_s);
    pol_json_integer(w, "report_s", timing->report_s);
    pol_json_close_object(w);
}

void pol_write_guards(struct pol_json_writer *w, const struct pol_guards *guards)
{
    pol_json_object(w, "guards");
    pol_json_array(w, "block_mailboxes");
    for (size_t i = 0; i < POL_MAILBOX_COUNT; i++) {
        if (guards->block_mailboxes[i]) {
            pol_json_text(w, NULL, POL_MAILBOX_WORDS[i]);
        }
    }
    pol_json_close_array(w);
    pol_json_close_object(w);
}

void pol_write_apply(struct pol_json_writer *w, const struct pol_apply *apply)
{
    pol_json_object(w, "apply");
    pol_json_text(w, "when", "now");
    pol_json_integer(w, "deadline_s", apply->deadline_s);
    pol_json_integer(w, "spread_s", apply->spread_s);
    pol_json_close_object(w);
}

void pol_write_gate(struct pol_json_writer *w, const struct pol_gate *gate)
{
    pol_json_object(w, "gate");
    pol_json_text(w, "advance", "manual");
    pol_json_integer(w, "soak_s", gate->soak_s);
    pol_json_integer(w, "min_reporting_percent", gate->min_reporting_percent);
    pol_json_integer(w, "min_conclusive_percent", gate->min_conclusive_percent);
    pol_json_integer(w, "min_healthy_percent", gate->min_healthy_percent);
    pol_json_integer(w, "max_failing", gate->max_failing);
    pol_json_text(w, "on_fail", "hold");
    pol_json_close_object(w);
}
