/* test_starter.c - what `init` writes can be used as it is. */
#include "tests/cmocka_all.h"

#include "admin/starter.h"
#include "policy/plan.h"

#include <stdlib.h>
#include <string.h>

static const struct adm_starter STARTER = {
    .host = "mapi.example.com", .rollout = "mapihttp-2026", .now_s = 1795341600};

static void plan__as_written__is_accepted_and_observes_first(void **state)
{
    (void)state;
    static const char *const STAGES[] = {"observe", "hold-back", "pilot", "everyone", "finish"};
    struct bytes text = bytes_with_limit(ADM_STARTER_BYTES);
    struct pol_problems *found = calloc(2, sizeof *found);
    struct pol_plan *plan = NULL;
    struct err err = {.st = ST_OK};

    assert_non_null(found);
    assert_int_equal(adm_starter_plan(&STARTER, &text), ST_OK);
    if (pol_plan_parse(bytes_span(&text), &plan, &found[0], &found[1], &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code != NULL ? err.code : "?", err.pointer, err.text);
    }
    assert_string_equal(pol_plan_rollout(plan), "mapihttp-2026");
    assert_int_equal(pol_plan_serial(plan), 1);
    assert_int_equal(pol_plan_stage_count(plan), sizeof STAGES / sizeof STAGES[0]);
    for (size_t i = 0; i < sizeof STAGES / sizeof STAGES[0]; i++) {
        assert_string_equal(pol_plan_stage_name(plan, i), STAGES[i]);
    }
    assert_non_null(strstr(bytes_text(&text), "\"issued_at\": \"2026-11-22T10:00:00Z\""));
    assert_non_null(strstr(bytes_text(&text), "\"expires_at\": \"2027-02-20T10:00:00Z\""));
    pol_plan_free(plan);
    free(found);
    bytes_free(&text);
}

static void readme__open_key__warns_and_encrypted_one_does_not(void **state)
{
    (void)state;
    struct adm_starter sealed = STARTER;
    struct bytes open_text = bytes_with_limit(ADM_STARTER_BYTES);
    struct bytes sealed_text = bytes_with_limit(ADM_STARTER_BYTES);

    sealed.encrypted = true;
    assert_int_equal(adm_starter_readme(&STARTER, &open_text), ST_OK);
    assert_int_equal(adm_starter_readme(&sealed, &sealed_text), ST_OK);
    assert_non_null(strstr(bytes_text(&open_text), "is not encrypted"));
    assert_null(strstr(bytes_text(&sealed_text), "is not encrypted"));
    assert_non_null(strstr(bytes_text(&sealed_text), "--confirm mapihttp-2026"));
    bytes_free(&open_text);
    bytes_free(&sealed_text);
}

static void agent_script__lines__end_as_windows_wants_and_set_what_the_agent_reads(void **state)
{
    (void)state;
    static const char *const SETTINGS[] = {
        "/v ServerUrl /d https://mapi.example.com:8443", "/v Rollout /d mapihttp-2026",
        "/v CaFile /d \"%TO%\\ca.pem\"", "/v TrustFile /d \"%TO%\\trust.json\"",
        "/v EnrollSecretFile /d \"%TO%\\enroll.secret\""};
    struct bytes text = bytes_with_limit(ADM_STARTER_BYTES);

    assert_int_equal(adm_starter_agent_script(&STARTER, &text), ST_OK);
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++) {
        assert_non_null(strstr(bytes_text(&text), SETTINGS[i]));
    }
    for (const char *p = strchr(bytes_text(&text), '\n'); p != NULL; p = strchr(p + 1, '\n')) {
        assert_int_equal(p[-1], '\r');
    }
    bytes_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan__as_written__is_accepted_and_observes_first),
        cmocka_unit_test(readme__open_key__warns_and_encrypted_one_does_not),
        cmocka_unit_test(agent_script__lines__end_as_windows_wants_and_set_what_the_agent_reads),
    };
    return cmocka_run_group_tests_name("starter", tests, NULL, NULL);
}
