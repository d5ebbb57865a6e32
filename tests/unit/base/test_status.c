/* test_status.c - status.h: every outcome has a class and a name of its own. */
#include "tests/cmocka_all.h"

#include "base/status.h"

static const struct {
    enum status st;
    enum status_class class;
    const char *name;
} OUTCOMES[] = {
    {ST_OK, STATUS_FINE, "ok"},
    {ST_UNREACHABLE, STATUS_TRY_LATER, "unreachable"},
    {ST_TIMED_OUT, STATUS_TRY_LATER, "timed_out"},
    {ST_BUSY, STATUS_TRY_LATER, "busy"},
    {ST_CANCELLED, STATUS_TRY_LATER, "cancelled"},
    {ST_REFUSED, STATUS_REFUSED, "refused"},
    {ST_NOT_FOUND, STATUS_MACHINE, "not_found"},
    {ST_EXISTS, STATUS_MACHINE, "exists"},
    {ST_DENIED, STATUS_MACHINE, "denied"},
    {ST_TOO_LARGE, STATUS_MACHINE, "too_large"},
    {ST_IO, STATUS_MACHINE, "io"},
    {ST_NO_SPACE, STATUS_MACHINE, "no_space"},
    {ST_NO_MEMORY, STATUS_MACHINE, "no_memory"},
    {ST_BUG, STATUS_BUG, "bug"},
};

static void status__of_every_kind__has_its_class_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof OUTCOMES / sizeof OUTCOMES[0]; i++) {
        assert_int_equal(OUTCOMES[i].st, i);
        assert_int_equal(status_class(OUTCOMES[i].st), OUTCOMES[i].class);
        assert_string_equal(status_name(OUTCOMES[i].st), OUTCOMES[i].name);
    }
    assert_int_equal(sizeof OUTCOMES / sizeof OUTCOMES[0], ST_BUG + 1);
}

static void status__that_nobody_named__is_our_own_mistake(void **state)
{
    (void)state;
    int beyond = ST_BUG + 1;
    assert_int_equal(status_class((enum status)beyond), STATUS_BUG);
    assert_string_equal(status_name((enum status)beyond), "bug");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status__of_every_kind__has_its_class_and_name),
        cmocka_unit_test(status__that_nobody_named__is_our_own_mistake),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
