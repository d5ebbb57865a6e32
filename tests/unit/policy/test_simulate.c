/* test_simulate.c - simulate.h: what is counted, and who is told of. */
#include "tests/cmocka_all.h"

#include "policy/simulate.h"
#include "tests/unit/policy/documents.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

enum { OBSERVE, HOLD_BACK, PILOT, QUARTER, EVERYONE, FINISH, SAFE };

static const char *const NOBODY[] = {"CONTOSO\\Users"};
static const char *const IN_PILOT[] = {"CONTOSO\\MAPI-Pilot"};
static const char *const NO_TAGS[] = {"none"};

struct told {
    size_t count;
    const char *stages[16];
    unsigned from[16];
    unsigned to[16];
    enum status answer;
};

static enum status note_move(void *ctx, const char *stage, const struct pol_facts *facts,
                             unsigned from, unsigned to)
{
    struct told *told = ctx;
    assert_non_null(facts);
    assert_true(told->count < 16);
    told->stages[told->count] = stage;
    told->from[told->count] = from;
    told->to[told->count++] = to;
    return told->answer;
}

static struct pol_facts user(const char *sid, const char *const *groups)
{
    return (struct pol_facts){.sid = sid,
                              .host = "PC-1",
                              .groups = groups,
                              .group_count = 1,
                              .tags = NO_TAGS,
                              .tag_count = 1,
                              .outlook = "14.0",
                              .mailbox = POL_MAILBOX_ON_PREMISES,
                              .preflight_allow = POL_YES,
                              .preflight_block = POL_NO};
}

static void simulation__of_three_users__counts_outcomes_moves_and_reasons(void **state)
{
    (void)state;
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct pol_simulation *s = NULL;
    struct pol_facts pilot = user("S-1-5-21-1-2-3-1001", IN_PILOT);
    struct pol_facts late = user("S-1-5-21-1-2-3-1001", NOBODY); /* bucket 0.64: not in a quarter */
    struct pol_facts unknown = {.sid = "S-1-5-21-1-2-3-1003"};
    assert_int_equal(pol_simulation_new(plan, NULL, &s, NULL), ST_OK);
    assert_int_equal(pol_simulation_add(s, &pilot), ST_OK);
    assert_int_equal(pol_simulation_add(s, &late), ST_OK);
    assert_int_equal(pol_simulation_add(s, &unknown), ST_OK);
    assert_int_equal(pol_simulation_users(s), 3);
    assert_int_equal(pol_simulation_stage_count(s), 7);

    const struct pol_stage_counts *c = pol_simulation_stage(s, OBSERVE);
    assert_string_equal(c->stage, "observe");
    assert_int_equal(c->version, 7001);
    assert_int_equal(c->outcomes[POL_SET_LEAVE], 3);
    assert_int_equal(pol_stage_counts_moved(c), 0);

    c = pol_simulation_stage(s, HOLD_BACK);
    assert_int_equal(c->outcomes[POL_SET_BLOCK], 2);
    assert_int_equal(c->outcomes[POL_OUTCOME_UNKNOWN], 1);
    assert_int_equal(c->blocked[POL_BLOCKED_PREFLIGHT], 2);
    assert_int_equal(c->missing[2], 1);
    assert_string_equal(POL_FACT_WORDS[2], "groups");
    assert_int_equal(c->moves[POL_SET_LEAVE][POL_SET_BLOCK], 2);
    assert_int_equal(c->moves[POL_SET_LEAVE][POL_OUTCOME_UNKNOWN], 1);
    assert_int_equal(pol_stage_counts_moved(c),
                     2); /* to be left alone for another reason is none */

    c = pol_simulation_stage(s, PILOT);
    assert_int_equal(c->outcomes[POL_SET_ALLOW], 1);
    assert_int_equal(c->blocked[POL_BLOCKED_CLIENT_VERSION], 1);
    assert_int_equal(c->moves[POL_SET_BLOCK][POL_SET_ALLOW], 1);
    assert_int_equal(c->moves[POL_SET_BLOCK][POL_SET_BLOCK], 1);

    assert_int_equal(pol_stage_counts_moved(pol_simulation_stage(s, QUARTER)), 0);
    assert_int_equal(pol_stage_counts_moved(pol_simulation_stage(s, EVERYONE)), 1);
    assert_int_equal(pol_simulation_stage(s, FINISH)->outcomes[POL_SET_RELEASE], 3);
    assert_int_equal(pol_simulation_stage(s, SAFE)->outcomes[POL_SET_BLOCK], 3);
    assert_string_equal(pol_simulation_stage(s, SAFE)->stage, "safe");
    /* compared with leaving everybody alone, not with the last stage */
    assert_int_equal(pol_simulation_stage(s, SAFE)->moves[POL_SET_LEAVE][POL_SET_BLOCK], 3);
    pol_simulation_free(s);
    pol_simulation_free(NULL);
    pol_plan_free(plan);
}

static void simulation__with_somebody_who_listens__tells_of_each_move(void **state)
{
    (void)state;
    struct pol_plan *plan = plan_of(EXAMPLE_PLAN);
    struct told told = {.answer = ST_OK};
    struct pol_move_sink sink = {.ctx = &told, .moved = note_move};
    struct pol_simulation *s = NULL;
    struct pol_facts pilot = user("S-1-5-21-1-2-3-1001", IN_PILOT);
    assert_int_equal(pol_simulation_new(plan, &sink, &s, NULL), ST_OK);
    assert_int_equal(pol_simulation_add(s, &pilot), ST_OK);
    assert_int_equal(told.count, 3); /* the safe policy is no step of the way */
    assert_string_equal(told.stages[0], "hold-back");
    assert_int_equal(told.from[0], POL_SET_LEAVE);
    assert_int_equal(told.to[0], POL_SET_BLOCK);
    assert_string_equal(told.stages[1], "pilot");
    assert_string_equal(told.stages[2], "finish");
    assert_int_equal(told.to[2], POL_SET_RELEASE);
    told.answer = ST_IO;
    assert_int_equal(pol_simulation_add(s, &pilot), ST_IO);
    assert_int_equal(pol_simulation_users(s), 1);
    pol_simulation_free(s);
    pol_plan_free(plan);
}

/* Every fact that a decision can miss has a word, or its count would be lost. */
static void simulation__of_users_of_whom_nothing_is_known__misses_no_fact(void **state)
{
    (void)state;
    static const char *const CONDITIONS[] = {
        "\"user\":[\"S-1-0\"]",
        "\"group\":[\"x\"]",
        "\"host\":[\"x\"]",
        "\"domain\":[\"x\"]",
        "\"computer_ou\":[\"a=b\"]",
        "\"ad_site\":[\"x\"]",
        "\"tag\":[\"x\"]",
        "\"outlook\":\">1\"",
        "\"multi_session\":true",
        "\"percent\":1,\"of\":\"user\",\"salt\":\"x\"",
        "\"percent\":1,\"of\":\"host\",\"salt\":\"x\"",
    };
    for (size_t i = 0; i < sizeof CONDITIONS / sizeof CONDITIONS[0]; i++) {
        struct bytes text = bytes_with_limit(4096);
        struct pol_simulation *s = NULL;
        struct pol_facts nothing = {0};
        uint64_t missing = 0;
        assert_int_equal(
            bytes_append_format(
                &text,
                "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"r\",\"serial\":1,"
                "\"issued_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":\"2027-02-20T10:00:00Z\","
                "\"rings\":{\"a\":{%s}},\"stages\":[{\"name\":\"s\",\"rules\":[{\"ring\":\"a\","
                "\"set\":\"allow\"}],\"otherwise\":\"block\"}],\"safe\":{\"set\":\"allow\"}}",
                CONDITIONS[i]),
            ST_OK);
        struct pol_plan *plan = plan_of(bytes_text(&text));
        assert_int_equal(pol_simulation_new(plan, NULL, &s, NULL), ST_OK);
        assert_int_equal(pol_simulation_add(s, &nothing), ST_OK);
        for (size_t k = 0; k < POL_FACT_COUNT; k++) {
            missing += pol_simulation_stage(s, 0)->missing[k];
        }
        if (missing != 1) {
            fail_msg("%s is not counted", CONDITIONS[i]);
        }
        pol_simulation_free(s);
        pol_plan_free(plan);
        bytes_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation__of_three_users__counts_outcomes_moves_and_reasons),
        cmocka_unit_test(simulation__with_somebody_who_listens__tells_of_each_move),
        cmocka_unit_test(simulation__of_users_of_whom_nothing_is_known__misses_no_fact),
    };
    return cmocka_run_group_tests_name("simulate", tests, signing_start, NULL);
}
