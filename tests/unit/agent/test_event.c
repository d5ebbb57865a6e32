/* test_event.c - event.h: the table and messages.mc say the same, under numbers that never change. */
#include "tests/cmocka_all.h"

#include "agent/event.h"
#include "agent/messages.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { INFORMATION = 1, WARNING = 2, ERROR = 3 };

/* What administrators watch for: a number, once given, keeps its meaning and its weight. */
static const struct {
    unsigned number;
    unsigned severity;
    const char *name;
} STABLE[] = {
    {1000, INFORMATION, "service_running"},
    {1001, INFORMATION, "service_stopped"},
    {1002, ERROR, "service_failed"},
    {1003, INFORMATION, "settings_changed"},
    {1004, ERROR, "settings_refused"},
    {1010, INFORMATION, "policy_accepted"},
    {1011, WARNING, "policy_refused"},
    {1012, INFORMATION, "policy_pending"},
    {1013, WARNING, "policy_stale"},
    {1014, ERROR, "stored_policy_unusable"},
    {1015, WARNING, "trust_replaced"},
    {1016, ERROR, "trust_refused"},
    {1020, INFORMATION, "enrolled"},
    {1021, WARNING, "enroll_failed"},
    {1022, WARNING, "device_is_copy"},
    {1030, WARNING, "user_failed"},
    {1031, WARNING, "user_contested"},
    {1032, WARNING, "user_skipped"},
    {1033, WARNING, "paused"},
    {1034, INFORMATION, "resumed"},
    {1035, WARNING, "restored"},
    {1040, WARNING, "server_unreachable"},
    {1041, INFORMATION, "server_reached"},
    {1042, WARNING, "report_dropped"},
    {1043, ERROR, "watch_ended"},
    {1050, WARNING, "log_failed"},
    {1051, WARNING, "events_withheld"},
};
enum { STABLE_COUNT = sizeof STABLE / sizeof STABLE[0] };

static void table__of_events__has_the_stable_numbers(void **state)
{
    (void)state;
    assert_int_equal(STABLE_COUNT, AG_EVENT_COUNT);
    for (size_t i = 0; i < AG_EVENT_COUNT; i++) {
        assert_string_equal(AG_EVENTS[i].name, STABLE[i].name);
        assert_int_equal(AG_EVENTS[i].id & 0xffff, STABLE[i].number);
        assert_int_equal(AG_EVENTS[i].id >> 30, STABLE[i].severity);
        assert_int_equal(AG_EVENTS[i].id & 0x3fff0000, 0);
    }
}

static void table__of_events__has_each_name_and_number_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < AG_EVENT_COUNT; i++) {
        for (size_t j = i + 1; j < AG_EVENT_COUNT; j++) {
            assert_string_not_equal(AG_EVENTS[i].name, AG_EVENTS[j].name);
            assert_int_not_equal(AG_EVENTS[i].id & 0xffff, AG_EVENTS[j].id & 0xffff);
        }
    }
}

static unsigned count_of(const char *text, const char *line)
{
    unsigned count = 0;
    size_t length = strlen(line);
    for (const char *at = strstr(text, line); at != NULL; at = strstr(at + 1, line)) {
        count += at > text && at[-1] == '\n' && strspn(at + length, "\r\n") > 0;
    }
    return count;
}

/* messages.mc names each event after its line in the log, once, and none besides. */
static void messages__as_they_are_written__are_those_of_the_table(void **state)
{
    struct bytes source = {0};
    char line[128];
    (void)state;
    assert_int_equal(file_read("agent/messages.mc", 64 * 1024, &source, NULL), ST_OK);
    const char *text = bytes_text(&source);
    for (size_t i = 0; i < STABLE_COUNT; i++) {
        int length = snprintf(line, sizeof line, "SymbolicName=AG_EVENT_%s", STABLE[i].name);
        for (char *c = line + strlen("SymbolicName="); length > 0 && *c != '\0'; c++) {
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        }
        assert_int_equal(count_of(text, line), 1);
        (void)snprintf(line, sizeof line, "MessageId=%u", STABLE[i].number);
        assert_int_equal(count_of(text, line), 1);
    }
    unsigned symbols = 0;
    for (const char *at = strstr(text, "SymbolicName="); at != NULL;
         at = strstr(at + 1, "SymbolicName=")) {
        symbols++;
    }
    assert_int_equal(symbols, AG_EVENT_COUNT);
    bytes_free(&source);
}

static void find__of_a_message__takes_the_whole_name(void **state)
{
    (void)state;
    const struct ag_event *found = ag_event_find("event=policy_refused source=server code=expired");
    assert_non_null(found);
    assert_int_equal(found->id, AG_EVENT_POLICY_REFUSED);
    assert_int_equal(ag_event_find("event=resumed")->id, AG_EVENT_RESUMED);
    assert_null(ag_event_find("event=policy_refuse source=server"));
    assert_null(ag_event_find("event=policy_refused_again"));
    assert_null(ag_event_find("x event=policy_refused"));
    assert_null(ag_event_find("event="));
    assert_null(ag_event_find(""));
}

static void details__of_a_message__are_what_follows(void **state)
{
    (void)state;
    assert_string_equal(ag_event_details("event=enrolled device_id=7 same=1"),
                        "device_id=7 same=1");
    assert_string_equal(ag_event_details("event=resumed"), "");
    assert_string_equal(ag_event_details("no event"), "no event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table__of_events__has_the_stable_numbers),
        cmocka_unit_test(table__of_events__has_each_name_and_number_once),
        cmocka_unit_test(messages__as_they_are_written__are_those_of_the_table),
        cmocka_unit_test(find__of_a_message__takes_the_whole_name),
        cmocka_unit_test(details__of_a_message__are_what_follows),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
