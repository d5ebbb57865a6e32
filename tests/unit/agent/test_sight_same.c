/* test_sight_same.c - every fact that differs is news; when it was seen is none. */
#include "tests/cmocka_all.h"

#include "agent/sight_same.h"

#include <string.h>

static struct ag_sight sample(void)
{
    struct ag_sight sight = {.at_s = 1000};
    sight.profiles.count = 2;
    sight.profiles.list[1].seen = 5;
    sight.files.count = 2;
    sight.files.list[1].modified_s = 77;
    return sight;
}

#define EXPECT_DIFFERENT(field, value)                                                             \
    do {                                                                                           \
        struct ag_sight a = sample();                                                              \
        struct ag_sight b = sample();                                                              \
        assert_true(ag_sight_same(&a, &b));                                                        \
        b.field = value;                                                                           \
        assert_false(ag_sight_same(&a, &b));                                                       \
        assert_false(ag_sight_same(&b, &a));                                                       \
    } while (0)

static void sight__time_of_looking__does_not_count(void **state)
{
    struct ag_sight a = sample();
    struct ag_sight b = sample();
    (void)state;
    b.at_s = 2000;
    assert_true(ag_sight_same(&a, &b));
}

/* Bytes between members, and rows that are not in use, say nothing. */
static void sight__what_lies_between__does_not_count(void **state)
{
    static struct ag_sight a;
    static struct ag_sight b;
    (void)state;
    memset(&a, 0xaa, sizeof a);
    memset(&b, 0x55, sizeof b);
    a.timed_out = b.timed_out = false;
    a.left_out = b.left_out = false;
    a.policy_value = b.policy_value = false;
    a.profiles.count = b.profiles.count = 0;
    a.profiles.cut_short = b.profiles.cut_short = false;
    a.profiles.unreadable = b.profiles.unreadable = false;
    a.files.count = b.files.count = 0;
    a.files.cut_short = b.files.cut_short = false;
    a.files.trouble = b.files.trouble = AG_FILES_FINE;
    assert_true(ag_sight_same(&a, &b));
}

static void sight__each_fact__counts(void **state)
{
    (void)state;
    EXPECT_DIFFERENT(timed_out, true);
    EXPECT_DIFFERENT(left_out, true);
    EXPECT_DIFFERENT(policy_value, true);
    EXPECT_DIFFERENT(profiles.count, 1);
    EXPECT_DIFFERENT(profiles.cut_short, true);
    EXPECT_DIFFERENT(profiles.unreadable, true);
    EXPECT_DIFFERENT(files.count, 1);
    EXPECT_DIFFERENT(files.cut_short, true);
    EXPECT_DIFFERENT(files.trouble, AG_FILES_NO_SESSION);
}

static void sight__each_fact_of_a_profile__counts(void **state)
{
    (void)state;
    EXPECT_DIFFERENT(profiles.list[1].layout, AG_LAYOUT_15);
    EXPECT_DIFFERENT(profiles.list[1].is_default, true);
    EXPECT_DIFFERENT(profiles.list[1].cut_short, true);
    EXPECT_DIFFERENT(profiles.list[1].seen, 6);
    EXPECT_DIFFERENT(profiles.list[1].damaged, 6);
    EXPECT_DIFFERENT(profiles.list[1].rpc_on, true);
    EXPECT_DIFFERENT(profiles.list[1].rpc_tcp, true);
    EXPECT_DIFFERENT(profiles.list[1].rpc_http, true);
    EXPECT_DIFFERENT(profiles.list[1].online, true);
    EXPECT_DIFFERENT(profiles.list[1].on_premises, true);
    EXPECT_DIFFERENT(profiles.list[1].last_online, true);
    EXPECT_DIFFERENT(profiles.list[1].last_premises, true);
}

static void sight__each_fact_of_a_file__counts(void **state)
{
    (void)state;
    EXPECT_DIFFERENT(files.list[1].modified_s, 78);
    EXPECT_DIFFERENT(files.list[1].answer.trouble, AG_XML_MALFORMED);
    EXPECT_DIFFERENT(files.list[1].answer.mapi_http, true);
    EXPECT_DIFFERENT(files.list[1].answer.exch, true);
    EXPECT_DIFFERENT(files.list[1].answer.expr, true);
    EXPECT_DIFFERENT(files.list[1].answer.microsoft_online, POL_YES);
    EXPECT_DIFFERENT(files.list[1].answer.online, true);
    EXPECT_DIFFERENT(files.list[1].answer.on_premises, true);
}

static void client__each_fact__counts(void **state)
{
    const struct ag_client a = {.known = true, .version = "16.0"};
    (void)state;
    assert_true(ag_client_same(&a, &(struct ag_client){.known = true, .version = "16.0"}));
    assert_false(ag_client_same(&a, &(struct ag_client){.known = false, .version = "16.0"}));
    assert_false(ag_client_same(&a, &(struct ag_client){.known = true, .version = "15.0"}));
    assert_false(ag_client_same(
        &a, &(struct ag_client){.known = true, .version = "16.0", .bitness = POL_BITNESS_X64}));
    assert_false(ag_client_same(
        &a, &(struct ag_client){.known = true, .version = "16.0", .install = POL_INSTALL_MSI}));
    assert_false(ag_client_same(
        &a, &(struct ag_client){.known = true, .version = "16.0", .dotnet_release = 528040}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sight__time_of_looking__does_not_count),
        cmocka_unit_test(sight__what_lies_between__does_not_count),
        cmocka_unit_test(sight__each_fact__counts),
        cmocka_unit_test(sight__each_fact_of_a_profile__counts),
        cmocka_unit_test(sight__each_fact_of_a_file__counts),
        cmocka_unit_test(client__each_fact__counts),
    };
    return cmocka_run_group_tests_name("sight_same", tests, NULL, NULL);
}
