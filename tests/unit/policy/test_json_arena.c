/* test_json_arena.c - pieces of a document's memory do not meet, whatever their sizes. */
#include "tests/cmocka_all.h"

#include "policy/json_arena.h"

#include <stdint.h>
#include <string.h>

enum { PIECES = 4000, LARGE_EACH = 97, LARGE = 20011 };

static size_t size_of(size_t i)
{
    return i % LARGE_EACH == 0 ? LARGE : i * 7 % 61;
}

static void expect_apart(size_t block_bytes)
{
    struct pol_json_arena arena = {.block_bytes = block_bytes};
    static uint8_t *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = pol_json_arena_allocate(&arena, size_of(i));
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % POL_JSON_ARENA_ALIGNMENT, 0);
        memset(pieces[i], (int)(i % 251), size_of(i));
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t at = 0; at < size_of(i); at++) {
            assert_int_equal(pieces[i][at], i % 251);
        }
    }
    pol_json_arena_done(&arena);
}

/* In blocks as the programs have them, and as sanitizers want them. */
static void allocate__all_sizes__apart_and_aligned(void **state)
{
    (void)state;
    expect_apart(8000);
    expect_apart(64);
    expect_apart(0);
}

/* With what a block needs itself. More than there is, but not more than can be said, the sanitizer takes for a mistake. */
static void allocate__more_than_there_can_be__null_and_the_rest_stays(void **state)
{
    struct pol_json_arena arena = {.block_bytes = 64};
    (void)state;
    char *text = pol_json_arena_allocate(&arena, 5);
    assert_non_null(text);
    memcpy(text, "kept", 5);
    for (size_t less = 0; less < sizeof(void *); less++) {
        assert_null(pol_json_arena_allocate(&arena, SIZE_MAX - less));
    }
    assert_string_equal(text, "kept");
    assert_non_null(pol_json_arena_allocate(&arena, 5));
    pol_json_arena_done(&arena);
}

static void allocate__nothing__has_a_place(void **state)
{
    struct pol_json_arena arena = {.block_bytes = 64};
    (void)state;
    void *first = pol_json_arena_allocate(&arena, 0);
    assert_non_null(first);
    assert_ptr_not_equal(pol_json_arena_allocate(&arena, 0), first);
    pol_json_arena_done(&arena);
}

static void done__empty_or_again__is_fine(void **state)
{
    struct pol_json_arena arena = {.block_bytes = 64};
    (void)state;
    pol_json_arena_done(&arena);
    assert_non_null(pol_json_arena_allocate(&arena, 1));
    pol_json_arena_done(&arena);
    pol_json_arena_done(&arena);
    assert_non_null(pol_json_arena_allocate(&arena, 1));
    pol_json_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocate__all_sizes__apart_and_aligned),
        cmocka_unit_test(allocate__more_than_there_can_be__null_and_the_rest_stays),
        cmocka_unit_test(allocate__nothing__has_a_place),
        cmocka_unit_test(done__empty_or_again__is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
