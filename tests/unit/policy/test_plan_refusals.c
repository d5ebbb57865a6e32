/* test_plan_refusals.c - plan.h, clauses.h and rings.h: one change to the example, and the code and
 * place of the one problem that it makes. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/documents.h"

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct change {
    const char *from;
    const char *to;
    const char *code;
    const char *pointer;
};

static void assert_changes_refused(const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = with_change(EXAMPLE_PLAN, changes[i].from, changes[i].to);
        assert_plan_refused(text, changes[i].to, changes[i].code, changes[i].pointer);
        free(text);
    }
}

static void plan__without_what_it_needs__is_a_missing_field(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"\"format\": \"mapi-rollout/plan/1\",", "", "missing_field", "/format"},
        {"\"rollout\": \"mapihttp-2026\",", "", "missing_field", "/rollout"},
        {"\"serial\": 7,", "", "missing_field", "/serial"},
        {"\"serial\": 7,", "\"serial\": null,", "missing_field", "/serial"},
        {"\"issued_at\": \"2026-11-22T10:00:00Z\",", "", "missing_field", "/issued_at"},
        {"\"expires_at\": \"2027-02-20T10:00:00Z\",", "", "missing_field", "/expires_at"},
        {",\n  \"safe\": { \"set\": \"block\" }", "", "missing_field", "/safe"},
        {"\"safe\": { \"set\": \"block\" }", "\"safe\": {}", "missing_field", "/safe/set"},
        {"\"name\": \"finish\", ", "", "missing_field", "/stages/5/name"},
        {"\"rules\": [], \"otherwise\": \"release\"", "\"otherwise\": \"release\"", "missing_field",
         "/stages/5/rules"},
        {", \"otherwise\": \"release\"", "", "missing_field", "/stages/5/otherwise"},
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }", "{ \"set\": \"allow\" }", "missing_field",
         "/stages/3/rules/2/ring"},
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }", "{ \"ring\": \"quarter\" }",
         "missing_field", "/stages/3/rules/2/set"},
        {", \"of\": \"user\"", "", "missing_field", "/rings/quarter/of"},
        {", \"salt\": \"mapihttp-2026\"", "", "missing_field", "/rings/quarter/salt"},
        {"\"percent\": 25, ", "\"tag\": [\"x\"], ", "missing_field", "/rings/quarter"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES));
}

static void plan__with_fields_that_nobody_knows__is_an_unknown_field(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"\"serial\": 7,", "\"serial\": 7, \"extra\": null,", "unknown_field", "/extra"},
        {"\"wait_s\": 240", "\"wait\": 240", "unknown_field", "/timing/wait"},
        {"\"block_mailboxes\":", "\"block_mailbox\":", "unknown_field", "/guards/block_mailbox"},
        {"\"percent\": 25,", "\"percent\": 25, \"percentage\": 25,", "unknown_field",
         "/rings/quarter/percentage"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"host\": [\"HQ-IT-*\"], \"hosts\": [] }",
         "unknown_field", "/rings/pilot/any/1/hosts"},
        {"\"otherwise\": \"release\"", "\"otherwise\": \"release\", \"else\": 1", "unknown_field",
         "/stages/5/else"},
        {"\"soak_s\": 259200", "\"soak\": 259200", "unknown_field", "/stages/2/gate/soak"},
        {"\"when\": \"outlook_closed\"", "\"then\": \"now\"", "unknown_field",
         "/stages/2/apply/then"},
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }",
         "{ \"ring\": \"quarter\", \"set\": \"allow\", \"unless\": 1 }", "unknown_field",
         "/stages/3/rules/2/unless"},
        {"\"safe\": { \"set\"", "\"safe\": { \"rules\": [], \"set\"", "unknown_field",
         "/safe/rules"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES));
}

static void plan__with_values_of_another_kind__is_a_wrong_type(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"\"rollout\": \"mapihttp-2026\"", "\"rollout\": 2026", "wrong_type", "/rollout"},
        {"\"serial\": 7", "\"serial\": \"7\"", "wrong_type", "/serial"},
        {"\"serial\": 7", "\"serial\": 7.0", "wrong_type", "/serial"},
        {"\"ticket\": \"CHG0042\"", "\"ticket\": 42", "wrong_type", "/ticket"},
        {"\"expires_at\": \"2027-02-20T10:00:00Z\"", "\"expires_at\": 1803117600", "wrong_type",
         "/expires_at"},
        {"\"poll_s\": 900", "\"poll_s\": true", "wrong_type", "/timing/poll_s"},
        {"[\"on_premises\", \"unknown\"]", "\"unknown\"", "wrong_type", "/guards/block_mailboxes"},
        {"[\"on_premises\", \"unknown\"]", "{\"a\": \"unknown\"}", "wrong_type",
         "/guards/block_mailboxes"},
        {"[\"on_premises\", \"unknown\"]", "[\"on_premises\", null]", "wrong_type",
         "/guards/block_mailboxes/1"},
        {"[\"HQ-IT-*\"]", "\"HQ-IT-*\"", "wrong_type", "/rings/pilot/any/1/host"},
        {"[\"HQ-IT-*\"]", "{\"a\": \"HQ-IT-*\"}", "wrong_type", "/rings/pilot/any/1/host"},
        {"[\"HQ-IT-*\"]", "[\"HQ-IT-*\", 1]", "wrong_type", "/rings/pilot/any/1/host/1"},
        {"\"percent\": 25", "\"percent\": \"25\"", "wrong_type", "/rings/quarter/percent"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }", "[]", "wrong_type",
         "/rings/quarter"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }",
         "{ \"not\": [ { \"tag\": [\"x\"] } ] }", "wrong_type", "/rings/quarter/not"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }",
         "{ \"all\": { \"tag\": [\"x\"] } }", "wrong_type", "/rings/quarter/all"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }",
         "{ \"ring\": [\"pilot\"] }", "wrong_type", "/rings/quarter/ring"},
        {"{ \"name\": \"finish\", \"rules\": [], \"otherwise\": \"release\" }", "\"finish\"",
         "wrong_type", "/stages/5"},
        {"\"rules\": [], \"otherwise\": \"release\"", "\"rules\": {}, \"otherwise\": \"release\"",
         "wrong_type", "/stages/5/rules"},
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }", "\"quarter\"", "wrong_type",
         "/stages/3/rules/2"},
        {"\"safe\": { \"set\": \"block\" }", "\"safe\": \"block\"", "wrong_type", "/safe"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES));
}

static void plan__with_values_beyond_their_bounds__is_out_of_range(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"mapi-rollout/plan/1", "mapi-rollout/plan/2", "out_of_range", "/format"},
        {"\"rollout\": \"mapihttp-2026\"", "\"rollout\": \"MAPI\"", "out_of_range", "/rollout"},
        {"\"rollout\": \"mapihttp-2026\"", "\"rollout\": \"\"", "out_of_range", "/rollout"},
        {"\"serial\": 7", "\"serial\": 0", "out_of_range", "/serial"},
        {"\"serial\": 7", "\"serial\": 9000001", "out_of_range", "/serial"},
        {"\"poll_s\": 900", "\"poll_s\": 59", "out_of_range", "/timing/poll_s"},
        {"\"poll_s\": 900", "\"poll_s\": 86401", "out_of_range", "/timing/poll_s"},
        {"\"wait_s\": 240", "\"wait_s\": 601", "out_of_range", "/timing/wait_s"},
        {"\"wait_s\": 240", "\"wait_s\": -1", "out_of_range", "/timing/wait_s"},
        {"\"spread_s\": 10", "\"spread_s\": 11", "out_of_range", "/timing/spread_s"},
        {"\"report_s\": 86400", "\"report_s\": 299", "out_of_range", "/timing/report_s"},
        {"\"report_s\": 86400", "\"report_s\": 604801", "out_of_range", "/timing/report_s"},
        {"\"on_premises\", \"unknown\"", "\"somewhere\"", "out_of_range",
         "/guards/block_mailboxes/0"},
        {"\"on_premises\", \"unknown\"", "\"exchange_online\"", "out_of_range",
         "/guards/block_mailboxes/0"},
        {"\"on_premises\", \"unknown\"", "\"on_premises\", \"mixed\"", "out_of_range",
         "/guards/block_mailboxes/1"},
        {"\"percent\": 25", "\"percent\": 100.0001", "out_of_range", "/rings/quarter/percent"},
        {"\"percent\": 25", "\"percent\": -1", "out_of_range", "/rings/quarter/percent"},
        {"\"percent\": 25", "\"percent\": 25.00001", "out_of_range", "/rings/quarter/percent"},
        {"\"percent\": 25", "\"percent\": 2e1", "out_of_range", "/rings/quarter/percent"},
        {"\"of\": \"user\"", "\"of\": \"group\"", "out_of_range", "/rings/quarter/of"},
        {"\"salt\": \"mapihttp-2026\"", "\"salt\": \"\"", "out_of_range", "/rings/quarter/salt"},
        {"\"salt\": \"mapihttp-2026\"", "\"salt\": \"\xc3\xa4\"", "out_of_range",
         "/rings/quarter/salt"},
        {"\"salt\": \"mapihttp-2026\"", "\"salt\": \"a\\tb\"", "out_of_range",
         "/rings/quarter/salt"},
        {"[\"HQ-IT-*\"]", "[]", "out_of_range", "/rings/pilot/any/1/host"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{}", "out_of_range", "/rings/pilot/any/1"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"description\": \"all\" }", "out_of_range",
         "/rings/pilot/any/1"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }", "{ \"any\": [] }",
         "out_of_range", "/rings/quarter/any"},
        {"{ \"percent\": 25, \"of\": \"user\", \"salt\": \"mapihttp-2026\" }", "{ \"not\": {} }",
         "out_of_range", "/rings/quarter/not"},
        {"\"name\": \"finish\"", "\"name\": \"Finish\"", "out_of_range", "/stages/5/name"},
        {"\"name\": \"finish\"", "\"name\": \"safe\"", "out_of_range", "/stages/5"},
        {"\"otherwise\": \"release\"", "\"otherwise\": \"permit\"", "out_of_range",
         "/stages/5/otherwise"},
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }",
         "{ \"ring\": \"quarter\", \"set\": \"Allow\" }", "out_of_range", "/stages/3/rules/2/set"},
        {"\"otherwise\": \"leave\", \"expect\": \"any\"",
         "\"otherwise\": \"leave\", \"expect\": \"rpc\"", "out_of_range", "/stages/0/expect"},
        {"\"not_before\": \"2026-12-07T06:00:00Z\"", "\"not_before\": \"2027-02-20T10:00:00Z\"",
         "out_of_range", "/stages/3"},
        {"\"deadline_s\": 259200", "\"deadline_s\": 2592001", "out_of_range",
         "/stages/2/apply/deadline_s"},
        {"\"deadline_s\": 259200, \"spread_s\": 3600", "\"deadline_s\": 0, \"spread_s\": 86401",
         "out_of_range", "/stages/2/apply/spread_s"},
        {"\"when\": \"outlook_closed\"", "\"when\": \"later\"", "out_of_range",
         "/stages/2/apply/when"},
        {"\"advance\": \"auto\"", "\"advance\": \"never\"", "out_of_range",
         "/stages/2/gate/advance"},
        {"\"on_fail\": \"hold\"", "\"on_fail\": \"stop\"", "out_of_range",
         "/stages/2/gate/on_fail"},
        {"\"min_healthy_percent\": 97", "\"min_healthy_percent\": 101", "out_of_range",
         "/stages/2/gate/min_healthy_percent"},
        {"\"safe\": { \"set\": \"block\" }", "\"safe\": { \"set\": \"release\" }", "out_of_range",
         "/safe"},
        {"\"expires_at\": \"2027-02-20T10:00:00Z\"", "\"expires_at\": \"2026-11-22T10:00:00Z\"",
         "out_of_range", ""},
    };
    /* A plan that ends before a stage begins is wrong there, too: leave that stage out. */
    char *text = with_change(EXAMPLE_PLAN, ", \"not_before\": \"2026-12-07T06:00:00Z\"", "");
    const struct change *last = &CHANGES[COUNT(CHANGES) - 1];
    char *ended = with_change(text, last->from, last->to);
    assert_plan_refused(ended, last->to, last->code, last->pointer);
    free(ended);
    free(text);
    assert_changes_refused(CHANGES, COUNT(CHANGES) - 1);
}

static void plan__with_texts_too_long__is_too_large(void **state)
{
    (void)state;
    char salt[128];
    char name[300];
    (void)snprintf(salt, sizeof salt, "\"salt\": \"%065d\"", 0);
    (void)snprintf(name, sizeof name, "\"name\": \"%065d\"", 0);
    const struct change changes[] = {
        {"\"salt\": \"mapihttp-2026\"", salt, "too_large", "/rings/quarter/salt"},
        {"\"name\": \"finish\"", name, "out_of_range", "/stages/5/name"},
    };
    assert_changes_refused(changes, COUNT(changes));
    (void)snprintf(name, sizeof name, "\"ticket\": \"%0257d\"", 0);
    char *text = with_change(EXAMPLE_PLAN, "\"ticket\": \"CHG0042\"", name);
    assert_plan_refused(text, "ticket", "too_large", "/ticket");
    free(text);
}

static void plan__with_a_time_that_is_none__is_a_bad_time(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"\"issued_at\": \"2026-11-22T10:00:00Z\"", "\"issued_at\": \"2026-11-22\"", "bad_time",
         "/issued_at"},
        {"\"expires_at\": \"2027-02-20T10:00:00Z\"", "\"expires_at\": \"2027-02-29T10:00:00Z\"",
         "bad_time", "/expires_at"},
        {"\"not_before\": \"2026-12-07T06:00:00Z\"", "\"not_before\": \"soon\"", "bad_time",
         "/stages/3/not_before"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES));
}

static void plan__with_names_that_lead_nowhere_or_twice__is_refused(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"{ \"ring\": \"quarter\", \"set\": \"allow\" }",
         "{ \"ring\": \"half\", \"set\": \"allow\" }", "unknown_ring", "/stages/3/rules/2/ring"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"ring\": \"half\" }", "unknown_ring",
         "/rings/pilot/any/1/ring"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"ring\": \"pilot\" }", "ring_circle",
         "/rings/pilot/any/1/ring"},
        {"\"name\": \"finish\"", "\"name\": \"observe\"", "duplicate_name", "/stages/5"},
        {"\"quarter\": {", "\"pilot\": {", "json_duplicate_key", "/rings/pilot"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES) - 1);
    char *text = with_change(EXAMPLE_PLAN, CHANGES[4].from, CHANGES[4].to);
    assert_plan_refused(text, "pilot twice", CHANGES[4].code, CHANGES[4].pointer);
    free(text);
}

static void plan__with_rings_in_a_circle__says_so_once(void **state)
{
    (void)state;
    char *text =
        with_change(EXAMPLE_PLAN, "\"quarter\": { \"percent\"",
                    "\"a\": { \"all\": [ { \"ring\": \"b\" } ] }, \"b\": { \"not\": { \"ring\": "
                    "\"c\" } }, \"c\": { \"ring\": \"a\" }, \"quarter\": { \"percent\"");
    assert_plan_refused(text, "a circle of three", "ring_circle", "/rings/c/ring");
    free(text);
}

static void plan__with_conditions_or_guards_that_mean_nothing__is_refused(void **state)
{
    (void)state;
    static const struct change CHANGES[] = {
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"domain\": \"CONTOSO\" }", "wrong_type",
         "/rings/pilot/any/1/domain"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"computer_ou\": [\"Berlin\"] }", "out_of_range",
         "/rings/pilot/any/1/computer_ou/0"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"ad_site\": [] }", "out_of_range",
         "/rings/pilot/any/1/ad_site"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"outlook\": \"16.0\" }", "bad_version_range",
         "/rings/pilot/any/1/outlook"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"outlook\": [\">=16\"] }", "wrong_type",
         "/rings/pilot/any/1/outlook"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"outlook\": \">=16 <15\" }", "bad_version_range",
         "/rings/pilot/any/1/outlook"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"mailbox\": [\"cloud\"] }", "out_of_range",
         "/rings/pilot/any/1/mailbox/0"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"mailbox\": [] }", "out_of_range",
         "/rings/pilot/any/1/mailbox"},
        {"{ \"host\": [\"HQ-IT-*\"] }", "{ \"multi_session\": 1 }", "wrong_type",
         "/rings/pilot/any/1/multi_session"},
        {"\"preflight\": {", "\"preflight\": { \"warn\": [],", "unknown_field",
         "/guards/preflight/warn"},
        {"[\"https://mapi.example.com/mapi/healthcheck.htm\"]", "\"https://a\"", "wrong_type",
         "/guards/preflight/allow"},
        {"https://mapi.example.com/mapi/healthcheck.htm", "http://a/", "bad_url",
         "/guards/preflight/allow/0"},
        {"https://mail.example.com/rpc/rpcproxy.dll", "https://a/\", \"https://u@a/", "bad_url",
         "/guards/preflight/block/1"},
        {"14.0.7147", "latest", "bad_version_range", "/guards/minimum_outlook/0"},
        {"14.0.7147\", \"15.0.4569\", \"16.0", "16.0\", \"15.0\", \"16.1", "duplicate_name",
         "/guards/minimum_outlook/2"},
    };
    assert_changes_refused(CHANGES, COUNT(CHANGES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan__without_what_it_needs__is_a_missing_field),
        cmocka_unit_test(plan__with_fields_that_nobody_knows__is_an_unknown_field),
        cmocka_unit_test(plan__with_values_of_another_kind__is_a_wrong_type),
        cmocka_unit_test(plan__with_values_beyond_their_bounds__is_out_of_range),
        cmocka_unit_test(plan__with_texts_too_long__is_too_large),
        cmocka_unit_test(plan__with_a_time_that_is_none__is_a_bad_time),
        cmocka_unit_test(plan__with_names_that_lead_nowhere_or_twice__is_refused),
        cmocka_unit_test(plan__with_rings_in_a_circle__says_so_once),
        cmocka_unit_test(plan__with_conditions_or_guards_that_mean_nothing__is_refused),
    };
    return cmocka_run_group_tests_name("plan_refusals", tests, NULL, NULL);
}
