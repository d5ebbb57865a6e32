/* test_options_file.c - srv_options_add(): a file says what the command line does not. */
#include "tests/cmocka_all.h"

#include "server/options.h"

#include <string.h>

enum { ARGUMENTS_MAX = 16, TEXT_BYTES = 1024 };

static struct srv_options options;
static struct bytes text;
static char usage[SRV_USAGE_BYTES];

/* The command line, separated by blanks, and the file. */
static bool read_both(const char *line, const char *file, size_t size)
{
    static char words[TEXT_BYTES];
    char *argv[ARGUMENTS_MAX] = {0};
    int argc = 0;
    assert_true(strlen(line) < sizeof words);
    memcpy(words, line, strlen(line) + 1);
    argv[argc++] = words;
    for (char *p = words; *p != '\0' && argc < ARGUMENTS_MAX; p++) {
        if (*p == ' ') {
            *p = '\0';
            argv[argc++] = p + 1;
        }
    }
    usage[0] = '\0';
    assert_true(srv_options_read(argc, argv, &options, usage));
    bytes_free(&text);
    text = bytes_with_limit(TEXT_BYTES);
    assert_int_equal(bytes_append(&text, file, size), ST_OK);
    return srv_options_add(&options, &text, usage);
}

static bool both(const char *line, const char *file)
{
    return read_both(line, file, strlen(file));
}

static int clean(void **state)
{
    (void)state;
    bytes_free(&text);
    return 0;
}

static void options_file__lines__are_settings(void **state)
{
    (void)state;
    assert_true(both("x --config f",
                     "# the server\n\n data = d d \r\nlisten=a:1\n\tadmin-listen =\tb:2\n"
                     "  # more\ntrust = t=#1\n"));
    assert_string_equal(options.flags[SRV_FLAG_DATA], "d d");
    assert_string_equal(options.flags[SRV_FLAG_LISTEN], "a:1");
    assert_string_equal(options.flags[SRV_FLAG_ADMIN_LISTEN], "b:2");
    assert_string_equal(options.flags[SRV_FLAG_TRUST], "t=#1");
    assert_null(options.flags[SRV_FLAG_TLS_CERT]);
}

static void options_file__command_line__counts_first(void **state)
{
    (void)state;
    assert_true(both("x --config f --listen c:3 --data e",
                     "data = d\nlisten = a:1\nadmin-listen = b:2\ntrust = t"));
    assert_string_equal(options.flags[SRV_FLAG_DATA], "e");
    assert_string_equal(options.flags[SRV_FLAG_LISTEN], "c:3");
    assert_string_equal(options.flags[SRV_FLAG_ADMIN_LISTEN], "b:2");
}

static void options_file__other_commands__take_what_they_know(void **state)
{
    (void)state;
    assert_true(both("x token list --config f", "data = d\nlisten = a:1\n"));
    assert_string_equal(options.flags[SRV_FLAG_DATA], "d");
    assert_null(options.flags[SRV_FLAG_LISTEN]);
    assert_false(both("x token add --config f --role viewer", "data = d\n"));
    assert_string_equal(usage, "--name is missing: see --help");
}

static void options_file__mistakes__are_told_with_their_line(void **state)
{
    static const struct {
        const char *file;
        const char *said;
    } WRONG[] = {
        {"data = d\nlisten a:1\n", "f, line 2: is no \"key = value\""},
        {"data = d\n\n#\nlistne = a:1\n", "f, line 4: has a key that is no setting of the server"},
        {"--data = d\n", "f, line 1: has a key that is no setting of the server"},
        {"reason = r\n", "f, line 1: has a key that is no setting of the server"},
        {"config = g\n", "f, line 1: has a key that is no setting of the server"},
        {"= d\n", "f, line 1: has a key that is no setting of the server"},
        {"data =   \n", "f, line 1: has no value"},
        {"data = d\ndata = d\n", "f, line 2: says again what was said"},
        {"data = d", "--listen is missing: see --help"},
        {"", "--data is missing: see --help"},
        {"data = d\nlisten = a\nadmin-listen = b\ntrust = t\ntls-cert = c\n",
         "--tls-cert and --tls-key go together"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_false(both("x --config f", WRONG[i].file));
        assert_string_equal(usage, WRONG[i].said);
    }
    assert_false(read_both("x --config f", "data = d\0\nlisten = a", 20));
    assert_string_equal(usage, "f, line 0: has a zero byte in it or behind it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(options_file__lines__are_settings, clean),
        cmocka_unit_test_teardown(options_file__command_line__counts_first, clean),
        cmocka_unit_test_teardown(options_file__other_commands__take_what_they_know, clean),
        cmocka_unit_test_teardown(options_file__mistakes__are_told_with_their_line, clean),
    };
    return cmocka_run_group_tests_name("options_file", tests, NULL, NULL);
}
