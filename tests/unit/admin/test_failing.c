/* test_failing.c - failing.h: the reasons why users fail, counted, with an example each. */
#include "tests/cmocka_all.h"

#include "admin/failing.h"
#include "tests/unit/admin/answers.h"

#include <stdio.h>
#include <string.h>

static const struct adm_look PLAIN = {.columns = 0};

static void add(struct adm_failing *failing, const char *user)
{
    struct adm_answer answer = answer_of(user);
    struct pol_at root = adm_answer_root(&answer);
    adm_failing_add(failing, &root);
    adm_answer_done(&answer);
}

static struct adm_failing some(void)
{
    struct adm_failing failing = {.count = 0};
    add(&failing, "{\"sid\":\"S-1\",\"account\":\"C\\\\a\",\"host\":\"PC-1\",\"state\":\"blocked\","
                  "\"blocked_by\":\"preflight\",\"protocol\":\"rpc_http\"}");
    add(&failing, "{\"sid\":\"S-2\",\"account\":\"C\\\\b\",\"host\":\"PC-2\",\"state\":\"error\","
                  "\"error\":\"denied\"}");
    add(&failing,
        "{\"sid\":\"S-3\",\"host\":\"PC-3\",\"state\":\"mismatch\",\"protocol\":\"mapi_http\","
        "\"evidence\":[\"profile:1\",\"hint:recreate_profile\"]}");
    add(&failing, "{\"sid\":\"S-4\",\"account\":\"C\\\\d\",\"host\":\"PC-4\",\"state\":\"error\","
                  "\"error\":\"denied\"}");
    add(&failing, "{\"sid\":\"S-5\",\"account\":null,\"host\":null,\"state\":\"mismatch\","
                  "\"protocol\":\"mapi_http\"}");
    adm_failing_sort(&failing);
    return failing;
}

static void failing__reasons__most_users_first_and_the_first_user_is_the_example(void **state)
{
    (void)state;
    struct adm_failing failing = some();
    struct adm_compliance_view fleet = {.users = 10};
    struct bytes text = bytes_with_limit(16384);
    fleet.state[POL_STATE_ERROR] = 2;
    fleet.state[POL_STATE_MISMATCH] = 700;
    fleet.state[POL_STATE_BLOCKED] = 1;
    assert_int_equal(adm_failing_text(&failing, &fleet, &PLAIN, &text), ST_OK);
    assert_string_equal(bytes_text(&text),
                        "\n"
                        "FAILING   WHY               USERS  FOR EXAMPLE  ON\n"
                        "error     denied            2      C\\b          PC-2\n"
                        "blocked   preflight         1      C\\a          PC-1\n"
                        "mismatch  mapi_http         1      S-5          -\n"
                        "mismatch  recreate_profile  1      S-3          PC-3\n"
                        "all of them: mapi-rollout users --state error (2), or --state blocked "
                        "(1), or --state mismatch (700, the first 2 are counted here)\n");
    bytes_free(&text);
}

static void failing__nobody__says_nothing(void **state)
{
    (void)state;
    const struct adm_failing failing = {.count = 0};
    const struct adm_compliance_view fleet = {.users = 10};
    struct bytes text = bytes_with_limit(16384);
    assert_int_equal(adm_failing_text(&failing, &fleet, &PLAIN, &text), ST_OK);
    assert_int_equal(text.size, 0);
    bytes_free(&text);
}

static void failing__more_reasons_than_room__says_that_there_are(void **state)
{
    (void)state;
    struct adm_failing failing = {.count = 0};
    const struct adm_compliance_view fleet = {.users = 1000};
    struct bytes text = bytes_with_limit(16384);
    for (int i = 0; i < ADM_REASONS_MOST + 10; i++) {
        char user[128];
        (void)snprintf(user, sizeof user,
                       "{\"sid\":\"S-%d\",\"state\":\"error\",\"error\":\"code-%d\"}", i, i);
        add(&failing, user);
    }
    assert_int_equal(failing.count, ADM_REASONS_MOST);
    assert_int_equal(failing.looked[POL_STATE_ERROR], ADM_REASONS_MOST + 10);
    assert_int_equal(adm_failing_text(&failing, &fleet, &PLAIN, &text), ST_OK);
    assert_non_null(strstr(bytes_text(&text), "\n59 or more reasons more\n"));
    bytes_free(&text);
}

static void
failing__words_from_outside__are_escaped_and_states_of_newer_servers_left_out(void **state)
{
    (void)state;
    struct adm_failing failing = {.count = 0};
    const struct adm_compliance_view fleet = {.users = 1};
    struct bytes text = bytes_with_limit(16384);
    add(&failing,
        "{\"sid\":\"S-1\",\"account\":\"a\\u001b[2J\",\"state\":\"error\",\"error\":\"x\\ny\"}");
    add(&failing, "{\"sid\":\"S-2\",\"state\":\"undreamt\"}");
    assert_int_equal(failing.count, 1);
    add(&failing, "{\"sid\":\"S-3\",\"state\":\"contested\",\"protocol\":\"rpc_http\"}");
    assert_string_equal(failing.reasons[1].why, "-"); /* what is seen is no reason for this one */
    assert_int_equal(adm_failing_text(&failing, &fleet, &PLAIN, &text), ST_OK);
    assert_null(strchr(bytes_text(&text), '\x1b'));
    assert_non_null(strstr(bytes_text(&text), "x\\x0ay"));
    bytes_free(&text);
}

static void failing__json__has_all_of_it(void **state)
{
    (void)state;
    struct adm_failing failing = some();
    struct bytes text = bytes_with_limit(16384);
    struct pol_json_writer w = pol_json_write_start(&text);
    adm_failing_json(&failing, &w, NULL);
    assert_int_equal(pol_json_write_end(&w), ST_OK);
    assert_non_null(
        strstr(bytes_text(&text),
               "[{\"state\":\"error\",\"why\":\"denied\",\"users\":2,\"account\":\"C\\\\b\","
               "\"sid\":\"S-2\",\"host\":\"PC-2\"},"));
    assert_non_null(strstr(bytes_text(&text), "\"account\":null,\"sid\":\"S-5\""));
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing__reasons__most_users_first_and_the_first_user_is_the_example),
        cmocka_unit_test(failing__nobody__says_nothing),
        cmocka_unit_test(failing__more_reasons_than_room__says_that_there_are),
        cmocka_unit_test(
            failing__words_from_outside__are_escaped_and_states_of_newer_servers_left_out),
        cmocka_unit_test(failing__json__has_all_of_it),
    };
    return cmocka_run_group_tests_name("failing", tests, NULL, NULL);
}
