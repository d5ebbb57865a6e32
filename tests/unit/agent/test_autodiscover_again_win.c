/* test_autodiscover_again_win.c - ag_autodiscover_collect(), once more: what changed is read again, and nothing else;
 * what comes and goes meanwhile. */
#include "tests/cmocka_all.h"

#include "agent/autodiscover_win.h"
#include "base/clock.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_profile_win.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNT(inner)                                                                             \
    "<Autodiscover><Response><Account>" inner "</Account></Response></Autodiscover>"
#define MAPI      ACCOUNT("<Protocol Type=\"mapiHttp\"/>")
#define EXCH      ACCOUNT("<Protocol><Type>EXCH</Type></Protocol>")
#define SAME_SIZE ACCOUNT("<Protocol Type=\"mapiHttq\"/>")
#define OTHER     IN_16 "\\other.xml"

enum { AT_S = 1700000000 };
_Static_assert(sizeof MAPI == sizeof SAME_SIZE, "this test needs two answers of one size");

static struct scratch_profile profile;
static struct ag_autodiscover_cache cache;
static struct ag_autodiscover_files files;

static void collect(void)
{
    memset(&files, 0xa5, sizeof files);
    ag_autodiscover_collect(profile.wide, &cache, &files);
    assert_int_equal(files.trouble, AG_FILES_FINE);
}

/* An answer that no file gives: who shows it has not read one. */
static void mark_kept(void)
{
    assert_int_equal(cache.count, 1);
    cache.list[0].answer = (struct ag_autodiscover){.exch = true, .expr = true, .online = true};
}

static bool was_read_again(void)
{
    collect();
    assert_int_equal(files.count, 1);
    return !files.list[0].answer.online;
}

static int make_profile(void **state)
{
    (void)state;
    memset(&cache, 0, sizeof cache);
    scratch_profile_make("autodiscover-again", &profile);
    scratch_profile_put(&profile, ANSWER, MAPI, AT_S);
    collect();
    mark_kept();
    return 0;
}

static int remove_profile(void **state)
{
    (void)state;
    scratch_profile_remove(&profile);
    return 0;
}

/* ---- what is kept -------------------------------------------------------------------------- */

static void collect__nothing_changed__opens_no_file(void **state)
{
    (void)state;
    assert_false(was_read_again());
    /* Not even to see that it cannot be opened. */
    HANDLE alone = scratch_profile_open(&profile, ANSWER, GENERIC_READ, 0, OPEN_EXISTING);
    assert_false(was_read_again());
    assert_true(CloseHandle(alone));
    assert_int_equal(files.list[0].modified_s, AT_S);
}

static void collect__another_time__reads_again(void **state)
{
    (void)state;
    scratch_profile_set_time(&profile, ANSWER, AT_S + 1);
    assert_true(was_read_again());
    assert_true(files.list[0].answer.mapi_http);
    assert_int_equal(files.list[0].modified_s, AT_S + 1);
}

static void collect__another_size__reads_again(void **state)
{
    (void)state;
    scratch_profile_put(&profile, ANSWER, EXCH, AT_S);
    assert_true(was_read_again());
    assert_true(files.list[0].answer.exch);
}

/* Size and time can be made to look as before; when they were made so cannot. */
static void collect__made_to_look_as_before__reads_again(void **state)
{
    (void)state;
    scratch_profile_put(&profile, ANSWER, SAME_SIZE, AT_S);
    assert_true(was_read_again());
    assert_int_equal(files.list[0].answer.trouble, AG_XML_NO_SETTINGS);
}

static void collect__another_file_in_its_place__reads_again(void **state)
{
    (void)state;
    char from[SCRATCH_PROFILE_PATH_BYTES];
    char to[SCRATCH_PROFILE_PATH_BYTES];
    scratch_profile_put(&profile, "new", SAME_SIZE, AT_S);
    scratch_profile_path(&profile, "new", from);
    scratch_profile_path(&profile, ANSWER, to);
    assert_true(MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING));
    assert_true(was_read_again());
}

static void collect__another_name__reads_again(void **state)
{
    (void)state;
    char from[SCRATCH_PROFILE_PATH_BYTES];
    char to[SCRATCH_PROFILE_PATH_BYTES];
    scratch_profile_path(&profile, ANSWER, from);
    scratch_profile_path(&profile, OTHER, to);
    assert_true(MoveFileExA(from, to, 0));
    assert_true(was_read_again());
}

static void collect__file_gone__is_forgotten(void **state)
{
    (void)state;
    scratch_profile_drop(&profile, ANSWER);
    collect();
    assert_int_equal(files.count, 0);
    assert_int_equal(cache.count, 0);
}

static void collect__each_part_of_the_stamp__counts(void **state)
{
    (void)state;
    const struct ag_autodiscover_cache kept = cache;
    for (int part = 0; part < 5; part++) {
        struct ag_file_stamp *stamp = &cache.list[0].stamp;
        cache = kept;
        assert_false(was_read_again());
        stamp->place += part == 0;
        stamp->index += part == 1;
        stamp->size += part == 2;
        stamp->written += part == 3;
        stamp->changed += part == 4;
        assert_true(was_read_again());
    }
}

/* ---- others at work ------------------------------------------------------------------------ */

static void collect__file_in_use__is_tried_again(void **state)
{
    (void)state;
    HANDLE alone = scratch_profile_open(&profile, ANSWER, GENERIC_WRITE, 0, OPEN_EXISTING);
    memset(&cache, 0, sizeof cache);
    collect();
    assert_int_equal(files.count, 1);
    assert_int_equal(files.list[0].answer.trouble, AG_XML_UNREADABLE);
    assert_int_equal(cache.count, 0);
    assert_true(CloseHandle(alone));
    collect();
    assert_true(files.list[0].answer.mapi_http);
}

/* Outlook has it open to write and to delete, and allows others what we ask for. */
static void collect__file_open_for_writing__is_read(void **state)
{
    (void)state;
    HANDLE outlook = scratch_profile_open(&profile, ANSWER, GENERIC_READ | GENERIC_WRITE | DELETE,
                                          FILE_SHARE_READ, OPEN_EXISTING);
    memset(&cache, 0, sizeof cache);
    collect();
    assert_true(files.list[0].answer.mapi_http);
    assert_true(CloseHandle(outlook));
}

static volatile LONG enough;

/* A file that comes and goes as fast as it can. */
static DWORD WINAPI make_and_drop(void *ctx)
{
    (void)ctx;
    char path[SCRATCH_PROFILE_PATH_BYTES];
    scratch_profile_path(&profile, OTHER, path);
    while (InterlockedCompareExchange(&enough, 0, 0) == 0) {
        DWORD put = 0;
        HANDLE file = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                                  CREATE_ALWAYS, 0, NULL);
        (void)WriteFile(file, EXCH, sizeof EXCH - 1, &put, NULL);
        (void)CloseHandle(file);
        (void)DeleteFileA(path);
    }
    return 0;
}

/* Each time it was there, whole or not, or it was not; the other one is always. */
static void collect__file_comes_and_goes__the_others_are_read(void **state)
{
    (void)state;
    enum { TIMES = 5, LOOKS_LEAST = 200 };
    size_t looks[2] = {0, 0}; /* without it, and with it */
    uint64_t until_ms = clock_monotonic_ms() + 40000;
    enough = 0;
    HANDLE thread = CreateThread(NULL, 0, make_and_drop, NULL, 0, NULL);
    assert_non_null(thread);
    while (looks[0] < TIMES || looks[1] < TIMES || looks[0] + looks[1] < LOOKS_LEAST) {
        assert_true(clock_monotonic_ms() < until_ms);
        memset(&cache, 0, sizeof cache);
        collect();
        size_t mapi_http = 0;
        for (size_t i = 0; i < files.count; i++) {
            mapi_http += files.list[i].answer.mapi_http;
        }
        assert_int_equal(mapi_http, 1);
        assert_in_range(files.count, 1, 2);
        looks[files.count - 1]++;
    }
    enough = 1;
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    assert_true(CloseHandle(thread));
}

/* ---- what it takes ------------------------------------------------------------------------- */

static void put_ten(void)
{
    scratch_profile_drop(&profile, ANSWER);
    for (int i = 0; i < 10; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, IN_16 "\\%d.xml", i);
        scratch_profile_put(&profile, name, MAPI, AT_S);
    }
}

/* 900 KiB each: one look reads four, the next one the other two; what is kept takes nothing. */
static void collect__much_to_read__takes_two_looks(void **state)
{
    (void)state;
    enum { BIG_BYTES = 900 * 1024 };
    char *content = malloc(BIG_BYTES + sizeof EXCH);
    assert_non_null(content);
    memset(content, ' ', BIG_BYTES);
    memcpy(content + BIG_BYTES, EXCH, sizeof EXCH);
    for (int i = 0; i < 6; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, IN_16 "\\%d.xml", i);
        scratch_profile_put(&profile, name, content, AT_S);
    }
    free(content);
    collect();
    assert_int_equal(files.count, 1 + 4);
    assert_true(files.cut_short);
    collect();
    assert_int_equal(files.count, 1 + 6);
    assert_false(files.cut_short);
    for (size_t i = 0; i < files.count; i++) {
        assert_true(files.list[i].answer.exch);
    }
}

static void collect__again_and_again__keeps_nothing_open(void **state)
{
    (void)state;
    put_ten();
    collect();
    size_t handles = handle_count();
    for (int i = 0; i < 200; i++) {
        memset(&cache, 0, (i % 2 == 0) * sizeof cache);
        collect();
    }
    assert_int_equal(handle_count(), handles);
}

#define IN_PROFILE(test) cmocka_unit_test_setup_teardown(test, make_profile, remove_profile)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PROFILE(collect__nothing_changed__opens_no_file),
        IN_PROFILE(collect__another_time__reads_again),
        IN_PROFILE(collect__another_size__reads_again),
        IN_PROFILE(collect__made_to_look_as_before__reads_again),
        IN_PROFILE(collect__another_file_in_its_place__reads_again),
        IN_PROFILE(collect__another_name__reads_again),
        IN_PROFILE(collect__file_gone__is_forgotten),
        IN_PROFILE(collect__each_part_of_the_stamp__counts),
        IN_PROFILE(collect__file_in_use__is_tried_again),
        IN_PROFILE(collect__file_open_for_writing__is_read),
        IN_PROFILE(collect__file_comes_and_goes__the_others_are_read),
        IN_PROFILE(collect__much_to_read__takes_two_looks),
        IN_PROFILE(collect__again_and_again__keeps_nothing_open),
    };
    return cmocka_run_group_tests_name("autodiscover files, again", tests, NULL, NULL);
}
