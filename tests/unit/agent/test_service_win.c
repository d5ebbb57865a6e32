/* test_service_win.c - service_win.h: what each control comes down to. */
#include "tests/cmocka_all.h"

#include "agent/service_win.h"

#include <wtsapi32.h>

static char told[8];
static size_t count;

static void note(char what)
{
    assert_true(count + 1 < sizeof told);
    told[count++] = what;
    told[count] = '\0';
}

static void stop_pending(void)
{
    note('p');
}

static void stop(void)
{
    note('s');
}

static void session_changed(bool logged_off)
{
    note(logged_off ? 'o' : 'i');
}

static void resumed(void)
{
    note('r');
}

static DWORD handle(DWORD control, DWORD type)
{
    const struct ag_service_handlers to = {stop_pending, stop, session_changed, resumed};
    count = 0;
    told[0] = '\0';
    return ag_service_handle(control, type, &to);
}

static void control__that_ends_the_service__says_so_and_asks_to_stop(void **state)
{
    const DWORD controls[] = {SERVICE_CONTROL_STOP, SERVICE_CONTROL_SHUTDOWN,
                              SERVICE_CONTROL_PRESHUTDOWN};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(handle(controls[i], 0), NO_ERROR);
        assert_string_equal(told, "ps");
    }
}

static void control__of_sessions_and_power__is_passed_on_where_it_matters(void **state)
{
    (void)state;
    assert_int_equal(handle(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOGON), NO_ERROR);
    assert_string_equal(told, "i");
    assert_int_equal(handle(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOGOFF), NO_ERROR);
    assert_string_equal(told, "o");
    assert_int_equal(handle(SERVICE_CONTROL_SESSIONCHANGE, WTS_SESSION_LOCK), NO_ERROR);
    assert_string_equal(told, "");
    assert_int_equal(handle(SERVICE_CONTROL_POWEREVENT, PBT_APMRESUMEAUTOMATIC), NO_ERROR);
    assert_string_equal(told, "r");
    assert_int_equal(handle(SERVICE_CONTROL_POWEREVENT, PBT_APMSUSPEND), NO_ERROR);
    assert_string_equal(told, "");
}

static void control__of_no_concern__is_answered_as_the_manager_expects(void **state)
{
    (void)state;
    assert_int_equal(handle(SERVICE_CONTROL_INTERROGATE, 0), NO_ERROR);
    assert_string_equal(told, "");
    assert_int_equal(handle(SERVICE_CONTROL_PARAMCHANGE, 0), ERROR_CALL_NOT_IMPLEMENTED);
    assert_int_equal(handle(200, 0), ERROR_CALL_NOT_IMPLEMENTED);
    assert_string_equal(told, "");
}

static void controls__that_are_accepted__are_those_that_are_handled(void **state)
{
    (void)state;
    assert_int_equal(AG_SERVICE_CONTROLS, 0x01 | 0x04 | 0x40 | 0x80 | 0x100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control__that_ends_the_service__says_so_and_asks_to_stop),
        cmocka_unit_test(control__of_sessions_and_power__is_passed_on_where_it_matters),
        cmocka_unit_test(control__of_no_concern__is_answered_as_the_manager_expects),
        cmocka_unit_test(controls__that_are_accepted__are_those_that_are_handled),
    };
    return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
