/* test_effect.c - srv_effect: who are the subjects of a gate, and of whom nobody can tell. */
#include "tests/cmocka_all.h"

#include "server/effect.h"
#include "server/rollout_parts.h"
#include "tests/unit/server/gate_place.h"

enum { REPORT_S = DAY_S };

static const char RINGS[] = "\"pilot\":{\"user\":[\"S-1-5-21-1-2-3-1001\"]},"
                            "\"sales\":{\"group\":[\"S-1-5-21-1-2-3-513\"]},"
                            "\"desk\":{\"group\":[\"S-1-5-21-1-2-3-513\",\"CONTOSO\\\\Desk\"]},"
                            "\"hall\":{\"computer_ou\":[\"OU=Hall\"]},"
                            "\"new\":{\"outlook\":\">=16.0\"}";

static const char STAGES[] =
    "{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\"},"
    "{\"name\":\"hold-back\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"leave\"}],\"otherwise\":"
    "\"block\"},"
    "{\"name\":\"pilot\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}],\"otherwise\":"
    "\"block\"},"
    "{\"name\":\"sales\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"},{\"ring\":\"sales\","
    "\"set\":\"allow\"}],\"otherwise\":\"block\"},"
    "{\"name\":\"hall\",\"rules\":[{\"ring\":\"hall\",\"set\":\"allow\"}],\"otherwise\":"
    "\"block\"},"
    "{\"name\":\"desk\",\"rules\":[{\"ring\":\"desk\",\"set\":\"allow\"}],\"otherwise\":"
    "\"block\"},"
    "{\"name\":\"new\",\"rules\":[{\"ring\":\"new\",\"set\":\"allow\"}],\"otherwise\":"
    "\"block\"}";

/* From stage to stage (NULL: from nothing) of the plan above, at NOW_S. */
static struct srv_effect effect_of(struct rollout_place *p, const char *from, const char *to)
{
    struct srv_rollout_view view;
    struct srv_effect effect;
    srv_rollout_look(p->rollout, &view);
    if (view.newest == NULL) {
        srv_rollout_view_done(&view);
        gate_publish(p, signer_bundle_of(&p->signer, 7, RINGS, STAGES));
        srv_rollout_look(p->rollout, &view);
    }
    const struct pol_bundle *b = view.newest->bundle;
    struct srv_known known;
    srv_known_list(&view, &known);
    assert_int_equal(known.count, 7);
    struct srv_effect_question question = {
        .from = from != NULL ? pol_bundle_find_stage(b, from)->policy : NULL,
        .to = pol_bundle_find_stage(b, to)->policy,
        .known = &known,
        .now_s = NOW_S,
    };
    assert_int_equal(srv_effect_find(&p->store, &question, &effect, &p->err), ST_OK);
    srv_rollout_view_done(&view);
    return effect;
}

static void check(struct rollout_place *p, const char *from, const char *to, size_t subjects,
                  uint64_t unknown)
{
    struct srv_effect effect = effect_of(p, from, to);
    assert_int_equal(effect.subject_count, subjects);
    assert_int_equal(effect.unknown, unknown);
    srv_effect_done(&effect);
}

/* A user on a machine of his own, heard from just now. */
static int64_t add(struct rollout_place *p, const char *sid)
{
    int64_t device = gate_enroll(p, NULL, NOW_S - DAY_S);
    struct gate_report report = {.device = device, .sid = sid, .version = 7001, .now_s = NOW_S - 1};
    gate_tell(p, &report);
    return device;
}

static void effect__set_differs_from_the_stage_before__is_a_subject(void **state)
{
    struct rollout_place *p = *state;
    int64_t pilot = add(p, "S-1-5-21-1-2-3-1001");
    (void)add(p, "S-1-5-21-1-2-3-1002");
    struct srv_effect effect = effect_of(p, "hold-back", "pilot");
    assert_int_equal(effect.subject_count, 1);
    assert_int_equal(effect.subjects[0].device, pilot);
    assert_int_equal(effect.users, 2);
    srv_effect_done(&effect);
    check(p, "pilot", "pilot", 0, 0);
}

static void effect__first_stage_that_manages_anybody__has_all_as_subjects(void **state)
{
    struct rollout_place *p = *state;
    int64_t pilot = add(p, "S-1-5-21-1-2-3-1001"); /* left alone by hold-back */
    int64_t other = add(p, "S-1-5-21-1-2-3-1002");
    struct srv_effect effect = effect_of(p, "observe", "hold-back");
    assert_int_equal(effect.subject_count, 2);
    assert_int_equal(effect.subjects[0].device, other); /* those who change come first */
    assert_int_equal(effect.subjects[1].device, pilot);
    srv_effect_done(&effect);
    check(p, NULL, "hold-back", 2, 0);
    check(p, NULL, "observe", 0, 0);
    check(p, "hold-back", "observe", 1, 0);
}

static void effect__machine_enrolled_after_the_release__is_not_looked_at(void **state)
{
    struct rollout_place *p = *state;
    int64_t device = gate_enroll(p, NULL, NOW_S + 1);
    struct gate_report report = {
        .device = device, .sid = "S-1-5-21-1-2-3-1001", .version = 7001, .now_s = NOW_S + 2};
    gate_tell(p, &report);
    check(p, "hold-back", "pilot", 0, 0);
}

static void effect__machine_silent_for_three_reports__is_not_looked_at(void **state)
{
    struct rollout_place *p = *state;
    int64_t device = gate_enroll(p, NULL, 1);
    struct gate_report report = {.device = device,
                                 .sid = "S-1-5-21-1-2-3-1001",
                                 .version = 7001,
                                 .now_s = NOW_S - 3 * REPORT_S - 1};
    gate_tell(p, &report);
    check(p, "hold-back", "pilot", 0, 0);
    report.now_s = NOW_S - 3 * REPORT_S;
    gate_tell(p, &report);
    check(p, "hold-back", "pilot", 1, 0);
}

/* The older machine was heard from then; the copy of it, with the pilot on it, just now. */
static void add_twins(struct rollout_place *p, int64_t older_seen_s)
{
    int64_t older = gate_enroll(p, "guid", 1);
    int64_t copy = gate_enroll(p, "guid", 2);
    struct gate_report report = {
        .device = older, .sid = "S-1-5-21-1-2-3-1002", .version = 7001, .now_s = older_seen_s};
    gate_tell(p, &report);
    report = (struct gate_report){
        .device = copy, .sid = "S-1-5-21-1-2-3-1001", .version = 7001, .now_s = NOW_S - 1};
    gate_tell(p, &report);
}

static void effect__duplicate_of_a_machine_that_reports__is_not_looked_at(void **state)
{
    struct rollout_place *p = *state;
    add_twins(p, NOW_S - 3 * REPORT_S);
    check(p, "hold-back", "pilot", 0, 0);
}

static void effect__duplicate_of_a_silent_machine__is_looked_at(void **state)
{
    struct rollout_place *p = *state;
    add_twins(p, NOW_S - 3 * REPORT_S - 1);
    check(p, "hold-back", "pilot", 1, 0);
}

/* The first machine is gone, and there are two copies of it: they count as one. */
static void effect__two_copies_of_a_silent_machine__are_looked_at_once(void **state)
{
    struct rollout_place *p = *state;
    add_twins(p, NOW_S - 3 * REPORT_S - 1);
    struct gate_report report = {.device = gate_enroll(p, "guid", 3),
                                 .sid = "S-1-5-21-1-2-3-1001",
                                 .version = 7001,
                                 .now_s = NOW_S};
    gate_tell(p, &report);
    check(p, "hold-back", "pilot", 1, 0);
}

static void effect__group_that_no_report_could_name__counts_apart(void **state)
{
    struct rollout_place *p = *state;
    static const char *const SALES[] = {"S-1-5-21-1-2-3-513"};
    int64_t device = add(p, "S-1-5-21-1-2-3-1002"); /* under 7001, which names no group */
    (void)add(p, "S-1-5-21-1-2-3-1001");            /* decided before the group is asked for */
    check(p, "pilot", "sales", 0, 1);
    check(p, "sales", "pilot", 0, 1); /* as little is known of where he comes from */
    struct gate_report report = {.device = device,
                                 .sid = "S-1-5-21-1-2-3-1002",
                                 .version = 7004, /* names it */
                                 .now_s = NOW_S - 1,
                                 .groups = SALES,
                                 .group_count = 1};
    gate_tell(p, &report);
    check(p, "pilot", "sales", 1, 0);
    check(p, "sales", "pilot", 1, 0);
    report.group_count = 0;
    gate_tell(p, &report);
    check(p, "pilot", "sales", 0, 0);
}

static void effect__group_beside_one_that_was_named__is_known_by_that_one_alone(void **state)
{
    struct rollout_place *p = *state;
    static const char *const SALES[] = {"S-1-5-21-1-2-3-513"};
    int64_t device = add(p, "S-1-5-21-1-2-3-1002");
    struct gate_report report = {.device = device,
                                 .sid = "S-1-5-21-1-2-3-1002",
                                 .version = 7004, /* names sales, and not the desk */
                                 .now_s = NOW_S - 1,
                                 .groups = SALES,
                                 .group_count = 1};
    gate_tell(p, &report);
    check(p, "pilot", "desk", 1, 0); /* one of the two is enough */
    report.group_count = 0;
    gate_tell(p, &report);
    check(p, "pilot", "desk", 0, 1); /* not in sales; of the desk nobody knows */
    report.version = 7006;           /* names both */
    gate_tell(p, &report);
    check(p, "pilot", "desk", 0, 0);
    report.version = 6001; /* of which no policy is at hand */
    gate_tell(p, &report);
    check(p, "pilot", "sales", 0, 1);
    report.group_count = 1;
    gate_tell(p, &report);
    check(p, "pilot", "sales", 1, 0);
}

static void effect__users_under_several_policies__are_known_by_their_own(void **state)
{
    struct rollout_place *p = *state;
    static const int64_t VERSIONS[] = {7004, 7001, 6001, 7006, 7001, 7004};
    static const char *const SIDS[] = {"S-1-5-21-1-2-3-2001", "S-1-5-21-1-2-3-2002",
                                       "S-1-5-21-1-2-3-2003", "S-1-5-21-1-2-3-2004",
                                       "S-1-5-21-1-2-3-2005", "S-1-5-21-1-2-3-2006"};
    for (size_t i = 0; i < sizeof VERSIONS / sizeof VERSIONS[0]; i++) {
        struct gate_report report = {.device = gate_enroll(p, NULL, NOW_S - DAY_S),
                                     .sid = SIDS[i],
                                     .version = VERSIONS[i],
                                     .now_s = NOW_S - 1,
                                     .groups = SIDS, /* none of them, as the list is empty */
                                     .group_count = 0};
        gate_tell(p, &report);
    }
    /* 7004 and 7006 ask for sales; 7001 does not, and 6001 is not at hand. */
    struct srv_effect effect = effect_of(p, "pilot", "sales");
    assert_int_equal(effect.unknown, 3);
    assert_int_equal(effect.counts.outcomes[POL_SET_BLOCK], 3);
    assert_int_equal(effect.counts.missing[2], 3); /* groups */
    srv_effect_done(&effect);
}

static void effect__groups_not_known_any_more__are_not_those_of_an_older_report(void **state)
{
    struct rollout_place *p = *state;
    static const char *const SALES[] = {"S-1-5-21-1-2-3-513"};
    int64_t device = add(p, "S-1-5-21-1-2-3-1002");
    struct gate_report report = {.device = device,
                                 .sid = "S-1-5-21-1-2-3-1002",
                                 .version = 7001, /* names no group */
                                 .now_s = NOW_S - 1,
                                 .groups = SALES,
                                 .group_count = 0};
    gate_tell(p, &report);
    report.version = 7004; /* names sales; the machine does not know who is in it */
    report.groups = NULL;
    gate_tell(p, &report);
    check(p, "pilot", "sales", 0, 1);
}

static void effect__moves__are_counted_from_what_is_to_what_would_be(void **state)
{
    struct rollout_place *p = *state;
    (void)add(p, "S-1-5-21-1-2-3-1001");
    (void)add(p, "S-1-5-21-1-2-3-1002");
    struct srv_effect effect = effect_of(p, "pilot", "hold-back");
    assert_int_equal(effect.users, 2);
    assert_int_equal(effect.counts.moves[POL_SET_ALLOW][POL_SET_LEAVE], 1);
    assert_int_equal(effect.counts.moves[POL_SET_BLOCK][POL_SET_BLOCK], 1);
    assert_int_equal(effect.counts.outcomes[POL_SET_LEAVE], 1);
    assert_int_equal(effect.regressing, 0);
    srv_effect_done(&effect);
}

static void effect__ou_and_outlook_as_reported__decide(void **state)
{
    struct rollout_place *p = *state;
    int64_t device = add(p, "S-1-5-21-1-2-3-1002");
    struct gate_report report = {
        .device = device, .sid = "S-1-5-21-1-2-3-1002", .version = 7001, .now_s = NOW_S - 1};
    check(p, "pilot", "hall", 0, 1); /* neither is known yet */
    check(p, "pilot", "new", 0, 1);
    report.computer_ou = "CN=PC-1,OU=Hall";
    report.outlook = "16.0.17328.20162";
    gate_tell(p, &report);
    check(p, "pilot", "hall", 1, 0);
    check(p, "pilot", "new", 1, 0);
    report.computer_ou = "CN=PC-1,OU=Attic";
    report.outlook = ""; /* none is installed */
    gate_tell(p, &report);
    check(p, "pilot", "hall", 0, 0);
    check(p, "pilot", "new", 0, 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(effect__set_differs_from_the_stage_before__is_a_subject),
        TEST(effect__first_stage_that_manages_anybody__has_all_as_subjects),
        TEST(effect__machine_enrolled_after_the_release__is_not_looked_at),
        TEST(effect__machine_silent_for_three_reports__is_not_looked_at),
        TEST(effect__duplicate_of_a_machine_that_reports__is_not_looked_at),
        TEST(effect__duplicate_of_a_silent_machine__is_looked_at),
        TEST(effect__two_copies_of_a_silent_machine__are_looked_at_once),
        TEST(effect__group_that_no_report_could_name__counts_apart),
        TEST(effect__group_beside_one_that_was_named__is_known_by_that_one_alone),
        TEST(effect__users_under_several_policies__are_known_by_their_own),
        TEST(effect__groups_not_known_any_more__are_not_those_of_an_older_report),
        TEST(effect__moves__are_counted_from_what_is_to_what_would_be),
        TEST(effect__ou_and_outlook_as_reported__decide),
    };
    return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}
