/* test_user_state.c - user_state.h: each line of docs/policy-format.md "State of one user", and the
 * order between them. */
#include "tests/cmocka_all.h"

#include "policy/user_state.h"

enum { WRITTEN_S = 1000, BEFORE_S = 999, AFTER_S = 1001 };

/* Allowed, written, Outlook running since, evidence agrees: everything is fine. */
static const struct pol_user_view FINE = {.hive_loaded = true,
                                          .brought = true,
                                          .set = POL_SET_ALLOW,
                                          .outlook_known = true,
                                          .outlook_running = true,
                                          .outlook_started_s = AFTER_S,
                                          .written_at_s = WRITTEN_S,
                                          .started_since = true,
                                          .expect = POL_EXPECT_MAPI_HTTP,
                                          .observed = POL_OBSERVED_MAPI_HTTP,
                                          .confidence = POL_CONFIDENCE_CONFIGURED};

static void assert_state(struct pol_user_view view, enum pol_state expected)
{
    assert_string_equal(POL_STATE_WORDS[pol_user_state(&view)], POL_STATE_WORDS[expected]);
}

static void state__after_a_failure__is_error_whatever_else(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.failed = true;
    assert_state(view, POL_STATE_ERROR);
    view.set = POL_SET_LEAVE;
    view.hive_loaded = false;
    view.brought = false;
    view.blocked_by = POL_BLOCKED_MAILBOX;
    assert_state(view, POL_STATE_ERROR);
}

static void state__of_a_user_left_alone__is_unmanaged(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.set = POL_SET_LEAVE;
    assert_state(view, POL_STATE_UNMANAGED);
    view.blocked_by = POL_BLOCKED_UNKNOWN_FACT;
    assert_state(view, POL_STATE_UNMANAGED);
    view.hive_loaded = false;
    view.brought = false;
    assert_state(view, POL_STATE_UNMANAGED);
}

static void state__of_a_user_given_back__is_unmanaged_once_that_is_done(void **state)
{
    (void)state;
    static const enum pol_set SETS[] = {POL_SET_RELEASE, POL_SET_RESTORE};
    for (size_t i = 0; i < 2; i++) {
        struct pol_user_view view = FINE;
        view.set = SETS[i];
        assert_state(view, POL_STATE_UNMANAGED);
        view.blocked_by = POL_BLOCKED_FOREIGN;
        assert_state(view, POL_STATE_UNMANAGED);
        view.blocked_by = POL_BLOCKED_PRE_IMAGE_LOST;
        assert_state(view, POL_STATE_UNMANAGED);
        view.hive_loaded = false; /* logged off afterwards */
        assert_state(view, POL_STATE_UNMANAGED);
        view.brought = false; /* still to be done at the next logon */
        view.blocked_by = POL_BLOCKED_NOT;
        assert_state(view, POL_STATE_PENDING_LOGON);
        view.hive_loaded = true; /* or when it may be written */
        view.waiting = true;
        assert_state(view, POL_STATE_WAITING);
        view.blocked_by = POL_BLOCKED_FOREIGN; /* there is nothing to wait for */
        assert_state(view, POL_STATE_UNMANAGED);
    }
}

static void state__contested_paused_waiting__come_in_this_order(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.waiting = true;
    view.blocked_by = POL_BLOCKED_MAILBOX;
    assert_state(view, POL_STATE_WAITING);
    view.hive_loaded = false;
    view.brought = false;
    assert_state(view, POL_STATE_PENDING_LOGON);
    view.set = POL_SET_LEAVE;
    assert_state(view, POL_STATE_UNMANAGED);
    view.paused = true;
    assert_state(view, POL_STATE_PAUSED);
    view.contested = true;
    assert_state(view, POL_STATE_CONTESTED);
    view.failed = true;
    assert_state(view, POL_STATE_ERROR);
}

static void state__of_a_user_not_logged_on__is_pending_until_it_was_brought(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.hive_loaded = false;
    assert_state(view, POL_STATE_COMPLIANT);
    view.brought = false;
    assert_state(view, POL_STATE_PENDING_LOGON);
    view.blocked_by = POL_BLOCKED_MAILBOX;
    assert_state(view, POL_STATE_PENDING_LOGON);
    view.hive_loaded = true;
    view.blocked_by = POL_BLOCKED_NOT;
    assert_state(view, POL_STATE_COMPLIANT);
}

static void state__with_a_guard_in_the_way__is_blocked(void **state)
{
    (void)state;
    static const enum pol_blocked GUARDS[] = {POL_BLOCKED_MAILBOX, POL_BLOCKED_PREFLIGHT,
                                              POL_BLOCKED_PREFLIGHT_PENDING,
                                              POL_BLOCKED_CLIENT_VERSION, POL_BLOCKED_SERVER};
    for (size_t i = 0; i < sizeof GUARDS / sizeof GUARDS[0]; i++) {
        struct pol_user_view view = FINE;
        view.blocked_by = GUARDS[i];
        assert_state(view, POL_STATE_BLOCKED);
        view.outlook_running = false;
        view.started_since = false;
        assert_state(view, POL_STATE_BLOCKED);
    }
}

static void state__without_outlook_since__is_idle(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.outlook_running = false;
    view.started_since = false;
    assert_state(view, POL_STATE_IDLE);
    view.written_at_s = -1; /* nothing had to be written, and no start was seen either */
    assert_state(view, POL_STATE_IDLE);
    view.started_since = true; /* ran and was closed again */
    assert_state(view, POL_STATE_COMPLIANT);
}

static void state__with_outlook_from_before__is_pending_restart(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.outlook_started_s = BEFORE_S;
    view.started_since = false;
    assert_state(view, POL_STATE_PENDING_RESTART);
    view.outlook_started_s = WRITTEN_S; /* in the same second: perhaps before */
    assert_state(view, POL_STATE_PENDING_RESTART);
    view.outlook_started_s = AFTER_S;
    assert_state(view, POL_STATE_COMPLIANT);
    view.outlook_started_s = 1;
    view.written_at_s = -1; /* where nothing had to be written, every start counts */
    assert_state(view, POL_STATE_COMPLIANT);
    view.outlook_started_s = -1; /* not known when */
    assert_state(view, POL_STATE_COMPLIANT);
    view.written_at_s = WRITTEN_S;
    assert_state(view, POL_STATE_PENDING_RESTART);
}

static void state__with_evidence_against_it__converges_first_and_is_a_mismatch_then(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.observed = POL_OBSERVED_RPC_HTTP;
    assert_state(view, POL_STATE_CONVERGING);
    view.settled = true;
    assert_state(view, POL_STATE_MISMATCH);
    view.confidence = POL_CONFIDENCE_CONNECTED;
    assert_state(view, POL_STATE_MISMATCH);
    view.confidence = POL_CONFIDENCE_OFFERED; /* neither agrees nor contradicts */
    assert_state(view, POL_STATE_UNVERIFIED);
}

static void state__without_evidence_that_counts__is_unverified(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.confidence = POL_CONFIDENCE_OFFERED;
    assert_state(view, POL_STATE_UNVERIFIED);
    view.confidence = POL_CONFIDENCE_NONE;
    assert_state(view, POL_STATE_UNVERIFIED);
    view = FINE;
    view.observed = POL_OBSERVED_UNKNOWN;
    assert_state(view, POL_STATE_UNVERIFIED);
    view.observed = POL_OBSERVED_MIXED;
    assert_state(view, POL_STATE_UNVERIFIED);
    view.expect = POL_EXPECT_ANY;
    view.settled = true;
    assert_state(view, POL_STATE_UNVERIFIED);
}

/* set and expect against what was observed: does it agree? */
static void state__of_set_and_evidence__agrees_as_the_document_says(void **state)
{
    (void)state;
    static const struct {
        enum pol_set set;
        enum pol_expect expect;
        bool agrees[3]; /* mapi_http, rpc_http, rpc_tcp */
    } ROWS[] = {
        {POL_SET_BLOCK, POL_EXPECT_MAPI_HTTP, {false, true, true}},
        {POL_SET_BLOCK, POL_EXPECT_ANY, {false, true, true}},
        {POL_SET_ALLOW, POL_EXPECT_MAPI_HTTP, {true, false, false}},
        {POL_SET_ALLOW, POL_EXPECT_ANY, {true, true, true}},
        {POL_SET_ALLOW_EXPLICIT, POL_EXPECT_MAPI_HTTP, {true, false, false}},
        {POL_SET_ALLOW_EXPLICIT, POL_EXPECT_ANY, {true, true, true}},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        for (int observed = 0; observed < 3; observed++) {
            struct pol_user_view view = FINE;
            view.set = ROWS[i].set;
            view.expect = ROWS[i].expect;
            view.observed = (enum pol_observed)observed;
            assert_state(view,
                         ROWS[i].agrees[observed] ? POL_STATE_COMPLIANT : POL_STATE_CONVERGING);
        }
    }
}

static void state__where_processes_cannot_be_listed__goes_by_the_evidence(void **state)
{
    (void)state;
    struct pol_user_view view = FINE;
    view.outlook_known = false;
    view.outlook_running = false;
    view.started_since = false;
    assert_state(view, POL_STATE_COMPLIANT);
    view.confidence = POL_CONFIDENCE_NONE;
    assert_state(view, POL_STATE_UNVERIFIED);
    view = FINE;
    view.outlook_known = false;
    view.outlook_running = false;
    view.observed = POL_OBSERVED_RPC_HTTP;
    assert_state(view, POL_STATE_CONVERGING); /* by the start that was seen at some time */
    view.started_since = false;
    assert_state(view, POL_STATE_UNVERIFIED); /* it may be from before the write */
}

static void agrees__with_evidence_that_says_nothing__is_not_known(void **state)
{
    (void)state;
    for (int set = 0; set < POL_SET_COUNT; set++) {
        bool decided = set <= POL_SET_ALLOW_EXPLICIT;
        for (int seen = 0; seen < POL_OBSERVED_COUNT; seen++) {
            bool one = seen <= POL_OBSERVED_RPC_TCP;
            for (int sure = 0; sure < POL_CONFIDENCE_COUNT; sure++) {
                bool proves = sure <= POL_CONFIDENCE_CONFIGURED;
                enum pol_answer answer =
                    pol_user_agrees((enum pol_set)set, POL_EXPECT_MAPI_HTTP,
                                    (enum pol_observed)seen, (enum pol_confidence)sure);
                assert_int_equal(answer != POL_NOT_KNOWN, decided && one && proves);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state__after_a_failure__is_error_whatever_else),
        cmocka_unit_test(state__of_a_user_left_alone__is_unmanaged),
        cmocka_unit_test(state__of_a_user_given_back__is_unmanaged_once_that_is_done),
        cmocka_unit_test(state__contested_paused_waiting__come_in_this_order),
        cmocka_unit_test(state__of_a_user_not_logged_on__is_pending_until_it_was_brought),
        cmocka_unit_test(state__with_a_guard_in_the_way__is_blocked),
        cmocka_unit_test(state__without_outlook_since__is_idle),
        cmocka_unit_test(state__with_outlook_from_before__is_pending_restart),
        cmocka_unit_test(state__with_evidence_against_it__converges_first_and_is_a_mismatch_then),
        cmocka_unit_test(state__without_evidence_that_counts__is_unverified),
        cmocka_unit_test(state__of_set_and_evidence__agrees_as_the_document_says),
        cmocka_unit_test(state__where_processes_cannot_be_listed__goes_by_the_evidence),
        cmocka_unit_test(agrees__with_evidence_that_says_nothing__is_not_known),
    };
    return cmocka_run_group_tests_name("user_state", tests, NULL, NULL);
}
