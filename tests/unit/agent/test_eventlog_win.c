/* test_eventlog_win.c - eventlog_win.h: the texts that the built program holds, and their source. */
#include "tests/cmocka_all.h"

#include "agent/eventlog_win.h"

#include <stdio.h>

#include <windows.h>

#define SOURCE L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\MapiRollout"

static struct err err;

/* bin/mapi-rollout-agent.exe of the same build. */
static HMODULE program(void)
{
    wchar_t path[MAX_PATH + 64];
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    assert_true(length > 0 && length < MAX_PATH);
    for (unsigned up = 0; up < 2; up++) {
        wchar_t *slash = wcsrchr(path, L'\\');
        assert_non_null(slash);
        *slash = L'\0';
    }
    wcscat(path, L"\\bin\\mapi-rollout-agent.exe");
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    assert_non_null(module); /* build the target `programs` first */
    return module;
}

static void messages__of_the_program__have_a_text_for_each_event(void **state)
{
    HMODULE module = program();
    (void)state;
    for (size_t i = 0; i < AG_EVENT_COUNT; i++) {
        wchar_t text[512] = L"";
        DWORD_PTR details = (DWORD_PTR)L"sid=S-1 code=x";
        DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY,
                                      module, AG_EVENTS[i].id, 0, text, 512, (va_list *)&details);
        assert_true(length > 20);
        /* A sentence, an empty line, the details. */
        assert_non_null(wcsstr(text, L".\r\n\r\nsid=S-1 code=x"));
    }
    assert_true(FreeLibrary(module));
}

static void register__twice__names_the_program_and_goes_again(void **state)
{
    wchar_t file[MAX_PATH] = L"";
    DWORD types = 0;
    DWORD size = sizeof file;
    (void)state;
    assert_int_equal(ag_eventlog_register(L"C:\\old.exe", &err), ST_OK);
    assert_int_equal(ag_eventlog_register(L"C:\\A b\\agent.exe", &err), ST_OK);
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, SOURCE, L"EventMessageFile",
                                  RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, file, &size),
                     ERROR_SUCCESS);
    assert_int_equal(wcscmp(file, L"C:\\A b\\agent.exe"), 0);
    size = sizeof types;
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, SOURCE, L"TypesSupported", RRF_RT_REG_DWORD,
                                  NULL, &types, &size),
                     ERROR_SUCCESS);
    assert_int_equal(types, 7);
    assert_int_equal(ag_eventlog_unregister(&err), ST_OK);
    assert_int_equal(ag_eventlog_unregister(&err), ST_OK);
    assert_int_equal(RegGetValueW(HKEY_LOCAL_MACHINE, SOURCE, NULL, RRF_RT_ANY, NULL, NULL, NULL),
                     ERROR_FILE_NOT_FOUND);
}

static void write__of_an_event__is_taken(void **state)
{
    struct ag_eventlog *log = NULL;
    (void)state;
    assert_int_equal(ag_eventlog_open(&log, &err), ST_OK);
    assert_true(ag_eventlog_write(log, AG_EVENTS[0].id, "version=1.0.0"));
    ag_eventlog_close(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages__of_the_program__have_a_text_for_each_event),
        cmocka_unit_test(register__twice__names_the_program_and_goes_again),
        cmocka_unit_test(write__of_an_event__is_taken),
    };
    return cmocka_run_group_tests_name("eventlog_win", tests, NULL, NULL);
}
