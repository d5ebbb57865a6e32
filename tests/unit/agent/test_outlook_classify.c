/* test_outlook_classify.c - ag_classify(): what was seen, together with times. */
#include "tests/unit/agent/one_look.h"

#include <stdio.h>

static void assert_protocol(enum pol_observed observed, enum pol_confidence confidence)
{
    classify();
    assert_string_equal(POL_OBSERVED_WORDS[out.observed], POL_OBSERVED_WORDS[observed]);
    assert_string_equal(POL_CONFIDENCE_WORDS[out.confidence], POL_CONFIDENCE_WORDS[confidence]);
}

/* ---- nothing to go by --------------------------------------------------------------------- */

static void assert_nothing_known(const char *evidence)
{
    assert_protocol(POL_OBSERVED_UNKNOWN, POL_CONFIDENCE_NONE);
    assert_int_equal(out.mailbox, POL_MAILBOX_UNKNOWN);
    assert_int_equal(out.offered.mailbox, POL_MAILBOX_UNKNOWN);
    assert_false(out.server_other || out.offered.mapi_http || out.offered.rpc_http);
    assert_int_equal(out.evidence.count, 1);
    assert_string_equal(out.evidence.items[0], evidence);
}

static void classify__without_a_look__knows_nothing_and_says_why(void **state)
{
    (void)state;
    offer_rpc();
    question.starts = 2;
    sight.at_s = -1;
    assert_nothing_known("not_looked");
    assert_true(out.settled);
    question.sight = NULL;
    assert_nothing_known("not_looked");
}

static void classify__after_a_timeout__knows_nothing_of_what_was_seen(void **state)
{
    (void)state;
    offer_rpc();
    question.starts = 2;
    sight.timed_out = true;
    assert_nothing_known("timeout");
    sight.timed_out = false;
    sight.left_out = true;
    assert_nothing_known("skipped_after_crash");
}

/* ---- protocol ----------------------------------------------------------------------------- */

static void classify__a_profile_that_says_so__is_configured_whatever_is_offered(void **state)
{
    (void)state;
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    offer_rpc();
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    assert_true(says("profile:001f6652") && says("autodiscover:EXPR"));
    profile_says(BIT(RPC_PROXY));
    assert_protocol(POL_OBSERVED_RPC_HTTP, POL_CONFIDENCE_CONFIGURED);
    profile_says(BIT(RPC_PROXY) | BIT(MAIL_INTERNAL));
    assert_protocol(POL_OBSERVED_MIXED, POL_CONFIDENCE_CONFIGURED);
    assert_true(says("autodiscover:EXPR"));
    profile_says(BIT(BINDINGS));
    sight.profiles.list[0].rpc_tcp = true;
    assert_protocol(POL_OBSERVED_RPC_TCP, POL_CONFIDENCE_CONFIGURED);
}

static void classify__where_profiles_say_nothing__takes_what_is_offered(void **state)
{
    (void)state;
    sight.profiles.count = 0;
    assert_protocol(POL_OBSERVED_UNKNOWN, POL_CONFIDENCE_NONE);
    offer_mapi();
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_OFFERED);
    offer_rpc();
    assert_protocol(POL_OBSERVED_MIXED, POL_CONFIDENCE_OFFERED);
    sight.files.count = 0;
    offer_rpc();
    assert_protocol(POL_OBSERVED_RPC_HTTP, POL_CONFIDENCE_OFFERED);
    sight.files.list[0].modified_s = WRITTEN_S; /* before the write, or in its second */
    assert_protocol(POL_OBSERVED_UNKNOWN, POL_CONFIDENCE_NONE);
}

static void classify__the_version__says_which_profiles_count(void **state)
{
    (void)state;
    sight.profiles.list[1] = (struct ag_profile){.layout = AG_LAYOUT_15, .seen = BIT(RPC_PROXY)};
    sight.profiles.count = 2;
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    (void)snprintf(client.version, sizeof client.version, "15.0.5603.1000");
    assert_protocol(POL_OBSERVED_RPC_HTTP, POL_CONFIDENCE_CONFIGURED);
    client.known = false;
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    client = (struct ag_client){.known = true, .version = "15.0.x"};
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    assert_false(says("client:not_installed"));
    client.version[0] = '\0';
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    assert_true(says("client:not_installed"));
    question.client = NULL;
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
}

static void classify__a_value_among_the_policies__is_shown_and_changes_nothing(void **state)
{
    (void)state;
    sight.policy_value = true;
    assert_protocol(POL_OBSERVED_MAPI_HTTP, POL_CONFIDENCE_CONFIGURED);
    assert_true(says("policies_key:MapiHttpDisabled"));
    sight.policy_value = false;
    classify();
    assert_false(says("policies_key:MapiHttpDisabled"));
}

/* ---- mailbox ------------------------------------------------------------------------------ */

static void classify__the_mailbox__is_what_profiles_and_answers_say_together(void **state)
{
    (void)state;
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_ON_PREMISES);
    struct ag_autodiscover *answer = offer(NOW_S - 1);
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_ON_PREMISES);
    answer->on_premises = false;
    answer->online = true;
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_MIXED);
    sight.profiles.list[0].on_premises = false;
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
    answer->on_premises = true;
    sight.profiles.list[0].online = true;
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_MIXED);
    sight.files.count = 0;
    classify();
    assert_int_equal(out.mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
}

/* ---- time --------------------------------------------------------------------------------- */

static void classify__settled__is_two_starts_or_a_day_of_running_since_the_write(void **state)
{
    (void)state;
    classify();
    assert_false(out.settled);
    question.starts = 2;
    classify();
    assert_true(out.settled);
    question.starts = 1;
    question.started_s = NOW_S - DAY_S;
    classify();
    assert_true(out.settled);
    question.started_s++;
    classify();
    assert_false(out.settled);
    question.started_s = WRITTEN_S; /* in the second of the write: counts as before it */
    classify();
    assert_false(out.settled);
    question.started_s++;
    classify();
    assert_true(out.settled);
    question.running = false;
    classify();
    assert_false(out.settled);
    question.running = true;
    question.processes_known = false;
    classify();
    assert_false(out.settled);
}

static void classify__where_nothing_was_written__every_start_counts(void **state)
{
    (void)state;
    question.written_at_s = -1;
    question.started_s = 0;
    question.starts = 0;
    classify();
    assert_true(out.settled);
    question.started_s = -1; /* not known when */
    classify();
    assert_false(out.settled);
    question.started_s = NOW_S + 10; /* the clock was set back */
    classify();
    assert_false(out.settled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(classify__without_a_look__knows_nothing_and_says_why),
        TEST(classify__after_a_timeout__knows_nothing_of_what_was_seen),
        TEST(classify__a_profile_that_says_so__is_configured_whatever_is_offered),
        TEST(classify__where_profiles_say_nothing__takes_what_is_offered),
        TEST(classify__the_version__says_which_profiles_count),
        TEST(classify__a_value_among_the_policies__is_shown_and_changes_nothing),
        TEST(classify__the_mailbox__is_what_profiles_and_answers_say_together),
        TEST(classify__settled__is_two_starts_or_a_day_of_running_since_the_write),
        TEST(classify__where_nothing_was_written__every_start_counts),
    };
    return cmocka_run_group_tests_name("outlook_classify", tests, NULL, NULL);
}
