/* test_users.c - the list of users as it is put together, and what rules make of it. */
#include "tests/cmocka_all.h"

#include "agent/users.h"
#include "policy/evaluate.h"
#include "policy/facts.h"
#include "policy/parse.h"
#include "tests/fakes/fake_signer.h"

#include <stdio.h>
#include <string.h>

#define ALICE "S-1-5-21-1-2-3-1001"
#define BOB   "S-1-5-21-1-2-3-1002"
#define CAROL "S-1-5-21-1-2-3-1003"
#define PILOT "S-1-5-21-1-2-3-512"
#define OTHER "S-1-5-21-1-2-3-513"

static struct ag_groups groups;
static struct ag_names names;
static const struct ag_known KNOWN = {.groups = &groups, .names = &names};
static struct ag_sid_list loaded;
static struct ag_sid_list profiles;
static struct ag_user *users;
static size_t count;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    groups = (struct ag_groups){0};
    names = (struct ag_names){0};
    return 0;
}

static void drop_list(void)
{
    ag_users_free(users, count);
    users = NULL;
    count = 0;
}

static int tear_down(void **state)
{
    (void)state;
    drop_list();
    ag_sid_list_done(&loaded);
    ag_sid_list_done(&profiles);
    ag_groups_done(&groups);
    ag_names_done(&names);
    return 0;
}

static void add(struct ag_sid_list *list, const char *sid)
{
    assert_int_equal(ag_sid_list_take(list, text_copy(sid)), ST_OK);
}

static void compose(void)
{
    drop_list();
    ag_names_begin(&names);
    assert_int_equal(ag_users_compose(&loaded, &profiles, &KNOWN, &users, &count, &err), ST_OK);
}

static void learn(const char *sid, const char *name)
{
    (void)ag_names_find(&names, sid);
    (void)ag_names_answer(&names, sid, name, 0);
}

static void keep_groups(const char *sid)
{
    static const char *const LIST[] = {PILOT, OTHER};
    assert_int_equal(ag_groups_keep(&groups, sid, LIST, 2), ST_OK);
}

static void compose__loaded_first_and_each_once(void **state)
{
    (void)state;
    add(&loaded, CAROL);
    add(&loaded, BOB);
    add(&loaded, BOB);
    add(&profiles, CAROL);
    add(&profiles, ALICE);
    add(&profiles, ALICE);
    compose();
    assert_int_equal(count, 3);
    assert_string_equal(users[0].sid, BOB);
    assert_string_equal(users[1].sid, CAROL);
    assert_string_equal(users[2].sid, ALICE);
    assert_true(users[0].hive_loaded && users[1].hive_loaded);
    assert_false(users[2].hive_loaded);
}

static void compose__nobody__is_an_empty_list(void **state)
{
    (void)state;
    compose();
    assert_int_equal(count, 0);
}

static void compose__nothing_known__asks_for_names_and_knows_no_groups(void **state)
{
    const char *keys[AG_NAMES_BATCH];
    (void)state;
    add(&loaded, ALICE);
    compose();
    assert_null(users[0].account);
    assert_null(users[0].groups);
    assert_int_equal(ag_names_due(&names, 0, keys), 1);
    assert_string_equal(keys[0], ALICE);
}

static void compose__groups__have_their_names_behind_them(void **state)
{
    (void)state;
    add(&loaded, ALICE);
    learn(ALICE, "CONTOSO\\alice");
    keep_groups(ALICE);
    learn(PILOT, "CONTOSO\\Pilot");
    compose();
    assert_string_equal(users[0].account, "CONTOSO\\alice");
    assert_int_equal(users[0].group_count, 3);
    assert_string_equal(users[0].groups[0], PILOT);
    assert_string_equal(users[0].groups[1], "CONTOSO\\Pilot");
    assert_string_equal(users[0].groups[2], OTHER);
    assert_true(users[0].groups_without_names);
    learn(OTHER, "CONTOSO\\Other");
    compose();
    assert_int_equal(users[0].group_count, 4);
    assert_false(users[0].groups_without_names);
}

static void compose__beyond_the_bound__leaves_the_rest_out(void **state)
{
    char sid[64];
    (void)state;
    for (int i = 0; i < AG_USERS_MOST; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%d", 100000 + i);
        add(&loaded, sid);
        add(&profiles, sid);
    }
    add(&loaded, ALICE);
    add(&profiles, ALICE);
    assert_int_equal(loaded.count, AG_USERS_MOST);
    compose();
    assert_int_equal(count, AG_USERS_MOST);
}

/* ---- what rules make of it ----------------------------------------------------------------- */

static char host_name[] = "PC-1";
static char computer_ou[] = "CN=PC-1,OU=Clients,DC=contoso,DC=example";
static char ad_site[] = "Berlin";

static struct pol_policy *policy_of(const char *condition)
{
    char rings[512];
    struct fake_signer signer;
    (void)snprintf(rings, sizeof rings, "{\"r\":{%s}}", condition);
    const struct fake_plan plan = {.serial = 1,
                                   .rings = rings,
                                   .stages = "[{\"name\":\"one\",\"rules\":[{\"ring\":\"r\","
                                             "\"set\":\"allow\"}],\"otherwise\":\"block\"}]"};
    fake_signer_init(&signer, "test");
    struct pol_policy *policy = fake_signer_policy(&signer, &plan, "one");
    fake_signer_done(&signer);
    return policy;
}

/* "allow" by a ring with that condition, else "block"; "unknown" if it cannot be told. */
static const char *decide_on(const char *condition, const struct ag_host *host)
{
    const struct ag_seen seen = {.mailbox = POL_MAILBOX_UNKNOWN};
    struct pol_preparation preparation = {0};
    struct pol_policy *policy = policy_of(condition);
    struct pol_facts facts = ag_user_facts(&users[0], host, NULL, 0, &seen);
    assert_int_equal(pol_prepare(&preparation, policy, &facts), ST_OK);
    struct pol_decision d = pol_evaluate(policy, &preparation.facts, NULL);
    const char *word = d.blocked_by == POL_BLOCKED_UNKNOWN_FACT ? "unknown" : POL_SET_WORDS[d.set];
    pol_preparation_done(&preparation);
    pol_policy_free(policy);
    return word;
}

static void facts__group_by_sid__is_decided_without_names(void **state)
{
    struct ag_host host = {.name = host_name};
    (void)state;
    add(&loaded, ALICE);
    compose();
    assert_string_equal(decide_on("\"group\":[\"" PILOT "\"]", &host), "unknown");
    keep_groups(ALICE);
    compose();
    assert_string_equal(decide_on("\"group\":[\"" PILOT "\"]", &host), "allow");
    assert_string_equal(decide_on("\"group\":[\"S-1-5-32-545\"]", &host), "block");
    assert_int_equal(ag_groups_keep(&groups, ALICE, NULL, 0), ST_OK);
    compose();
    assert_string_equal(decide_on("\"group\":[\"CONTOSO\\\\Staff\"]", &host), "block");
}

static void facts__group_by_name__is_unknown_until_all_have_one(void **state)
{
    struct ag_host host = {.name = host_name};
    (void)state;
    add(&loaded, ALICE);
    keep_groups(ALICE);
    learn(PILOT, "CONTOSO\\Pilot");
    compose();
    assert_string_equal(decide_on("\"group\":[\"contoso\\\\pilot\"]", &host), "allow");
    assert_string_equal(decide_on("\"group\":[\"CONTOSO\\\\Staff\"]", &host), "unknown");
    learn(OTHER, "CONTOSO\\Other");
    compose();
    assert_string_equal(decide_on("\"group\":[\"CONTOSO\\\\Staff\"]", &host), "block");
}

static void facts__of_the_host__reach_the_rules(void **state)
{
    struct ag_host host = {.name = host_name};
    (void)state;
    add(&loaded, ALICE);
    compose();
    assert_string_equal(decide_on("\"computer_ou\":[\"OU=Clients,DC=contoso,DC=example\"]", &host),
                        "unknown");
    assert_string_equal(decide_on("\"ad_site\":[\"Berlin\"]", &host), "unknown");
    assert_string_equal(decide_on("\"multi_session\":true", &host), "unknown");
    host.computer_ou = computer_ou;
    host.ad_site = ad_site;
    host.multi_session = POL_YES;
    assert_string_equal(decide_on("\"computer_ou\":[\"OU=Clients,DC=contoso,DC=example\"]", &host),
                        "allow");
    assert_string_equal(decide_on("\"computer_ou\":[\"OU=Servers,DC=contoso,DC=example\"]", &host),
                        "block");
    assert_string_equal(decide_on("\"ad_site\":[\"Berlin\"]", &host), "allow");
    assert_string_equal(decide_on("\"multi_session\":true", &host), "allow");
    host.multi_session = POL_NO;
    assert_string_equal(decide_on("\"multi_session\":true", &host), "block");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(compose__loaded_first_and_each_once),
        TEST(compose__nobody__is_an_empty_list),
        TEST(compose__nothing_known__asks_for_names_and_knows_no_groups),
        TEST(compose__groups__have_their_names_behind_them),
        TEST(compose__beyond_the_bound__leaves_the_rest_out),
        TEST(facts__group_by_sid__is_decided_without_names),
        TEST(facts__group_by_name__is_unknown_until_all_have_one),
        TEST(facts__of_the_host__reach_the_rules),
    };
    return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
