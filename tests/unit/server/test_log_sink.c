/* test_log_sink.c - log_sink.h: lines, whose they are, and how many there may be. */
#include "tests/cmocka_all.h"

#include "server/log_sink.h"
#include "tests/unit/server/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MANY = 5000, CONTENT_BYTES = 1 << 20 };

static char folder[SCRATCH_PATH_BYTES];
static char content[CONTENT_BYTES];
static int kept; /* stderr of the test itself */

/* From here on stderr is a file. */
static int setup(void **state)
{
    char path[SCRATCH_PATH_BYTES + 16];
    (void)state;
    scratch_make(folder);
    (void)snprintf(path, sizeof path, "%s/log", folder);
    kept = dup(STDERR_FILENO);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(kept >= 0 && fd >= 0);
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(close(fd), 0);
    (void)unsetenv("JOURNAL_STREAM");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    scratch_remove(folder);
    return 0;
}

static const char *seen(void)
{
    ssize_t got = pread(STDERR_FILENO, content, sizeof content - 1, 0);
    assert_true(got >= 0);
    content[got] = '\0';
    return content;
}

static size_t count(const char *part)
{
    size_t found = 0;
    for (const char *at = seen(); (at = strstr(at, part)) != NULL; at += strlen(part)) {
        found++;
    }
    return found;
}

static void log_sink__line__has_time_level_and_its_request(void **state)
{
    struct srv_log *log = NULL;
    (void)state;
    assert_int_equal(srv_log_open(LOG_INFO, &log, NULL), ST_OK);
    srv_log_begin("abc-1");
    log_write(LOG_WARNING, "event=odd what=%s", "a\nb");
    srv_log_end();
    log_write(LOG_INFO, "event=plain");
    log_write(LOG_DEBUG, "event=not_wanted");
    srv_log_close(log);
    assert_memory_equal(seen(), "time=", 5);
    assert_non_null(strstr(seen(), "Z level=warning event=odd what=a\\x0ab request=abc-1\n"));
    assert_non_null(strstr(seen(), "Z level=info event=plain\n"));
    assert_int_equal(count("\n"), 2);
}

static void log_sink__journal__has_priority_and_no_time(void **state)
{
    struct srv_log *log = NULL;
    struct stat own;
    char stream[64];
    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &own), 0);
    (void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)own.st_dev, (uintmax_t)own.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    assert_int_equal(srv_log_open(LOG_DEBUG, &log, NULL), ST_OK);
    log_write(LOG_ERROR, "event=a");
    log_write(LOG_WARNING, "event=b");
    log_write(LOG_INFO, "event=c");
    log_write(LOG_DEBUG, "event=d");
    srv_log_close(log);
    assert_string_equal(seen(), "<3>event=a\n<4>event=b\n<6>event=c\n<7>event=d\n");
}

/* The variable is inherited, and stderr goes elsewhere: then it is no journal. */
static void log_sink__another_stream__is_no_journal(void **state)
{
    struct srv_log *log = NULL;
    (void)state;
    assert_int_equal(setenv("JOURNAL_STREAM", "1:2", 1), 0);
    assert_int_equal(srv_log_open(LOG_INFO, &log, NULL), ST_OK);
    log_write(LOG_INFO, "event=a");
    srv_log_close(log);
    assert_memory_equal(seen(), "time=", 5);
}

/* All that were told to be missing: on a slow machine there is room again in between. */
static unsigned dropped_lines(void)
{
    static const char TOLD[] = "event=log_dropped of=request lines=";
    unsigned sum = 0;
    for (const char *at = strstr(seen(), TOLD); at != NULL; at = strstr(at + 1, TOLD)) {
        unsigned lines = 0;
        assert_int_equal(sscanf(at + sizeof TOLD - 1, "%u\n", &lines), 1);
        sum += lines;
    }
    return sum;
}

static void log_sink__flood__is_counted_and_no_other_event_is_lost(void **state)
{
    struct srv_log *log = NULL;
    (void)state;
    assert_int_equal(srv_log_open(LOG_INFO, &log, NULL), ST_OK);
    for (int i = 0; i < MANY; i++) {
        log_write(LOG_INFO, "event=request number=%d", i);
    }
    log_write(LOG_INFO, "event=released version=7");
    srv_log_close(log);
    size_t written = count("event=request ");
    assert_true(written >= 1000 && written < MANY / 2);
    assert_int_equal(count("event=released "), 1);
    assert_int_equal(written + dropped_lines(), MANY);
}

static void log_sink__debugging__is_not_bounded(void **state)
{
    struct srv_log *log = NULL;
    (void)state;
    assert_int_equal(srv_log_open(LOG_DEBUG, &log, NULL), ST_OK);
    for (int i = 0; i < MANY; i++) {
        log_write(LOG_DEBUG, "event=poll");
    }
    srv_log_close(log);
    assert_int_equal(count("event=poll"), MANY);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(log_sink__line__has_time_level_and_its_request),
        TEST(log_sink__journal__has_priority_and_no_time),
        TEST(log_sink__another_stream__is_no_journal),
        TEST(log_sink__flood__is_counted_and_no_other_event_is_lost),
        TEST(log_sink__debugging__is_not_bounded),
    };
    return cmocka_run_group_tests_name("log_sink", tests, NULL, NULL);
}
