/* test_outlook_autodiscover_judge.c - ag_autodiscover_judge(): which files count, for what, and what is said. */
#include "tests/cmocka_all.h"

#include "agent/outlook_autodiscover.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1800000000, WRITTEN = NOW - 3600, DAY = 86400, WEEK = 7 * DAY };

static const struct ag_autodiscover MAPI = {.mapi_http = true, .on_premises = true};
static const struct ag_autodiscover EXCH = {.exch = true};
static const struct ag_autodiscover EXPR = {.expr = true, .on_premises = true};
static const struct ag_autodiscover WEB = {.microsoft_online = POL_NO};
static const struct ag_autodiscover ONLINE = {.mapi_http = true, .microsoft_online = POL_YES};
static const struct ag_autodiscover MALFORMED = {.trouble = AG_XML_MALFORMED};
static const struct ag_autodiscover TOO_LARGE = {.trouble = AG_XML_TOO_LARGE};
static const struct ag_autodiscover UNREADABLE = {.trouble = AG_XML_UNREADABLE};
static const struct ag_autodiscover OTHER = {.trouble = AG_XML_NO_SETTINGS};

/* ---- asking -------------------------------------------------------------------------------- */

static void add(struct ag_autodiscover_files *files, struct ag_autodiscover answer, int64_t age_s)
{
    files->list[files->count++] =
        (struct ag_autodiscover_file){.answer = answer, .modified_s = NOW - age_s};
}

/* "offers, mailbox: evidence", in the words of the documents. */
static void check_since(const struct ag_autodiscover_files *files, int64_t written_at_s,
                        const char *expected)
{
    struct ag_offered offered;
    struct ag_evidence evidence = {.count = 0};
    char said[512];
    memset(&offered, 0xa5, sizeof offered);
    ag_autodiscover_judge(files, written_at_s, NOW, &offered, &evidence);
    int at = snprintf(said, sizeof said, "%s%s%s:", offered.mapi_http ? "mapi_http " : "",
                      offered.rpc_http ? "rpc_http " : "", POL_MAILBOX_WORDS[offered.mailbox]);
    for (size_t i = 0; i < evidence.count; i++) {
        static const char PREFIX[] = "autodiscover:";
        assert_int_equal(strncmp(evidence.items[i], PREFIX, sizeof PREFIX - 1), 0);
        at += snprintf(said + at, sizeof said - (size_t)at, " %s",
                       evidence.items[i] + sizeof PREFIX - 1);
    }
    assert_string_equal(said, expected);
}

static void check(const struct ag_autodiscover_files *files, const char *expected)
{
    check_since(files, WRITTEN, expected);
}

static void check_one(struct ag_autodiscover answer, int64_t age_s, const char *expected)
{
    struct ag_autodiscover_files files = {.count = 0};
    add(&files, answer, age_s);
    check(&files, expected);
}

static void check_two(struct ag_autodiscover a, int64_t a_age_s, struct ag_autodiscover b,
                      int64_t b_age_s, const char *expected)
{
    struct ag_autodiscover_files files = {.count = 0};
    add(&files, a, a_age_s);
    add(&files, b, b_age_s);
    check(&files, expected);
}

/* ---- one file ------------------------------------------------------------------------------ */

static void judge__fresh_answer__offers_what_it_says(void **state)
{
    (void)state;
    check_one(MAPI, 60, "mapi_http on_premises: mapiHttp");
    check_one(EXCH, 60, "rpc_http unknown: EXCH");
    check_one(EXPR, 60, "rpc_http on_premises: EXPR");
    check_one(ONLINE, 60, "mapi_http exchange_online: mapiHttp");
    check_one(WEB, 60, "unknown: none");
}

static void judge__older_than_the_write__says_only_where_the_mailbox_is(void **state)
{
    (void)state;
    check_one(MAPI, 3599, "mapi_http on_premises: mapiHttp");
    check_one(MAPI, 3600, "on_premises: stale"); /* the same second says nothing */
    check_one(MAPI, 3601, "on_premises: stale");
    check_one(EXCH, 3601, "unknown: stale");
    check_one(EXPR, 3601, "on_premises: stale");
    check_one(WEB, 3601, "unknown: stale");
}

static void judge__nothing_was_written__any_of_the_week_counts(void **state)
{
    (void)state;
    struct ag_autodiscover_files files = {.count = 0};
    add(&files, MAPI, WEEK);
    check_since(&files, -1, "mapi_http on_premises: mapiHttp");
    files.list[0].modified_s--;
    check_since(&files, -1, "unknown: stale");
    files.list[0].modified_s = INT64_MIN;
    check_since(&files, -1, "unknown: stale");
}

static void judge__from_the_future__counts_for_a_day(void **state)
{
    (void)state;
    check_one(MAPI, -DAY, "mapi_http on_premises: mapiHttp");
    check_one(MAPI, -DAY - 1, "unknown: stale");
    check_one(MAPI, -INT64_MAX + NOW, "unknown: stale");
}

static void judge__old_answer__says_not_even_where_the_mailbox_is(void **state)
{
    (void)state;
    check_one(ONLINE, WEEK + 1, "unknown: stale");
    check_one(MALFORMED, WEEK + 1, "unknown: stale");
}

static void judge__trouble__is_said(void **state)
{
    (void)state;
    check_one(MALFORMED, 60, "unknown: malformed");
    check_one(TOO_LARGE, 60, "unknown: too_large");
    check_one(UNREADABLE, 60, "unknown: unreadable");
    check_one(OTHER, 60, "unknown: none");
    check_one(OTHER, WEEK + 1, "unknown: none");
}

/* ---- several ------------------------------------------------------------------------------- */

static void judge__several_answers__each_counts(void **state)
{
    (void)state;
    check_two(MAPI, 60, EXPR, 70, "mapi_http rpc_http on_premises: mapiHttp EXPR");
    check_two(EXCH, 60, EXPR, 70, "rpc_http on_premises: EXCH EXPR");
    check_two(MAPI, 7200, EXPR, 70, "rpc_http on_premises: EXPR");
    check_two(MAPI, 60, EXPR, 7200, "mapi_http on_premises: mapiHttp");
    check_two(EXCH, 60, EXPR, 7200, "rpc_http on_premises: EXCH");
    check_two(ONLINE, 7200, EXPR, 70, "rpc_http mixed: EXPR");
    check_two(ONLINE, WEEK + 1, EXPR, 70, "rpc_http on_premises: EXPR");
    check_two(MAPI, 7200, EXPR, WEEK + 1, "on_premises: stale");
    check_two(MAPI, 60, MALFORMED, 70, "mapi_http on_premises: mapiHttp malformed");
    check_two(MAPI, 60, OTHER, 70, "mapi_http on_premises: mapiHttp");
    check_two(MALFORMED, 60, MALFORMED, 70, "unknown: malformed");
}

static void judge__online_and_own__is_mixed(void **state)
{
    (void)state;
    check_two(ONLINE, 60, MAPI, 70, "mapi_http mixed: mapiHttp");
    check_two(ONLINE, 60, ONLINE, 70, "mapi_http exchange_online: mapiHttp");
    check_two(EXCH, 60, WEB, 70, "rpc_http unknown: EXCH");
    const struct ag_autodiscover both = {.mapi_http = true, .online = true, .on_premises = true};
    check_one(both, 60, "mapi_http mixed: mapiHttp");
    const struct ag_autodiscover url = {.mapi_http = true, .online = true};
    check_one(url, 60, "mapi_http exchange_online: mapiHttp");
    /* It says False, and its server is online all the same: a guard must not let that pass. */
    const struct ag_autodiscover denies = {
        .expr = true, .online = true, .microsoft_online = POL_NO};
    check_one(denies, 60, "rpc_http exchange_online: EXPR");
}

/* ---- the folder ---------------------------------------------------------------------------- */

static void judge__folder__says_why_there_is_nothing(void **state)
{
    (void)state;
    static const struct {
        enum ag_files_trouble trouble;
        const char *expected;
    } CASES[] = {
        {AG_FILES_FINE, "unknown: none"},
        {AG_FILES_NOT_ASKED, "unknown:"},
        {AG_FILES_NO_SESSION, "unknown: no_session"},
        {AG_FILES_NOT_LOCAL, "unknown: not_local"},
        {AG_FILES_UNREADABLE, "unknown: unreadable"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct ag_autodiscover_files files = {.trouble = CASES[i].trouble};
        check(&files, CASES[i].expected);
    }
}

static void judge__too_many_files__is_said_beside_the_rest(void **state)
{
    (void)state;
    struct ag_autodiscover_files files = {.cut_short = true};
    check(&files, "unknown: too_many_files");
    for (size_t i = 0; i < AG_AUTODISCOVER_FILES; i++) {
        add(&files, i == AG_AUTODISCOVER_FILES - 1 ? EXCH : OTHER, 60);
    }
    check(&files, "rpc_http unknown: EXCH too_many_files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__fresh_answer__offers_what_it_says),
        cmocka_unit_test(judge__older_than_the_write__says_only_where_the_mailbox_is),
        cmocka_unit_test(judge__nothing_was_written__any_of_the_week_counts),
        cmocka_unit_test(judge__from_the_future__counts_for_a_day),
        cmocka_unit_test(judge__old_answer__says_not_even_where_the_mailbox_is),
        cmocka_unit_test(judge__trouble__is_said),
        cmocka_unit_test(judge__several_answers__each_counts),
        cmocka_unit_test(judge__online_and_own__is_mixed),
        cmocka_unit_test(judge__folder__says_why_there_is_nothing),
        cmocka_unit_test(judge__too_many_files__is_said_beside_the_rest),
    };
    return cmocka_run_group_tests_name("outlook_autodiscover (judge)", tests, NULL, NULL);
}
