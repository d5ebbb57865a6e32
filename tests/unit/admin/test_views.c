/* test_views.c - adm_rollout_read(), adm_compliance_read(), adm_user_read(): what a server says. */
#include "tests/cmocka_all.h"

#include "admin/compliance_view.h"
#include "admin/rollout_view.h"
#include "admin/user_view.h"
#include "tests/unit/admin/answers.h"

#include <stdio.h>
#include <string.h>

static enum status read_rollout(const char *text, struct adm_rollout_view *out, struct err *err)
{
    struct adm_answer answer = answer_of(text);
    enum status st = adm_rollout_read(&answer, out, err);
    adm_answer_done(&answer);
    return st;
}

static void rollout__in_the_middle__is_read_in_full(void **state)
{
    (void)state;
    struct adm_rollout_view view;
    struct err err;
    assert_int_equal(read_rollout(ANSWER_ROLLOUT, &view, &err), ST_OK);
    assert_string_equal(view.rollout, "mapihttp-2026");
    assert_string_equal(view.policy_etag, "\"7002-aa\"");
    assert_string_equal(view.bundle_etag, "\"7-bb\"");
    assert_int_equal(view.released_version, 7002);
    assert_string_equal(view.released_stage, "pilot");
    assert_false(view.is_safe);
    assert_string_equal(view.released_by, "alice");
    assert_int_equal(view.newest.serial, 7);
    assert_int_equal(view.newest.stage_count, 3);
    assert_true(view.newest.stages[0].not_before_s == -1);
    assert_true(view.newest.stages[2].not_before_s == 1796623200);
    assert_ptr_equal(adm_stage_find(&view.newest, "everyone"), &view.newest.stages[2]);
    assert_null(adm_stage_find(&view.newest, "every"));
    assert_ptr_equal(adm_stage_next(&view), &view.released.stages[2]);
}

static void rollout__at_the_last_stage__has_no_next(void **state)
{
    (void)state;
    struct adm_rollout_view view;
    struct err err;
    assert_int_equal(read_rollout(ANSWER_ROLLOUT, &view, &err), ST_OK);
    view.released_version = 7003;
    assert_null(adm_stage_next(&view));
}

static void rollout__before_the_first_bundle__is_empty(void **state)
{
    (void)state;
    struct adm_rollout_view view;
    struct err err;
    assert_int_equal(read_rollout(ANSWER_EMPTY, &view, &err), ST_OK);
    assert_string_equal(view.rollout, "");
    assert_int_equal(view.released_version, 0);
    assert_int_equal(view.newest.serial, 0);
    assert_null(adm_stage_next(&view));
}

static void rollout__not_an_answer_of_ours__is_refused_and_says_whose(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "[]",
        "{}",
        "{\"policy_etag\":7,\"bundle_etag\":\"0\"}",
        "{\"policy_etag\":\"0\",\"bundle_etag\":\"0\",\"released\":[]}",
        "{\"policy_etag\":\"0\",\"bundle_etag\":\"0\",\"stored\":{\"serial\":-1,\"stages\":[]}}",
        "{\"policy_etag\":\"0\",\"bundle_etag\":\"0\",\"stored\":{\"serial\":1,\"stages\":[1]}}",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct adm_rollout_view view;
        struct err err = {.st = ST_OK};
        if (read_rollout(BAD[i], &view, &err) != ST_REFUSED) {
            fail_msg("taken: %s", BAD[i]);
        }
        assert_non_null(strstr(err.text, "(in the server's answer)"));
    }
}

static void compliance__counts__are_found_by_state_and_version(void **state)
{
    (void)state;
    struct adm_answer answer = answer_of(ANSWER_FLEET);
    struct adm_compliance_view view;
    struct err err;
    assert_int_equal(adm_compliance_read(&answer, &view, &err), ST_OK);
    assert_true(view.users == 20);
    assert_true(view.devices == 12);
    assert_true(view.state[POL_STATE_COMPLIANT] == 14);
    assert_true(view.state[POL_STATE_ERROR] == 1);
    assert_true(view.state[POL_STATE_IDLE] == 0);
    assert_true(adm_compliance_users_at(&view, 7002) == 15);
    assert_true(adm_compliance_users_at(&view, 7003) == 0);
    adm_answer_done(&answer);
}

static void compliance__all_that_servers_tell_now__is_read(void **state)
{
    (void)state;
    struct adm_answer answer = answer_of(ANSWER_FLEET_WHOLE);
    struct adm_compliance_view view;
    struct err err;
    assert_int_equal(adm_compliance_read(&answer, &view, &err), ST_OK);
    assert_true(view.stale_devices == 2);
    assert_true(view.splits_stages);
    const struct adm_stage_count *pilot = adm_compliance_stage(&view, "pilot");
    assert_non_null(pilot);
    assert_true(pilot->parts[ADM_BAR_GOOD] == 9);
    assert_true(pilot->parts[ADM_BAR_BAD] == 1);
    assert_true(pilot->parts[ADM_BAR_PENDING] == 5);
    assert_true(pilot->parts[ADM_BAR_APART] == 0);
    assert_true(adm_compliance_stage(&view, "observe")->parts[ADM_BAR_APART] == 4);
    assert_null(adm_compliance_stage(&view, "everyone"));
    assert_int_equal(view.build_count, 3);
    assert_string_equal(view.builds[0].outlook, "16.0.17328.20162");
    assert_true(view.builds[1].mapi_http == 28);
    adm_answer_done(&answer);
}

static void compliance__what_older_servers_do_not_tell__is_not_known(void **state)
{
    (void)state;
    struct adm_answer answer = answer_of(ANSWER_FLEET);
    struct adm_compliance_view view;
    struct err err;
    assert_int_equal(adm_compliance_read(&answer, &view, &err), ST_OK);
    assert_true(view.stale_devices == -1);
    assert_false(view.splits_stages);
    assert_int_equal(view.build_count, 0);
    adm_answer_done(&answer);
}

static void compliance__new_members_of_another_kind__are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "\"stage_state\":[]",
        "\"stage_state\":{\"pilot\":7}",
        "\"stage_state\":{\"pilot\":{\"idle\":-1}}",
        "\"brake\":{}",
        "\"brake\":[7]",
        "\"brake\":[{\"outlook\":\"16\",\"users\":1}]",
        "\"stale_devices\":\"none\"",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char text[256];
        struct adm_compliance_view view;
        struct err err = {.st = ST_OK};
        (void)snprintf(text, sizeof text,
                       "{\"users\":1,\"devices\":1,\"state\":{},\"version\":{},%s}", BAD[i]);
        struct adm_answer answer = answer_of(text);
        if (adm_compliance_read(&answer, &view, &err) != ST_REFUSED) {
            fail_msg("taken: %s", BAD[i]);
        }
        adm_answer_done(&answer);
    }
}

static void rollout__words_that_move_a_cursor__are_escaped_where_they_are_read(void **state)
{
    (void)state;
    struct adm_rollout_view view;
    struct err err;
    assert_int_equal(
        read_rollout("{\"policy_etag\":\"0\",\"bundle_etag\":\"0\",\"released\":{\"version\":7002,"
                     "\"stage\":\"a\\u001b[2J\",\"kind\":\"stage\",\"by\":\"b\\u202ec\"},"
                     "\"behind_fleet\":{\"version\":1,\"stage\":\"\\u009bm\"}}",
                     &view, &err),
        ST_OK);
    assert_string_equal(view.released_stage, "a\\x1b[2J");
    assert_string_equal(view.released_by, "b\\u202ec");
    assert_string_equal(view.behind.stage, "\\u009bm");
}

static void behind__in_each_way_to_say_it__is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool behind;
        int64_t version;
    } CASES[] = {{"{}", false, 0},
                 {"{\"behind_fleet\":null}", false, 0},
                 {"{\"behind_fleet\":false}", false, 0},
                 {"{\"behind_fleet\":true}", true, 0},
                 {"{\"behind_fleet\":{\"version\":7003,\"devices\":2}}", true, 7003}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct adm_answer answer = answer_of(CASES[i].text);
        struct pol_at root = adm_answer_root(&answer);
        struct adm_behind_view view;
        struct err err;
        adm_behind_read(&root, &view);
        assert_int_equal(adm_answer_check(&answer, &err), ST_OK);
        assert_true(view.behind == CASES[i].behind);
        assert_true(view.version == CASES[i].version);
        adm_answer_done(&answer);
    }
}

static void behind__how_many__is_read_or_not_known(void **state)
{
    static const char COUNTED[] = "{\"behind_fleet\":{\"version\":7003,\"devices\":12,"
                                  "\"version_count\":2,\"seen_at\":\"1970-01-01T00:01:40Z\"}}";
    static const char NOT_YET[] = "{\"behind_fleet\":{\"version\":7003,\"devices\":null,"
                                  "\"version_count\":null,\"seen_at\":null}}";
    (void)state;
    struct adm_behind_view view;
    struct adm_answer answer = answer_of(COUNTED);
    struct pol_at root = adm_answer_root(&answer);
    adm_behind_read(&root, &view);
    assert_int_equal(view.devices, 12);
    assert_int_equal(view.versions, 2);
    assert_int_equal(view.seen_s, 100);
    adm_answer_done(&answer);
    answer = answer_of(NOT_YET);
    root = adm_answer_root(&answer);
    adm_behind_read(&root, &view);
    assert_true(view.behind);
    assert_int_equal(view.devices, -1);
    assert_int_equal(view.versions, 0);
    assert_int_equal(view.seen_s, -1);
    adm_answer_done(&answer);
}

static void compliance__more_versions_than_room__keeps_the_first(void **state)
{
    (void)state;
    struct bytes text = bytes_with_limit(16384);
    assert_int_equal(
        bytes_append_text(&text, "{\"users\":1,\"devices\":1,\"state\":{},\"version\":{\"1\":5"),
        ST_OK);
    for (int i = 2; i < 200; i++) {
        assert_int_equal(bytes_append_format(&text, ",\"%d\":1", i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&text, "}}"), ST_OK);
    struct adm_answer answer = answer_of(bytes_text(&text));
    struct adm_compliance_view view;
    struct err err;
    assert_int_equal(adm_compliance_read(&answer, &view, &err), ST_OK);
    assert_int_equal(view.version_count, ADM_VERSIONS_MOST);
    assert_true(adm_compliance_users_at(&view, 1) == 5);
    adm_answer_done(&answer);
    bytes_free(&text);
}

static struct adm_answer user_answer;

static struct adm_user_view read_user(const char *text)
{
    struct adm_user_view user;
    user_answer = answer_of(text);
    struct pol_at root = adm_answer_root(&user_answer);
    adm_user_read(&root, &user);
    return user;
}

static void user__values__are_told_in_words(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"{\"sid\":\"S\",\"state\":\"idle\",\"value\":{\"present\":false}}", "absent"},
        {"{\"sid\":\"S\",\"state\":\"idle\",\"value\":{\"present\":true,\"type\":\"dword\","
         "\"value\":1}}",
         "1"},
        {"{\"sid\":\"S\",\"state\":\"idle\",\"value\":{\"present\":true,\"type\":\"other\"}}",
         "other"},
        {"{\"sid\":\"S\",\"state\":\"idle\",\"value\":null}", "-"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct adm_user_view user = read_user(CASES[i][0]);
        struct err err;
        assert_string_equal(user.value, CASES[i][1]);
        assert_int_equal(adm_answer_check(&user_answer, &err), ST_OK);
        adm_answer_done(&user_answer);
    }
}

static void user__unknown_facts__are_null(void **state)
{
    (void)state;
    struct adm_user_view user =
        read_user("{\"sid\":\"S-1-5-21-1-2-3-1001\",\"account\":null,\"state\":\"error\","
                  "\"error\":\"denied\",\"version\":null}");
    assert_string_equal(user.sid, "S-1-5-21-1-2-3-1001");
    assert_null(user.account);
    assert_string_equal(user.error, "denied");
    assert_int_equal(user.version, 0);
    adm_answer_done(&user_answer);
}

static void user__contradicted_for_long__has_the_first_hint(void **state)
{
    (void)state;
    struct err err;
    struct adm_user_view user =
        read_user("{\"sid\":\"S\",\"state\":\"mismatch\",\"version\":9000000999,"
                  "\"confidence\":\"configured\",\"evidence\":[\"profile:001f6622\","
                  "\"hint:recreate_profile\",\"hint:old_client\"]}");
    assert_int_equal(adm_answer_check(&user_answer, &err), ST_OK);
    assert_string_equal(user.hint, "recreate_profile");
    assert_string_equal(user.confidence, "configured");
    assert_true(user.version == 9000000999);
    adm_answer_done(&user_answer);
}

static void user__without_a_sid__is_a_problem_of_the_answer(void **state)
{
    (void)state;
    struct err err;
    (void)read_user("{\"state\":\"idle\"}");
    assert_int_equal(adm_answer_check(&user_answer, &err), ST_REFUSED);
    assert_string_equal(err.code, "missing_field");
    adm_answer_done(&user_answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rollout__in_the_middle__is_read_in_full),
        cmocka_unit_test(rollout__at_the_last_stage__has_no_next),
        cmocka_unit_test(rollout__before_the_first_bundle__is_empty),
        cmocka_unit_test(rollout__not_an_answer_of_ours__is_refused_and_says_whose),
        cmocka_unit_test(compliance__counts__are_found_by_state_and_version),
        cmocka_unit_test(compliance__all_that_servers_tell_now__is_read),
        cmocka_unit_test(compliance__what_older_servers_do_not_tell__is_not_known),
        cmocka_unit_test(compliance__new_members_of_another_kind__are_refused),
        cmocka_unit_test(rollout__words_that_move_a_cursor__are_escaped_where_they_are_read),
        cmocka_unit_test(behind__in_each_way_to_say_it__is_read),
        cmocka_unit_test(behind__how_many__is_read_or_not_known),
        cmocka_unit_test(compliance__more_versions_than_room__keeps_the_first),
        cmocka_unit_test(user__values__are_told_in_words),
        cmocka_unit_test(user__unknown_facts__are_null),
        cmocka_unit_test(user__contradicted_for_long__has_the_first_hint),
        cmocka_unit_test(user__without_a_sid__is_a_problem_of_the_answer),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
