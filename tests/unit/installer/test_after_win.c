/* test_after_win.c - what is left for users' next logon when the agent goes. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "installer/msi/after_win.h"
#include "installer/msi/settings_win.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>

enum { TEXT_CHARS = 512, PATIENCE_MS = 60 * 1000 };

static struct err err;

static int cancel(void **state)
{
    (void)state;
    return ins_after_cancel(&err) == ST_OK ? 0 : -1;
}

static bool read_order(const wchar_t *name, DWORD kind, wchar_t out[TEXT_CHARS])
{
    DWORD size = TEXT_CHARS * sizeof *out;
    return RegGetValueW(HKEY_LOCAL_MACHINE, INS_ORDER_KEY, name, kind | RRF_NOEXPAND, NULL, out,
                        &size) == ERROR_SUCCESS;
}

/* As Windows reads it: four numbers, the first one counts most. */
static uint64_t version_of_order(void)
{
    wchar_t text[TEXT_CHARS];
    unsigned part[4];
    int end = 0;
    uint64_t version = 0;
    assert_true(read_order(L"Version", RRF_RT_REG_SZ, text));
    assert_int_equal(swscanf(text, L"%u,%u,%u,%u%n", &part[0], &part[1], &part[2], &part[3], &end),
                     4);
    assert_int_equal((size_t)end, wcslen(text));
    for (int i = 0; i < 4; i++) {
        assert_true(part[i] <= UINT16_MAX);
        version = version << 16 | part[i];
    }
    return version;
}

static void order__runs_a_program_of_windows_by_its_whole_path(void **state)
{
    wchar_t text[TEXT_CHARS];
    (void)state;
    assert_int_equal(ins_after_order(&err), ST_OK);
    assert_true(read_order(L"StubPath", RRF_RT_REG_EXPAND_SZ, text));
    assert_int_equal(wcscmp(text, L"%SystemRoot%\\System32\\reg.exe delete "
                                  L"HKCU\\Software\\Microsoft\\Exchange /v MapiHttpDisabled /f"),
                     0);
    assert_true(read_order(NULL, RRF_RT_REG_SZ, text));
    assert_true(wcslen(text) > 0);
}

/* Who has carried out the one of before carries out a later one, too. */
static void order__made_later__has_a_higher_version(void **state)
{
    (void)state;
    assert_int_equal(ins_after_order(&err), ST_OK);
    uint64_t first = version_of_order();
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (version_of_order() == first && clock_monotonic_ms() < until_ms) {
        assert_int_equal(ins_after_order(&err), ST_OK);
    }
    assert_true(version_of_order() > first);
}

static void order__cancelled__is_gone(void **state)
{
    wchar_t text[TEXT_CHARS];
    (void)state;
    assert_int_equal(ins_after_order(&err), ST_OK);
    assert_int_equal(ins_after_cancel(&err), ST_OK);
    assert_false(read_order(L"Version", RRF_RT_ANY, text));
    assert_int_equal(ins_after_cancel(&err), ST_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(order__runs_a_program_of_windows_by_its_whole_path, cancel),
        cmocka_unit_test_teardown(order__made_later__has_a_higher_version, cancel),
        cmocka_unit_test_teardown(order__cancelled__is_gone, cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
