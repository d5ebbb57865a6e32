/* test_settings.c - settings.h: good ones take over, bad ones change nothing. */
#include "tests/cmocka_all.h"

#include "agent/outlook_none.h"
#include "agent/settings.h"

#include <stdio.h>
#include <string.h>

/* What the registry holds, as flags parted by blanks. */
static const char *stored;
static struct ag_settings settings;
static struct err err;
static char said[4096];

static void hear(void *ctx, enum log_level level, const char *message)
{
    (void)ctx;
    (void)level;
    (void)snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", message);
}

static enum status read(void *ctx, struct ag_config *out, struct err *err_out)
{
    char text[512];
    char *arguments[16];
    int count = 0;
    (void)ctx;
    *out = ag_config_defaults();
    (void)snprintf(text, sizeof text, "%s", stored);
    for (char *word = strtok(text, " "); word != NULL && count < 16; word = strtok(NULL, " ")) {
        arguments[count++] = word;
    }
    return ag_config_read_flags(out, count, arguments, err_out);
}

#define GOOD "--data-dir d --trust-file t"

static int start(void **state)
{
    const struct log_sink sink = {.take = hear};
    (void)state;
    log_open_sink(&sink);
    said[0] = '\0';
    stored = GOOD;
    settings = (struct ag_settings){.read = read};
    return ag_settings_open(&settings, &err) == ST_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    ag_settings_done(&settings);
    log_close();
    return 0;
}

static void open__of_bad_ones__fails_with_their_words(void **state)
{
    struct ag_settings other = {.read = read};
    (void)state;
    stored = GOOD " --pause soon";
    assert_int_equal(ag_settings_open(&other, &err), ST_REFUSED);
    assert_non_null(strstr(err.text, "soon"));
    stored = "--data-dir d";
    assert_int_equal(ag_settings_open(&other, &err), ST_REFUSED);
    assert_string_equal(err.code, "missing_field");
    ag_settings_done(&other);
}

static void look__at_the_same__does_nothing(void **state)
{
    (void)state;
    assert_false(ag_settings_look(&settings));
    ag_settings_take(&settings);
    assert_string_equal(said, "");
    assert_string_equal(settings.config.data_dir, "d");
}

static void look__at_others__takes_them_and_names_what_changed(void **state)
{
    (void)state;
    stored = GOOD " --tags a --server-url https://s:1";
    assert_true(ag_settings_look(&settings));
    assert_null(settings.config.server_url); /* not before the loop has ended */
    ag_settings_take(&settings);
    assert_string_equal(settings.config.server_url, "https://s:1");
    assert_string_equal(said, "event=settings_changed settings=ServerUrl,Tags\n");
    ag_settings_keep(&settings);
    assert_false(ag_settings_look(&settings));
}

static void look__at_bad_ones__keeps_the_old_and_says_so_once(void **state)
{
    (void)state;
    stored = GOOD " --observe all";
    assert_false(ag_settings_look(&settings));
    assert_false(ag_settings_look(&settings));
    assert_string_equal(said,
                        "event=settings_refused code=out_of_range pointer=--observe os_code=0 "
                        "reason=\"--observe is 'all'; it must be none, process, profile or "
                        "full\"\n");
    said[0] = '\0';
    stored = GOOD " --server-url http://s";
    assert_false(ag_settings_look(&settings));
    assert_non_null(strstr(said, "event=settings_refused code=bad_url"));
    said[0] = '\0';
    stored = GOOD;
    assert_false(ag_settings_look(&settings));
    assert_string_equal(said, "event=settings_well\n");
    stored = GOOD " --observe all";
    assert_false(ag_settings_look(&settings));
    assert_non_null(strstr(said, "event=settings_refused"));
}

static void go_back__from_what_cannot_be_worked_with__does_not_try_it_again(void **state)
{
    struct err why;
    (void)state;
    stored = GOOD " --ca-file gone.pem";
    assert_true(ag_settings_look(&settings));
    ag_settings_take(&settings);
    said[0] = '\0';
    (void)err_set(&why, ST_NOT_FOUND, 2, "cannot open gone.pem");
    assert_true(ag_settings_go_back(&settings, &why));
    assert_null(settings.config.ca_file);
    assert_non_null(strstr(said, "event=settings_refused code=not_found os_code=2"));
    said[0] = '\0';
    assert_false(ag_settings_look(&settings));
    assert_string_equal(said, "");
    assert_false(ag_settings_go_back(&settings, &why)); /* once */
    stored = GOOD " --ca-file there.pem";
    assert_true(ag_settings_look(&settings));
    ag_settings_take(&settings);
    ag_settings_keep(&settings);
    assert_string_equal(settings.config.ca_file, "there.pem");
    assert_false(ag_settings_go_back(&settings, &why));
}

static void outlook_none__asked__knows_nothing(void **state)
{
    struct ag_outlook port = ag_outlook_none();
    (void)state;
    assert_int_equal(port.refresh(port.ctx, &err), ST_OK);
    assert_false(port.find(port.ctx, "S-1-5-21-1-2-3-1001").known);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(open__of_bad_ones__fails_with_their_words),
        TEST(look__at_the_same__does_nothing),
        TEST(look__at_others__takes_them_and_names_what_changed),
        TEST(look__at_bad_ones__keeps_the_old_and_says_so_once),
        TEST(go_back__from_what_cannot_be_worked_with__does_not_try_it_again),
        TEST(outlook_none__asked__knows_nothing),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
