/* test_out_file.c - out_file.h: a long answer appears whole or not at all. */
#include "tests/cmocka_all.h"

#include "admin/out_file.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

static const char PATH[] = "test_out_file.out";

static int drop(void **state)
{
    (void)state;
    struct err ignored;
    enum status st = file_remove(PATH, &ignored);
    return st == ST_OK || st == ST_NOT_FOUND ? 0 : 1;
}

static bool count_ours(void *ctx, const char *name)
{
    size_t *count = ctx;
    *count += strncmp(name, PATH, strlen(PATH)) == 0 ? 1 : 0;
    return true;
}

static size_t files(void)
{
    size_t count = 0;
    struct err err;
    assert_int_equal(file_list(".", count_ours, &count, &err), ST_OK);
    return count;
}

static void check_content(const char *expected)
{
    struct bytes content = {0};
    struct err err;
    assert_int_equal(file_read(PATH, 1024, &content, &err), ST_OK);
    assert_string_equal(bytes_text(&content), expected);
    bytes_free(&content);
}

static void write_two_parts(struct adm_out_file *out, bool force)
{
    struct err err = {.st = ST_OK};
    assert_int_equal(adm_out_open(out, PATH, force, &err), ST_OK);
    assert_int_equal(adm_out_write(out, span_text("one\r\n"), &err), ST_OK);
    assert_int_equal(adm_out_write(out, span_text("two\r\n"), &err), ST_OK);
}

static void out_file__kept__has_all_of_it_byte_for_byte(void **state)
{
    (void)state;
    struct adm_out_file out;
    struct err err;
    write_two_parts(&out, false);
    assert_true(out.bytes == 10);
    assert_int_equal(adm_out_keep(&out, false, &err), ST_OK);
    adm_out_done(&out);
    check_content("one\r\ntwo\r\n");
    assert_int_equal(files(), 1);
}

static void out_file__given_up__leaves_nothing(void **state)
{
    (void)state;
    struct adm_out_file out;
    write_two_parts(&out, false);
    assert_int_equal(files(), 1);
    adm_out_done(&out);
    assert_int_equal(files(), 0);
}

static void out_file__there_already__is_refused_and_left_alone(void **state)
{
    (void)state;
    struct adm_out_file out;
    struct err err;
    assert_int_equal(file_create(PATH, span_text("before"), FILE_FOR_OWNER, &err), ST_OK);
    assert_int_equal(adm_out_open(&out, PATH, false, &err), ST_EXISTS);
    adm_out_done(&out);
    check_content("before");
    assert_int_equal(files(), 1);
}

static void out_file__made_by_somebody_meanwhile__is_left_alone(void **state)
{
    (void)state;
    struct adm_out_file out;
    struct err err;
    write_two_parts(&out, false);
    assert_int_equal(file_create(PATH, span_text("theirs"), FILE_FOR_OWNER, &err), ST_OK);
    assert_int_equal(adm_out_keep(&out, false, &err), ST_EXISTS);
    adm_out_done(&out);
    check_content("theirs");
    assert_int_equal(files(), 1);
}

static void out_file__forced__replaces_only_when_whole(void **state)
{
    (void)state;
    struct adm_out_file out;
    struct err err;
    assert_int_equal(file_create(PATH, span_text("before"), FILE_FOR_OWNER, &err), ST_OK);
    write_two_parts(&out, true);
    check_content("before");
    adm_out_done(&out);
    check_content("before");
    write_two_parts(&out, true);
    assert_int_equal(adm_out_keep(&out, true, &err), ST_OK);
    adm_out_done(&out);
    check_content("one\r\ntwo\r\n");
    assert_int_equal(files(), 1);
}

static void out_file__no_such_folder__is_told(void **state)
{
    (void)state;
    struct adm_out_file out;
    struct err err;
    assert_int_equal(adm_out_open(&out, "no/such/folder/x", false, &err), ST_NOT_FOUND);
    adm_out_done(&out);
}

static const char BUNDLE[] = "{\"payload\":\"eyJmb3JtYXQiOiJtYXBpLX";

static void out_file__of_the_same_kind__is_replaced(void **state)
{
    (void)state;
    struct err err;
    char other[sizeof BUNDLE + 1];
    (void)snprintf(other, sizeof other, "%s2", BUNDLE);
    assert_int_equal(adm_out_replace(PATH, span_text(BUNDLE), &err), ST_OK);
    assert_int_equal(adm_out_replace(PATH, span_text(other), &err), ST_OK);
    check_content(other);
    assert_int_equal(files(), 1);
}

static void out_file__of_another_kind__is_left_alone(void **state)
{
    (void)state;
    struct err err;
    static const char *const OTHERS[] = {"-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG",
                                         "{\"format\": \"mapi-rollout/plan/1\" and more",
                                         "{\"payload\":", "x"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_int_equal(file_write(PATH, span_text(OTHERS[i]), FILE_FOR_OWNER, &err), ST_OK);
        assert_int_equal(adm_out_replace(PATH, span_text(BUNDLE), &err), ST_EXISTS);
        check_content(OTHERS[i]);
    }
}

static void out_file__empty__is_replaced(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(file_create(PATH, span_text(""), FILE_FOR_OWNER, &err), ST_OK);
    assert_int_equal(adm_out_replace(PATH, span_text(BUNDLE), &err), ST_OK);
    check_content(BUNDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_file__kept__has_all_of_it_byte_for_byte, drop, drop),
        cmocka_unit_test_setup_teardown(out_file__given_up__leaves_nothing, drop, drop),
        cmocka_unit_test_setup_teardown(out_file__there_already__is_refused_and_left_alone, drop,
                                        drop),
        cmocka_unit_test_setup_teardown(out_file__made_by_somebody_meanwhile__is_left_alone, drop,
                                        drop),
        cmocka_unit_test_setup_teardown(out_file__forced__replaces_only_when_whole, drop, drop),
        cmocka_unit_test(out_file__no_such_folder__is_told),
        cmocka_unit_test_setup_teardown(out_file__of_the_same_kind__is_replaced, drop, drop),
        cmocka_unit_test_setup_teardown(out_file__of_another_kind__is_left_alone, drop, drop),
        cmocka_unit_test_setup_teardown(out_file__empty__is_replaced, drop, drop),
    };
    return cmocka_run_group_tests_name("out_file", tests, NULL, NULL);
}
