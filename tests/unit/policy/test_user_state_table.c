/* test_user_state_table.c - user_state.h: every combination, against docs/policy-format.md "State of one
 * user" read anew, line by line: the first that fits is the state. */
#include "tests/cmocka_all.h"

#include "policy/user_state.h"

enum { WRITTEN_S = 1000, BEFORE_S = 999, AFTER_S = 1001 };

static bool has_set(const struct pol_user_view *v)
{
    return v->set == POL_SET_BLOCK || v->set == POL_SET_ALLOW || v->set == POL_SET_ALLOW_EXPLICIT;
}

static bool is_evidence(const struct pol_user_view *v)
{
    return (v->confidence == POL_CONFIDENCE_CONFIGURED ||
            v->confidence == POL_CONFIDENCE_CONNECTED) &&
           v->observed != POL_OBSERVED_UNKNOWN && v->observed != POL_OBSERVED_MIXED;
}

/* "block with rpc_http or rpc_tcp; allow and allow_explicit with mapi_http, or with anything under
 * expect: any" */
static bool evidence_agrees(const struct pol_user_view *v)
{
    bool mapi = v->observed == POL_OBSERVED_MAPI_HTTP;
    return is_evidence(v) &&
           (v->set == POL_SET_BLOCK ? !mapi : mapi || v->expect == POL_EXPECT_ANY);
}

static bool evidence_contradicts(const struct pol_user_view *v)
{
    return is_evidence(v) && !evidence_agrees(v);
}

static bool line_error(const struct pol_user_view *v)
{
    return v->failed;
}

static bool line_contested(const struct pol_user_view *v)
{
    return v->contested;
}

static bool line_paused(const struct pol_user_view *v)
{
    return v->paused;
}

static bool line_unmanaged(const struct pol_user_view *v)
{
    bool brought = v->hive_loaded ? !v->waiting : v->brought && !v->waiting;
    return v->set == POL_SET_LEAVE || v->blocked_by == POL_BLOCKED_UNKNOWN_FACT ||
           (!has_set(v) && (brought || v->blocked_by == POL_BLOCKED_FOREIGN));
}

static bool line_pending_logon(const struct pol_user_view *v)
{
    return !v->hive_loaded && !v->brought;
}

static bool line_waiting(const struct pol_user_view *v)
{
    return v->waiting;
}

static bool line_blocked(const struct pol_user_view *v)
{
    return v->blocked_by == POL_BLOCKED_CLIENT_VERSION || v->blocked_by == POL_BLOCKED_MAILBOX ||
           v->blocked_by == POL_BLOCKED_PREFLIGHT ||
           v->blocked_by == POL_BLOCKED_PREFLIGHT_PENDING || v->blocked_by == POL_BLOCKED_SERVER;
}

static bool line_idle(const struct pol_user_view *v)
{
    return v->outlook_known && !v->outlook_running && !v->started_since;
}

static bool line_pending_restart(const struct pol_user_view *v)
{
    return v->outlook_running && v->written_at_s != -1 && !(v->outlook_started_s > v->written_at_s);
}

static bool line_mismatch(const struct pol_user_view *v)
{
    return v->settled && evidence_contradicts(v);
}

static bool line_converging(const struct pol_user_view *v)
{
    return (v->started_since || v->outlook_running) && evidence_contradicts(v);
}

static bool line_unverified(const struct pol_user_view *v)
{
    return !evidence_agrees(v);
}

static bool line_compliant(const struct pol_user_view *v)
{
    return evidence_agrees(v);
}

static enum pol_state read_table(const struct pol_user_view *v)
{
    static const struct {
        bool (*fits)(const struct pol_user_view *v);
        enum pol_state state;
    } LINES[] = {
        {line_error, POL_STATE_ERROR},
        {line_contested, POL_STATE_CONTESTED},
        {line_paused, POL_STATE_PAUSED},
        {line_unmanaged, POL_STATE_UNMANAGED},
        {line_pending_logon, POL_STATE_PENDING_LOGON},
        {line_waiting, POL_STATE_WAITING},
        {line_blocked, POL_STATE_BLOCKED},
        {line_idle, POL_STATE_IDLE},
        {line_pending_restart, POL_STATE_PENDING_RESTART},
        {line_mismatch, POL_STATE_MISMATCH},
        {line_converging, POL_STATE_CONVERGING},
        {line_unverified, POL_STATE_UNVERIFIED},
        {line_compliant, POL_STATE_COMPLIANT},
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        if (LINES[i].fits(v)) {
            return LINES[i].state;
        }
    }
    fail_msg("no line of the table fits");
    return POL_STATE_COUNT;
}

/* One choice out of so many; what is left of the number serves the next. */
static unsigned draw(uint32_t *number, unsigned choices)
{
    unsigned chosen = *number % choices;
    *number /= choices;
    return chosen;
}

static struct pol_user_view combination(uint32_t number)
{
    static const int64_t STARTS[] = {BEFORE_S, WRITTEN_S, AFTER_S};
    struct pol_user_view v = {.failed = draw(&number, 2)};
    v.contested = draw(&number, 2);
    v.paused = draw(&number, 2);
    v.waiting = draw(&number, 2);
    v.hive_loaded = draw(&number, 2);
    v.brought = draw(&number, 2);
    v.set = (enum pol_set)draw(&number, POL_SET_COUNT);
    v.blocked_by = (enum pol_blocked)draw(&number, POL_BLOCKED_COUNT);
    unsigned outlook = draw(&number, 3);
    v.outlook_known = outlook > 0;
    v.outlook_running = outlook > 1;
    v.outlook_started_s = STARTS[draw(&number, 3)];
    v.written_at_s = draw(&number, 2) ? WRITTEN_S : -1;
    v.started_since = draw(&number, 2);
    v.settled = draw(&number, 2);
    v.expect = (enum pol_expect)draw(&number, POL_EXPECT_COUNT);
    v.observed = (enum pol_observed)draw(&number, POL_OBSERVED_COUNT);
    v.confidence = (enum pol_confidence)draw(&number, POL_CONFIDENCE_COUNT);
    return v;
}

static void state__of_every_combination__is_the_first_line_that_fits(void **state)
{
    (void)state;
    enum {
        COMBINATIONS = 64 * POL_SET_COUNT * POL_BLOCKED_COUNT * 3 * 3 * 2 * 2 * 2 *
                       POL_EXPECT_COUNT * POL_OBSERVED_COUNT * POL_CONFIDENCE_COUNT
    };
    size_t seen[POL_STATE_COUNT] = {0};
    for (uint32_t i = 0; i < COMBINATIONS; i++) {
        struct pol_user_view view = combination(i);
        enum pol_state expected = read_table(&view);
        if (pol_user_state(&view) != expected) {
            fail_msg("combination %u: %s, not %s", (unsigned)i,
                     POL_STATE_WORDS[pol_user_state(&view)], POL_STATE_WORDS[expected]);
        }
        seen[expected]++;
    }
    for (int i = 0; i < POL_STATE_COUNT; i++) {
        assert_true(seen[i] > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state__of_every_combination__is_the_first_line_that_fits),
    };
    return cmocka_run_group_tests_name("user_state_table", tests, NULL, NULL);
}
