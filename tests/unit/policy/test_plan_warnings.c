/* test_plan_warnings.c - plan_warnings.h: what is allowed and probably not meant, and nothing else. */
#include "tests/cmocka_all.h"

#include "tests/unit/policy/documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A plan that warns of nothing, so that each change shows its own warning only. */
static const char QUIET[] =
    "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"r\",\"serial\":1,"
    "\"issued_at\":\"2026-11-22T10:00:00Z\",\"expires_at\":\"2027-02-20T10:00:00Z\","
    "\"timing\":{\"poll_s\":3600,\"wait_s\":1},"
    "\"rings\":{\"a\":{\"user\":[\"S-1-5-21-1-2-3-512\"]},"
    "\"b\":{\"percent\":5,\"of\":\"user\",\"salt\":\"x\"},"
    "\"c\":{\"percent\":25,\"of\":\"user\",\"salt\":\"x\"}},"
    "\"stages\":["
    "{\"name\":\"one\",\"rules\":[{\"ring\":\"b\",\"set\":\"allow\"}],\"otherwise\":\"block\"},"
    "{\"name\":\"two\",\"rules\":[{\"ring\":\"c\",\"set\":\"allow\"}],\"otherwise\":\"block\"},"
    "{\"name\":\"three\",\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"}],\"otherwise\":\"allow\"}],"
    "\"safe\":{\"set\":\"allow\"}}";

static struct pol_problems warnings;

static void warn_of(const char *text)
{
    struct pol_problems problems = {0};
    struct pol_plan *plan = NULL;
    struct err err = {0};
    memset(&warnings, 0, sizeof warnings);
    if (pol_plan_parse(span_text(text), &plan, &problems, &warnings, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    for (size_t i = 0; i < warnings.count; i++) {
        assert_string_equal(warnings.items[i].code, "warning");
    }
    pol_plan_free(plan);
}

static void warn_of_change(const char *from, const char *to)
{
    char *text = with_change(QUIET, from, to);
    warn_of(text);
    free(text);
}

/* One warning at this place that has these words. */
static void assert_warned(const char *pointer, const char *words)
{
    if (warnings.found != 1 || strcmp(warnings.items[0].pointer, pointer) != 0 ||
        strstr(warnings.items[0].text, words) == NULL) {
        fail_msg("%zu warnings, the first at \"%s\": %s", warnings.found, warnings.items[0].pointer,
                 warnings.items[0].text);
    }
}

static void warnings__of_a_sound_plan__are_none(void **state)
{
    (void)state;
    warn_of(QUIET);
    assert_int_equal(warnings.found, 0);
}

static void warnings__of_a_ring__name_it(void **state)
{
    (void)state;
    warn_of_change("\"b\":{", "\"idle\":{\"tag\":[\"x\"]},\"b\":{");
    assert_warned("/rings/idle", "no stage uses");
    warn_of_change("\"user\":[\"S-1-5-21-1-2-3-512\"]", "\"user\":[\"CONTOSO\\\\J\xc3\xb6rg\"]");
    assert_warned("/rings/a", "ASCII only");
    warn_of_change("\"user\":[\"S-1-5-21-1-2-3-512\"]", "\"not\":{\"host\":[\"PC-*\"]}");
    assert_warned("/rings/a", "roaming profile");
    warn_of_change("\"user\":[\"S-1-5-21-1-2-3-512\"]",
                   "\"percent\":1,\"of\":\"host\",\"salt\":\"x\"");
    assert_warned("/rings/a", "roaming profile");
}

static void warnings__of_what_agents_find_out__are_none(void **state)
{
    (void)state;
    static const char *const KNOWN[] = {"\"outlook\":\">=16\"", "\"mailbox\":[\"mixed\"]",
                                        "\"computer_ou\":[\"OU=a\"]", "\"ad_site\":[\"Berlin\"]",
                                        "\"multi_session\":true"};
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
        warn_of_change("\"user\":[\"S-1-5-21-1-2-3-512\"]", KNOWN[i]);
        assert_int_equal(warnings.found, 0);
    }
    warn_of_change("\"rings\":", "\"guards\":{\"preflight\":{\"allow\":[\"https://a.example/\"]},"
                                 "\"block_mailboxes\":[\"on_premises\"],"
                                 "\"minimum_outlook\":[\"16.0\"]},\"rings\":");
    assert_int_equal(warnings.found, 0);
}

static void warnings__of_a_ring_used_by_another__are_none(void **state)
{
    (void)state;
    warn_of_change("{\"user\":[\"S-1-5-21-1-2-3-512\"]}",
                   "{\"any\":[{\"ring\":\"d\"}]},\"d\":{\"not\":{\"ring\":\"e\"}},"
                   "\"e\":{\"tag\":[\"x\"]}");
    assert_int_equal(warnings.found, 0);
}

static void warnings__of_a_stage__name_it(void **state)
{
    (void)state;
    warn_of_change("\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"}],\"otherwise\":\"allow\"}",
                   "\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"}],\"otherwise\":\"allow\"},"
                   "{\"name\":\"four\",\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"}],"
                   "\"otherwise\":\"allow\"}");
    assert_warned("/stages/3", "the same as the stage before");
    warn_of_change(
        "\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"}]",
        "\"rules\":[{\"ring\":\"a\",\"set\":\"leave\"},{\"ring\":\"c\",\"set\":\"block\"}]");
    assert_warned("/stages/2", "\"c\" goes from allow back to block");
    warn_of_change("\"percent\":25,\"of\":\"user\",\"salt\":\"x\"",
                   "\"percent\":25,\"of\":\"user\",\"salt\":\"y\"");
    assert_warned("/stages/1", "another salt");
}

static void warnings__of_a_gate__name_its_stage(void **state)
{
    (void)state;
    static const char WAITS[] = "\"soak_s\":172800";
    char gate[160];
    char *text = with_change(QUIET, "\"name\":\"one\",", "\"name\":\"one\",\"gate\":{GATE},");
    static const struct {
        const char *gate;
        size_t warned;
        const char *words; /* of the first */
    } ROWS[] = {
        {"\"advance\":\"manual\",\"soak_s\":0", 0, NULL},
        {"\"advance\":\"auto\",\"soak_s\":172799", 1, "24 h"},
        {"\"advance\":\"auto\",\"soak_s\":172800", 0, NULL},
        {"\"on_fail\":\"safe\"", 0, NULL},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        char *changed = with_change(text, "GATE", ROWS[i].gate);
        warn_of(changed);
        if (warnings.found != ROWS[i].warned) {
            fail_msg("%s: %zu warnings", ROWS[i].gate, warnings.found);
        }
        if (ROWS[i].words != NULL) {
            assert_string_equal(warnings.items[0].pointer, "/stages/0");
            assert_non_null(strstr(warnings.items[0].text, ROWS[i].words));
        }
        free(changed);
    }
    (void)snprintf(gate, sizeof gate, "\"advance\":\"auto\",%s", WAITS);
    char *automatic = with_change(text, "GATE", gate);
    char *released = with_change(automatic, "\"ring\":\"c\",\"set\":\"allow\"",
                                 "\"ring\":\"c\",\"set\":\"release\"");
    warn_of(released);
    assert_non_null(strstr(warnings.items[0].text, "never entered by itself"));
    free(released);
    free(automatic);
    free(text);
}

static void warnings__of_times_and_brakes__name_the_place(void **state)
{
    (void)state;
    warn_of_change("\"expires_at\":\"2027-02-20T10:00:00Z\"",
                   "\"expires_at\":\"2026-12-01T09:59:59Z\""); /* three times 3 days, less 1 s */
    assert_warned("/expires_at", "soak times");
    warn_of_change("\"expires_at\":\"2027-02-20T10:00:00Z\"",
                   "\"expires_at\":\"2026-12-01T10:00:00Z\"");
    assert_int_equal(warnings.found, 0);
    warn_of_change("\"poll_s\":3600", "\"poll_s\":3601");
    assert_warned("/timing", "3601 s");
    warn_of_change("\"wait_s\":1", "\"wait_s\":0");
    assert_warned("/timing", "3600 s");
    warn_of_change("\"safe\":{\"set\":\"allow\"}", "\"safe\":{\"set\":\"block\"}");
    assert_warned("/safe", "RPC/HTTP");
    warn_of_change("\"safe\":{\"set\":\"allow\"}", "\"safe\":{\"set\":\"restore\"}");
    assert_warned("", "restore");
    warn_of_change("\"set\":\"leave\"", "\"set\":\"restore\"");
    assert_warned("", "restore");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warnings__of_a_sound_plan__are_none),
        cmocka_unit_test(warnings__of_a_ring__name_it),
        cmocka_unit_test(warnings__of_what_agents_find_out__are_none),
        cmocka_unit_test(warnings__of_a_ring_used_by_another__are_none),
        cmocka_unit_test(warnings__of_a_stage__name_it),
        cmocka_unit_test(warnings__of_a_gate__name_its_stage),
        cmocka_unit_test(warnings__of_times_and_brakes__name_the_place),
    };
    return cmocka_run_group_tests_name("plan_warnings", tests, NULL, NULL);
}
