#include "agent/eventlog_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>

#include <windows.h>

static const wchar_t SOURCE[] = L"MapiRollout";
static const wchar_t SOURCE_KEY[] =
    L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\MapiRollout";

struct ag_eventlog {
    HANDLE source;
};

enum status ag_eventlog_open(struct ag_eventlog **out, struct err *err)
{
    struct ag_eventlog *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the event log");
    }
    log->source = RegisterEventSourceW(NULL, SOURCE);
    if (log->source == NULL) {
        enum status st = error_set(err, (uint32_t)GetLastError(), "cannot open the event log");
        free(log);
        return st;
    }
    *out = log;
    return ST_OK;
}

void ag_eventlog_close(struct ag_eventlog *log)
{
    if (log != NULL) {
        (void)DeregisterEventSource(log->source);
        free(log);
    }
}

static WORD type_of(uint32_t id)
{
    static const WORD TYPES[] = {EVENTLOG_SUCCESS, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
                                 EVENTLOG_ERROR_TYPE};
    return TYPES[id >> 30];
}

bool ag_eventlog_write(struct ag_eventlog *log, uint32_t id, const char *details)
{
    wchar_t *wide = NULL;
    if (text_to_wide(details, &wide) != ST_OK) {
        return false;
    }
    const wchar_t *strings[] = {wide};
    bool written = ReportEventW(log->source, type_of(id), 0, id, NULL, 1, 0, strings, NULL);
    free(wide);
    return written;
}

void ag_eventlog_note(const char *message)
{
    const struct ag_event *event = ag_event_find(message);
    struct ag_eventlog *log = NULL;
    if (event != NULL && ag_eventlog_open(&log, NULL) == ST_OK) {
        (void)ag_eventlog_write(log, event->id, ag_event_details(message));
        ag_eventlog_close(log);
    }
}

static LSTATUS set_source(HKEY key, const wchar_t *program)
{
    const DWORD types = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    LSTATUS error =
        RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)program,
                       (DWORD)((wcslen(program) + 1) * sizeof *program));
    return error == ERROR_SUCCESS ? RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD,
                                                   (const BYTE *)&types, sizeof types)
                                  : error;
}

enum status ag_eventlog_register(const wchar_t *program, struct err *err)
{
    HKEY key = NULL;
    LSTATUS error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL,
                                    &key, NULL);
    if (error == ERROR_SUCCESS) {
        error = set_source(key, program);
        (void)RegCloseKey(key);
    }
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot write HKLM\\%ls", SOURCE_KEY);
}

enum status ag_eventlog_unregister(struct err *err)
{
    LSTATUS error = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, 0);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot remove HKLM\\%ls", SOURCE_KEY);
}
