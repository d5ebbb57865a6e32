/* test_err.c - err.h: what is said once, and how it is printed. */
#include "tests/cmocka_all.h"

#include "base/err.h"
#include "tests/unit/base/scratch.h"

#include <string.h>

static void err_set__with_a_failure__fills_everything_and_forgets_the_refusal(void **state)
{
    (void)state;
    struct err err;
    (void)err_refuse(&err, "expired", "/expires_at", "it has expired");
    assert_int_equal(err_set(&err, ST_DENIED, 5, "write value for %s", "S-1-5-21"), ST_DENIED);
    assert_int_equal(err.st, ST_DENIED);
    assert_null(err.code);
    assert_int_equal(err.os_code, 5);
    assert_string_equal(err.pointer, "");
    assert_string_equal(err.text, "write value for S-1-5-21");
}

static void err_refuse__with_a_code__fills_everything(void **state)
{
    (void)state;
    struct err err = {.os_code = 7};
    assert_int_equal(err_refuse(&err, "not_yet", "/not_before", "in %d s", 5), ST_REFUSED);
    assert_int_equal(err.st, ST_REFUSED);
    assert_string_equal(err.code, "not_yet");
    assert_int_equal(err.os_code, 0);
    assert_string_equal(err.pointer, "/not_before");
    assert_string_equal(err.text, "in 5 s");
    (void)err_refuse(&err, "not_yet", NULL, "soon");
    assert_string_equal(err.pointer, "");
}

static void err__that_nobody_wants__lets_only_the_status_travel(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ST_IO, 1, "x"), ST_IO);
    assert_int_equal(err_refuse(NULL, "expired", "", "x"), ST_REFUSED);
}

static void err__with_more_than_fits__is_cut(void **state)
{
    (void)state;
    struct err err;
    char pointer[2 * ERR_POINTER_BYTES];
    memset(pointer, 'p', sizeof pointer - 1);
    pointer[sizeof pointer - 1] = '\0';
    (void)err_refuse(&err, "too_large", pointer, "%s%s%s", pointer, pointer, pointer);
    assert_int_equal(strlen(err.pointer), ERR_POINTER_BYTES - 1);
    assert_int_equal(strlen(err.text), ERR_TEXT_BYTES - 1);
}

static void err__with_more_than_fits__is_cut_between_characters(void **state)
{
    (void)state;
    static const char *const CHARACTERS[] = {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t c = 0; c < 4; c++) {
        for (size_t before = 0; before < 4; before++) {
            char text[2 * ERR_TEXT_BYTES] = "xxxx";
            struct err err;
            text[before] = '\0';
            while (strlen(text) + strlen(CHARACTERS[c]) < sizeof text) {
                strcat(text, CHARACTERS[c]);
            }
            (void)err_set(&err, ST_IO, 0, "%s", text);
            size_t size = strlen(err.text);
            assert_true(size + strlen(CHARACTERS[c]) >= ERR_TEXT_BYTES);
            assert_int_equal((size - before) % strlen(CHARACTERS[c]), 0);
        }
    }
}

static void assert_prints(const struct err *err, const char *expected)
{
    scratch_stderr_to("stderr");
    err_print("mapi-rollout", err);
    scratch_stderr_back();
    struct bytes printed = scratch_content("stderr");
    assert_string_equal(bytes_text(&printed), expected);
    bytes_free(&printed);
}

static void err_print__of_a_refusal__names_code_pointer_and_sentence(void **state)
{
    (void)state;
    struct err err;
    (void)err_refuse(&err, "unknown_field", "/stages/2/gate/soak", "did you mean \"soak_s\"?");
    assert_prints(&err,
                  "mapi-rollout: unknown_field at /stages/2/gate/soak: did you mean \"soak_s\"?\n");
    (void)err_refuse(&err, "key_unknown", "", "no trusted key signed this");
    assert_prints(&err, "mapi-rollout: key_unknown: no trusted key signed this\n");
}

static void err_print__of_a_failure__names_the_status(void **state)
{
    (void)state;
    struct err err;
    (void)err_set(&err, ST_NOT_FOUND, 2, "there is no plan.json");
    assert_prints(&err, "mapi-rollout: not_found: there is no plan.json\n");
}

static void err_print__of_hostile_text__stays_one_harmless_line(void **state)
{
    (void)state;
    struct err err;
    (void)err_refuse(&err, "unknown_field", "/a\nb",
                     "\x1b[2J\rK\xc3\xb6ln\x7f\xc2\x9b"
                     "1m");
    assert_prints(&err, "mapi-rollout: unknown_field at /a\\x0ab: "
                        "\\x1b[2J\\x0dK\xc3\xb6ln\\x7f\\u009b"
                        "1m\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_set__with_a_failure__fills_everything_and_forgets_the_refusal),
        cmocka_unit_test(err_refuse__with_a_code__fills_everything),
        cmocka_unit_test(err__that_nobody_wants__lets_only_the_status_travel),
        cmocka_unit_test(err__with_more_than_fits__is_cut),
        cmocka_unit_test(err__with_more_than_fits__is_cut_between_characters),
        cmocka_unit_test_setup_teardown(err_print__of_a_refusal__names_code_pointer_and_sentence,
                                        scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(err_print__of_a_failure__names_the_status, scratch_make,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(err_print__of_hostile_text__stays_one_harmless_line,
                                        scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
