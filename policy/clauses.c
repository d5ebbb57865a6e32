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

void pol_read_apply(const struct pol_at *at, struct pol_apply *out)
{
    static const char *const KEYS[] = {"when", "deadline_s", "spread_s"};
    struct pol_at apply;
    size_t when = POL_WHEN_NOW;
    *out = (struct pol_apply){.when = POL_WHEN_NOW};
    if (!pol_read_member(at, "apply", POL_OPTIONAL, &apply) ||
        !pol_read_object(&apply, KEYS, COUNT(KEYS))) {
        return;
    }
    (void)pol_read_word(&apply, "when", POL_OPTIONAL, POL_WHEN_WORDS, POL_WHEN_COUNT, &when);
    out->when = (enum pol_when)when;
    read_bounded(&apply, "deadline_s", 0, LIMIT_DEADLINE_MAX_S, &out->deadline_s);
    read_bounded(&apply, "spread_s", 0, LIMIT_APPLY_SPREAD_MAX_S, &out->spread_s);
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
    size_t advance = POL_ADVANCE_MANUAL;
    size_t on_fail = POL_ON_FAIL_HOLD;
    *out = (struct pol_gate){.advance = POL_ADVANCE_MANUAL,
                             .on_fail = POL_ON_FAIL_HOLD,
                             .soak_s = 259200,
                             .min_reporting_percent = 90,
                             .min_conclusive_percent = 50,
                             .min_healthy_percent = 97,
                             .max_failing = 5};
    if (!pol_read_member(at, "gate", POL_OPTIONAL, &gate) ||
        !pol_read_object(&gate, KEYS, COUNT(KEYS))) {
        return;
    }
    (void)pol_read_word(&gate, "advance", POL_OPTIONAL, POL_ADVANCE_WORDS, POL_ADVANCE_COUNT,
                        &advance);
    (void)pol_read_word(&gate, "on_fail", POL_OPTIONAL, POL_ON_FAIL_WORDS, POL_ON_FAIL_COUNT,
                        &on_fail);
    out->advance = (enum pol_advance)advance;
    out->on_fail = (enum pol_on_fail)on_fail;
    read_bounded(&gate, "soak_s", 0, LIMIT_DEADLINE_MAX_S, &out->soak_s);
    read_bounded(&gate, "min_reporting_percent", 0, 100, &out->min_reporting_percent);
    read_bounded(&gate, "min_conclusive_percent", 0, 100, &out->min_conclusive_percent);
    read_bounded(&gate, "min_healthy_percent", 0, 100, &out->min_healthy_percent);
    read_bounded(&gate, "max_failing", 0, INT32_MAX, &out->max_failing);
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

void pol_write_apply(struct pol_json_writer *w, const struct pol_apply *apply)
{
    pol_json_object(w, "apply");
    pol_json_text(w, "when", POL_WHEN_WORDS[apply->when]);
    pol_json_integer(w, "deadline_s", apply->deadline_s);
    pol_json_integer(w, "spread_s", apply->spread_s);
    pol_json_close_object(w);
}

void pol_write_gate(struct pol_json_writer *w, const struct pol_gate *gate)
{
    pol_json_object(w, "gate");
    pol_json_text(w, "advance", POL_ADVANCE_WORDS[gate->advance]);
    pol_json_integer(w, "soak_s", gate->soak_s);
    pol_json_integer(w, "min_reporting_percent", gate->min_reporting_percent);
    pol_json_integer(w, "min_conclusive_percent", gate->min_conclusive_percent);
    pol_json_integer(w, "min_healthy_percent", gate->min_healthy_percent);
    pol_json_integer(w, "max_failing", gate->max_failing);
    pol_json_text(w, "on_fail", POL_ON_FAIL_WORDS[gate->on_fail]);
    pol_json_close_object(w);
}
