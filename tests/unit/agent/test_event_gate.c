/* test_event_gate.c - event_gate.h: the same event rarely, and never a flood. */
#include "tests/cmocka_all.h"

#include "agent/event_gate.h"

#include <stdio.h>

static struct ag_event_gate gate;

static int open_gate(void **state)
{
    (void)state;
    gate = (struct ag_event_gate){0};
    return 0;
}

static enum ag_event_passage ask(const char *message, uint64_t now_ms)
{
    const struct ag_event *event = ag_event_find(message);
    assert_non_null(event);
    return ag_event_gate_ask(&gate, event, message, now_ms);
}

static void ask__the_same_again__passes_once_in_ten_minutes(void **state)
{
    (void)state;
    assert_int_equal(ask("event=user_failed sid=1", 5), AG_EVENT_PASSES);
    assert_int_equal(ask("event=user_failed sid=1", 6), AG_EVENT_IS_KEPT);
    assert_int_equal(ask("event=user_failed sid=2", 7), AG_EVENT_PASSES);
    assert_int_equal(ask("event=user_failed sid=1", 5 + AG_EVENT_QUIET_MS - 1), AG_EVENT_IS_KEPT);
    assert_int_equal(ask("event=user_failed sid=1", 5 + AG_EVENT_QUIET_MS), AG_EVENT_PASSES);
}

static void ask__many_of_one_kind__passes_twenty_and_says_which_is_the_last(void **state)
{
    char message[64];
    (void)state;
    for (unsigned i = 1; i <= 500; i++) {
        (void)snprintf(message, sizeof message, "event=user_failed sid=%u", i);
        assert_int_equal(ask(message, 1000 + i), i < AG_EVENT_MOST    ? AG_EVENT_PASSES
                                                 : i == AG_EVENT_MOST ? AG_EVENT_IS_LAST
                                                                      : AG_EVENT_IS_KEPT);
    }
    assert_int_equal(ask("event=policy_refused code=x", 1501), AG_EVENT_PASSES);
    assert_int_equal(ask("event=user_failed sid=501", 1001 + AG_EVENT_QUIET_MS), AG_EVENT_PASSES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ask__the_same_again__passes_once_in_ten_minutes, open_gate),
        cmocka_unit_test_setup(ask__many_of_one_kind__passes_twenty_and_says_which_is_the_last,
                               open_gate),
    };
    return cmocka_run_group_tests_name("event_gate", tests, NULL, NULL);
}
