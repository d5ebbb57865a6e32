/* test_vault_win.c - small files, secrets and the floor's second place. */
#include "tests/cmocka_all.h"

#include "agent/vault_win.h"
#include "base/file.h"
#include "tests/unit/agent/planted_link_win.h"
#include "tests/unit/agent/scratch_folder_win.h"

#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>

static char folder[SCRATCH_PATH_BYTES];
static struct err err;

static int open_vault(void **state)
{
    struct ag_vault_win *vault = NULL;
    scratch_folder_name("vault", folder);
    assert_int_equal(ag_vault_win_open(folder, &vault, &err), ST_OK);
    *state = vault;
    return 0;
}

static int close_vault(void **state)
{
    ag_vault_win_close(*state);
    scratch_folder_remove(folder);
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout\\State");
    return 0;
}

static struct ag_vault port_of(void **state)
{
    return ag_vault_win_port(*state);
}

static void expect_text(struct bytes *got, const char *text)
{
    assert_int_equal(got->size, strlen(text));
    assert_memory_equal(got->data, text, got->size);
    bytes_free(got);
}

static void file__written_renamed_removed__is_where_it_should_be(void **state)
{
    struct ag_vault vault = port_of(state);
    struct bytes got = {0};
    assert_int_equal(vault.write(vault.ctx, "a.txt", span_text("one"), &err), ST_OK);
    assert_int_equal(vault.write(vault.ctx, "a.txt", span_text("two"), &err), ST_OK);
    assert_int_equal(vault.rename(vault.ctx, "a.txt", "b.txt", &err), ST_OK);
    assert_int_equal(vault.read(vault.ctx, "a.txt", 16, &got, &err), ST_NOT_FOUND);
    assert_int_equal(vault.read(vault.ctx, "b.txt", 16, &got, &err), ST_OK);
    expect_text(&got, "two");
    assert_int_equal(vault.read(vault.ctx, "b.txt", 2, &got, &err), ST_TOO_LARGE);
    assert_int_equal(vault.remove(vault.ctx, "b.txt", &err), ST_OK);
    assert_int_equal(vault.remove(vault.ctx, "b.txt", &err), ST_NOT_FOUND);
}

static void name__with_a_way_out__is_our_own_mistake(void **state)
{
    static const char *const WRONG[] = {"", "..", ".hidden", "a\\b", "a/b", "..\\x", "c:x", "a:b"};
    struct ag_vault vault = port_of(state);
    struct bytes got = {0};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_int_equal(vault.write(vault.ctx, WRONG[i], span_text("x"), &err), ST_BUG);
        assert_int_equal(vault.read(vault.ctx, WRONG[i], 16, &got, &err), ST_BUG);
        assert_int_equal(vault.remove(vault.ctx, WRONG[i], &err), ST_BUG);
        assert_int_equal(vault.rename(vault.ctx, "a", WRONG[i], &err), ST_BUG);
    }
}

static bool contains(const struct bytes *hay, const char *needle)
{
    size_t size = strlen(needle);
    for (size_t i = 0; i + size <= hay->size; i++) {
        if (memcmp(hay->data + i, needle, size) == 0) {
            return true;
        }
    }
    return false;
}

static void secret__sealed__comes_back_and_is_not_on_the_disk(void **state)
{
    static const char TOKEN[] = "token-that-nobody-may-read";
    struct ag_vault vault = port_of(state);
    struct bytes got = {0};
    assert_int_equal(vault.write_secret(vault.ctx, "t.sealed", span_text(TOKEN), &err), ST_OK);
    assert_int_equal(vault.read(vault.ctx, "t.sealed", 65536, &got, &err), ST_OK);
    assert_false(contains(&got, "nobody-may-read"));
    bytes_free(&got);
    assert_int_equal(vault.read_secret(vault.ctx, "t.sealed", &got, &err), ST_OK);
    expect_text(&got, TOKEN);
}

static void secret__file_tampered_with__is_an_error_without_the_secret(void **state)
{
    struct ag_vault vault = port_of(state);
    struct bytes got = {0};
    assert_int_equal(vault.write(vault.ctx, "t.sealed", span_text("rubbish"), &err), ST_OK);
    assert_int_equal(vault.read_secret(vault.ctx, "t.sealed", &got, &err), ST_IO);
    assert_null(got.data);
    assert_int_equal(vault.read_secret(vault.ctx, "none", &got, &err), ST_NOT_FOUND);
}

static bool count_one(void *ctx, const char *name)
{
    size_t *count = ctx;
    *count += strcmp(name, "one") == 0 || strcmp(name, "two") == 0;
    return true;
}

static void list__files__each_once(void **state)
{
    struct ag_vault vault = port_of(state);
    size_t count = 0;
    assert_int_equal(vault.write(vault.ctx, "one", span_text("1"), &err), ST_OK);
    assert_int_equal(vault.write(vault.ctx, "two", span_text("2"), &err), ST_OK);
    assert_int_equal(vault.list(vault.ctx, count_one, &count, &err), ST_OK);
    assert_int_equal(count, 2);
}

static void floor__of_many_rollouts__comes_back(void **state)
{
    struct ag_vault vault = port_of(state);
    struct bytes text = bytes_with_limit(4096);
    struct bytes got = {0};
    assert_int_equal(vault.read_floor(vault.ctx, &got, &err), ST_NOT_FOUND);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(bytes_append_format(&text, "rollout-%02d 7002 %064d\n", i, i), ST_OK);
    }
    assert_int_equal(vault.write_floor(vault.ctx, bytes_span(&text), &err), ST_OK);
    assert_int_equal(vault.read_floor(vault.ctx, &got, &err), ST_OK);
    assert_true(span_equal(bytes_span(&got), bytes_span(&text)));
    bytes_free(&got);
    bytes_free(&text);
}

/* The mark's key is volatile; nothing above it may be, or no key that lasts fits beside it. */
static void floor__after_a_mark_on_a_new_machine__can_be_written(void **state)
{
    struct ag_vault vault = port_of(state);
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout");
    assert_int_equal(vault.write_mark(vault.ctx, "S-1-5-21-1-2-3-1001 7", &err), ST_OK);
    assert_int_equal(vault.write_floor(vault.ctx, span_text("r 1 0"), &err), ST_OK);
    assert_int_equal(vault.write_mark(vault.ctx, NULL, &err), ST_OK);
}

static void floor__of_a_wrong_type__is_an_error(void **state)
{
    struct ag_vault vault = port_of(state);
    struct bytes got = {0};
    const DWORD number = 7002;
    assert_int_equal(vault.write_floor(vault.ctx, span_text("r 1 0"), &err), ST_OK);
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\MapiRollout\\State", L"Floor",
                                     REG_DWORD, &number, sizeof number),
                     ERROR_SUCCESS);
    assert_int_equal(vault.read_floor(vault.ctx, &got, &err), ST_IO);
}

static void open__folder_with_missing_parents__makes_them(void **state)
{
    char deep[SCRATCH_PATH_BYTES + 16];
    char parent[SCRATCH_PATH_BYTES];
    struct ag_vault_win *vault = NULL;
    (void)state;
    scratch_folder_name("parents", parent);
    assert_true(snprintf(deep, sizeof deep, "%s\\a", parent) > 0);
    assert_int_equal(ag_vault_win_open(deep, &vault, &err), ST_OK);
    ag_vault_win_close(vault);
    scratch_folder_remove(deep);
    assert_true(RemoveDirectoryA(parent));
}

static void make_open_folder(const char *path)
{
    PSECURITY_DESCRIPTOR for_all = NULL;
    BOOL present = FALSE;
    BOOL defaulted = FALSE;
    PACL acl = NULL;
    assert_true(CreateDirectoryA(path, NULL));
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(
        L"D:P(A;OICI;FA;;;WD)", SDDL_REVISION_1, &for_all, NULL));
    assert_true(GetSecurityDescriptorDacl(for_all, &present, &acl, &defaulted));
    char writable[SCRATCH_PATH_BYTES];
    (void)snprintf(writable, sizeof writable, "%s", path);
    assert_int_equal(SetNamedSecurityInfoA(writable, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION,
                                           NULL, NULL, acl, NULL),
                     ERROR_SUCCESS);
    (void)LocalFree(for_all);
}

static void open__folder_that_anybody_changes__is_refused(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    struct ag_vault_win *vault = NULL;
    (void)state;
    scratch_folder_name("open", path);
    make_open_folder(path);
    assert_int_equal(ag_vault_win_open(path, &vault, &err), ST_DENIED);
    assert_null(vault);
    scratch_folder_remove(path);
}

static void open__folder_that_anybody_exchanges__is_refused(void **state)
{
    char above[SCRATCH_PATH_BYTES];
    char path[SCRATCH_PATH_BYTES + 16];
    struct ag_vault_win *vault = NULL;
    (void)state;
    scratch_folder_name("above", above);
    make_open_folder(above);
    assert_true(snprintf(path, sizeof path, "%s\\ours", above) > 0);
    assert_int_equal(ag_vault_win_open(path, &vault, &err), ST_DENIED);
    assert_non_null(strstr(err.text, "exchange"));
    assert_null(vault);
    scratch_folder_remove(path);
    assert_true(RemoveDirectoryA(above));
}

static void open__what_is_no_folder_of_ours__is_refused(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    struct ag_vault_win *vault = NULL;
    (void)state;
    assert_int_not_equal(ag_vault_win_open("relative\\folder", &vault, &err), ST_OK);
    assert_int_not_equal(ag_vault_win_open("", &vault, &err), ST_OK);
    scratch_folder_name("file", path);
    assert_int_equal(file_write(path, span_text("x"), FILE_FOR_OWNER, &err), ST_OK);
    assert_int_not_equal(ag_vault_win_open(path, &vault, &err), ST_OK);
    assert_int_equal(file_remove(path, &err), ST_OK);
    assert_null(vault);
}

static void open__link_in_its_place__is_refused(void **state)
{
    char link[SCRATCH_PATH_BYTES];
    char target[SCRATCH_PATH_BYTES];
    struct ag_vault_win *vault = NULL;
    (void)state;
    scratch_folder_name("link", link);
    scratch_folder_name("target", target);
    assert_true(CreateDirectoryA(target, NULL));
    plant_link(target, link);
    assert_int_equal(ag_vault_win_open(link, &vault, &err), ST_DENIED);
    assert_non_null(strstr(err.text, "is a link"));
    assert_null(vault);
    (void)RemoveDirectoryA(link);
    (void)RemoveDirectoryA(target);
}

static void open__link_above__is_refused(void **state)
{
    char link[SCRATCH_PATH_BYTES];
    char target[SCRATCH_PATH_BYTES];
    char path[SCRATCH_PATH_BYTES + 16];
    struct ag_vault_win *vault = NULL;
    (void)state;
    scratch_folder_name("link-above", link);
    scratch_folder_name("target-above", target);
    assert_true(CreateDirectoryA(target, NULL));
    plant_link(target, link);
    assert_true(snprintf(path, sizeof path, "%s\\ours", link) > 0);
    assert_int_equal(ag_vault_win_open(path, &vault, &err), ST_DENIED);
    assert_non_null(strstr(err.text, "link-above"));
    assert_null(vault);
    scratch_folder_remove(path);
    (void)RemoveDirectoryA(link);
    (void)RemoveDirectoryA(target);
}

#define IN_VAULT(test) cmocka_unit_test_setup_teardown(test, open_vault, close_vault)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_VAULT(file__written_renamed_removed__is_where_it_should_be),
        IN_VAULT(name__with_a_way_out__is_our_own_mistake),
        IN_VAULT(secret__sealed__comes_back_and_is_not_on_the_disk),
        IN_VAULT(secret__file_tampered_with__is_an_error_without_the_secret),
        IN_VAULT(list__files__each_once),
        IN_VAULT(floor__of_many_rollouts__comes_back),
        IN_VAULT(floor__after_a_mark_on_a_new_machine__can_be_written),
        IN_VAULT(floor__of_a_wrong_type__is_an_error),
        cmocka_unit_test(open__folder_with_missing_parents__makes_them),
        cmocka_unit_test(open__folder_that_anybody_changes__is_refused),
        cmocka_unit_test(open__folder_that_anybody_exchanges__is_refused),
        cmocka_unit_test(open__link_above__is_refused),
        cmocka_unit_test(open__what_is_no_folder_of_ours__is_refused),
        cmocka_unit_test(open__link_in_its_place__is_refused),
    };
    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
