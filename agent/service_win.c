#include "agent/service_win.h"

#include "agent/config_win.h"
#include "agent/control_win.h"
#include "agent/edge_win.h"
#include "agent/journal_win.h"
#include "base/error_win.h"
#include "version.h"

#include <string.h>

#include <windows.h>

#include <wtsapi32.h>

const wchar_t AG_SERVICE_NAME[] = L"MapiRollout";

enum {
    START_HINT_MS = 30 * 1000,
    STOP_HINT_MS = 10 * 1000,
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
        .dwControlsAccepted = state == SERVICE_RUNNING ? AG_SERVICE_CONTROLS : 0,
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

/* ---- controls ------------------------------------------------------------------------------ */

DWORD ag_service_handle(DWORD control, DWORD type, const struct ag_service_handlers *to)
{
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
    case SERVICE_CONTROL_PRESHUTDOWN:
        to->stop_pending();
        to->stop();
        return NO_ERROR;
    case SERVICE_CONTROL_SESSIONCHANGE:
        if (type == WTS_SESSION_LOGON || type == WTS_SESSION_LOGOFF) {
            to->session_changed(type == WTS_SESSION_LOGOFF);
        }
        return NO_ERROR;
    case SERVICE_CONTROL_POWEREVENT:
        if (type == PBT_APMRESUMEAUTOMATIC) { /* comes at each resume, whoever woke the machine */
            to->resumed();
        }
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: return NO_ERROR;
    default: return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void report_stop_pending(void)
{
    report(SERVICE_STOP_PENDING, STOP_HINT_MS, ST_OK);
}

static DWORD WINAPI handle_control(DWORD control, DWORD type, void *data, void *context)
{
    static const struct ag_service_handlers TO = {
        .stop_pending = report_stop_pending,
        .stop = ag_control_stop,
        .session_changed = ag_control_session_changed,
        .resumed = ag_control_resumed,
    };
    (void)data;
    (void)context;
    return ag_service_handle(control, type, &TO);
}

/* ---- running ------------------------------------------------------------------------------- */

struct service {
    struct ag_journal *journal;
    bool running; /* was reported */
};

static enum status read_settings(void *ctx, struct ag_config *out, struct err *err)
{
    (void)ctx;
    return ag_config_win_read(out, err);
}

static enum status configured(void *ctx, const struct ag_config *config, struct err *err)
{
    struct service *service = ctx;
    return ag_journal_keep(service->journal, config->data_dir, config->log_level, err);
}

static void started(void *ctx)
{
    struct service *service = ctx;
    if (!service->running) {
        service->running = true;
        log_write(LOG_INFO, "event=service_running version=%s", MR_VERSION);
        report(SERVICE_RUNNING, 0, ST_OK);
    }
}

static enum status run_configured(struct service *service, struct err *err)
{
    struct ag_settings settings = {.read = read_settings};
    const struct ag_edge_events events = {
        .ctx = service, .configured = configured, .started = started};
    enum status st = ag_settings_open(&settings, err);
    if (st == ST_OK) {
        st = ag_edge_run(&settings, AG_EDGE_LOOP, &events, err);
    }
    ag_settings_done(&settings);
    return st;
}

static enum status run_logged(struct err *err)
{
    struct service service = {0};
    enum status st = ag_journal_open(&service.journal, err);
    if (st != ST_OK) {
        return st;
    }
    st = run_configured(&service, err);
    if (st != ST_OK) {
        log_failure(LOG_ERROR, "service_failed", err);
    }
    log_write(LOG_INFO, "event=service_stopped status=%s", status_name(st));
    ag_journal_close(service.journal);
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
    enum status st = run_logged(failure);
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
