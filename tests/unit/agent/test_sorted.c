/* test_sorted.c - sorted.h: each key of a table of any size, and each gap between two. */
#include "tests/cmocka_all.h"

#include "agent/sorted.h"

static const char *const KEYS[] = {"b", "d", "f", "h", "j", "l", "n", "p", "r"};
static const char *const GAPS[] = {"a", "c", "e", "g", "i", "k", "m", "o", "q", "s"};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };

static const char *key_at(const void *table, size_t i)
{
    return ((const char *const *)table)[i];
}

static void place__of_a_key_that_is_there__is_its_own(void **state)
{
    (void)state;
    for (size_t count = 0; count <= KEY_COUNT; count++) {
        for (size_t i = 0; i < count; i++) {
            bool found = false;
            assert_int_equal(ag_sorted_place(KEYS, count, key_at, KEYS[i], &found), i);
            assert_true(found);
        }
    }
}

static void place__of_a_key_that_is_not__is_before_the_next_one(void **state)
{
    (void)state;
    for (size_t count = 0; count <= KEY_COUNT; count++) {
        for (size_t i = 0; i <= count; i++) {
            bool found = true;
            assert_int_equal(ag_sorted_place(KEYS, count, key_at, GAPS[i], &found), i);
            assert_false(found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place__of_a_key_that_is_there__is_its_own),
        cmocka_unit_test(place__of_a_key_that_is_not__is_before_the_next_one),
    };
    return cmocka_run_group_tests_name("sorted", tests, NULL, NULL);
}
