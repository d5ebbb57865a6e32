/* test_cmtrace.c - cmtrace.h: one entry stays one entry, and five files stay within their bound. */
#include "tests/cmocka_all.h"

#include "agent/cmtrace.h"
#include "base/file.h"
#include "tests/unit/base/scratch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 4000 };

static struct ag_cmtrace *trace;
static struct err err;

static int start(void **state)
{
    return scratch_make(state) == 0 &&
                   ag_cmtrace_open(scratch_path("agent.log"), FILE_BYTES, &trace, &err) == ST_OK
               ? 0
               : -1;
}

static int stop(void **state)
{
    ag_cmtrace_close(trace);
    trace = NULL;
    return scratch_remove(state);
}

/* 2026-11-22T08:05:09.012Z */
static struct ag_cmtrace_entry entry_of(const char *message)
{
    return (struct ag_cmtrace_entry){
        .level = LOG_INFO, .wall_ms = 1795334709012, .thread = 42, .message = message};
}

static bool say(const char *message)
{
    const struct ag_cmtrace_entry entry = entry_of(message);
    return ag_cmtrace_write(trace, &entry);
}

/* Read as a viewer does, while it is open; "" if it is not there. */
static const char *content_of(const char *name)
{
    static char text[4 * FILE_BYTES];
    FILE *file = fopen(scratch_path(name), "rb");
    size_t got = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    text[got] = '\0';
    assert_true(file == NULL || fclose(file) == 0);
    return text;
}

static unsigned count_of(const char *text, const char *needle)
{
    unsigned count = 0;
    for (const char *at = strstr(text, needle); at != NULL; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}

/* ---- one entry ---------------------------------------------------------------------------- */

static void format__of_a_message__is_what_cmtrace_reads(void **state)
{
    char out[AG_CMTRACE_ENTRY_BYTES];
    struct ag_cmtrace_entry entry = entry_of("event=started version=1.0.0");
    (void)state;
    size_t length = ag_cmtrace_format(&entry, out);
    assert_string_equal(out, "<![LOG[event=started version=1.0.0]LOG]!><time=\"08:05:09.012+000\" "
                             "date=\"11-22-2026\" component=\"MapiRollout\" context=\"\" "
                             "type=\"1\" thread=\"42\" file=\"\">\r\n");
    assert_int_equal(length, strlen(out));
}

static void format__of_each_level__has_its_type(void **state)
{
    char out[AG_CMTRACE_ENTRY_BYTES];
    const char *types[] = {"type=\"3\"", "type=\"2\"", "type=\"1\"", "type=\"1\""};
    (void)state;
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        struct ag_cmtrace_entry entry = entry_of("x");
        entry.level = (enum log_level)level;
        (void)ag_cmtrace_format(&entry, out);
        assert_non_null(strstr(out, types[level]));
    }
}

/* Nothing in the text may look like the end of an entry, a line or the beginning of another. */
static void assert_one_entry(const char *message)
{
    char out[AG_CMTRACE_ENTRY_BYTES];
    struct ag_cmtrace_entry entry = entry_of(message);
    size_t length = ag_cmtrace_format(&entry, out);
    assert_true(length < sizeof out);
    assert_int_equal(length, strlen(out));
    assert_ptr_equal(strchr(out, '\n'), out + length - 1);
    assert_ptr_equal(strchr(out, '\r'), out + length - 2);
    assert_int_equal(count_of(out, "<![LOG["), 1);
    assert_int_equal(count_of(out, "]LOG]!>"), 1);
    assert_string_equal(out + length - strlen("file=\"\">\r\n"), "file=\"\">\r\n");
}

static void format__of_hostile_text__stays_one_entry(void **state)
{
    char large[6000];
    (void)state;
    assert_one_entry("x]LOG]!><time=\"00:00:00.000+000\" date=\"01-01-1970\" type=\"3\">");
    assert_one_entry("x]log]!>\r\n<![LOG[forged]LOG]!><![log[");
    assert_one_entry("]LOG]LOG]!>!>]LOG]!]LOG]!>");
    assert_one_entry("a\nb\rc\vd\x1b[2Je\x7f\xc2\x85\xe2\x80\xa8");
    assert_one_entry("\xe2\x80\xaetxt.exe\xff\xfe\xc0\x8a\xed\xa0\x80");
    memset(large, '\n', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_one_entry(large);
    for (size_t i = 0; i + 7 < sizeof large; i += 7) {
        memcpy(large + i, "]LOG]!>", 7);
    }
    assert_one_entry(large);
    memset(large, 'x', sizeof large - 1);
    assert_one_entry(large);
}

static void format__of_marks__spells_out_what_would_end_the_entry(void **state)
{
    char out[AG_CMTRACE_ENTRY_BYTES];
    struct ag_cmtrace_entry entry = entry_of("a]LOG]!>b<![LOG[c\xe2\x80\xae"
                                             "d\n");
    (void)state;
    (void)ag_cmtrace_format(&entry, out);
    assert_non_null(strstr(out, "<![LOG[a\\x5dLOG]!>b\\x3c![LOG[c\\u202ed\\x0a]LOG]!><time="));
}

static void format__of_a_clock_before_1970__is_well_formed(void **state)
{
    char out[AG_CMTRACE_ENTRY_BYTES];
    struct ag_cmtrace_entry entry = entry_of("x");
    (void)state;
    entry.wall_ms = -5;
    (void)ag_cmtrace_format(&entry, out);
    assert_non_null(strstr(out, "time=\"00:00:00.000+000\" date=\"01-01-1970\""));
}

/* ---- files -------------------------------------------------------------------------------- */

static void write__of_entries__can_be_read_while_it_is_open(void **state)
{
    (void)state;
    assert_true(say("event=one"));
    assert_true(say("event=two"));
    const char *text = content_of("agent.log");
    assert_non_null(strstr(text, "event=one"));
    assert_non_null(strstr(text, "event=two"));
}

static void open__again__appends(void **state)
{
    (void)state;
    assert_true(say("event=one"));
    ag_cmtrace_close(trace);
    assert_int_equal(ag_cmtrace_open(scratch_path("agent.log"), FILE_BYTES, &trace, &err), ST_OK);
    assert_true(say("event=two"));
    assert_int_equal(count_of(content_of("agent.log"), "event="), 2);
}

static void fill(unsigned first, unsigned count)
{
    char message[64];
    for (unsigned i = first; i < first + count; i++) {
        (void)snprintf(message, sizeof message, "event=entry number=%05u", i);
        assert_true(say(message));
    }
}

static const char *const NAMES[] = {"agent.log", "agent.1.log", "agent.2.log", "agent.3.log",
                                    "agent.4.log"};

static void write__of_much__keeps_the_newest_in_five_bounded_files(void **state)
{
    char last[32];
    unsigned kept = 0;
    (void)state;
    fill(0, 1000);
    for (size_t i = 0; i < AG_CMTRACE_FILES; i++) {
        const char *text = content_of(NAMES[i]);
        assert_true(strlen(text) > 0 && strlen(text) < FILE_BYTES + 300);
        kept += count_of(text, "<![LOG[");
    }
    assert_string_equal(content_of("agent.5.log"), "");
    assert_string_equal(content_of("agent.0.log"), "");
    /* What is kept is the end, without a gap: the oldest file begins with the first that is kept. */
    (void)snprintf(last, sizeof last, "number=%05u]", 1000 - kept);
    assert_non_null(strstr(content_of("agent.4.log"), last));
    assert_non_null(strstr(content_of("agent.log"), "number=00999]"));
}

/* A folder in its place can neither be removed nor replaced, as a file that a viewer holds. */
static void hold(const char *name)
{
    char inside[64];
    assert_int_equal(file_make_folder(scratch_path(name), &err), ST_OK);
    (void)snprintf(inside, sizeof inside, "%s/x", name);
    assert_int_equal(file_write(scratch_path(inside), span_text("x"), FILE_FOR_OWNER, &err), ST_OK);
}

static void let_go(const char *name)
{
    char inside[64];
    (void)snprintf(inside, sizeof inside, "%s/x", name);
    assert_int_equal(file_remove(scratch_path(inside), &err), ST_OK);
    assert_int_equal(rmdir(scratch_path(name)), 0);
}

static void write__while_the_oldest_file_is_held__does_with_the_others(void **state)
{
    (void)state;
    hold("agent.4.log");
    fill(0, 300);
    assert_true(strlen(content_of("agent.log")) < FILE_BYTES + 300);
    assert_non_null(strstr(content_of("agent.log"), "number=00299]"));
    for (size_t i = 1; i < AG_CMTRACE_FILES - 1; i++) {
        assert_true(strlen(content_of(NAMES[i])) >= FILE_BYTES);
    }
    let_go("agent.4.log");
}

static void write__while_all_old_files_are_held__stays_bounded_and_counts_what_is_lost(void **state)
{
    unsigned kept = 0;
    (void)state;
    for (size_t i = 1; i < AG_CMTRACE_FILES; i++) {
        hold(NAMES[i]);
    }
    for (unsigned i = 0; i < 500; i++) {
        kept += say("event=entry");
    }
    assert_true(kept > 30 && kept < 100);
    assert_true(strlen(content_of("agent.log")) <= 2 * FILE_BYTES);
    for (size_t i = 1; i < AG_CMTRACE_FILES; i++) {
        let_go(NAMES[i]);
    }
    unsigned more = 0;
    while (!say("event=after")) {
        assert_true(++more < 100);
    }
    char count[64];
    (void)snprintf(count, sizeof count, "event=log_lines_lost count=%u]", 500 - kept + more);
    assert_non_null(strstr(content_of("agent.log"), count));
    assert_non_null(strstr(content_of("agent.log"), "event=after"));
    assert_int_equal(count_of(content_of("agent.1.log"), "event=entry"), kept);
}

static void write__into_a_folder_that_is_gone__goes_on_when_it_is_back(void **state)
{
    (void)state;
    ag_cmtrace_close(trace);
    assert_int_equal(ag_cmtrace_open(scratch_path("gone/agent.log"), FILE_BYTES, &trace, &err),
                     ST_OK);
    assert_false(say("event=one"));
    assert_false(say("event=two"));
    assert_int_equal(file_make_folder(scratch_path("gone"), &err), ST_OK);
    assert_true(say("event=three"));
    assert_non_null(strstr(content_of("gone/agent.log"), "event=log_lines_lost count=2]"));
    assert_non_null(strstr(content_of("gone/agent.log"), "event=three"));
    ag_cmtrace_close(trace);
    trace = NULL;
    assert_int_equal(file_remove(scratch_path("gone/agent.log"), &err), ST_OK);
    assert_int_equal(rmdir(scratch_path("gone")), 0);
}

static void open__of_a_path_without_its_ending__is_refused(void **state)
{
    struct ag_cmtrace *other = NULL;
    (void)state;
    assert_int_equal(ag_cmtrace_open("agent.txt", FILE_BYTES, &other, &err), ST_TOO_LARGE);
    assert_int_equal(ag_cmtrace_open("x", FILE_BYTES, &other, &err), ST_TOO_LARGE);
    assert_null(other);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format__of_a_message__is_what_cmtrace_reads),
        cmocka_unit_test(format__of_each_level__has_its_type),
        cmocka_unit_test(format__of_hostile_text__stays_one_entry),
        cmocka_unit_test(format__of_marks__spells_out_what_would_end_the_entry),
        cmocka_unit_test(format__of_a_clock_before_1970__is_well_formed),
        IN_FOLDER(write__of_entries__can_be_read_while_it_is_open),
        IN_FOLDER(open__again__appends),
        IN_FOLDER(write__of_much__keeps_the_newest_in_five_bounded_files),
        IN_FOLDER(write__while_the_oldest_file_is_held__does_with_the_others),
        IN_FOLDER(write__while_all_old_files_are_held__stays_bounded_and_counts_what_is_lost),
        IN_FOLDER(write__into_a_folder_that_is_gone__goes_on_when_it_is_back),
        cmocka_unit_test(open__of_a_path_without_its_ending__is_refused),
    };
    return cmocka_run_group_tests_name("cmtrace", tests, NULL, NULL);
}
