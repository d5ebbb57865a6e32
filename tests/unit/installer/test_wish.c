#include "installer/msi/wish.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static struct err err;

static struct ag_config fresh_machine(void)
{
    struct ag_config config = ag_config_defaults();
    assert_int_equal(
        ag_config_put(&config, AG_SET_DATA_DIR, "DataDir", "C:\\ProgramData\\MapiRollout", &err),
        ST_OK);
    return config;
}

static void put(struct ins_wish *wish, enum ins_property property, const char *text)
{
    assert_int_equal(ins_wish_put(wish, property, text, &err), ST_OK);
}

/* What is said of one property beside a trust file. */
static const char *code_of(enum ins_property property, const char *text)
{
    struct ins_wish wish = {{NULL}};
    struct ag_config config = fresh_machine();
    put(&wish, INS_TRUSTFILE, "C:\\trust.json");
    put(&wish, property, text);
    err = (struct err){.st = ST_OK};
    enum status st = ins_wish_check(&wish, &config, &err);
    ins_wish_done(&wish);
    ag_config_done(&config);
    return st == ST_OK ? "" : err.code;
}

/* Each is short enough; as one text they would not be. */
static const char *two_long_tags(void)
{
    static char text[402];
    memset(text, 'x', sizeof text - 1);
    text[200] = ';';
    return text;
}

static void check__what_the_agent_takes__is_taken(void **state)
{
    (void)state;
    assert_string_equal(code_of(INS_SERVERURL, "https://localhost:8443"), "");
    assert_string_equal(code_of(INS_PROXY, "auto"), "");
    assert_string_equal(code_of(INS_TAGS, "hq; Floor 2 ;;"), "");
    assert_string_equal(code_of(INS_ROLLOUT, "mapihttp-2026"), "");
    assert_string_equal(code_of(INS_TAGS, two_long_tags()), "");
    assert_string_equal(code_of(INS_NOSTART, "1"), "");
    assert_string_equal(code_of(INS_NOSTART, "0"), "");
    assert_string_equal(code_of(INS_ONUNINSTALL, "restore"), "");
    assert_string_equal(code_of(INS_ONUNINSTALL, "allow"), "");
    assert_string_equal(code_of(INS_ONUNINSTALL, "leave"), "");
}

static void check__what_the_agent_refuses__has_its_code(void **state)
{
    char long_tag[300];
    (void)state;
    memset(long_tag, 'x', sizeof long_tag - 1);
    long_tag[sizeof long_tag - 1] = '\0';
    assert_string_equal(code_of(INS_SERVERURL, "http://localhost"), "bad_url");
    assert_string_equal(code_of(INS_PROXY, "socks://localhost"), "bad_url");
    assert_string_equal(code_of(INS_TAGS, long_tag), "out_of_range");
    assert_string_equal(code_of(INS_ROLLOUT, "Two Words"), "out_of_range");
    assert_string_equal(code_of(INS_NOSTART, "yes"), "out_of_range");
    assert_string_equal(code_of(INS_ONUNINSTALL, "Restore"), "out_of_range");
    assert_non_null(strstr(err.text, "restore, allow or leave"));
}

static void check__no_trust_file__is_missing_once_only(void **state)
{
    struct ins_wish wish = {{NULL}};
    struct ag_config config = fresh_machine();
    (void)state;
    assert_int_equal(ins_wish_check(&wish, &config, &err), ST_REFUSED);
    assert_string_equal(err.code, "missing_field");
    assert_string_equal(err.pointer, "TRUSTFILE");
    assert_int_equal(ag_config_put(&config, AG_SET_TRUST_FILE, "TrustFile", "C:\\t.json", &err),
                     ST_OK);
    assert_int_equal(ins_wish_check(&wish, &config, &err), ST_OK);
    ag_config_done(&config);
}

static void put__what_no_line_may_hold__is_refused(void **state)
{
    struct ins_wish wish = {{NULL}};
    char long_text[2100];
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_int_equal(ins_wish_put(&wish, INS_TAGS, "one\nSERVERURL=https://evil", &err),
                     ST_REFUSED);
    assert_string_equal(err.pointer, "TAGS");
    assert_int_equal(ins_wish_put(&wish, INS_SERVERURL, long_text, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_null(wish.values[INS_TAGS]);
    put(&wish, INS_TAGS, "");
    assert_null(wish.values[INS_TAGS]);
}

static void dash__where_something_may_go__takes_it_away(void **state)
{
    struct ins_wish wish = {{NULL}};
    (void)state;
    put(&wish, INS_PROXY, "-");
    put(&wish, INS_TRUSTFILE, "-");
    assert_true(ins_wish_takes_away(&wish, INS_PROXY));
    assert_false(ins_wish_is_given(&wish, INS_PROXY));
    assert_false(ins_wish_takes_away(&wish, INS_TRUSTFILE));
    assert_true(ins_wish_is_given(&wish, INS_TRUSTFILE));
    assert_false(ins_wish_is_given(&wish, INS_TAGS));
    ins_wish_done(&wish);
}

static void next_tag__blanks_and_empty_ones__are_left_out(void **state)
{
    struct ins_wish wish = {{NULL}};
    const char *at = NULL;
    char tag[16];
    (void)state;
    assert_false(ins_wish_next_tag(&wish, &at, tag, sizeof tag));
    put(&wish, INS_TAGS, " ;hq ;; Floor 2; a-very-long-tag-indeed;");
    assert_true(ins_wish_next_tag(&wish, &at, tag, sizeof tag));
    assert_string_equal(tag, "hq");
    assert_true(ins_wish_next_tag(&wish, &at, tag, sizeof tag));
    assert_string_equal(tag, "Floor 2");
    assert_true(ins_wish_next_tag(&wish, &at, tag, sizeof tag));
    assert_string_equal(tag, "a-very-long-tag");
    assert_false(ins_wish_next_tag(&wish, &at, tag, sizeof tag));
    ins_wish_done(&wish);
}

static void lines__written_and_read__are_the_same_wish(void **state)
{
    struct ins_wish wish = {{NULL}};
    struct ins_wish back = {{NULL}};
    struct bytes lines = bytes_with_limit(INS_WISH_BYTES);
    (void)state;
    for (int i = 0; i < INS_PROPERTY_COUNT; i += 2) {
        put(&wish, (enum ins_property)i, i == 0 ? "https://a=b" : "-");
    }
    assert_int_equal(ins_wish_write(&wish, &lines), ST_OK);
    assert_int_equal(ins_wish_read(bytes_text(&lines), &back, &err), ST_OK);
    for (int i = 0; i < INS_PROPERTY_COUNT; i++) {
        assert_true((wish.values[i] == NULL) == (back.values[i] == NULL));
        assert_true(wish.values[i] == NULL || strcmp(wish.values[i], back.values[i]) == 0);
    }
    ins_wish_done(&wish);
    ins_wish_done(&back);
    bytes_free(&lines);
}

static void lines__of_somebody_else__are_refused(void **state)
{
    static const char *const BAD[] = {"DATADIR=C:\\\n",       "SERVERURL", "SERVERURL\n", "=x\n",
                                      "TAGS=a\nNOSTARTX=1\n", "\n"};
    struct ins_wish wish = {{NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(ins_wish_read(BAD[i], &wish, &err), ST_REFUSED);
        assert_string_equal(err.code, "unknown_field");
        assert_null(wish.values[INS_TAGS]);
    }
    char *lines = calloc(1, INS_WISH_BYTES + 2);
    assert_non_null(lines);
    memset(lines, '\n', INS_WISH_BYTES + 1);
    assert_int_equal(ins_wish_read(lines, &wish, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    free(lines);
    assert_int_equal(ins_wish_read("", &wish, &err), ST_OK);
}

static void check_leaving__nothing_but_its_word__matters(void **state)
{
    struct ins_wish wish = {{NULL}};
    (void)state;
    put(&wish, INS_SERVERURL, "nonsense");
    assert_int_equal(ins_wish_check_leaving(&wish, &err), ST_OK);
    put(&wish, INS_ONUNINSTALL, "nothing");
    assert_int_equal(ins_wish_check_leaving(&wish, &err), ST_REFUSED);
    ins_wish_done(&wish);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__what_the_agent_takes__is_taken),
        cmocka_unit_test(check__what_the_agent_refuses__has_its_code),
        cmocka_unit_test(check__no_trust_file__is_missing_once_only),
        cmocka_unit_test(put__what_no_line_may_hold__is_refused),
        cmocka_unit_test(dash__where_something_may_go__takes_it_away),
        cmocka_unit_test(next_tag__blanks_and_empty_ones__are_left_out),
        cmocka_unit_test(lines__written_and_read__are_the_same_wish),
        cmocka_unit_test(lines__of_somebody_else__are_refused),
        cmocka_unit_test(check_leaving__nothing_but_its_word__matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
