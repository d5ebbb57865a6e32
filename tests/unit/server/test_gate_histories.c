/* test_gate_histories.c - srv_gate: the histories of tests/data/gates.txt, look by look. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "server/gate_tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RELEASED_S = 1800000000,
    VERSION = 7003,
    SUBJECTS_MOST = 1000,
    HISTORIES_LEAST = 25,
    FILE_BYTES = 256 * 1024,
    PATH_BYTES = 1024,
    LINE_BYTES = 256
};

struct history {
    char name[LINE_BYTES];
    struct pol_gate gate;
    struct pol_policy next;
    struct pol_rule next_rule;
    bool is_last;
    struct srv_gate_subject subjects[SUBJECTS_MOST];
    size_t count;
    uint64_t unknown;
    struct srv_gate_sample sample;
    bool has_sample;
    int64_t failing_s; /* these two are all that a store keeps between looks */
    bool held;
};

struct reading {
    struct history h;
    size_t line;
    size_t histories;
    size_t looks;
};

#define WRONG(r, ...) wrong((r), __FILE__, __LINE__, __VA_ARGS__)

static void wrong(const struct reading *r, const char *file, int at, const char *format, ...)
    PRINTF_LIKE(4, 5);

static void wrong(const struct reading *r, const char *file, int at, const char *format, ...)
{
    char text[LINE_BYTES * 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("gates.txt:%zu: \"%s\": %s\n", r->line, r->h.name, text);
    _fail(file, at);
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool read_time(const char *word, int64_t *out)
{
    static const char UNITS[] = "smhd";
    static const int64_t SECONDS[] = {1, 60, 3600, 86400};
    int64_t sum = 0;
    bool before = word[0] == '-';
    const char *at = word + (before ? 1 : 0);
    do {
        char *end = NULL;
        int64_t number = strtoll(at, &end, 10);
        const char *unit = *end != '\0' ? strchr(UNITS, *end) : NULL;
        if (end == at || unit == NULL) {
            return false;
        }
        sum += number * SECONDS[unit - UNITS];
        at = end + 1;
    } while (*at != '\0');
    *out = before ? -sum : sum;
    return true;
}

static uint32_t duration(const struct reading *r, const char *word)
{
    int64_t s = 0;
    if (!read_time(word, &s) || s < 0) {
        WRONG(r, "what time is %s?", word);
    }
    return (uint32_t)s;
}

static size_t index_of(const struct reading *r, const char *word, const char *const *words,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    WRONG(r, "there is no %s", word);
    return 0;
}

/* ---- what a history begins with -------------------------------------------------------------- */

static void begin(struct reading *r, const char *name)
{
    r->histories++;
    r->h = (struct history){
        .gate = {.advance = POL_ADVANCE_AUTO,
                 .on_fail = POL_ON_FAIL_HOLD,
                 .soak_s = 259200,
                 .min_reporting_percent = 90,
                 .min_conclusive_percent = 50,
                 .min_healthy_percent = 97,
                 .max_failing = 5},
        .next = {.version = VERSION + 1, .not_before_s = -1, .otherwise = POL_SET_ALLOW},
        .failing_s = -1};
    (void)snprintf(r->h.name, sizeof r->h.name, "%s", name);
}

static void set_gate(struct reading *r, char *words)
{
    struct pol_gate *g = &r->h.gate;
    char *rest = NULL;
    for (char *key = strtok_r(words, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest)) {
        const char *value = strtok_r(NULL, " ", &rest);
        assert_non_null(value);
        uint32_t number = (uint32_t)strtoul(value, NULL, 10);
        if (strcmp(key, "advance") == 0) {
            g->advance = (enum pol_advance)index_of(r, value, POL_ADVANCE_WORDS, POL_ADVANCE_COUNT);
        } else if (strcmp(key, "on_fail") == 0) {
            g->on_fail = (enum pol_on_fail)index_of(r, value, POL_ON_FAIL_WORDS, POL_ON_FAIL_COUNT);
        } else if (strcmp(key, "soak") == 0) {
            g->soak_s = duration(r, value);
        } else if (strcmp(key, "reporting") == 0) {
            g->min_reporting_percent = number;
        } else if (strcmp(key, "conclusive") == 0) {
            g->min_conclusive_percent = number;
        } else if (strcmp(key, "healthy") == 0) {
            g->min_healthy_percent = number;
        } else if (strcmp(key, "failing") == 0) {
            g->max_failing = number;
        } else {
            WRONG(r, "a gate has no %s", key);
        }
    }
}

static void set_next(struct reading *r, const char *word)
{
    struct history *h = &r->h;
    int64_t s = 0;
    if (strcmp(word, "none") == 0) {
        h->is_last = true;
    } else if (strcmp(word, "rule-restore") == 0) {
        h->next_rule = (struct pol_rule){.set = POL_SET_RESTORE};
        h->next.rule_count = 1;
    } else if (read_time(word, &s)) {
        h->next.not_before_s = RELEASED_S + s;
    } else {
        h->next.otherwise = (enum pol_set)index_of(r, word, POL_SET_WORDS, POL_SET_COUNT);
    }
}

static void set_subjects(struct reading *r, const char *words)
{
    size_t users = 0;
    size_t each = 1;
    if (sscanf(words, "%zu %zu", &users, &each) < 1 || users > SUBJECTS_MOST || each == 0) {
        WRONG(r, "how many subjects?");
    }
    r->h.count = users;
    for (size_t i = 0; i < users; i++) {
        r->h.subjects[i] = (struct srv_gate_subject){.device = (int64_t)(1 + i / each),
                                                     .version = VERSION - 1,
                                                     .state = POL_STATE_UNMANAGED,
                                                     .failing_since_s = -1};
    }
}

/* ---- what happens in it ---------------------------------------------------------------------- */

/* As the store keeps since when somebody fails. */
static void report(struct srv_gate_subject *s, enum pol_state state, int64_t version, int64_t now_s)
{
    bool fails = srv_state_is_failing(state);
    s->state = state;
    s->version = version;
    s->failing_since_s = !fails ? -1 : s->failing_since_s >= 0 ? s->failing_since_s : now_s;
}

static void change_users(struct reading *r, int64_t now_s, const char *range, const char *what)
{
    size_t first = 0;
    size_t last = 0;
    char word[LINE_BYTES] = "";
    char when[LINE_BYTES] = "";
    int numbers = sscanf(range, "%zu-%zu", &first, &last);
    last = numbers == 1 ? first : last;
    if (numbers < 1 || first == 0 || last > r->h.count || first > last ||
        sscanf(what, "%255s %255s", word, when) < 1) {
        WRONG(r, "who or what is %s %s?", range, what);
    }
    int64_t version = strcmp(when, "old") == 0 ? VERSION - 1 : VERSION;
    for (size_t i = first - 1; i < last; i++) {
        if (strcmp(word, "gone") == 0) {
            r->h.subjects[i].gone = true;
        } else {
            report(&r->h.subjects[i],
                   (enum pol_state)index_of(r, word, POL_STATE_WORDS, POL_STATE_COUNT), version,
                   now_s);
        }
    }
}

static uint64_t figure(const struct reading *r, const struct srv_gate_counts *c, const char *key)
{
    const struct {
        const char *key;
        uint64_t value;
    } FIGURES[] = {
        {"subjects", c->subjects},
        {"reporting", c->reporting},
        {"conclusive", c->healthy + c->failing},
        {"healthy", c->healthy},
        {"failing", c->failing},
        {"devices", c->devices},
        {"failing_devices", c->failing_devices},
        {"unknown", c->unknown},
    };
    for (size_t i = 0; i < sizeof FIGURES / sizeof FIGURES[0]; i++) {
        if (strcmp(FIGURES[i].key, key) == 0) {
            return FIGURES[i].value;
        }
    }
    WRONG(r, "there is no figure %s", key);
    return 0;
}

static void check_figures(const struct reading *r, const struct srv_gate_counts *c, char *words)
{
    char *rest = NULL;
    for (char *key = strtok_r(words, " ", &rest); key != NULL; key = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(key, '=');
        assert_non_null(equals);
        *equals = '\0';
        uint64_t is = figure(r, c, key);
        if (is != strtoull(equals + 1, NULL, 10)) {
            WRONG(r, "%s is %" PRIu64 ", not %s", key, is, equals + 1);
        }
    }
}

static void look(struct reading *r, int64_t now_s, char *expected)
{
    struct history *h = &r->h;
    char verdict[LINE_BYTES] = "";
    char reason[LINE_BYTES] = "";
    int end = 0;
    struct srv_gate_tally tally = {.version = VERSION, .released_s = RELEASED_S, .now_s = now_s};
    for (size_t i = 0; i < h->count; i++) {
        srv_gate_tally_add(&tally, &h->subjects[i]);
    }
    tally.counts.unknown = h->unknown;
    tally.counts.samples = &h->sample;
    tally.counts.sample_count = h->has_sample ? 1 : 0;
    h->next.rules = &h->next_rule;
    struct srv_gate_terms terms = {.gate = &h->gate, .next = h->is_last ? NULL : &h->next};
    struct srv_gate_memory memory = {
        .released_s = RELEASED_S, .failing_s = h->failing_s, .held = h->held};
    struct srv_gate_answer a = srv_gate_decide(&terms, &tally.counts, &memory, now_s);
    h->failing_s = a.failing_s;
    r->looks++;
    assert_int_equal(sscanf(expected, "%255s %255s%n", verdict, reason, &end), 2);
    if (strcmp(SRV_GATE_VERDICT_WORDS[a.verdict], verdict) != 0 ||
        strcmp(SRV_GATE_REASON_WORDS[a.reason], reason) != 0) {
        WRONG(r, "it says %s %s, not %s %s", SRV_GATE_VERDICT_WORDS[a.verdict],
              SRV_GATE_REASON_WORDS[a.reason], verdict, reason);
    }
    check_figures(r, &tally.counts, expected + end);
}

static void set_sample(struct reading *r, const char *words)
{
    struct srv_gate_sample *s = &r->h.sample;
    if (sscanf(words, "%" SCNu32 " %" SCNu64 " %" SCNu64, &s->threshold_ppm, &s->users, &s->seen) !=
        3) {
        WRONG(r, "what sample?");
    }
    r->h.has_sample = true;
}

static void happen(struct reading *r, const char *time, char *words)
{
    int64_t s = 0;
    char verb[LINE_BYTES] = "";
    int end = 0;
    if (!read_time(time, &s) || sscanf(words, "%255s%n", verb, &end) != 1) {
        WRONG(r, "what is %s %s?", time, words);
    }
    char *rest = words + end + (words[end] == ' ' ? 1 : 0);
    if (strcmp(verb, "is") == 0) {
        look(r, RELEASED_S + s, rest);
    } else if (strcmp(verb, "hold") == 0 || strcmp(verb, "resume") == 0) {
        r->h.held = strcmp(verb, "hold") == 0;
    } else if (strcmp(verb, "sample") == 0) {
        set_sample(r, rest);
    } else {
        change_users(r, RELEASED_S + s, verb, rest);
    }
}

static void read_line(struct reading *r, char *line)
{
    char *rest = strchr(line, ' ');
    r->line++;
    if (line[0] == '#' || line[0] == '\0') {
        return;
    }
    assert_non_null(rest);
    *rest++ = '\0';
    if (strcmp(line, "history") == 0) {
        begin(r, rest);
    } else if (strcmp(line, "gate") == 0) {
        set_gate(r, rest);
    } else if (strcmp(line, "next") == 0) {
        set_next(r, rest);
    } else if (strcmp(line, "subjects") == 0) {
        set_subjects(r, rest);
    } else if (strcmp(line, "unknown") == 0) {
        r->h.unknown = strtoull(rest, NULL, 10);
    } else {
        happen(r, line, rest);
    }
}

static void gate__each_written_history__comes_out_as_written(void **state)
{
    char path[PATH_BYTES];
    struct bytes text = {0};
    struct reading *r = calloc(1, sizeof *r);
    const char *data = getenv("MR_TEST_DATA");
    (void)state;
    assert_true(r != NULL && data != NULL);
    (void)snprintf(path, sizeof path, "%s/gates.txt", data);
    assert_int_equal(file_read(path, FILE_BYTES, &text, NULL), ST_OK);
    char *line = (char *)text.data;
    for (char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
        *end = '\0';
        read_line(r, line);
        line = end + 1;
    }
    assert_string_equal(line, "");
    assert_true(r->histories >= HISTORIES_LEAST);
    print_message("%zu histories, %zu looks\n", r->histories, r->looks);
    bytes_free(&text);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate__each_written_history__comes_out_as_written),
    };
    return cmocka_run_group_tests_name("gate_histories", tests, NULL, NULL);
}
