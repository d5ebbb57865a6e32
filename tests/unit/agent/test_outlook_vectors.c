/* test_outlook_vectors.c - tests/data/outlook.json: from registry values, answers and times to protocol,
 * mailbox, evidence, state and hint. */
#include "tests/unit/agent/outlook_vectors.h"

#include "policy/user_state.h"

enum { VECTORS_LEAST = 110, VECTORS_MOST = 1000 };

static bool has(const struct ag_evidence *evidence, const char *text)
{
    for (size_t i = 0; i < evidence->count; i++) {
        if (strcmp(evidence->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static const char *hint_in(const struct ag_evidence *evidence)
{
    const char *hint = NULL;
    for (size_t i = 0; i < evidence->count; i++) {
        if (strncmp(evidence->items[i], "hint:", 5) == 0) {
            assert_null(hint); /* one at most */
            hint = evidence->items[i];
        }
    }
    return hint;
}

static void check_word(const char *vector, const char *what, const char *is, const char *expected)
{
    const char *a = is != NULL ? is : "null";
    const char *b = expected != NULL ? expected : "null";
    if (strcmp(a, b) != 0) {
        fail_msg("%s: %s is %s, not %s", vector, what, a, b);
    }
}

static void check_evidence(const struct outlook_vector *v, const struct ag_evidence *evidence)
{
    for (size_t i = 0; i < v->expected.evidence_count; i++) {
        if (!has(evidence, v->expected.evidence[i])) {
            fail_msg("%s: there is no evidence %s", v->name, v->expected.evidence[i]);
        }
    }
    for (size_t i = 0; i < v->expected.without_count; i++) {
        if (has(evidence, v->expected.without[i])) {
            fail_msg("%s: there is evidence %s", v->name, v->expected.without[i]);
        }
    }
    check_word(v->name, "hint", hint_in(evidence), v->expected.hint);
}

/* The user's hive is loaded, and the value stands there as decided. */
static enum pol_state state_of(const struct outlook_vector *v, const struct ag_classified *c,
                               enum pol_blocked blocked_by)
{
    const struct ag_classify_question *q = &v->question;
    struct pol_user_view view = {.hive_loaded = true,
                                 .brought = true,
                                 .set = q->set,
                                 .blocked_by = blocked_by,
                                 .outlook_known = q->processes_known,
                                 .outlook_running = q->processes_known && q->running,
                                 .outlook_started_s = q->started_s,
                                 .written_at_s = q->written_at_s,
                                 .started_since = q->starts > 0,
                                 .settled = c->settled,
                                 .expect = q->expect,
                                 .observed = c->observed,
                                 .confidence = c->confidence};
    return pol_user_state(&view);
}

static void check(const struct outlook_vector *v)
{
    struct ag_classify_question question = v->question;
    struct ag_classified c;
    question.sight = v->looked ? &v->sight : NULL;
    question.client = &v->client;
    ag_classify(&question, &c);
    enum pol_blocked blocked_by = v->guard;
    if (c.server_other && blocked_by == POL_BLOCKED_NOT) {
        blocked_by = POL_BLOCKED_SERVER;
    }
    enum pol_state state = state_of(v, &c, blocked_by);
    ag_classify_hint(&question, state, &c);
    check_word(v->name, "observed", POL_OBSERVED_WORDS[c.observed],
               POL_OBSERVED_WORDS[v->expected.observed]);
    check_word(v->name, "confidence", POL_CONFIDENCE_WORDS[c.confidence],
               POL_CONFIDENCE_WORDS[v->expected.confidence]);
    check_word(v->name, "mailbox", POL_MAILBOX_WORDS[c.mailbox],
               POL_MAILBOX_WORDS[v->expected.mailbox]);
    check_word(v->name, "state", POL_STATE_WORDS[state], POL_STATE_WORDS[v->expected.state]);
    check_word(v->name, "blocked_by", POL_BLOCKED_WORDS[blocked_by],
               POL_BLOCKED_WORDS[v->expected.blocked_by]);
    check_evidence(v, &c.evidence);
}

static void classify__of_each_vector__is_what_it_says(void **state)
{
    (void)state;
    struct bytes file = outlook_stored("outlook.json");
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PLAN_BYTES);
    struct pol_problems problems = {0};
    struct pol_json *json = NULL;
    struct pol_at rows;
    struct pol_at row;
    size_t count = 0;
    assert_int_equal(pol_json_parse(bytes_span(&file), &limits, &json, NULL), ST_OK);
    struct pol_at root = pol_json_root(json, &problems);
    assert_true(pol_read_array(&root, "rows", POL_REQUIRED, VECTORS_MOST, &rows, &count));
    assert_true(count >= VECTORS_LEAST);
    for (bool more = pol_first(&rows, &row); more; more = pol_next(&row)) {
        static struct outlook_vector vector;
        outlook_vector_read(&row, &vector);
        if (problems.found > 0) {
            fail_msg("%s: %s at %s", vector.name, problems.items[0].code,
                     problems.items[0].pointer);
        }
        check(&vector);
    }
    print_message("%u vectors\n", (unsigned)count);
    pol_json_free(json);
    bytes_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classify__of_each_vector__is_what_it_says),
    };
    return cmocka_run_group_tests_name("outlook_vectors", tests, NULL, NULL);
}
