/* test_outlook_classify_server.c - outlook_classify.h: what the server offers against what was decided, and
 * the hints for who is to do something about it. */
#include "tests/unit/agent/one_look.h"

/* ---- the server --------------------------------------------------------------------------- */

static void assert_server_other(bool expected)
{
    classify();
    assert_int_equal(out.server_other, expected);
}

static void classify__an_offer_of_the_other_alone__is_the_servers_after_two_starts(void **state)
{
    (void)state;
    profile_says(BIT(RPC_PROXY));
    offer_rpc();
    question.starts = 2;
    assert_server_other(true);
    question.set = POL_SET_ALLOW_EXPLICIT;
    assert_server_other(true);
    question.starts = 1;
    question.started_s = NOW_S - 2 * DAY_S; /* a day of running is no second start */
    assert_server_other(false);
    question.starts = 2;
    question.expect = POL_EXPECT_ANY;
    assert_server_other(false);
    sight.profiles.count = 0; /* even without evidence */
    assert_server_other(false);
    sight.profiles.count = 1;
    question.expect = POL_EXPECT_MAPI_HTTP;
    sight.files.list[0].modified_s = WRITTEN_S - 1;
    assert_server_other(false);
    sight.files.list[0].modified_s = NOW_S - 1;
    profile_says(BIT(RPC_PROXY) | BIT(MAIL_INTERNAL)); /* mixed does not agree */
    assert_server_other(true);
    sight.profiles.count = 0; /* and no evidence does not */
    assert_server_other(true);
    sight.profiles.count = 1;
    profile_says(BIT(MAIL_INTERNAL)); /* another account gets it */
    assert_server_other(false);
    profile_says(BIT(RPC_PROXY));
    offer_mapi(); /* it offers both */
    assert_server_other(false);
    sight.files.count = 0;
    assert_server_other(false);
}

static void classify__for_block__the_other_is_mapi_http_whatever_is_expected(void **state)
{
    (void)state;
    question.set = POL_SET_BLOCK;
    question.starts = 2;
    offer_mapi();
    for (int expect = 0; expect < POL_EXPECT_COUNT; expect++) {
        question.expect = (enum pol_expect)expect;
        profile_says(BIT(MAIL_INTERNAL));
        assert_server_other(true);
        profile_says(BIT(RPC_PROXY));
        assert_server_other(false);
    }
    profile_says(BIT(MAIL_INTERNAL));
    sight.files.count = 0;
    offer_rpc();
    assert_server_other(false);
}

static void classify__for_other_decisions__there_is_no_other_protocol(void **state)
{
    (void)state;
    static const enum pol_set SETS[] = {POL_SET_LEAVE, POL_SET_RELEASE, POL_SET_RESTORE};
    question.starts = 2;
    for (size_t i = 0; i < 3; i++) {
        question.set = SETS[i];
        sight.files.count = 0;
        offer_rpc();
        profile_says(BIT(RPC_PROXY));
        assert_server_other(false);
        sight.files.count = 0;
        offer_mapi();
        assert_server_other(false);
    }
}

/* ---- hints -------------------------------------------------------------------------------- */

static bool hints(void)
{
    for (size_t i = 0; i < out.evidence.count; i++) {
        if (strncmp(out.evidence.items[i], "hint:", 5) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_hint(enum pol_state state, const char *expected)
{
    classify();
    ag_classify_hint(&question, state, &out);
    assert_int_equal(hints(), expected != NULL);
    assert_true(expected == NULL || says(expected));
}

static void hint__of_a_mismatch__names_the_likeliest_cause(void **state)
{
    (void)state;
    profile_says(BIT(RPC_PROXY));
    assert_hint(POL_STATE_MISMATCH, "hint:no_fresh_autodiscover");
    offer_rpc();
    assert_hint(POL_STATE_MISMATCH, "hint:mailbox_switched_off");
    question.minimum = POL_NO;
    assert_hint(POL_STATE_MISMATCH, "hint:old_client");
    question.minimum = POL_NOT_KNOWN;
    offer_mapi();
    assert_hint(POL_STATE_MISMATCH, "hint:recreate_profile");
    question.set = POL_SET_BLOCK;
    profile_says(BIT(MAIL_INTERNAL));
    assert_hint(POL_STATE_MISMATCH, "hint:recreate_profile");
    sight.files.count = 0;
    offer_mapi();
    assert_hint(POL_STATE_MISMATCH, "hint:client_ignores_value");
    question.minimum = POL_NO; /* no reason to speak MAPI/HTTP */
    assert_hint(POL_STATE_MISMATCH, "hint:client_ignores_value");
}

static void hint__of_a_user_blocked_by_the_server__names_it_too(void **state)
{
    (void)state;
    profile_says(BIT(RPC_PROXY));
    offer_rpc();
    assert_hint(POL_STATE_BLOCKED, NULL); /* by something else */
    question.starts = 2;
    assert_hint(POL_STATE_BLOCKED, "hint:mailbox_switched_off");
    question.minimum = POL_NO;
    assert_hint(POL_STATE_BLOCKED, "hint:old_client");
}

static void hint__of_any_other_state__is_none(void **state)
{
    (void)state;
    profile_says(BIT(RPC_PROXY));
    offer_rpc();
    question.starts = 2;
    for (int i = 0; i < POL_STATE_COUNT; i++) {
        if (i != POL_STATE_MISMATCH && i != POL_STATE_BLOCKED) {
            assert_hint((enum pol_state)i, NULL);
        }
    }
}

static void hint__without_room__makes_some(void **state)
{
    (void)state;
    profile_says(BIT(RPC_PROXY));
    classify();
    while (out.evidence.count < AG_EVIDENCE_MOST) {
        ag_evidence_add(&out.evidence, "text:%u", (unsigned)out.evidence.count);
    }
    ag_classify_hint(&question, POL_STATE_MISMATCH, &out);
    assert_true(says("hint:no_fresh_autodiscover") && says("more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(classify__an_offer_of_the_other_alone__is_the_servers_after_two_starts),
        TEST(classify__for_block__the_other_is_mapi_http_whatever_is_expected),
        TEST(classify__for_other_decisions__there_is_no_other_protocol),
        TEST(hint__of_a_mismatch__names_the_likeliest_cause),
        TEST(hint__of_a_user_blocked_by_the_server__names_it_too),
        TEST(hint__of_any_other_state__is_none),
        TEST(hint__without_room__makes_some),
    };
    return cmocka_run_group_tests_name("outlook_classify_server", tests, NULL, NULL);
}
