/* test_apply_kill_win.c - killed between any two calls that change a real hive, the next process
 * brings what there would be without the kill, and restoring gives the original back.
 *
 * The program starts itself: `... SET N` applies SET to the hive and ends itself, with no clean-up,
 * before the N-th of those calls, or after the last one. Reading changes nothing, so these are all
 * the moments there are. Starting takes long under Wine, so that the whole matrix is gone through
 * with a port that does nothing from the N-th call on, which leaves the same hive behind.
 */
#include "tests/cmocka_all.h"

#include "agent/apply.h"
#include "agent/setting_win.h"
#include "tests/unit/agent/mortal_setting_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <stdlib.h>
#include <string.h>

#define SID    "S-1-5-21-81-82-83-1001"
#define MARKER L"" SID L"\\Software\\MapiRollout"

enum { SURVIVED = 78, STEPS_MOST = 20 };

static const struct pol_policy STAGE = {.rollout = "test", .version = 7001, .kind = POL_KIND_STAGE};
static struct err err;

static enum status apply_until(enum pol_set set, unsigned dies_before, bool process_dies)
{
    const struct pol_decision decision = {.set = set, .rule = -1, .blocked_by = POL_BLOCKED_NOT};
    struct ag_applied applied = {0};
    struct ag_hive *hive = NULL;
    struct ag_setting setting = mortal_setting(dies_before, process_dies);
    enum status st = setting.open(setting.ctx, SID, &hive, &err);
    if (st == ST_OK) {
        st = ag_apply(&setting, hive, &STAGE, &decision, true, &applied, &err);
        if (process_dies && dies_before == mortal.calls + 1) {
            (void)TerminateProcess(GetCurrentProcess(), KILLED);
        }
        setting.close(setting.ctx, hive);
    }
    return st;
}

static void apply(enum pol_set set)
{
    assert_int_equal(apply_until(set, NOBODY_KILLS, false), ST_OK);
    assert_int_equal(mortal.rash, 0);
}

/* ---- processes ---------------------------------------------------------------------------- */

static int be_killed(const char *set, const char *dies_before)
{
    (void)apply_until((enum pol_set)strtol(set, NULL, 10), (unsigned)strtoul(dies_before, NULL, 10),
                      true);
    return SURVIVED;
}

/* Start ourselves, and wait for the end by our own hand. */
static void kill_process(enum pol_set set, unsigned dies_before)
{
    wchar_t program[MAX_PATH] = L"";
    wchar_t line[MAX_PATH + 32] = L"";
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process = {0};
    DWORD code = SURVIVED;
    assert_in_range(GetModuleFileNameW(NULL, program, MAX_PATH), 1, MAX_PATH - 1);
    assert_true(swprintf(line, MAX_PATH + 32, L"\"%ls\" %d %u", program, (int)set, dies_before) >
                0);
    assert_true(
        CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process));
    assert_int_equal(WaitForSingleObject(process.hProcess, 60000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(process.hProcess, &code));
    assert_int_equal(code, KILLED);
    (void)CloseHandle(process.hThread);
    (void)CloseHandle(process.hProcess);
}

static void kill_port(enum pol_set set, unsigned dies_before)
{
    (void)apply_until(set, dies_before, false);
}

/* ---- the hive ----------------------------------------------------------------------------- */

struct snapshot {
    struct ag_value value;
    struct ag_value marker[AG_MARKER_PARTS];
};

static struct snapshot look(void)
{
    struct ag_setting setting = ag_setting_win(NULL);
    struct snapshot now = {.value.present = false};
    struct ag_hive *hive = NULL;
    assert_int_equal(setting.open(setting.ctx, SID, &hive, &err), ST_OK);
    assert_int_equal(setting.read(setting.ctx, hive, &now.value, &err), ST_OK);
    for (int part = 0; part < AG_MARKER_PARTS; part++) {
        assert_int_equal(setting.read_marker(setting.ctx, hive, (enum ag_marker_part)part,
                                             &now.marker[part], &err),
                         ST_OK);
    }
    setting.close(setting.ctx, hive);
    return now;
}

static void put(const struct ag_value *original)
{
    struct ag_setting setting = ag_setting_win(NULL);
    struct ag_hive *hive = NULL;
    assert_int_equal(setting.open(setting.ctx, SID, &hive, &err), ST_OK);
    assert_int_equal(setting.forget_marker(setting.ctx, hive, &err), ST_OK);
    assert_int_equal(setting.write(setting.ctx, hive, original, &err), ST_OK);
    setting.close(setting.ctx, hive);
}

static const struct ag_value ORIGINALS[] = {
    {.present = false},
    {.present = true, .type = AG_TYPE_DWORD, .size = 4, .data = {0}},
    {.present = true, .type = AG_TYPE_DWORD, .size = 4, .data = {1}},
    {.present = true, .type = AG_TYPE_SZ, .size = 6, .data = {'1', 0, 0xff, 0xd8, 0, 0}},
};
enum { ORIGINAL_COUNT = sizeof ORIGINALS / sizeof ORIGINALS[0] };

/* Where a kill is tried: on the way from an original, or from what was set before, to a set. */
struct course {
    enum pol_set before; /* POL_SET_LEAVE: nothing was */
    enum pol_set set;
};

static void begin(const struct course *course, const struct ag_value *original)
{
    put(original);
    if (course->before != POL_SET_LEAVE) {
        apply(course->before);
    }
}

static bool same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
    bool same = ag_value_same(&a->value, &b->value);
    for (int part = 0; part < AG_MARKER_PARTS; part++) {
        /* Which state we left last may be said or not: it is wanted between two writes alone. */
        same = same &&
               (part == AG_MARKER_PREVIOUS || ag_value_same(&a->marker[part], &b->marker[part]));
    }
    return same;
}

static void expect_original_back(const struct ag_value *original)
{
    apply(POL_SET_RESTORE);
    struct snapshot now = look();
    assert_true(ag_value_same(&now.value, original));
    for (int part = 0; part < AG_MARKER_PARTS; part++) {
        assert_false(now.marker[part].present);
    }
}

/* What an unkilled process makes of it, and by how many calls. */
static struct snapshot run_unkilled(const struct course *course, const struct ag_value *original,
                                    unsigned *calls)
{
    begin(course, original);
    apply(course->set);
    *calls = mortal.calls;
    assert_in_range(*calls, 0, STEPS_MOST);
    return look();
}

static void kill_everywhere(const struct course *course, const struct ag_value *original,
                            void (*kill)(enum pol_set set, unsigned dies_before))
{
    unsigned calls = 0;
    struct snapshot expected = run_unkilled(course, original, &calls);
    for (unsigned n = 1; n <= calls + 1; n++) {
        begin(course, original);
        kill(course->set, n);
        apply(course->set);
        struct snapshot now = look();
        if (!same_snapshot(&now, &expected)) {
            fail_msg("another end after a kill before call %u of %u to set %d after %d", n, calls,
                     (int)course->set, (int)course->before);
        }
        if (course->set != POL_SET_RELEASE) {
            expect_original_back(original);
        }
    }
}

/* From each original; two of them with processes, the others with the port alone. */
static void kill_over_all_originals(const struct course *course)
{
    for (size_t i = 0; i < ORIGINAL_COUNT; i++) {
        kill_everywhere(course, &ORIGINALS[i], kill_port);
    }
    kill_everywhere(course, &ORIGINALS[0], kill_process);
    kill_everywhere(course, &ORIGINALS[ORIGINAL_COUNT - 1], kill_process);
}

static int load(void **state)
{
    (void)state;
    scratch_hive_load(L"" SID);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    scratch_hive_unload(L"" SID);
    return 0;
}

/* ---- what is tried ------------------------------------------------------------------------ */

static void kill__while_block_is_set__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_LEAVE, POL_SET_BLOCK});
}

static void kill__while_0_is_set__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_LEAVE, POL_SET_ALLOW_EXPLICIT});
}

static void kill__while_the_value_is_removed__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_LEAVE, POL_SET_ALLOW});
}

static void kill__from_block_to_0__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_BLOCK, POL_SET_ALLOW_EXPLICIT});
}

static void kill__from_block_to_removed__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_BLOCK, POL_SET_ALLOW});
}

static void kill__while_restored__next_process_gives_the_original_back(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_ALLOW_EXPLICIT, POL_SET_RESTORE});
}

static void kill__while_released__next_process_ends_alike(void **state)
{
    (void)state;
    kill_over_all_originals(&(struct course){POL_SET_BLOCK, POL_SET_RELEASE});
}

/* The second one is killed, too, at each of its own calls. */
static void kill_twice(const struct course *course, const struct ag_value *original)
{
    unsigned calls = 0;
    struct snapshot expected = run_unkilled(course, original, &calls);
    for (unsigned n = 1; n <= calls; n++) {
        for (unsigned m = 1; m <= calls; m++) {
            begin(course, original);
            kill_port(course->set, n);
            kill_port(course->set, m);
            apply(course->set);
            struct snapshot now = look();
            assert_true(same_snapshot(&now, &expected));
        }
    }
}

static void kill__twice__third_process_ends_alike(void **state)
{
    static const struct course COURSES[] = {
        {POL_SET_LEAVE, POL_SET_BLOCK},
        {POL_SET_BLOCK, POL_SET_ALLOW},
        {POL_SET_BLOCK, POL_SET_RESTORE},
        {POL_SET_BLOCK, POL_SET_RELEASE},
    };
    (void)state;
    for (size_t c = 0; c < sizeof COURSES / sizeof COURSES[0]; c++) {
        for (size_t i = 0; i < ORIGINAL_COUNT; i++) {
            kill_twice(&COURSES[c], &ORIGINALS[i]);
        }
    }
}

static void set_part(const wchar_t *name, bool present)
{
    HKEY key = NULL;
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, MARKER, 0, KEY_SET_VALUE, &key), ERROR_SUCCESS);
    assert_int_equal(present ? RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)L"", 2)
                             : RegDeleteValueW(key, name),
                     ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

/* A marker that has a key of the user's below it is forgotten part by part, which takes several
 * calls; in whatever state a kill leaves it, what was given back stays. */
static void kill__while_a_marker_is_forgotten_part_by_part__original_stays(void **state)
{
    static const wchar_t *const ORDER[] = {L"Previous", L"Written", L"Rollout", L"PreImage"};
    (void)state;
    for (size_t i = 0; i < ORIGINAL_COUNT; i++) {
        for (size_t gone = 0; gone <= 4; gone++) {
            const struct course course = {POL_SET_BLOCK, POL_SET_ALLOW};
            begin(&course, &ORIGINALS[i]);
            apply(course.set);
            apply(POL_SET_RESTORE);
            unsigned calls = mortal.calls;
            begin(&course, &ORIGINALS[i]);
            apply(course.set);
            kill_port(POL_SET_RESTORE, calls); /* the last call forgets */
            for (size_t part = 0; part < gone; part++) {
                set_part(ORDER[part], true); /* it need not be there */
                set_part(ORDER[part], false);
            }
            expect_original_back(&ORIGINALS[i]);
        }
    }
}

/* A kill after the marker's key was made and before it has values. */
static void kill__marker_has_no_values_yet__counts_as_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < ORIGINAL_COUNT; i++) {
        put(&ORIGINALS[i]);
        scratch_key_make(HKEY_USERS, MARKER);
        apply(POL_SET_BLOCK);
        expect_original_back(&ORIGINALS[i]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill__while_block_is_set__next_process_ends_alike),
        cmocka_unit_test(kill__while_0_is_set__next_process_ends_alike),
        cmocka_unit_test(kill__while_the_value_is_removed__next_process_ends_alike),
        cmocka_unit_test(kill__from_block_to_0__next_process_ends_alike),
        cmocka_unit_test(kill__from_block_to_removed__next_process_ends_alike),
        cmocka_unit_test(kill__while_restored__next_process_gives_the_original_back),
        cmocka_unit_test(kill__while_released__next_process_ends_alike),
        cmocka_unit_test(kill__twice__third_process_ends_alike),
        cmocka_unit_test(kill__while_a_marker_is_forgotten_part_by_part__original_stays),
        cmocka_unit_test(kill__marker_has_no_values_yet__counts_as_none),
    };
    if (argc == 3) {
        return be_killed(argv[1], argv[2]);
    }
    return cmocka_run_group_tests_name("apply, killed", tests, load, unload);
}
