/* test_options.c - srv_options_read(): what is meant is taken, everything else gets a sentence. */
#include "tests/cmocka_all.h"

#include "server/options.h"

#include <string.h>

enum { ARGUMENTS_MAX = 16, SCREEN_LINES = 24 };

static struct srv_options options;
static char usage[SRV_USAGE_BYTES];

/* The arguments, separated by blanks. */
static bool parse(const char *line)
{
    static char text[512];
    char *argv[ARGUMENTS_MAX] = {0};
    int argc = 0;
    assert_true(strlen(line) < sizeof text);
    memcpy(text, line, strlen(line) + 1);
    argv[argc++] = text;
    for (char *p = text; *p != '\0' && argc < ARGUMENTS_MAX; p++) {
        if (*p == ' ') {
            *p = '\0';
            argv[argc++] = p + 1;
        }
    }
    usage[0] = '\0';
    return srv_options_read(argc, argv, &options, usage);
}

static void options__serving__takes_all_four(void **state)
{
    (void)state;
    assert_true(parse("x --data d --listen a:1 --admin-listen b:2 --trust t"));
    assert_int_equal(options.command, SRV_COMMAND_SERVE);
    assert_string_equal(options.flags[SRV_FLAG_ADMIN_LISTEN], "b:2");
    assert_null(options.flags[SRV_FLAG_TLS_CERT]);
}

static void options__commands__are_found_by_their_words(void **state)
{
    (void)state;
    assert_true(parse("x token add --data d --role viewer --name n"));
    assert_int_equal(options.command, SRV_COMMAND_TOKEN_ADD);
    assert_true(parse("x enroll-secret list --data d --json"));
    assert_int_equal(options.command, SRV_COMMAND_SECRET_LIST);
    assert_true(options.json);
    assert_true(parse("x enroll-secret add --data d --uses 3 --expires-days 7"));
    assert_string_equal(options.flags[SRV_FLAG_USES], "3");
    assert_string_equal(options.flags[SRV_FLAG_EXPIRES_DAYS], "7");
    assert_true(parse("x device list --data d --name PC --stale-days 90"));
    assert_string_equal(options.flags[SRV_FLAG_STALE_DAYS], "90");
    assert_true(parse("x backup f --data d"));
    assert_string_equal(options.file, "f");
}

static void options__numbers__are_whole_and_within_their_bounds(void **state)
{
    static const char *const BAD[] = {NULL,  "",    " 1", "1 ", "+1",  "-1",
                                      "0x1", "1.5", "0",  "11", "1e1", "99999999999999999999",
                                      "x"};
    int64_t number = 5;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(srv_option_number(BAD[i], 1, 10, &number));
        assert_int_equal(number, 5);
    }
    assert_true(srv_option_number("1", 1, 10, &number));
    assert_int_equal(number, 1);
    assert_true(srv_option_number("0010", 1, 10, &number));
    assert_int_equal(number, 10);
}

static void options__wrong_usage__says_what_to_do(void **state)
{
    static const char *const WRONG[] = {
        "x",
        "x --data d",
        "x --data",
        "x --data d --data d --listen a --admin-listen b --trust t",
        "x --data d --listen a --admin-listen b --trust t --tls-cert c",
        "x --reason r",
        "x token",
        "x token frobnicate",
        "x frobnicate",
        "x token add --data d --role viewer",
        "x token add --data d --role viewer --name n --json",
        "x backup --data d",
        "x backup a b --data d",
        "x safe --data d",
        "x token list --version",
        "x token add --data d --role viewer --name n --uses 3",
        "x enroll-secret revoke --data d --name n --uses 3",
        "x enroll-secret add --data d --uses",
        "x token list --data d --trusted-proxy 10.0.0.1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_false(parse(WRONG[i]));
        assert_true(strlen(usage) > 0);
        assert_null(strchr(usage, '\n'));
    }
}

static void options__first_word_alone__is_told_the_second(void **state)
{
    (void)state;
    assert_false(parse("x device"));
    assert_string_equal(usage, "device takes list|retire: see --help");
    assert_true(parse("x device --help"));
    assert_true(options.help);
    assert_true(parse("x device -h"));
    assert_true(options.help);
    assert_true(parse("x -h"));
    assert_true(options.help);
    assert_true(parse("x backup -h"));
    assert_true(options.help);
    assert_true(parse("x help"));
    assert_true(options.help);
}

static void options__help__fits_a_screen_and_has_an_example(void **state)
{
    (void)state;
    for (int i = 0; i < SRV_COMMAND_COUNT; i++) {
        struct srv_options o = {.command = (enum srv_command)i};
        const char *help = srv_options_help(&o);
        int lines = 0;
        for (const char *p = help; *p != '\0'; p++) {
            lines += *p == '\n' ? 1 : 0;
        }
        assert_true(lines <= SCREEN_LINES);
        assert_non_null(strstr(help, "Example: mapi-rollout-server"));
    }
    assert_true(parse("x --help"));
    assert_true(options.help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__serving__takes_all_four),
        cmocka_unit_test(options__commands__are_found_by_their_words),
        cmocka_unit_test(options__numbers__are_whole_and_within_their_bounds),
        cmocka_unit_test(options__wrong_usage__says_what_to_do),
        cmocka_unit_test(options__first_word_alone__is_told_the_second),
        cmocka_unit_test(options__help__fits_a_screen_and_has_an_example),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
