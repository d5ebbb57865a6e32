#include "agent/service_win.h"

#include "agent/config_win.h"
#include "agent/control_win.h"
#include "agent/edge_win.h"
#include "agent/folder_win.h"
#include "base/error_win.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <wtsapi32.h>

const wchar_t AG_SERVICE_NAME[] = L"MapiRollout";

enum {
    START_HINT_MS = 30 * 1000,
    STOP_HINT_MS = 10 * 1000,
    LOG_BYTES = 8 * 1024 * 1024, /* a longer one is put aside at the next start */
    PATH_BYTES = 1024,
};

/* The service manager gives its threads nothing to hold on to but this. */
static SERVICE_STATUS_HANDLE status_handle;
static struct err *failure;

static void report(DWORD state, DWORD hint_ms, enum status st)
{
    static DWORD checkpoint;
    bool pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    SERVICE_STATUS status = {
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS,
        .dwCurrentState = state,
        .dwControlsAccepted =
            state == SERVICE_RUNNING
                ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SESSIONCHANGE
                : 0,
        .dwWin32ExitCode = st == ST_OK ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR,
        .dwServiceSpecificExitCode = (DWORD)st,
        .dwCheckPoint = pending ? ++checkpoint : 0,
        .dwWaitHint = pending ? hint_ms : 0,
    };
    if (!SetServiceStatus(status_handle, &status)) {
        log_write(LOG_ERROR, "event=status_not_reported state=%lu os_code=%lu", state,
                  GetLastError());
    }
}

static DWORD WINAPI handle_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
    case SERVICE_CONTROL_PRESHUTDOWN:
        report(SERVICE_STOP_PENDING, STOP_HINT_MS, ST_OK);
        ag_control_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
        if (type == WTS_SESSION_LOGON || type == WTS_SESSION_LOGOFF) {
            ag_control_session_changed(type == WTS_SESSION_LOGOFF);
        }
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
    default: return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* The log lies in the data directory, which must be safe before anything is put there. */
static enum status open_log(const struct ag_config *config, struct err *err)
{
    char path[PATH_BYTES];
    char aside[PATH_BYTES];
    struct bytes old = {0};

    enum status st = ag_folder_make(config->data_dir, err);
    if (st != ST_OK) {
        return st;
    }
    int length = snprintf(path, sizeof path, "%s\\agent.log", config->data_dir);
    if (length < 0 || (size_t)length + sizeof ".old" > sizeof path) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of the log is too long");
    }
    (void)snprintf(aside, sizeof aside, "%s.old", path);
    st = file_read(path, LOG_BYTES, &old, NULL);
    bytes_free(&old);
    if (st == ST_TOO_LARGE) {
        st = file_rename(path, aside, err);
        if (st != ST_OK) {
            return st;
        }
    }
    return log_open(path, config->log_level, err);
}

static void report_running(void)
{
    log_write(LOG_INFO, "event=service_running");
    report(SERVICE_RUNNING, 0, ST_OK);
}

static enum status run_configured(struct err *err)
{
    struct ag_config config = {0};
    enum status st = ag_config_win_read(&config, err);
    if (st == ST_OK) {
        st = open_log(&config, err);
    }
    if (st == ST_OK) {
        st = ag_config_check(&config, err);
    }
    if (st == ST_OK) {
        st = ag_edge_run(&config, AG_EDGE_LOOP, report_running, err);
    }
    ag_config_done(&config);
    return st;
}

static void WINAPI service_main(DWORD argc, wchar_t **argv)
{
    (void)argc;
    (void)argv;
    status_handle = RegisterServiceCtrlHandlerExW(AG_SERVICE_NAME, handle_control, NULL);
    if (status_handle == NULL) {
        (void)error_set(failure, (uint32_t)GetLastError(), "cannot take the service's controls");
        return;
    }
    report(SERVICE_START_PENDING, START_HINT_MS, ST_OK);
    enum status st = run_configured(failure);
    if (st != ST_OK) {
        log_failure(LOG_ERROR, "service_failed", failure);
    }
    log_write(LOG_INFO, "event=service_stopped status=%s", status_name(st));
    log_close();
    report(SERVICE_STOPPED, 0, st);
}

enum status ag_service_run(struct err *err)
{
    wchar_t
        name[sizeof AG_SERVICE_NAME / sizeof AG_SERVICE_NAME[0]]; /* the table wants it writable */
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    struct err told = {0};

    memcpy(name, AG_SERVICE_NAME, sizeof name);
    failure = &told;
    if (!StartServiceCtrlDispatcherW(table)) {
        DWORD error = GetLastError();
        if (error == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
            return err_set(err, ST_DENIED, error,
                           "only the service manager starts this; use `run --console`");
        }
        return error_set(err, error, "cannot reach the service manager");
    }
    *err = told;
    return told.st;
}
