/* test_autodiscover_win.c - ag_autodiscover_collect(): which files are read, and which are not. */
#include "tests/cmocka_all.h"

#include "agent/autodiscover_win.h"
#include "tests/unit/agent/planted_link_win.h"
#include "tests/unit/agent/scratch_profile_win.h"

#include <string.h>

#define ACCOUNT(inner)                                                                             \
    "<Autodiscover><Response><Account>" inner "</Account></Response></Autodiscover>"
#define MAPI  ACCOUNT("<Protocol Type=\"mapiHttp\"/>")
#define EXCH  ACCOUNT("<Protocol><Type>EXCH</Type></Protocol>")
#define OTHER "<NavPane/>"

enum { AT_S = 1700000000 };

static struct scratch_profile profile;
static struct ag_autodiscover_cache cache;
static struct ag_autodiscover_files files;

static int make_profile(void **state)
{
    (void)state;
    memset(&cache, 0, sizeof cache);
    scratch_profile_make("autodiscover", &profile);
    return 0;
}

static int remove_profile(void **state)
{
    (void)state;
    scratch_profile_remove(&profile);
    return 0;
}

static void put(const char *name, const char *content)
{
    scratch_profile_put(&profile, name, content, AT_S);
}

static void collect(void)
{
    memset(&files, 0xa5, sizeof files);
    ag_autodiscover_collect(profile.wide, &cache, &files);
}

/* How many files there are, and how many of them say so. */
static void check(size_t count, size_t mapi_http, size_t exch)
{
    size_t mapi_found = 0;
    size_t exch_found = 0;
    assert_int_equal(files.trouble, AG_FILES_FINE);
    for (size_t i = 0; i < files.count; i++) {
        mapi_found += files.list[i].answer.mapi_http;
        exch_found += files.list[i].answer.exch;
    }
    assert_int_equal(files.count, count);
    assert_int_equal(mapi_found, mapi_http);
    assert_int_equal(exch_found, exch);
}

static void check_trouble(enum ag_files_trouble trouble)
{
    assert_int_equal(files.trouble, trouble);
    assert_int_equal(files.count, 0);
    assert_false(files.cut_short);
}

static void check_one(enum ag_xml_trouble trouble)
{
    assert_int_equal(files.trouble, AG_FILES_FINE);
    assert_int_equal(files.count, 1);
    assert_int_equal(files.list[0].answer.trouble, trouble);
    assert_int_equal(files.list[0].answer.mapi_http, trouble == AG_XML_FINE);
    assert_int_equal(files.list[0].modified_s, AT_S);
}

/* ---- names --------------------------------------------------------------------------------- */

static void collect__both_places__all_are_read(void **state)
{
    (void)state;
    put(ANSWER, MAPI);
    put(IN_OUTLOOK "\\0123456789ABCDEFabcdef0123456789 - AUTODISCOVER.XML", EXCH);
    put(IN_16 "\\AutoD.alice@example.com.xml", EXCH);
    put(IN_16 "\\x.XML", MAPI);
    collect();
    check(4, 2, 2);
    assert_false(files.cut_short);
}

static void collect__other_names__are_not_read(void **state)
{
    (void)state;
    char folder[SCRATCH_PROFILE_PATH_BYTES];
    static const char *const NAMES[] = {
        IN_OUTLOOK "\\x.xml",
        IN_OUTLOOK "\\ - Autodiscover.xml",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff41 - Autodiscover.xml",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff4123 - Autodiscover.xml",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff41g - Autodiscover.xml",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml.bak",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff412 - Autodiscover.xm",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff412 -  Autodiscover.xml",
        IN_OUTLOOK "\\b7e128fc6da9614daadcced8787ff412 x - Autodiscover.xml",
        IN_16 "\\AutoD.json",
        IN_16 "\\.xml",
        IN_16 "\\xml",
        IN_LOCAL "\\b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml",
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        put(NAMES[i], MAPI);
    }
    scratch_profile_path(&profile, IN_16 "\\folder.xml", folder);
    assert_true(CreateDirectoryA(folder, NULL));
    collect();
    check(0, 0, 0);
    assert_false(files.cut_short);
    assert_true(RemoveDirectoryA(folder));
}

static void collect__files__come_with_their_time_and_trouble(void **state)
{
    (void)state;
    put(ANSWER, MAPI);
    collect();
    check_one(AG_XML_FINE);
    put(ANSWER, "<Autodiscover>");
    collect();
    check_one(AG_XML_MALFORMED);
    put(ANSWER, "");
    collect();
    check_one(AG_XML_MALFORMED);
    put(ANSWER, OTHER);
    collect();
    check_one(AG_XML_NO_SETTINGS);
}

/* ---- sizes and numbers --------------------------------------------------------------------- */

static void collect__large_file__is_not_read(void **state)
{
    (void)state;
    put(ANSWER, MAPI);
    HANDLE handle = scratch_profile_open(&profile, ANSWER, GENERIC_WRITE, 0, OPEN_EXISTING);
    LARGE_INTEGER size = {.QuadPart = 5 * 1024 * 1024};
    assert_true(SetFilePointerEx(handle, size, NULL, FILE_BEGIN) && SetEndOfFile(handle));
    assert_true(CloseHandle(handle));
    scratch_profile_set_time(&profile, ANSWER, AT_S);
    collect();
    check_one(AG_XML_TOO_LARGE);
    /* Not even opened. */
    memset(&cache, 0, sizeof cache);
    handle = scratch_profile_open(&profile, ANSWER, GENERIC_READ, 0, OPEN_EXISTING);
    collect();
    check_one(AG_XML_TOO_LARGE);
    assert_true(CloseHandle(handle));
}

static void collect__many_files__the_newest_count(void **state)
{
    (void)state;
    enum { MORE = 8 };
    const int all = AG_AUTODISCOVER_FILES + MORE;
    for (int i = 0; i < all; i++) {
        char name[64];
        int age = (i * 7 + 16) % all; /* in no order; 9.xml, maybe the last, is the oldest */
        (void)snprintf(name, sizeof name, IN_16 "\\%d.xml", i);
        scratch_profile_put(&profile, name, age < AG_AUTODISCOVER_FILES ? MAPI : EXCH, AT_S - age);
    }
    collect();
    check(AG_AUTODISCOVER_FILES, AG_AUTODISCOVER_FILES, 0);
    assert_true(files.cut_short);
    put(ANSWER, EXCH);
    scratch_profile_set_time(&profile, ANSWER, AT_S - 1000);
    collect();
    check(AG_AUTODISCOVER_FILES, AG_AUTODISCOVER_FILES, 0);
    scratch_profile_set_time(&profile, ANSWER, AT_S + 1000);
    collect();
    check(AG_AUTODISCOVER_FILES, AG_AUTODISCOVER_FILES - 1, 1);
}

static void collect__just_as_many_files__are_all(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < AG_AUTODISCOVER_FILES; i++) {
        (void)snprintf(name, sizeof name, IN_16 "\\%d.xml", i);
        put(name, EXCH);
    }
    collect();
    check(AG_AUTODISCOVER_FILES, 0, AG_AUTODISCOVER_FILES);
    assert_false(files.cut_short);
}

static void collect__very_many_names__looks_at_a_thousand(void **state)
{
    (void)state;
    char name[64];
    put(IN_16 "\\x.xml", EXCH);
    for (int i = 0; i < 980; i++) {
        (void)snprintf(name, sizeof name, IN_OUTLOOK "\\%d.srs", i);
        put(name, "");
    }
    collect();
    check(1, 0, 1);
    assert_false(files.cut_short);
    for (int i = 980; i < 1000; i++) {
        (void)snprintf(name, sizeof name, IN_OUTLOOK "\\%d.srs", i);
        put(name, "");
    }
    collect();
    assert_int_equal(files.trouble, AG_FILES_FINE);
    assert_true(files.cut_short);
}

/* ---- links --------------------------------------------------------------------------------- */

static void collect__link_to_a_file__is_not_followed(void **state)
{
    (void)state;
    char target[SCRATCH_PROFILE_PATH_BYTES];
    char link[SCRATCH_PROFILE_PATH_BYTES];
    put("target", MAPI);
    scratch_profile_path(&profile, "target", target);
    scratch_profile_path(&profile, IN_16 "\\x.xml", link);
    plant_link(target, link);
    collect();
    assert_int_equal(files.count, 1);
    assert_int_equal(files.list[0].answer.trouble, AG_XML_UNREADABLE);
    remove_planted_link(link);
}

static void collect__second_name_of_a_file__is_not_read(void **state)
{
    (void)state;
    char target[SCRATCH_PROFILE_PATH_BYTES];
    char link[SCRATCH_PROFILE_PATH_BYTES];
    put("target", MAPI);
    scratch_profile_path(&profile, "target", target);
    scratch_profile_path(&profile, ANSWER, link);
    assert_true(CreateHardLinkA(link, target, NULL));
    collect();
    check_one(AG_XML_UNREADABLE);
    scratch_profile_drop(&profile, "target");
    collect();
    check_one(AG_XML_FINE);
}

/* In the place of each folder below the profile, to one with good files. */
static void collect__link_to_a_folder__is_not_followed(void **state)
{
    (void)state;
    struct scratch_profile other;
    scratch_profile_make("autodiscover-other", &other);
    for (size_t i = 1; i < SCRATCH_PROFILE_DEPTH; i++) {
        char target[SCRATCH_PROFILE_PATH_BYTES];
        char link[SCRATCH_PROFILE_PATH_BYTES];
        scratch_profile_put(&other, IN_16 "\\x.xml", MAPI, AT_S);
        scratch_profile_make("autodiscover", &profile);
        scratch_profile_remove_from(&profile, i);
        scratch_profile_path(&other, SCRATCH_PROFILE_FOLDERS[i], target);
        scratch_profile_path(&profile, SCRATCH_PROFILE_FOLDERS[i], link);
        plant_link(target, link);
        collect();
        check_trouble(AG_FILES_NOT_LOCAL);
        remove_planted_link(link);
    }
    scratch_profile_remove(&other);
}

/* An administrator moved the profiles. */
static void collect__link_above_the_profile__is_followed(void **state)
{
    (void)state;
    char link[SCRATCH_PATH_BYTES];
    put(ANSWER, MAPI);
    scratch_folder_name("autodiscover-link", link);
    plant_link(profile.path, link);
    wchar_t wide[SCRATCH_PATH_BYTES];
    (void)swprintf(wide, SCRATCH_PATH_BYTES, L"%hs", link);
    ag_autodiscover_collect(wide, &cache, &files);
    check_one(AG_XML_FINE);
    remove_planted_link(link);
}

/* ---- folders ------------------------------------------------------------------------------- */

static void collect__no_folder__has_no_files(void **state)
{
    (void)state;
    for (size_t i = SCRATCH_PROFILE_DEPTH; i-- > 0;) {
        scratch_profile_remove_from(&profile, i);
        collect();
        check_trouble(AG_FILES_FINE);
    }
}

static void collect__one_folder_missing__reads_the_other(void **state)
{
    (void)state;
    put(ANSWER, MAPI);
    scratch_profile_remove_from(&profile, SCRATCH_PROFILE_DEPTH - 1);
    collect();
    check_one(AG_XML_FINE);
}

static void collect__one_folder_elsewhere__reads_the_other_and_says_so(void **state)
{
    (void)state;
    char target[SCRATCH_PROFILE_PATH_BYTES];
    char link[SCRATCH_PROFILE_PATH_BYTES];
    put(ANSWER, MAPI);
    scratch_profile_remove_from(&profile, SCRATCH_PROFILE_DEPTH - 1);
    scratch_profile_path(&profile, "AppData", target);
    scratch_profile_path(&profile, IN_16, link);
    plant_link(target, link);
    collect();
    assert_int_equal(files.trouble, AG_FILES_NOT_LOCAL);
    assert_int_equal(files.count, 1);
    assert_true(files.list[0].answer.mapi_http);
    remove_planted_link(link);
}

static void collect__path_of_no_local_disk__is_not_opened(void **state)
{
    (void)state;
    static const wchar_t *const PATHS[] = {
        L"",
        L"C",
        L"C:",
        L"C:alice",
        L"alice",
        L"Users\\alice",
        L"\\Users\\alice",
        L"\\\\server\\share\\alice",
        L"\\\\?\\C:\\users",
        L"\\\\.\\C:\\users",
        L"\\\\?\\UNC\\server\\share\\alice",
        L"C:/users",
        L"C:\\users/alice",
        L"C:\\users\\..\\windows",
        L"C:\\users:stream",
        L"C:\\users\\*",
        L"%USERPROFILE%",
        L"Q:\\users", /* there is no such drive */
        L"1:\\users",
    };
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        ag_autodiscover_collect(PATHS[i], &cache, &files);
        check_trouble(AG_FILES_NOT_LOCAL);
    }
}

static void collect__file_for_a_folder__cannot_be_listed(void **state)
{
    (void)state;
    scratch_profile_remove_from(&profile, SCRATCH_PROFILE_DEPTH - 2);
    put(IN_OUTLOOK, "x");
    collect();
    assert_int_equal(files.count, 0);
    assert_int_equal(files.trouble, AG_FILES_UNREADABLE);
    scratch_profile_drop(&profile, IN_OUTLOOK);
}

#define IN_PROFILE(test) cmocka_unit_test_setup_teardown(test, make_profile, remove_profile)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PROFILE(collect__both_places__all_are_read),
        IN_PROFILE(collect__other_names__are_not_read),
        IN_PROFILE(collect__files__come_with_their_time_and_trouble),
        IN_PROFILE(collect__large_file__is_not_read),
        IN_PROFILE(collect__many_files__the_newest_count),
        IN_PROFILE(collect__just_as_many_files__are_all),
        IN_PROFILE(collect__very_many_names__looks_at_a_thousand),
        IN_PROFILE(collect__link_to_a_file__is_not_followed),
        IN_PROFILE(collect__second_name_of_a_file__is_not_read),
        IN_PROFILE(collect__link_to_a_folder__is_not_followed),
        IN_PROFILE(collect__link_above_the_profile__is_followed),
        IN_PROFILE(collect__no_folder__has_no_files),
        IN_PROFILE(collect__one_folder_missing__reads_the_other),
        IN_PROFILE(collect__one_folder_elsewhere__reads_the_other_and_says_so),
        IN_PROFILE(collect__path_of_no_local_disk__is_not_opened),
        IN_PROFILE(collect__file_for_a_folder__cannot_be_listed),
    };
    return cmocka_run_group_tests_name("autodiscover files", tests, NULL, NULL);
}
