/* test_apply.c - ag_apply(): docs/policy-format.md "The setting", sentence by sentence. */
#include "tests/cmocka_all.h"

#include "agent/apply.h"
#include "tests/fakes/fake_hives.h"

#include <string.h>

static const char SID[] = "S-1-5-21-1-2-3-1001";
static const struct pol_policy STAGE = {.rollout = "test", .version = 7001, .kind = POL_KIND_STAGE};
static const struct pol_policy SAFE = {.rollout = "test", .version = 7999, .kind = POL_KIND_SAFE};

static struct fake_hives hives;
static struct ag_hive *hive;
static struct ag_applied applied;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_hives_init(&hives);
    hive = fake_hives_add(&hives, SID);
    return 0;
}

static enum status apply_by(const struct pol_policy *policy, enum pol_set set,
                            enum pol_blocked blocked)
{
    struct ag_setting setting = fake_hives_setting(&hives);
    struct pol_decision decision = {.set = set, .rule = -1, .blocked_by = blocked};
    return ag_apply(&setting, hive, policy, &decision, true, &applied, &err);
}

static void apply(enum pol_set set)
{
    assert_int_equal(apply_by(&STAGE, set, POL_BLOCKED_NOT), ST_OK);
    assert_int_equal(hives.rash_writes, 0);
}

static void put_text_value(void)
{
    hive->value = (struct ag_value){.present = true, .type = AG_TYPE_SZ, .size = 3, .data = "yes"};
}

static void put_large_value(void)
{
    hive->value =
        (struct ag_value){.present = true, .type = AG_TYPE_BINARY, .size = AG_PRE_IMAGE_BYTES + 1};
}

static void apply__may_not_write__says_whether_it_would_and_touches_nothing(void **state)
{
    (void)state;
    static const struct {
        enum pol_set set;
        bool marker; /* a marker of ours is there, and the value is 1 */
        bool withheld;
    } ROWS[] = {
        {POL_SET_BLOCK, false, true},    {POL_SET_BLOCK, true, false},
        {POL_SET_ALLOW, false, false},   {POL_SET_ALLOW, true, true},
        {POL_SET_RESTORE, false, false}, {POL_SET_RESTORE, true, true},
        {POL_SET_RELEASE, true, true},   {POL_SET_LEAVE, true, true},
        {POL_SET_LEAVE, false, false},   {POL_SET_ALLOW_EXPLICIT, false, true},
    };
    struct ag_setting setting = fake_hives_setting(&hives);
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        fake_hives_init(&hives);
        hive = fake_hives_add(&hives, SID);
        if (ROWS[i].marker) {
            apply(POL_SET_BLOCK);
        }
        struct ag_hive before = *hive;
        struct pol_decision decision = {.set = ROWS[i].set, .rule = -1};
        assert_int_equal(ag_apply(&setting, hive, &STAGE, &decision, false, &applied, &err), ST_OK);
        assert_int_equal(applied.withheld, ROWS[i].withheld);
        assert_int_equal(applied.action, POL_ACTION_NONE);
        assert_memory_equal(hive, &before, sizeof before);
        apply(ROWS[i].set);
        assert_false(applied.withheld);
    }
}

static void apply__block_where_nothing_was__writes_1_after_a_flushed_marker(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    assert_true(fake_hives_has_dword(hive, 1));
    assert_true(applied.ours);
    assert_int_equal(applied.action, POL_ACTION_WROTE);
    assert_true(fake_hives_has_marker(hive));
    assert_int_equal(hives.flushes, 1);
    assert_int_equal(hives.value_writes, 1);
    assert_memory_equal(hive->marker[AG_MARKER_ROLLOUT].data, "test", 4);
}

static void apply__value_is_as_wanted__nothing_is_written_at_all(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 1);
    apply(POL_SET_BLOCK);
    assert_int_equal(hives.value_writes + hives.marker_writes + hives.flushes, 0);
    assert_int_equal(applied.action, POL_ACTION_NONE);
    assert_false(applied.ours);
}

static void apply__block_twice__second_pass_writes_nothing(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    unsigned before = hives.value_writes + hives.marker_writes + hives.flushes;
    apply(POL_SET_BLOCK);
    assert_int_equal(hives.value_writes + hives.marker_writes + hives.flushes, before);
    assert_true(applied.ours);
}

static void apply__allow__removes_the_value(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 1);
    apply(POL_SET_ALLOW);
    assert_false(hive->value.present);
    assert_int_equal(applied.action, POL_ACTION_REMOVED);
    assert_true(applied.pre_image.value.present);
}

static void apply__allow_explicit__writes_0(void **state)
{
    (void)state;
    apply(POL_SET_ALLOW_EXPLICIT);
    assert_true(fake_hives_has_dword(hive, 0));
}

static void apply__1_of_another_type__is_not_as_wanted(void **state)
{
    (void)state;
    hive->value = (struct ag_value){.present = true, .type = 11, .size = 8, .data = {1}};
    apply(POL_SET_BLOCK);
    assert_true(fake_hives_has_dword(hive, 1));
}

static void apply__restore__gives_a_value_of_any_type_back(void **state)
{
    (void)state;
    put_text_value();
    apply(POL_SET_BLOCK);
    apply(POL_SET_ALLOW);
    apply(POL_SET_BLOCK);
    apply(POL_SET_RESTORE);
    assert_int_equal(hive->value.type, AG_TYPE_SZ);
    assert_int_equal(hive->value.size, 3);
    assert_memory_equal(hive->value.data, "yes", 3);
    assert_int_equal(applied.action, POL_ACTION_RESTORED);
    assert_false(fake_hives_has_marker(hive));
}

static void apply__restore_of_what_was_rewritten__forgets_the_marker_and_says_foreign(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    fake_hives_set_dword(hive, 5);
    unsigned writes = hives.value_writes;
    apply(POL_SET_RESTORE);
    assert_true(fake_hives_has_dword(hive, 5));
    assert_int_equal(hives.value_writes, writes);
    assert_int_equal(applied.blocked_by, POL_BLOCKED_FOREIGN);
    assert_false(fake_hives_has_marker(hive));
}

static void apply__release__removes_what_is_ours_and_not_the_pre_image(void **state)
{
    (void)state;
    put_text_value();
    apply(POL_SET_BLOCK);
    apply(POL_SET_RELEASE);
    assert_false(hive->value.present);
    assert_int_equal(applied.action, POL_ACTION_RELEASED);
    assert_false(fake_hives_has_marker(hive));
}

static void apply__release_and_restore_without_marker__do_nothing(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 1);
    apply(POL_SET_RELEASE);
    apply(POL_SET_RESTORE);
    assert_true(fake_hives_has_dword(hive, 1));
    assert_int_equal(hives.value_writes + hives.marker_writes, 0);
    assert_int_equal(applied.blocked_by, POL_BLOCKED_NOT);
}

static void apply__pre_image_over_1_kib__restore_removes_and_says_lost(void **state)
{
    (void)state;
    put_large_value();
    apply(POL_SET_BLOCK);
    apply(POL_SET_RESTORE);
    assert_false(hive->value.present);
    assert_int_equal(applied.blocked_by, POL_BLOCKED_PRE_IMAGE_LOST);
}

static void apply__pre_image_of_1_kib__comes_back(void **state)
{
    (void)state;
    put_large_value();
    hive->value.size = AG_PRE_IMAGE_BYTES;
    memset(hive->value.data, 0xa5, AG_PRE_IMAGE_BYTES);
    apply(POL_SET_BLOCK);
    apply(POL_SET_RESTORE);
    assert_int_equal(hive->value.size, AG_PRE_IMAGE_BYTES);
    assert_int_equal(hive->value.data[AG_PRE_IMAGE_BYTES - 1], 0xa5);
}

static void apply__leave_by_a_rule__gives_back_once_and_then_keeps_off(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 0);
    apply(POL_SET_BLOCK);
    apply(POL_SET_LEAVE);
    assert_true(fake_hives_has_dword(hive, 0));
    fake_hives_set_dword(hive, 1);
    apply(POL_SET_LEAVE);
    assert_true(fake_hives_has_dword(hive, 1));
}

static void apply__leave_by_unknown_fact__writes_nothing(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    assert_int_equal(apply_by(&STAGE, POL_SET_LEAVE, POL_BLOCKED_UNKNOWN_FACT), ST_OK);
    assert_true(fake_hives_has_dword(hive, 1));
    assert_true(fake_hives_has_marker(hive));
    assert_int_equal(applied.blocked_by, POL_BLOCKED_UNKNOWN_FACT);
}

static void apply__leave_by_the_safe_policy__writes_nothing(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    assert_int_equal(apply_by(&SAFE, POL_SET_LEAVE, POL_BLOCKED_NOT), ST_OK);
    assert_true(fake_hives_has_dword(hive, 1));
    assert_true(applied.ours);
}

static void apply__block_behind_the_mailbox_guard__releases_what_is_ours(void **state)
{
    (void)state;
    apply(POL_SET_BLOCK);
    assert_int_equal(apply_by(&STAGE, POL_SET_BLOCK, POL_BLOCKED_MAILBOX), ST_OK);
    assert_false(hive->value.present);
    assert_int_equal(applied.blocked_by, POL_BLOCKED_MAILBOX);
}

static void apply__block_behind_the_mailbox_guard__leaves_what_is_not_ours(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 0);
    assert_int_equal(apply_by(&STAGE, POL_SET_BLOCK, POL_BLOCKED_MAILBOX), ST_OK);
    assert_true(fake_hives_has_dword(hive, 0));
}

static void apply__client_version__is_written_all_the_same(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 1);
    assert_int_equal(apply_by(&STAGE, POL_SET_ALLOW, POL_BLOCKED_CLIENT_VERSION), ST_OK);
    assert_false(hive->value.present);
}

static void apply__forged_marker__is_no_marker(void **state)
{
    (void)state;
    fake_hives_set_dword(hive, 3);
    hive->marker[AG_MARKER_PRE_IMAGE] =
        (struct ag_value){.present = true, .type = AG_TYPE_BINARY, .size = 3, .data = {1, 2, 3}};
    hive->marker[AG_MARKER_WRITTEN] =
        (struct ag_value){.present = true, .type = AG_TYPE_SZ, .size = 9, .data = {1, 4}};
    apply(POL_SET_RESTORE);
    assert_true(fake_hives_has_dword(hive, 3));
    apply(POL_SET_BLOCK);
    apply(POL_SET_RESTORE);
    assert_true(fake_hives_has_dword(hive, 3));
}

static void apply__value_does_not_hold__is_an_error_and_out_is_untouched(void **state)
{
    (void)state;
    hive->broken = true;
    applied.action = POL_ACTION_RELEASED;
    assert_int_equal(apply_by(&STAGE, POL_SET_BLOCK, POL_BLOCKED_NOT), ST_DENIED);
    assert_int_equal(applied.action, POL_ACTION_RELEASED);
}

/* ---- killed at every point ---------------------------------------------------------------- */

/* The journey of one user through a rollout; each step may be cut short at any call. */
static const enum pol_set JOURNEY[] = {POL_SET_BLOCK,          POL_SET_ALLOW, POL_SET_BLOCK,
                                       POL_SET_ALLOW_EXPLICIT, POL_SET_BLOCK, POL_SET_RESTORE};

static bool is_as_decided(enum pol_set set)
{
    switch (set) {
    case POL_SET_BLOCK: return fake_hives_has_dword(hive, 1);
    case POL_SET_ALLOW_EXPLICIT: return fake_hives_has_dword(hive, 0);
    case POL_SET_ALLOW: return !hive->value.present;
    case POL_SET_RESTORE:
        return hive->value.present && hive->value.type == AG_TYPE_SZ && hive->value.size == 3;
    case POL_SET_LEAVE:
    case POL_SET_RELEASE:
    case POL_SET_COUNT: break;
    }
    return false;
}

/* Run the journey, and kill the agent after `calls` calls of step `cut`; then do that step again. */
static bool travel(size_t cut, unsigned calls)
{
    bool was_cut = false;
    fake_hives_init(&hives);
    hive = fake_hives_add(&hives, SID);
    put_text_value();
    for (size_t i = 0; i < sizeof JOURNEY / sizeof JOURNEY[0]; i++) {
        if (i == cut) {
            hives.calls = 0;
            hives.dies_after = calls;
            was_cut = apply_by(&STAGE, JOURNEY[i], POL_BLOCKED_NOT) != ST_OK;
            hives.dies_after = 0;
        }
        apply(JOURNEY[i]);
        assert_true(is_as_decided(JOURNEY[i]));
        assert_int_not_equal(applied.blocked_by, POL_BLOCKED_FOREIGN);
    }
    assert_false(fake_hives_has_marker(hive));
    return was_cut;
}

static void
apply__killed_after_each_call__next_pass_ends_right_and_keeps_the_pre_image(void **state)
{
    (void)state;
    unsigned cuts = 0;
    for (size_t step = 0; step < sizeof JOURNEY / sizeof JOURNEY[0]; step++) {
        for (unsigned calls = 1; travel(step, calls); calls++) {
            cuts++;
        }
    }
    assert_true(cuts > 40); /* every call of every step was a place to die */
}

/* Killed in one step, and the next decision is another one: what is there is still ours. */
static void apply__killed_and_then_decided_otherwise__restore_still_knows_it_as_ours(void **state)
{
    (void)state;
    for (unsigned calls = 1; calls < 12; calls++) {
        fake_hives_init(&hives);
        hive = fake_hives_add(&hives, SID);
        put_text_value();
        apply(POL_SET_BLOCK);
        hives.calls = 0;
        hives.dies_after = calls;
        (void)apply_by(&STAGE, POL_SET_ALLOW, POL_BLOCKED_NOT);
        hives.calls = 0;
        (void)apply_by(&STAGE, POL_SET_ALLOW_EXPLICIT, POL_BLOCKED_NOT);
        hives.dies_after = 0;
        apply(POL_SET_RESTORE);
        assert_true(is_as_decided(POL_SET_RESTORE));
        assert_int_equal(applied.blocked_by, POL_BLOCKED_NOT);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(apply__may_not_write__says_whether_it_would_and_touches_nothing),
        TEST(apply__block_where_nothing_was__writes_1_after_a_flushed_marker),
        TEST(apply__value_is_as_wanted__nothing_is_written_at_all),
        TEST(apply__block_twice__second_pass_writes_nothing),
        TEST(apply__allow__removes_the_value),
        TEST(apply__allow_explicit__writes_0),
        TEST(apply__1_of_another_type__is_not_as_wanted),
        TEST(apply__restore__gives_a_value_of_any_type_back),
        TEST(apply__restore_of_what_was_rewritten__forgets_the_marker_and_says_foreign),
        TEST(apply__release__removes_what_is_ours_and_not_the_pre_image),
        TEST(apply__release_and_restore_without_marker__do_nothing),
        TEST(apply__pre_image_over_1_kib__restore_removes_and_says_lost),
        TEST(apply__pre_image_of_1_kib__comes_back),
        TEST(apply__leave_by_a_rule__gives_back_once_and_then_keeps_off),
        TEST(apply__leave_by_unknown_fact__writes_nothing),
        TEST(apply__leave_by_the_safe_policy__writes_nothing),
        TEST(apply__block_behind_the_mailbox_guard__releases_what_is_ours),
        TEST(apply__block_behind_the_mailbox_guard__leaves_what_is_not_ours),
        TEST(apply__client_version__is_written_all_the_same),
        TEST(apply__forged_marker__is_no_marker),
        TEST(apply__value_does_not_hold__is_an_error_and_out_is_untouched),
        TEST(apply__killed_after_each_call__next_pass_ends_right_and_keeps_the_pre_image),
        TEST(apply__killed_and_then_decided_otherwise__restore_still_knows_it_as_ours),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
