/* test_groups.c - groups of the last token: kept over a logoff and a restart, or forgotten. */
#include "tests/cmocka_all.h"

#include "agent/groups.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define PILOT "S-1-5-21-1-2-3-512"
#define USERS "S-1-5-32-545"

static struct fake_vault vault;
static struct ag_vault port;
static struct ag_groups groups;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&vault);
    port = fake_vault_port(&vault);
    groups = (struct ag_groups){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_groups_done(&groups);
    fake_vault_done(&vault);
    return 0;
}

static void keep(const char *sid, const char *const *list, size_t count)
{
    assert_int_equal(ag_groups_keep(&groups, sid, list, count), ST_OK);
}

static void keep_two(const char *sid)
{
    static const char *const LIST[] = {USERS, PILOT, USERS};
    keep(sid, LIST, 3);
}

/* All groups, a blank behind each. */
static void expect(const char *sid, const char *expected)
{
    char text[256] = "";
    const struct ag_kept_groups *user = ag_groups_find(&groups, sid);
    assert_non_null(user);
    size_t count = 0;
    for (const char *g = ag_groups_next(user, NULL); g != NULL; g = ag_groups_next(user, g)) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", g);
        count++;
    }
    assert_string_equal(text, expected);
    assert_int_equal(user->count, count);
}

static void reload(void)
{
    assert_int_equal(ag_groups_save(&groups, &port, &err), ST_OK);
    ag_groups_done(&groups);
    assert_int_equal(ag_groups_load(&groups, &port, &err), ST_OK);
}

static void keep__a_list__is_there_in_order_and_once(void **state)
{
    (void)state;
    keep_two(ALICE);
    expect(ALICE, PILOT " " USERS " ");
    assert_null(ag_groups_find(&groups, BOB));
}

static void keep__no_groups__is_known_to_be_none(void **state)
{
    (void)state;
    keep(ALICE, NULL, 0);
    expect(ALICE, "");
    reload();
    expect(ALICE, "");
}

static void keep__the_next_token__replaces_the_last(void **state)
{
    static const char *const NOW[] = {USERS};
    (void)state;
    keep_two(ALICE);
    keep(ALICE, NOW, 1);
    expect(ALICE, USERS " ");
    assert_int_equal(groups.count, 1);
}

static void save__and_load__survives_a_restart(void **state)
{
    (void)state;
    keep_two(BOB);
    keep_two(ALICE);
    reload();
    assert_int_equal(groups.count, 2);
    expect(ALICE, PILOT " " USERS " ");
    expect(BOB, PILOT " " USERS " ");
}

static void save__nothing_differs__writes_nothing(void **state)
{
    (void)state;
    keep_two(ALICE);
    reload();
    unsigned writes = vault.writes;
    keep_two(ALICE);
    assert_int_equal(ag_groups_save(&groups, &port, &err), ST_OK);
    assert_int_equal(vault.writes, writes);
    keep(ALICE, NULL, 0);
    assert_int_equal(ag_groups_save(&groups, &port, &err), ST_OK);
    assert_int_equal(vault.writes, writes + 1);
}

static void save__that_fails__is_tried_again(void **state)
{
    (void)state;
    keep_two(ALICE);
    vault.broken_name = "groups.kept";
    assert_int_not_equal(ag_groups_save(&groups, &port, &err), ST_OK);
    vault.broken_name = NULL;
    reload();
    expect(ALICE, PILOT " " USERS " ");
}

/* ---- bounds -------------------------------------------------------------------------------- */

static void keep_many(const char *sid, size_t count)
{
    char(*texts)[64] = calloc(count, sizeof *texts);
    const char **list = calloc(count, sizeof *list);
    assert_true(texts != NULL && list != NULL);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "S-1-5-21-1111111111-2222222222-3333333333-%zu",
                       100000 + i);
        list[i] = texts[i];
    }
    keep(sid, list, count);
    free(list);
    free(texts);
}

static void keep__more_groups_than_there_is_room_for__forgets_the_user(void **state)
{
    (void)state;
    keep_many(ALICE, AG_GROUPS_EACH);
    assert_int_equal(ag_groups_find(&groups, ALICE)->count, AG_GROUPS_EACH);
    keep_many(ALICE, AG_GROUPS_EACH + 1);
    assert_null(ag_groups_find(&groups, ALICE));
}

static void keep__what_is_no_sid__forgets_the_user(void **state)
{
    static const char *const BAD[] = {"S-1-5-21-1 S-1-5-32-545"};
    (void)state;
    keep_two(ALICE);
    keep(ALICE, BAD, 1);
    assert_null(ag_groups_find(&groups, ALICE));
}

static void keep__more_than_the_file_holds__drops_who_was_not_seen_for_longest(void **state)
{
    char sid[64];
    (void)state;
    keep_many(ALICE, AG_GROUPS_EACH);
    keep_many(BOB, AG_GROUPS_EACH);
    keep_many(ALICE, AG_GROUPS_EACH); /* seen again: the same groups */
    for (int i = 0; ag_groups_find(&groups, BOB) != NULL; i++) {
        assert_true(i < 200);
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", 5000 + i);
        keep_many(sid, AG_GROUPS_EACH);
    }
    assert_non_null(ag_groups_find(&groups, ALICE));
    assert_non_null(ag_groups_find(&groups, sid));
    assert_true(groups.bytes <= AG_GROUPS_BYTES);
    size_t count = groups.count;
    reload();
    assert_true(fake_vault_find(&vault, "groups.kept")->content.size <= AG_GROUPS_BYTES);
    assert_int_equal(groups.count, count);
}

static void keep__more_users_than_are_looked_after__drops_the_oldest(void **state)
{
    char sid[64];
    (void)state;
    keep_two(ALICE);
    for (int i = 0; i < AG_GROUPS_USERS; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", 5000 + i);
        keep_two(sid);
    }
    assert_int_equal(groups.count, AG_GROUPS_USERS);
    assert_null(ag_groups_find(&groups, ALICE));
    reload();
    assert_int_equal(groups.count, AG_GROUPS_USERS);
}

/* ---- a spoiled file ------------------------------------------------------------------------ */

#define FORMAT "mapi-rollout/groups/1\n"

static void load__no_file__is_an_empty_table(void **state)
{
    (void)state;
    assert_int_equal(ag_groups_load(&groups, &port, &err), ST_OK);
    assert_int_equal(groups.count, 0);
}

static void load__damaged_file__is_forgotten_as_a_whole(void **state)
{
    static const char *const BAD[] = {"",
                                      FORMAT,
                                      FORMAT ALICE " " PILOT "\nend",
                                      FORMAT ALICE " " PILOT "\n",
                                      "mapi-rollout/groups/2\nend\n",
                                      FORMAT ALICE " " PILOT " \nend\n",
                                      FORMAT ALICE "  " PILOT "\nend\n",
                                      FORMAT ALICE " " PILOT "\nbob\nend\n",
                                      FORMAT ALICE " CONTOSO\\x\nend\n",
                                      FORMAT ALICE "\n" ALICE "\nend\n",
                                      FORMAT "\nend\n"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        fake_vault_put(&vault, "groups.kept", span_text(BAD[i]));
        assert_int_equal(ag_groups_load(&groups, &port, &err), ST_IO);
        assert_int_equal(groups.count, 0);
    }
    fake_vault_put(&vault, "groups.kept", span_text(FORMAT ALICE " " PILOT "\nend\n"));
    assert_int_equal(ag_groups_load(&groups, &port, &err), ST_OK);
    expect(ALICE, PILOT " ");
}

static void load__more_groups_than_a_token_has__is_forgotten(void **state)
{
    struct bytes text = bytes_with_limit(AG_GROUPS_BYTES);
    (void)state;
    assert_int_equal(bytes_append_text(&text, FORMAT ALICE), ST_OK);
    for (int i = 0; i <= AG_GROUPS_EACH; i++) {
        assert_int_equal(bytes_append_format(&text, " S-1-5-21-1-2-3-%d", i), ST_OK);
    }
    assert_int_equal(bytes_append_text(&text, "\nend\n"), ST_OK);
    fake_vault_put(&vault, "groups.kept", bytes_span(&text));
    assert_int_equal(ag_groups_load(&groups, &port, &err), ST_IO);
    assert_int_equal(groups.count, 0);
    bytes_free(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keep__a_list__is_there_in_order_and_once),
        TEST(keep__no_groups__is_known_to_be_none),
        TEST(keep__the_next_token__replaces_the_last),
        TEST(save__and_load__survives_a_restart),
        TEST(save__nothing_differs__writes_nothing),
        TEST(save__that_fails__is_tried_again),
        TEST(keep__more_groups_than_there_is_room_for__forgets_the_user),
        TEST(keep__what_is_no_sid__forgets_the_user),
        TEST(keep__more_than_the_file_holds__drops_who_was_not_seen_for_longest),
        TEST(keep__more_users_than_are_looked_after__drops_the_oldest),
        TEST(load__no_file__is_an_empty_table),
        TEST(load__damaged_file__is_forgotten_as_a_whole),
        TEST(load__more_groups_than_a_token_has__is_forgotten),
    };
    return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
