/* test_user_filter.c - user_filter.h and client_url.h: filters in a query, and servers that do not know them. */
#include "tests/cmocka_all.h"

#include "admin/client_url.h"
#include "admin/user_filter.h"
#include "tests/unit/admin/answers.h"

#include <string.h>

static void check_query(const struct adm_user_filter *filter, const char *expected)
{
    struct bytes query = bytes_with_limit(4096);
    struct err err;
    assert_int_equal(adm_user_filter_query(filter, &query, &err), ST_OK);
    assert_string_equal(bytes_text(&query), expected);
    bytes_free(&query);
}

static void query__filters__are_joined_and_escaped(void **state)
{
    (void)state;
    check_query(&(struct adm_user_filter){.stale = false}, "");
    check_query(&(struct adm_user_filter){.text = {[ADM_USER_STATE] = "error"}}, "state=error");
    check_query(&(struct adm_user_filter){.text = {[ADM_USER_RING] = "a&b=c d",
                                                   [ADM_USER_BLOCKED_BY] = "server",
                                                   [ADM_USER_TEXT] = "J\xc3\xb6rg"},
                                          .stale = true,
                                          .failed = true},
                "ring=a%26b%3Dc%20d&blocked_by=server&q=J%C3%B6rg&stale=1&failed=1");
}

static void query__no_room__is_told(void **state)
{
    (void)state;
    struct bytes query = bytes_with_limit(8);
    struct err err;
    const struct adm_user_filter filter = {.text = {[ADM_USER_SID] = "S-1-5-21-1-2-3-1001"}};
    assert_int_equal(adm_user_filter_query(&filter, &query, &err), ST_TOO_LARGE);
    bytes_free(&query);
}

static void check__mistyped_words__are_usage_errors_that_name_the_others(void **state)
{
    (void)state;
    struct err err = {.st = ST_OK};
    assert_int_equal(
        adm_user_filter_check(&(struct adm_user_filter){.text = {[ADM_USER_STATE] = "compliant",
                                                                 [ADM_USER_SET] = "block",
                                                                 [ADM_USER_RING] = "anything"}},
                              &err),
        ST_OK);
    assert_int_equal(
        adm_user_filter_check(
            &(struct adm_user_filter){.text = {[ADM_USER_BLOCKED_BY] = "preflght"}}, &err),
        ST_REFUSED);
    assert_true(adm_is_usage(&err));
    assert_non_null(
        strstr(err.text, "preflght is no --blocked-by: it takes unknown_fact, mailbox"));
}

static enum status holds(const struct adm_user_filter *filter, const char *user)
{
    struct adm_answer answer = answer_of(user);
    struct pol_at root = adm_answer_root(&answer);
    struct err err = {.st = ST_OK};
    enum status st = adm_user_filter_holds(filter, &root, &err);
    if (st != ST_OK) {
        assert_string_equal(err.code, "unsupported");
    }
    adm_answer_done(&answer);
    return st;
}

static void holds__who_is_not_meant__shows_an_older_server(void **state)
{
    (void)state;
    static const char USER[] =
        "{\"sid\":\"S-1\",\"state\":\"idle\",\"host\":\"PC-1\",\"ring\":null}";
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_STATE] = "idle"}}, USER),
                     ST_OK);
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_HOST] = "pc-1"}}, USER),
                     ST_OK);
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_HOST] = "PC-10"}}, USER),
                     ST_REFUSED);
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_STATE] = "error"}}, USER),
                     ST_REFUSED);
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_RING] = "pilot"}}, USER),
                     ST_REFUSED);
    /* What only the server can look up. */
    assert_int_equal(holds(&(struct adm_user_filter){.text = {[ADM_USER_STAGE] = "pilot"}}, USER),
                     ST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__filters__are_joined_and_escaped),
        cmocka_unit_test(query__no_room__is_told),
        cmocka_unit_test(check__mistyped_words__are_usage_errors_that_name_the_others),
        cmocka_unit_test(holds__who_is_not_meant__shows_an_older_server),
    };
    return cmocka_run_group_tests_name("user_filter", tests, NULL, NULL);
}
