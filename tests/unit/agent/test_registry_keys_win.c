/* test_registry_keys_win.c - the door to users' keys, where their names come out of the hive. */
#include "tests/cmocka_all.h"

#include "agent/registry_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <stdatomic.h>
#include <string.h>

#include <winternl.h>

#define SID       "S-1-5-21-71-72-73-1001"
#define OTHER_SID "S-1-5-21-71-72-73-1002"
#define TOP       L"Software\\Top"
#define VICTIM    L"SOFTWARE\\MapiRolloutVictim"

/* Documented, but in the driver kit's headers only. */
NTSTATUS NTAPI NtDeleteKey(HANDLE key);
NTSTATUS NTAPI NtCreateKey(HANDLE *out, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
                           ULONG reserved, UNICODE_STRING *class, ULONG options, ULONG *made);

enum { NAMES_MOST = 16, RACE_ROUNDS = 3000 };

static struct err err;

static int load_hives(void **state)
{
    (void)state;
    scratch_hive_load(L"" SID);
    scratch_hive_load(L"" OTHER_SID);
    scratch_key_make(HKEY_USERS, L"" SID L"\\" TOP);
    scratch_key_make(HKEY_LOCAL_MACHINE, VICTIM L"\\Section");
    return 0;
}

static int unload_hives(void **state)
{
    (void)state;
    scratch_hive_unload(L"" SID);
    scratch_hive_unload(L"" OTHER_SID);
    return RegDeleteTreeW(HKEY_LOCAL_MACHINE, VICTIM) == ERROR_SUCCESS ? 0 : -1;
}

static HKEY open_top(void)
{
    HKEY key = NULL;
    assert_int_equal(ag_user_key_open(SID, TOP, AG_KEY_LIST, &key, &err), ST_OK);
    return key;
}

/* path: below the top. */
static void make(const wchar_t *path)
{
    wchar_t full[1024];
    assert_true(swprintf(full, 1024, L"%hs\\%ls\\%ls", SID, TOP, path) > 0);
    scratch_key_make(HKEY_USERS, full);
}

static void make_link(const wchar_t *path, const wchar_t *target)
{
    wchar_t full[1024];
    assert_true(swprintf(full, 1024, L"%hs\\%ls\\%ls", SID, TOP, path) > 0);
    scratch_link_make(HKEY_USERS, full, target);
}

static void set_value(const wchar_t *path, const wchar_t *name, const void *data, DWORD size)
{
    wchar_t full[1024];
    HKEY key = NULL;
    assert_true(swprintf(full, 1024, L"%hs\\%ls\\%ls", SID, TOP, path) > 0);
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, full, 0, KEY_SET_VALUE, &key), ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, name, 0, REG_BINARY, data, size), ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static enum status look_below(const wchar_t *path)
{
    HKEY top = open_top();
    HKEY key = NULL;
    enum status st = ag_user_key_below(top, path, AG_KEY_LIST, &key, &err);
    assert_int_equal(st == ST_OK, key != NULL);
    ag_user_key_close(key);
    ag_user_key_close(top);
    return st;
}

/* ---- opening ------------------------------------------------------------------------------- */

static void fill(wchar_t *name, size_t chars)
{
    for (size_t i = 0; i < chars; i++) {
        name[i] = L'n';
    }
}

static void below__names_of_any_kind__are_opened(void **state)
{
    static const wchar_t *const NAMES[] = {
        L"Outlook", L" ", L"..", L"a/b", L"%s%n", L"*?", L"\x00e4\x4e2d\xd83d\xde00", L"\xd83d",
    };
    wchar_t longest[AG_KEY_NAME_CHARS] = L"";
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        make(NAMES[i]);
        assert_int_equal(look_below(NAMES[i]), ST_OK);
    }
    fill(longest, AG_KEY_NAME_CHARS - 1);
    make(longest);
    assert_int_equal(look_below(longest), ST_OK);
}

static void below__several_names__are_walked(void **state)
{
    (void)state;
    make(L"Profiles\\Mine\\0a0d");
    assert_int_equal(look_below(L"profiles\\MINE\\0A0D"), ST_OK);
    assert_int_equal(look_below(L"Profiles\\Mine\\0a0e"), ST_NOT_FOUND);
    assert_int_equal(look_below(L"Profiles\\Other\\0a0d"), ST_NOT_FOUND);
}

static void below__name_of_nothing_or_too_long__is_no_key(void **state)
{
    wchar_t too_long[AG_KEY_NAME_CHARS + 1] = L"";
    (void)state;
    fill(too_long, AG_KEY_NAME_CHARS);
    assert_int_equal(look_below(L""), ST_BUG);
    assert_int_not_equal(look_below(too_long), ST_OK);
    /* And what a name too long was cut to is not taken for it. */
    too_long[AG_KEY_NAME_CHARS - 1] = L'\0';
    make(too_long);
    too_long[AG_KEY_NAME_CHARS - 1] = L'n';
    assert_int_not_equal(look_below(too_long), ST_OK);
}

static void below__missing_key__is_made_for_writing_only(void **state)
{
    HKEY top = open_top();
    HKEY key = NULL;
    (void)state;
    assert_int_equal(ag_user_key_below(top, L"New", AG_KEY_LIST, &key, &err), ST_NOT_FOUND);
    assert_int_equal(ag_user_key_below(top, L"New", AG_KEY_READ, &key, &err), ST_NOT_FOUND);
    assert_null(key);
    ag_user_key_close(top);
}

static void below__link__is_refused(void **state)
{
    (void)state;
    make_link(L"Machine", L"\\REGISTRY\\Machine\\" VICTIM);
    make_link(L"Other", L"\\REGISTRY\\User\\" OTHER_SID L"\\Software");
    make_link(L"Nowhere", L"\\REGISTRY\\Machine\\" VICTIM L"\\New");
    make(L"Plain");
    make_link(L"Own", L"\\REGISTRY\\User\\" SID L"\\" TOP L"\\Plain");
    assert_int_equal(look_below(L"Machine"), ST_DENIED);
    assert_int_equal(look_below(L"Machine\\Section"), ST_DENIED);
    assert_int_equal(look_below(L"Other"), ST_DENIED);
    assert_int_equal(look_below(L"Nowhere"), ST_DENIED);
    assert_int_equal(look_below(L"Own"), ST_DENIED);
    assert_int_equal(look_below(L"Plain"), ST_OK);
}

static void below__upper_key_vanished__is_not_found(void **state)
{
    HKEY top = open_top();
    HKEY key = NULL;
    (void)state;
    make(L"Profile\\Section");
    assert_int_equal(RegDeleteTreeW(HKEY_USERS, L"" SID L"\\" TOP), ERROR_SUCCESS);
    assert_int_equal(ag_user_key_below(top, L"Profile", AG_KEY_LIST, &key, &err), ST_NOT_FOUND);
    ag_user_key_close(top);
}

static void remove_place(void)
{
    HKEY key = NULL;
    if (RegOpenKeyExW(HKEY_USERS, L"" SID L"\\" TOP L"\\Turn", REG_OPTION_OPEN_LINK, DELETE,
                      &key) == ERROR_SUCCESS) {
        (void)NtDeleteKey(key);
        (void)RegCloseKey(key);
    }
}

static atomic_bool enough;

/* A key and a link to the machine's by turns in the same place. */
static DWORD WINAPI take_turns(void *ctx)
{
    (void)ctx;
    while (!atomic_load(&enough)) {
        make(L"Turn");
        remove_place();
        make_link(L"Turn", L"\\REGISTRY\\Machine\\" VICTIM);
        remove_place();
    }
    return 0;
}

static void below__key_and_link_by_turns__never_leads_elsewhere(void **state)
{
    unsigned opened = 0;
    unsigned refused = 0;
    HKEY top = open_top();
    (void)state;
    atomic_store(&enough, false);
    HANDLE thread = CreateThread(NULL, 0, take_turns, NULL, 0, NULL);
    assert_non_null(thread);
    for (int i = 0; i < RACE_ROUNDS || opened == 0 || refused == 0; i++) {
        HKEY key = NULL;
        HKEY section = NULL;
        enum status st = ag_user_key_below(top, L"Turn", AG_KEY_LIST, &key, &err);
        opened += st == ST_OK;
        refused += st == ST_DENIED;
        if (st == ST_OK) { /* the victim has such a key, ours has none */
            assert_int_not_equal(ag_user_key_below(key, L"Section", AG_KEY_LIST, &section, NULL),
                                 ST_OK);
        }
        ag_user_key_close(key);
    }
    atomic_store(&enough, true);
    assert_int_equal(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    (void)CloseHandle(thread);
    ag_user_key_close(top);
}

/* ---- listing ------------------------------------------------------------------------------- */

struct seen {
    size_t count;
    wchar_t names[NAMES_MOST][AG_KEY_NAME_CHARS];
    uint64_t written[NAMES_MOST];
};

static void note(void *ctx, const wchar_t *name, uint64_t written)
{
    struct seen *seen = ctx;
    assert_true(seen->count < NAMES_MOST);
    (void)swprintf(seen->names[seen->count], AG_KEY_NAME_CHARS, L"%ls", name);
    seen->written[seen->count++] = written;
}

static void list(size_t most, struct seen *seen, bool *more)
{
    const struct ag_key_visitor visitor = {.ctx = seen, .visit = note};
    HKEY top = open_top();
    seen->count = 0;
    assert_int_equal(ag_user_key_names(top, most, &visitor, more, &err), ST_OK);
    ag_user_key_close(top);
}

static void names__up_to_the_bound__are_visited(void **state)
{
    struct seen seen;
    bool more = true;
    (void)state;
    list(3, &seen, &more);
    assert_int_equal(seen.count, 0);
    assert_false(more);
    make(L"b");
    make(L"a");
    make(L"c");
    list(3, &seen, &more);
    assert_int_equal(seen.count, 3);
    assert_false(more);
    assert_int_equal(wcscmp(seen.names[0], L"a"), 0);
    assert_int_equal(wcscmp(seen.names[2], L"c"), 0);
    make(L"d");
    list(3, &seen, &more);
    assert_int_equal(seen.count, 3);
    assert_true(more);
}

static void names__with_a_nul_inside__are_left_out(void **state)
{
    static wchar_t broken[] = L"a\0b";
    UNICODE_STRING name = {.Length = 6, .MaximumLength = 8, .Buffer = broken};
    struct seen seen;
    HKEY top = NULL;
    HANDLE key = NULL;
    bool more = true;
    (void)state;
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, L"" SID L"\\" TOP, 0, KEY_ALL_ACCESS, &top),
                     ERROR_SUCCESS);
    OBJECT_ATTRIBUTES attributes = {
        .Length = sizeof attributes, .RootDirectory = top, .ObjectName = &name};
    assert_true(NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL) >= 0);
    (void)NtClose(key);
    (void)RegCloseKey(top);
    make(L"whole");
    list(3, &seen, &more);
    assert_int_equal(seen.count, 1);
    assert_int_equal(wcscmp(seen.names[0], L"whole"), 0);
    assert_false(more);
    list(1, &seen, &more); /* it counts all the same: a million of them take no time */
    assert_true(more);
}

static void names__key_not_opened_to_be_listed__is_denied(void **state)
{
    struct seen seen = {0};
    const struct ag_key_visitor visitor = {.ctx = &seen, .visit = note};
    HKEY top = NULL;
    bool more = false;
    (void)state;
    make(L"a");
    assert_int_equal(ag_user_key_open(SID, TOP, AG_KEY_READ, &top, &err), ST_OK);
    assert_int_equal(ag_user_key_names(top, 3, &visitor, &more, &err), ST_DENIED);
    assert_int_equal(seen.count, 0);
    ag_user_key_close(top);
}

static void change_section(int change)
{
    HKEY key = NULL;
    switch (change) {
    case 0: set_value(L"Section", L"001f6652", "a", 1); break;
    case 1: set_value(L"Section", L"001f6652", "b", 1); break;
    default:
        assert_int_equal(
            RegOpenKeyExW(HKEY_USERS, L"" SID L"\\" TOP L"\\Section", 0, KEY_SET_VALUE, &key),
            ERROR_SUCCESS);
        assert_int_equal(RegDeleteValueW(key, L"001f6652"), ERROR_SUCCESS);
        (void)RegCloseKey(key);
    }
}

/* What says cheaply that nothing changed: each kind of change moves the time of its key, once the
 * clock has gone on. */
static void written__value_set_changed_or_removed__moves_the_time(void **state)
{
    struct seen before;
    struct seen after;
    bool more = false;
    uint64_t top_before = 0;
    uint64_t top_after = 0;
    HKEY top = open_top();
    (void)state;
    make(L"Section");
    assert_int_equal(ag_user_key_written(top, &top_before, &err), ST_OK);
    for (int change = 0; change < 3; change++) {
        FILETIME now = {0};
        list(1, &before, &more);
        do {
            GetSystemTimeAsFileTime(&now);
        } while (((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) <= before.written[0]);
        change_section(change);
        list(1, &after, &more);
        assert_true(after.written[0] > before.written[0]);
    }
    assert_int_equal(ag_user_key_written(top, &top_after, &err), ST_OK);
    assert_int_equal(top_after, top_before); /* a value below is not the upper key's */
    ag_user_key_close(top);
}

static void written__key_comes_or_goes__moves_the_time_above(void **state)
{
    uint64_t before = 0;
    uint64_t after = 0;
    HKEY top = open_top();
    (void)state;
    assert_int_equal(ag_user_key_written(top, &before, &err), ST_OK);
    make(L"a");
    assert_int_equal(ag_user_key_written(top, &after, &err), ST_OK);
    assert_true(after > before);
    before = after;
    assert_int_equal(RegDeleteKeyW(top, L"a"), ERROR_SUCCESS);
    assert_int_equal(ag_user_key_written(top, &after, &err), ST_OK);
    assert_true(after > before);
    ag_user_key_close(top);
}

#define IN_HIVES(test) cmocka_unit_test_setup_teardown(test, load_hives, unload_hives)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_HIVES(below__names_of_any_kind__are_opened),
        IN_HIVES(below__several_names__are_walked),
        IN_HIVES(below__name_of_nothing_or_too_long__is_no_key),
        IN_HIVES(below__missing_key__is_made_for_writing_only),
        IN_HIVES(below__link__is_refused),
        IN_HIVES(below__upper_key_vanished__is_not_found),
        IN_HIVES(below__key_and_link_by_turns__never_leads_elsewhere),
        IN_HIVES(names__up_to_the_bound__are_visited),
        IN_HIVES(names__with_a_nul_inside__are_left_out),
        IN_HIVES(names__key_not_opened_to_be_listed__is_denied),
        IN_HIVES(written__value_set_changed_or_removed__moves_the_time),
        IN_HIVES(written__key_comes_or_goes__moves_the_time_above),
    };
    return cmocka_run_group_tests_name("registry_keys", tests, NULL, NULL);
}
