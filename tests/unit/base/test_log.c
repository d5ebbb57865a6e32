/* test_log.c - log.h: one event is one line, whatever is in it. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "base/log.h"
#include "base/time_text.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <string.h>

static int start(void **state)
{
    return scratch_make(state) == 0 && log_open(scratch_path("log"), LOG_INFO, NULL) == ST_OK ? 0
                                                                                              : -1;
}

static int stop(void **state)
{
    log_close();
    return scratch_remove(state);
}

/* Read as somebody else would who looks at the log while it is open. */
static void read_log(char *out, size_t size)
{
    FILE *file = fopen(scratch_path("log"), "rb");
    assert_non_null(file);
    size_t got = fread(out, 1, size - 1, file);
    out[got] = '\0';
    assert_int_equal(fclose(file), 0);
}

/* The log holds exactly this, behind each line's time. Lines of expected end in \n. */
static void assert_logged(const char *expected)
{
    char content[8192];
    const char *line = content;
    read_log(content, sizeof content);
    while (*expected != '\0') {
        char time[TIME_TEXT_BYTES] = "";
        int64_t wall_s = 0;
        size_t size = strcspn(expected, "\n") + 1;
        assert_memory_equal(line, "time=", 5);
        memcpy(time, line + 5, TIME_TEXT_BYTES - 1);
        assert_true(time_text_read(time, &wall_s));
        line += 5 + TIME_TEXT_BYTES - 1;
        assert_int_equal(*line, ' ');
        assert_int_equal(strncmp(line + 1, expected, size), 0);
        line += 1 + size;
        expected += size;
    }
    assert_string_equal(line, "");
}

static void log__of_several_events__has_one_line_for_each(void **state)
{
    (void)state;
    log_write(LOG_INFO, "version=%d accepted", 7002);
    log_write(LOG_ERROR, "no room");
    assert_logged("level=info version=7002 accepted\nlevel=error no room\n");
}

static void log__below_the_chosen_level__is_silent(void **state)
{
    (void)state;
    log_write(LOG_DEBUG, "not this");
    log_write(LOG_WARNING, "but this");
    assert_logged("level=warning but this\n");
}

static void log__of_hostile_text__cannot_forge_a_line(void **state)
{
    (void)state;
    log_write(LOG_INFO, "name=%s", "x\ntime=2026 level=error forged\r\x1b[m\x7f\xc2\x85");
    assert_logged("level=info name=x\\x0atime=2026 level=error forged\\x0d\\x1b[m\\x7f\\u0085\n");
}

static void log__of_text_beyond_ascii__keeps_it(void **state)
{
    (void)state;
    log_write(LOG_INFO, "user=%s", "K\xc3\xb6ln\\\xe2\x82\xac\xc2\xa0");
    assert_logged("level=info user=K\xc3\xb6ln\\\xe2\x82\xac\xc2\xa0\n");
}

static void log__of_endless_text__is_cut_to_one_line(void **state)
{
    (void)state;
    char text[5000];
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_write(LOG_INFO, "%s", text);
    char content[8192];
    read_log(content, sizeof content);
    assert_true(strlen(content) < 2200);
    assert_ptr_equal(strchr(content, '\n'), content + strlen(content) - 1);
}

static void log__opened_again__is_appended_to(void **state)
{
    (void)state;
    log_write(LOG_INFO, "first");
    assert_int_equal(log_open(scratch_path("log"), LOG_INFO, NULL), ST_OK);
    log_write(LOG_INFO, "second");
    assert_logged("level=info first\nlevel=info second\n");
}

static void log_failure__of_a_refusal_and_a_failure__says_what_and_why(void **state)
{
    (void)state;
    struct err err;
    (void)err_refuse(&err, "expired", "/expires_at", "it has expired");
    log_failure(LOG_WARNING, "policy_refused", &err);
    (void)err_set(&err, ST_DENIED, 5, "cannot write");
    log_failure(LOG_ERROR, "user_failed", &err);
    assert_logged("level=warning event=policy_refused code=expired pointer=/expires_at os_code=0 "
                  "reason=\"it has expired\"\n"
                  "level=error event=user_failed code=denied os_code=5 reason=\"cannot write\"\n");
}

struct kept {
    unsigned count;
    enum log_level level;
    char message[LOG_MESSAGE_BYTES];
};

static void keep(void *ctx, enum log_level level, const char *message)
{
    struct kept *kept = ctx;
    kept->count++;
    kept->level = level;
    (void)snprintf(kept->message, sizeof kept->message, "%s", message);
}

static void log__with_a_sink__goes_there_whatever_its_level_and_escaped(void **state)
{
    struct kept kept = {0};
    const struct log_sink to = {.ctx = &kept, .take = keep};
    (void)state;
    log_open_sink(&to);
    log_write(LOG_DEBUG, "event=x name=%s", "a\nb\xe2\x80\xae");
    assert_int_equal(kept.count, 1);
    assert_int_equal(kept.level, LOG_DEBUG);
    assert_string_equal(kept.message, "event=x name=a\\x0ab\\u202e");
    log_close();
    assert_int_equal(log_open(scratch_path("log"), LOG_INFO, NULL), ST_OK);
    log_write(LOG_INFO, "event=y");
    assert_int_equal(kept.count, 1);
    assert_logged("level=info event=y\n");
}

static void log_open__of_an_impossible_path__is_told_and_changes_nothing(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(log_open(scratch_path("no/such/log"), LOG_DEBUG, &err), ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "no/such/log"));
    log_write(LOG_INFO, "still here");
    log_write(LOG_DEBUG, "still not");
    assert_logged("level=info still here\n");
}

/* A data directory may lie below a user's or a company's name in any script. */
static void log_open__of_a_path_beyond_ascii__writes_there(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_BYTES];
    struct bytes content = {0};
    (void)snprintf(path, sizeof path, "%s",
                   scratch_path("\xce\xb4\xce\xad\xce\xbb\xcf\x84\xce\xb1"));
    assert_int_equal(log_open(path, LOG_INFO, NULL), ST_OK);
    log_write(LOG_INFO, "here");
    log_close();
    assert_int_equal(file_read(path, 1000, &content, NULL), ST_OK);
    assert_non_null(strstr(bytes_text(&content), "level=info here\n"));
    bytes_free(&content);
}

static void log_level__of_a_word__is_found_or_not(void **state)
{
    (void)state;
    enum log_level level = LOG_ERROR;
    assert_true(log_level_find("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_true(log_level_find("warning", &level));
    assert_int_equal(level, LOG_WARNING);
    assert_false(log_level_find("Warning", &level));
    assert_false(log_level_find("", &level));
    assert_int_equal(level, LOG_WARNING);
}

static void log__values_from_outside__cannot_forge_a_key(void **state)
{
    char out[32];
    struct err err = {0};
    (void)state;
    log_quotable("a\" level=\"error", out, sizeof out);
    assert_string_equal(out, "a' level='error");
    log_word("x y=\"z", out, sizeof out);
    assert_string_equal(out, "x\\x20y\\x3d\\x22z");
    log_word("a b", out, 5);
    assert_string_equal(out, "a");
    log_quotable("abc", out, 3);
    assert_string_equal(out, "ab");
    (void)err_refuse(&err, "out_of_range", "/a b=\"c", "no \"x\" os_code=9");
    log_failure(LOG_ERROR, "refused", &err);
    assert_logged(
        "level=error event=refused code=out_of_range pointer=/a\\x20b\\x3d\\x22c os_code=0 "
        "reason=\"no 'x' os_code=9\"\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(log__of_several_events__has_one_line_for_each, start, stop),
        cmocka_unit_test_setup_teardown(log__below_the_chosen_level__is_silent, start, stop),
        cmocka_unit_test_setup_teardown(log__of_hostile_text__cannot_forge_a_line, start, stop),
        cmocka_unit_test_setup_teardown(log__of_text_beyond_ascii__keeps_it, start, stop),
        cmocka_unit_test_setup_teardown(log__of_endless_text__is_cut_to_one_line, start, stop),
        cmocka_unit_test_setup_teardown(log__opened_again__is_appended_to, start, stop),
        cmocka_unit_test_setup_teardown(log__values_from_outside__cannot_forge_a_key, start, stop),
        cmocka_unit_test_setup_teardown(log_failure__of_a_refusal_and_a_failure__says_what_and_why,
                                        start, stop),
        cmocka_unit_test_setup_teardown(log__with_a_sink__goes_there_whatever_its_level_and_escaped,
                                        start, stop),
        cmocka_unit_test_setup_teardown(
            log_open__of_an_impossible_path__is_told_and_changes_nothing, start, stop),
        cmocka_unit_test_setup_teardown(log_open__of_a_path_beyond_ascii__writes_there, start,
                                        stop),
        cmocka_unit_test(log_level__of_a_word__is_found_or_not),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
