/* test_status_text.c - adm_status_text(): the screen an operator looks at. */
#include "tests/cmocka_all.h"

#include "admin/status_text.h"
#include "tests/unit/admin/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t NOW_S = 1795341600; /* 2026-11-22T10:00:00Z */
static const struct adm_look PLAIN = {.columns = 0};
static const struct adm_look NARROW = {.columns = 80, .rows = 24, .unicode = true};

static struct adm_status_view *read_all(const char *rollout_text, const char *fleet_text)
{
    struct adm_status_view *view = calloc(1, sizeof *view);
    struct adm_answer rollout_answer = answer_of(rollout_text);
    struct adm_answer fleet_answer = answer_of(fleet_text);
    struct err err;
    assert_non_null(view);
    view->now_s = NOW_S;
    assert_int_equal(adm_rollout_read(&rollout_answer, &view->rollout, &err), ST_OK);
    assert_int_equal(adm_compliance_read(&fleet_answer, &view->fleet, &err), ST_OK);
    adm_answer_done(&rollout_answer);
    adm_answer_done(&fleet_answer);
    return view;
}

/* The caller frees it; the view is used up. */
static char *draw(struct adm_status_view *view, const struct adm_look *look)
{
    struct bytes text = bytes_with_limit(64 * 1024);
    assert_int_equal(adm_status_text(view, look, &text), ST_OK);
    free(view);
    return (char *)text.data;
}

static void check_has(char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", words, text);
    }
}

static void status__older_server__reads_as_drawn(void **state)
{
    (void)state;
    char *text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET), &PLAIN);
    assert_string_equal(
        text,
        "rollout   mapihttp-2026\n"
        "released  pilot, version 7002, 2026-11-22T10:00:00Z by alice\n"
        "stored    serial 7, 3 stages, expires in 90 days\n"
        "\n"
        "   STAGE        VERSION  IN EFFECT                   USERS  SHARE  OTHERWISE  NOT BEFORE\n"
        "   observe      7001     [====....................]  4      20 %   -          -\n"
        ">  pilot        7002     [==================......]  15     75 %   -          -\n"
        "   everyone     7003     [........................]  0      0 %    -          "
        "2026-12-07T06:00:00Z\n"
        "   (no policy)           [=.......................]  1      5 %    -          -\n"
        "   = in effect\n"
        "\n"
        "20 users on 12 devices: compliant 14, error 1\n");
    free(text);
}

static void status__whole__tells_how_well_in_each_bar(void **state)
{
    (void)state;
    char *text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE), &PLAIN);
    check_has(text, "\n   observe      7001     [----....................]  4      20 %");
    check_has(text, "\n>  pilot        7002     [##########======!.......]  15     75 %");
    check_has(text, "\n   # compliant   = under way   ! failing   - not managed\n");
    check_has(text, "\n20 users on 12 devices: compliant 9, idle 5, pending_logon 1, unmanaged 4, "
                    "error 1\n");
    check_has(text,
              "\n2 devices are stale, and count in no gate: 'mapi-rollout devices --stale'\n");
    free(text);
}

static void status__brake__is_told_by_build_most_users_first(void **state)
{
    (void)state;
    char *text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE), &PLAIN);
    check_has(text,
              "\nOUTLOOK           VALUE 1  RPC/HTTP  MAPI/HTTP  OTHER  THE BRAKE WORKS\n"
              "16.0.17328.20162  100      99        1          0      yes, 99 %\n"
              "16.0.18000.1      40       10        28         2      NO, 25 %\n"
              "16.0.5000.1000    3        3         0          0      too few users, 100 %\n");
    free(text);
}

/* Every line, in code points. */
static void status__80_columns__fits(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE);
    (void)snprintf(view->rollout.reason, sizeof view->rollout.reason, "%s",
                   "the mailbox servers in Berlin are patched this week, and nobody is at the help "
                   "desk who knows what to say");
    (void)snprintf(view->rollout.hold.reason, sizeof view->rollout.hold.reason, "%0200d", 7);
    view->rollout.hold.held = true;
    char *text = draw(view, &NARROW);
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        if (adm_look_width(line) > NARROW.columns) {
            fail_msg("%zu columns: %s", adm_look_width(line), line);
        }
        line = end + 1;
    }
    free(text);
}

static void status__unicode__draws_blocks(void **state)
{
    (void)state;
    char *text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE), &NARROW);
    check_has(text, "[\xe2\x96\x88");
    check_has(text, "\xe2\x96\x93");
    check_has(text, "\xe2\x96\x91]");
    free(text);
}

static void status__colours__only_where_they_are_wanted(void **state)
{
    (void)state;
    const struct adm_look colours = {.columns = 80, .colours = true};
    char *text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE), &colours);
    check_has(text, "\x1b[31mNO, 25 %\x1b[0m");
    check_has(text, "\x1b[32m####");
    free(text);
    text = draw(read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE), &NARROW);
    assert_null(strchr(text, '\x1b'));
    free(text);
}

static void status__nothing_yet__says_so(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_EMPTY, ANSWER_FLEET);
    view->fleet = (struct adm_compliance_view){.stale_devices = -1};
    char *text = draw(view, &PLAIN);
    assert_string_equal(text, "rollout   none yet\nreleased  nothing yet\n"
                              "stored    nothing yet\n\n0 users on 0 devices\n");
    free(text);
}

static void status__safe__is_loud_and_tells_the_reason_escaped_and_how_to_go_on(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.is_safe = true;
    view->rollout.released_version = 7999;
    (void)strcpy(view->rollout.released_stage, "safe");
    (void)strcpy(view->rollout.reason, "it\x1b[31m hangs");
    char *text = draw(view, &PLAIN);
    check_has(text, "*** THE BRAKE IS ON ***");
    check_has(text, ": it\\x1b[31m hangs\n");
    check_has(text, ">  safe         7999");
    check_has(text, "\nbrake     on until a stage of a serial above 7 is released: sign, publish, "
                    "release\n");
    free(text);
}

static void status__one_user_of_many__still_shows_in_the_bar(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->fleet.users = 100000;
    view->fleet.versions[0].users = 1;
    char *text = draw(view, &PLAIN);
    check_has(text, "[=.......................]  1      <1 %");
    free(text);
}

static void status__users_of_no_known_version__have_a_row(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->fleet.users = 40;
    char *text = draw(view, &PLAIN);
    check_has(text, "\n   (other)               [============............]  20     50 %");
    free(text);
}

static void status__expiry__is_a_warning_below_14_days(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->now_s = view->rollout.released.expires_at_s - 14 * 86400;
    char *text = draw(view, &PLAIN);
    assert_null(strstr(text, "expiry"));
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->now_s = view->rollout.released.expires_at_s - 14 * 86400 + 1;
    text = draw(view, &PLAIN);
    check_has(text, "\nexpiry    *** serial 7 expires in 13 days: sign and publish the next");
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->now_s = view->rollout.released.expires_at_s;
    text = draw(view, &PLAIN);
    check_has(text, "3 stages, EXPIRED\n");
    check_has(text, "\nexpiry    *** serial 7 has expired: ");
    free(text);
}

static void status__behind_the_fleet__is_loud(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.behind = (struct adm_behind_view){.behind = true,
                                                    .version = 7003,
                                                    .stage = "everyone",
                                                    .device = "00\x1b"
                                                              "ff"};
    char *text = draw(view, &PLAIN);
    check_has(text, "\nbehind    *** machines have a newer version than is released here: version "
                    "7003 on device 00\\x1bff; 'mapi-rollout release everyone' ends it ***\n");
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.behind = (struct adm_behind_view){
        .behind = true, .version = 7003, .devices = 12, .versions = 2, .seen_s = 0};
    text = draw(view, &PLAIN);
    check_has(text, "version 7003; 12 devices are ahead with 2 versions, last heard from "
                    "1970-01-01T00:00:00Z; publishing");
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.behind = (struct adm_behind_view){
        .behind = true, .version = 7003, .devices = 1, .versions = 1, .seen_s = -1};
    text = draw(view, &PLAIN);
    check_has(text, "version 7003; 1 device is ahead; publishing");
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.behind = (struct adm_behind_view){.behind = true};
    text = draw(view, &PLAIN);
    check_has(text, "released here; publishing its bundle and releasing it ends that ***\n");
    free(text);
}

static void status__released_policy_not_at_hand__is_loud_and_tells_the_way_back(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    char *text = draw(view, &PLAIN);
    assert_null(strstr(text, "\nmissing "));
    free(text);
    view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET);
    view->rollout.is_missing = true;
    text = draw(view, &PLAIN);
    check_has(text, "\nmissing   *** the released policy is not at hand: ");
    check_has(text, "publish the bundle of serial 7 or a later one, and release ***\n");
    free(text);
}

static void facts__two_looks__differ_where_something_happened(void **state)
{
    (void)state;
    struct adm_status_view *view = read_all(ANSWER_ROLLOUT, ANSWER_FLEET_WHOLE);
    struct adm_facts facts = adm_facts_new();
    adm_status_facts(view, &facts);
    assert_int_equal(facts.st, ST_OK);
    struct adm_facts same = adm_facts_new();
    view->now_s += 5;
    view->rollout.gate.soak_left_s -= 5;
    adm_status_facts(view, &same);
    assert_int_equal(facts.text.size, same.text.size);
    assert_memory_equal(facts.text.data, same.text.data, same.text.size);
    adm_facts_done(&facts);
    adm_facts_done(&same);
    free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status__older_server__reads_as_drawn),
        cmocka_unit_test(status__whole__tells_how_well_in_each_bar),
        cmocka_unit_test(status__brake__is_told_by_build_most_users_first),
        cmocka_unit_test(status__80_columns__fits),
        cmocka_unit_test(status__unicode__draws_blocks),
        cmocka_unit_test(status__colours__only_where_they_are_wanted),
        cmocka_unit_test(status__nothing_yet__says_so),
        cmocka_unit_test(status__safe__is_loud_and_tells_the_reason_escaped_and_how_to_go_on),
        cmocka_unit_test(status__one_user_of_many__still_shows_in_the_bar),
        cmocka_unit_test(status__users_of_no_known_version__have_a_row),
        cmocka_unit_test(status__expiry__is_a_warning_below_14_days),
        cmocka_unit_test(status__behind_the_fleet__is_loud),
        cmocka_unit_test(status__released_policy_not_at_hand__is_loud_and_tells_the_way_back),
        cmocka_unit_test(facts__two_looks__differ_where_something_happened),
    };
    return cmocka_run_group_tests_name("status_text", tests, NULL, NULL);
}
