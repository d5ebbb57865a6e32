/* test_options.c - adm_options_read(): what is taken, and what each mistake is told. */
#include "tests/cmocka_all.h"

#include "admin/options.h"

#include <string.h>

struct parsed {
    bool json;
    const char *out;
    struct adm_list keys;
    const char *plan;
    struct err err;
};

static enum status parse(struct parsed *p, int argc, const char *const *words)
{
    char *argv[8];
    *p = (struct parsed){.json = false};
    for (int i = 0; i < argc; i++) {
        argv[i] = (char *)(uintptr_t)words[i];
    }
    const struct adm_option options[] = {
        {.name = "--json", .flag = &p->json},
        {.name = "--out", .value = "FILE", .needed = true, .text = &p->out},
        {.name = "--key", .value = "FILE.pem", .list = &p->keys},
    };
    const struct adm_syntax syntax = {
        .command = "sign", .options = options, .option_count = 3, .operands = {"PLAN.json"}};
    return adm_options_read(&syntax, argc, argv, &p->plan, &p->err);
}

#define PARSE(p, ...)                                                                              \
    parse(p, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                  \
          (const char *[]){__VA_ARGS__})

static void options__every_kind__is_read(void **state)
{
    (void)state;
    struct parsed p;
    assert_int_equal(
        PARSE(&p, "--key", "a.pem", "plan.json", "--key=b.pem", "--json", "--out", "o"), ST_OK);
    assert_string_equal(p.plan, "plan.json");
    assert_string_equal(p.out, "o");
    assert_int_equal(p.keys.count, 2);
    assert_string_equal(p.keys.items[0], "a.pem");
    assert_string_equal(p.keys.items[1], "b.pem");
    assert_true(p.json);
}

static void options__double_dash__ends_them(void **state)
{
    (void)state;
    struct parsed p;
    assert_int_equal(PARSE(&p, "--out", "o", "--", "--json"), ST_OK);
    assert_string_equal(p.plan, "--json");
    assert_false(p.json);
}

static void refused(enum status st, const struct parsed *p, const char *sentence)
{
    assert_int_equal(st, ST_REFUSED);
    assert_true(adm_is_usage(&p->err));
    assert_string_equal(p->err.text, sentence);
}

static void options__mistakes__say_what_to_do_instead(void **state)
{
    (void)state;
    struct parsed p;
    refused(PARSE(&p, "--out", "o"), &p, "sign needs PLAN.json: see 'mapi-rollout sign --help'");
    refused(PARSE(&p, "x"), &p, "sign needs --out FILE: see 'mapi-rollout sign --help'");
    refused(PARSE(&p, "x", "--out"), &p, "--out needs a value: --out FILE");
    refused(PARSE(&p, "x", "--out", "a", "--out", "b"), &p, "--out is given twice: give it once");
    refused(PARSE(&p, "x", "--json=yes"), &p, "--json takes no value: leave out the \"=\"");
    refused(PARSE(&p, "x", "y"), &p, "sign does not take \"y\": see 'mapi-rollout sign --help'");
}

static void options__unknown_one__does_not_repeat_its_value(void **state)
{
    (void)state;
    struct parsed p;
    refused(PARSE(&p, "x", "--passphrase=hidden"), &p,
            "sign has no option --passphrase: see 'mapi-rollout sign --help'");
}

static void options__longer_name__is_another_option(void **state)
{
    (void)state;
    struct parsed p;
    assert_int_equal(PARSE(&p, "x", "--outer", "o"), ST_REFUSED);
    assert_null(p.out);
}

static void options__seventeenth_key__is_refused(void **state)
{
    (void)state;
    struct parsed p;
    struct adm_list keys = {.count = 0};
    char *argv[2 * ADM_LIST_MOST + 2];
    char name[] = "--key";
    char value[] = "k";
    for (size_t i = 0; i < ADM_LIST_MOST + 1; i++) {
        argv[2 * i] = name;
        argv[2 * i + 1] = value;
    }
    const struct adm_option options[] = {{.name = "--key", .value = "FILE", .list = &keys}};
    const struct adm_syntax syntax = {.command = "x", .options = options, .option_count = 1};
    assert_int_equal(adm_options_read(&syntax, 2 * ADM_LIST_MOST, argv, NULL, &p.err), ST_OK);
    keys.count = 0;
    assert_int_equal(adm_options_read(&syntax, 2 * ADM_LIST_MOST + 2, argv, NULL, &p.err),
                     ST_REFUSED);
}

struct watched {
    bool on;
    const char *every;
    const char *one;
    struct err err;
};

static enum status parse_watched(struct watched *w, int argc, const char *const *words)
{
    char *argv[8] = {NULL};
    *w = (struct watched){.on = false};
    for (int i = 0; i < argc; i++) {
        argv[i] = (char *)(uintptr_t)words[i];
    }
    const struct adm_option options[] = {
        {.name = "--watch", .value = "SECONDS", .flag = &w->on, .text = &w->every}};
    const struct adm_syntax syntax = {
        .command = "devices", .options = options, .option_count = 1, .operands = {"[ID]"}};
    return adm_options_read(&syntax, argc, argv, &w->one, &w->err);
}

#define WATCHED(w, ...)                                                                            \
    parse_watched(w, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),          \
                  (const char *[]){__VA_ARGS__})

static void options__value_that_may_be_left_out__is_a_number(void **state)
{
    (void)state;
    struct watched w;
    assert_int_equal(WATCHED(&w, "--watch"), ST_OK);
    assert_true(w.on);
    assert_null(w.every);
    assert_int_equal(WATCHED(&w, "--watch", "10"), ST_OK);
    assert_string_equal(w.every, "10");
    assert_null(w.one);
    assert_int_equal(WATCHED(&w, "--watch", "PC-1"), ST_OK);
    assert_null(w.every);
    assert_string_equal(w.one, "PC-1");
    assert_int_equal(WATCHED(&w, "PC-1", "--watch=x"), ST_OK);
    assert_string_equal(w.every, "x"); /* whoever takes it says what is wrong with it */
    assert_int_equal(WATCHED(&w, "--watch="), ST_REFUSED);
    assert_int_equal(WATCHED(&w, "--watch", "1", "--watch", "2"), ST_REFUSED);
}

static void options__operand_in_brackets__may_be_left_out(void **state)
{
    (void)state;
    struct watched w;
    assert_int_equal(parse_watched(&w, 0, NULL), ST_OK);
    assert_null(w.one);
    assert_int_equal(WATCHED(&w, "PC-1"), ST_OK);
    assert_string_equal(w.one, "PC-1");
    assert_int_equal(WATCHED(&w, "PC-1", "PC-2"), ST_REFUSED);
}

static void number__bounds__are_inclusive(void **state)
{
    (void)state;
    struct err err;
    int64_t n = 7;
    assert_int_equal(adm_option_number("--n", "1", 1, 4294967295, &n, &err), ST_OK);
    assert_int_equal(n, 1);
    assert_int_equal(adm_option_number("--n", "4294967295", 1, 4294967295, &n, &err), ST_OK);
    assert_true(n == 4294967295);
    static const char *const BAD[] = {"", "0", "-1", "+1", "1x", " 1", "4294967296", "99999999999"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_int_equal(adm_option_number("--n", BAD[i], 1, 4294967295, &n, &err), ST_REFUSED);
    }
    assert_true(n == 4294967295);
}

static void name__alphabet_and_length__are_the_documents(void **state)
{
    (void)state;
    struct err err;
    char longest[66];
    memset(longest, 'a', sizeof longest);
    longest[64] = '\0';
    assert_int_equal(adm_option_name("--rollout", "mapihttp-2026", &err), ST_OK);
    assert_int_equal(adm_option_name("--rollout", longest, &err), ST_OK);
    longest[64] = 'a';
    longest[65] = '\0';
    assert_int_equal(adm_option_name("--rollout", longest, &err), ST_REFUSED);
    assert_int_equal(adm_option_name("--rollout", "", &err), ST_REFUSED);
    assert_int_equal(adm_option_name("--rollout", "Upper", &err), ST_REFUSED);
    assert_int_equal(adm_option_name("--rollout", "a b", &err), ST_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__every_kind__is_read),
        cmocka_unit_test(options__double_dash__ends_them),
        cmocka_unit_test(options__mistakes__say_what_to_do_instead),
        cmocka_unit_test(options__unknown_one__does_not_repeat_its_value),
        cmocka_unit_test(options__longer_name__is_another_option),
        cmocka_unit_test(options__seventeenth_key__is_refused),
        cmocka_unit_test(options__value_that_may_be_left_out__is_a_number),
        cmocka_unit_test(options__operand_in_brackets__may_be_left_out),
        cmocka_unit_test(number__bounds__are_inclusive),
        cmocka_unit_test(name__alphabet_and_length__are_the_documents),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
