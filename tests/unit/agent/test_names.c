/* test_names.c - what is remembered of names, what is asked next, and what a spoiled file does. */
#include "tests/cmocka_all.h"

#include "agent/names.h"
#include "policy/limits.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define CAROL "S-1-5-21-1-2-3-1003"

enum { NOW_MS = 5000 };

static struct fake_vault vault;
static struct ag_vault port;
static struct ag_names names;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&vault);
    port = fake_vault_port(&vault);
    names = (struct ag_names){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_names_done(&names);
    fake_vault_done(&vault);
    return 0;
}

/* How many are due, all of them asked by that. */
static size_t ask(uint64_t now_ms)
{
    const char *keys[AG_NAMES_BATCH];
    return ag_names_due(&names, now_ms, keys);
}

static void want(const char *key, const char *expected)
{
    const char *name = ag_names_find(&names, key);
    if (expected == NULL) {
        assert_null(name);
    } else {
        assert_non_null(name);
        assert_string_equal(name, expected);
    }
}

static void find__unknown__is_asked_once_until_it_is_answered(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    want(ALICE, NULL);
    assert_int_equal(ask(NOW_MS), 1);
    assert_int_equal(ask(NOW_MS), 0);
    assert_int_equal(ask(UINT64_MAX), 0);
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\alice", NOW_MS));
    want(ALICE, "CONTOSO\\alice");
    assert_int_equal(ask(NOW_MS + AG_NAMES_KEPT_FOR_MS - 1), 0);
    assert_int_equal(ask(NOW_MS + AG_NAMES_KEPT_FOR_MS), 1);
}

static void answer__none__is_asked_again_after_longer_and_longer_pauses(void **state)
{
    uint64_t now_ms = NOW_MS;
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    for (uint32_t pause_ms = AG_NAMES_PAUSE_MS; pause_ms <= AG_NAMES_PAUSE_MOST_MS; pause_ms *= 2) {
        assert_int_equal(ask(now_ms), 1);
        assert_false(ag_names_answer(&names, ALICE, NULL, now_ms));
        assert_int_equal(ask(now_ms + pause_ms - 1), 0);
        now_ms += pause_ms;
    }
    assert_int_equal(ask(now_ms), 1);
    assert_false(ag_names_answer(&names, ALICE, NULL, now_ms));
    assert_int_equal(ask(now_ms + AG_NAMES_PAUSE_MOST_MS - 1), 0);
    assert_int_equal(ask(now_ms + AG_NAMES_PAUSE_MOST_MS), 1);
}

static void answer__none_for_a_known_name__keeps_it(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\alice", NOW_MS));
    assert_false(ag_names_answer(&names, ALICE, NULL, NOW_MS));
    want(ALICE, "CONTOSO\\alice");
    assert_int_equal(ask(NOW_MS + AG_NAMES_PAUSE_MS - 1), 0);
    assert_int_equal(ask(NOW_MS + AG_NAMES_PAUSE_MS), 1);
}

static void answer__says_whether_something_differs(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\alice", NOW_MS));
    assert_false(ag_names_answer(&names, ALICE, "CONTOSO\\alice", NOW_MS));
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\married", NOW_MS));
    assert_false(ag_names_answer(&names, BOB, "CONTOSO\\bob", NOW_MS)); /* nobody wants it */
    want(ALICE, "CONTOSO\\married");
}

static void answer__that_no_report_could_hold__is_none(void **state)
{
    char longest[LIMIT_STRING_BYTES + 2];
    static const char *const BAD[] = {"",     "two\nlines", "bell\a",
                                      "\xc3", "\xff\xfe",   "\xed\xa0\x80"};
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    want(AG_NAMES_COMPUTER_OU, NULL);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(ag_names_answer(&names, ALICE, BAD[i], NOW_MS));
    }
    memset(longest, 'x', sizeof longest);
    longest[LIMIT_STRING_BYTES + 1] = '\0';
    assert_false(ag_names_answer(&names, ALICE, longest, NOW_MS));
    assert_true(ag_names_answer(&names, AG_NAMES_COMPUTER_OU, longest, NOW_MS));
    longest[LIMIT_STRING_BYTES] = '\0';
    assert_true(ag_names_answer(&names, ALICE, longest, NOW_MS));
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\J\xc3\xb6rg", NOW_MS));
}

static void place__is_asked_again_sooner_than_an_account(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(AG_NAMES_AD_SITE, NULL);
    assert_true(ag_names_answer(&names, AG_NAMES_AD_SITE, "Berlin", NOW_MS));
    assert_int_equal(ask(NOW_MS + AG_NAMES_PLACE_FOR_MS - 1), 0);
    assert_int_equal(ask(NOW_MS + AG_NAMES_PLACE_FOR_MS), 1);
}

static void due__what_nobody_wants_any_more__is_not_asked(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    want(BOB, NULL);
    ag_names_begin(&names);
    want(BOB, NULL);
    assert_int_equal(ask(NOW_MS), 1);
}

static void due__more_than_a_batch__those_without_a_name_come_first(void **state)
{
    const char *keys[AG_NAMES_BATCH];
    char sid[64];
    (void)state;
    ag_names_begin(&names);
    for (int i = 0; i < AG_NAMES_BATCH; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", 2000 + i);
        want(sid, NULL);
        assert_true(ag_names_answer(&names, sid, "CONTOSO\\old", NOW_MS));
    }
    want("S-1-5-21-1-2-3-9999", NULL);
    assert_int_equal(ag_names_due(&names, NOW_MS + AG_NAMES_KEPT_FOR_MS, keys), AG_NAMES_BATCH);
    assert_string_equal(keys[0], "S-1-5-21-1-2-3-9999");
    assert_int_equal(ask(NOW_MS + AG_NAMES_KEPT_FOR_MS), 1);
}

static void find__what_is_no_key__is_never_asked(void **state)
{
    static const char *const BAD[] = {"", "alice", "S-1-5-21-x", "S-1-5 x", "computer"};
    (void)state;
    ag_names_begin(&names);
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        want(BAD[i], NULL);
    }
    assert_int_equal(ask(NOW_MS), 0);
}

/* ---- bounds -------------------------------------------------------------------------------- */

static void fill(unsigned first, unsigned count)
{
    char sid[64];
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%u", first + i);
        want(sid, NULL);
    }
}

static void find__beyond_the_bound__drops_what_was_not_wanted_for_longest(void **state)
{
    (void)state;
    ag_names_begin(&names);
    want(ALICE, NULL);
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\alice", NOW_MS));
    ag_names_begin(&names);
    fill(2000, AG_NAMES_MOST - 1);
    assert_int_equal(names.count, AG_NAMES_MOST);
    want(ALICE, "CONTOSO\\alice");
    ag_names_begin(&names);
    fill(2000, AG_NAMES_MOST);
    assert_int_equal(names.count, AG_NAMES_MOST);
    want(ALICE, NULL); /* went, and there is no room for it now */
    assert_int_equal(names.count, AG_NAMES_MOST);
}

/* ---- the file ------------------------------------------------------------------------------ */

static void keep_two(void)
{
    ag_names_begin(&names);
    want(ALICE, NULL);
    want(BOB, NULL);
    want(CAROL, NULL);
    want(AG_NAMES_COMPUTER_OU, NULL);
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\alice b", NOW_MS));
    assert_true(ag_names_answer(&names, BOB, "CONTOSO\\bob", NOW_MS));
    assert_true(ag_names_answer(&names, AG_NAMES_COMPUTER_OU, "CN=PC 1,DC=x", NOW_MS));
    assert_int_equal(ag_names_save(&names, &port, &err), ST_OK);
}

static void save__and_load__is_known_at_once_and_asked_again_later(void **state)
{
    (void)state;
    keep_two();
    ag_names_done(&names);
    assert_int_equal(ag_names_load(&names, &port, NOW_MS, &err), ST_OK);
    ag_names_begin(&names);
    want(ALICE, "CONTOSO\\alice b");
    want(BOB, "CONTOSO\\bob");
    want(CAROL, NULL);
    want(AG_NAMES_COMPUTER_OU, "CN=PC 1,DC=x");
    assert_int_equal(ask(NOW_MS), 1); /* carol */
    assert_int_equal(ask(NOW_MS + AG_NAMES_LOADED_FOR_MS), 3);
}

static void save__nothing_differs__writes_nothing(void **state)
{
    (void)state;
    keep_two();
    unsigned writes = vault.writes;
    assert_int_equal(ag_names_save(&names, &port, &err), ST_OK);
    assert_false(ag_names_answer(&names, ALICE, "CONTOSO\\alice b", NOW_MS));
    assert_false(ag_names_answer(&names, BOB, NULL, NOW_MS));
    assert_int_equal(ag_names_save(&names, &port, &err), ST_OK);
    assert_int_equal(vault.writes, writes);
}

static void save__that_fails__is_tried_again(void **state)
{
    (void)state;
    keep_two();
    assert_true(ag_names_answer(&names, ALICE, "CONTOSO\\eve", NOW_MS));
    vault.broken_name = "names.kept";
    assert_int_not_equal(ag_names_save(&names, &port, &err), ST_OK);
    vault.broken_name = NULL;
    assert_int_equal(ag_names_save(&names, &port, &err), ST_OK);
    assert_non_null(strstr(bytes_text(&fake_vault_find(&vault, "names.kept")->content), "eve"));
}

static void load__no_file__is_an_empty_table(void **state)
{
    (void)state;
    assert_int_equal(ag_names_load(&names, &port, NOW_MS, &err), ST_OK);
    assert_int_equal(names.count, 0);
}

#define FORMAT "mapi-rollout/names/1\n"

static void load__damaged_file__is_forgotten_as_a_whole(void **state)
{
    static const char *const BAD[] = {"",
                                      "end\n",
                                      FORMAT,
                                      FORMAT "end",
                                      FORMAT ALICE " A\\a\n",
                                      FORMAT ALICE " A\\a\nend\nx",
                                      "mapi-rollout/names/2\n" ALICE " A\\a\nend\n",
                                      FORMAT ALICE " A\\a\n" BOB "\nend\n",
                                      FORMAT ALICE " A\\a\n" BOB " \nend\n",
                                      FORMAT ALICE " A\\a\nbob B\\b\nend\n",
                                      FORMAT ALICE " A\\a\n" ALICE " B\\b\nend\n",
                                      FORMAT ALICE " A\\a\n\nend\n",
                                      FORMAT ALICE " A\xc3\n" BOB " B\\b\nend\n",
                                      FORMAT ALICE " A\\a\nend\nend\n"};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        fake_vault_put(&vault, "names.kept", span_text(BAD[i]));
        assert_int_equal(ag_names_load(&names, &port, NOW_MS, &err), ST_IO);
        assert_int_equal(names.count, 0);
    }
    static const char NUL[] = FORMAT ALICE " A\0a\nend\n";
    fake_vault_put(&vault, "names.kept", (struct span){(const uint8_t *)NUL, sizeof NUL - 1});
    assert_int_equal(ag_names_load(&names, &port, NOW_MS, &err), ST_IO);
    fake_vault_put(&vault, "names.kept", span_text(FORMAT ALICE " A\\a\nend\n"));
    assert_int_equal(ag_names_load(&names, &port, NOW_MS, &err), ST_OK);
    assert_int_equal(names.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(find__unknown__is_asked_once_until_it_is_answered),
        TEST(answer__none__is_asked_again_after_longer_and_longer_pauses),
        TEST(answer__none_for_a_known_name__keeps_it),
        TEST(answer__says_whether_something_differs),
        TEST(answer__that_no_report_could_hold__is_none),
        TEST(place__is_asked_again_sooner_than_an_account),
        TEST(due__what_nobody_wants_any_more__is_not_asked),
        TEST(due__more_than_a_batch__those_without_a_name_come_first),
        TEST(find__what_is_no_key__is_never_asked),
        TEST(find__beyond_the_bound__drops_what_was_not_wanted_for_longest),
        TEST(save__and_load__is_known_at_once_and_asked_again_later),
        TEST(save__nothing_differs__writes_nothing),
        TEST(save__that_fails__is_tried_again),
        TEST(load__no_file__is_an_empty_table),
        TEST(load__damaged_file__is_forgotten_as_a_whole),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
