#include "agent/service_setup_win.h"

#include "agent/eventlog_win.h"
#include "agent/service_win.h"
#include "agent/vault_win.h"
#include "base/clock.h"
#include "base/error_win.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

enum {
    PATIENCE_MS = 60 * 1000, /* for a service that says it is busy starting or stopping */
    LOOK_EVERY_MS = 50,      /* the service manager gives no event that Wine has, too */
    PRESHUTDOWN_MS = 10 * 1000,
};

static const wchar_t TITLE[] = L"MAPI over HTTP rollout agent";
static const wchar_t DESCRIPTION[] =
    L"Moves Outlook between RPC over HTTP and MAPI over HTTP as signed policies say.";
/* LocalSystem reaches what it needs by its own SID; no right to take from others is wanted. SeTcb is
 * what WTSQueryUserToken() asks for, SeImpersonate lets us act with the rights of that token, which
 * are fewer than ours. */
static const wchar_t PRIVILEGES[] =
    L"SeChangeNotifyPrivilege\0SeImpersonatePrivilege\0SeTcbPrivilege\0";

/* ---- handles ------------------------------------------------------------------------------- */

struct handles {
    SC_HANDLE manager;
    SC_HANDLE service;
};

static void close_handles(struct handles *h)
{
    if (h->service != NULL) {
        (void)CloseServiceHandle(h->service);
    }
    if (h->manager != NULL) {
        (void)CloseServiceHandle(h->manager);
    }
}

static enum status service_error(struct err *err, DWORD error, const char *what)
{
    switch (error) {
    case ERROR_SERVICE_DOES_NOT_EXIST:
        return err_set(err, ST_NOT_FOUND, error, "the service is not installed");
    case ERROR_SERVICE_MARKED_FOR_DELETE:
        return err_set(err, ST_BUSY, error,
                       "the service is being removed; close what shows it and try again");
    case ERROR_ACCESS_DENIED:
        return err_set(err, ST_DENIED, error, "cannot %s the service: run as administrator", what);
    default: return error_set(err, error, "cannot %s the service", what);
    }
}

static enum status open_service(DWORD rights, const char *what, struct handles *h, struct err *err)
{
    h->manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (h->manager != NULL) {
        h->service = OpenServiceW(h->manager, AG_SERVICE_NAME, rights | SERVICE_QUERY_STATUS);
    }
    return h->service != NULL ? ST_OK : service_error(err, GetLastError(), what);
}

/* ---- settings ------------------------------------------------------------------------------ */

/* Wine lacks some of these levels, as does a Windows older than they are. */
struct change {
    SC_HANDLE service;
    ag_service_change *call;
};

static enum status set_level(const struct change *to, DWORD level, void *value, const char *what,
                             struct err *err)
{
    if (to->call(to->service, level, value)) {
        return ST_OK;
    }
    DWORD error = GetLastError();
    return error == ERROR_INVALID_LEVEL ? ST_OK : service_error(err, error, what);
}

static enum status set_recovery(const struct change *to, struct err *err)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * 1000},
                           {SC_ACTION_RESTART, 30 * 1000},
                           {SC_ACTION_RESTART, 60 * 1000}};
    SERVICE_FAILURE_ACTIONSW recovery = {
        .dwResetPeriod = 24 * 60 * 60,
        .cActions = sizeof actions / sizeof actions[0],
        .lpsaActions = actions,
    };
    SERVICE_FAILURE_ACTIONS_FLAG also_on_exit = {.fFailureActionsOnNonCrashFailures = TRUE};
    enum status st =
        set_level(to, SERVICE_CONFIG_FAILURE_ACTIONS, &recovery, "set the recovery of", err);
    return st == ST_OK ? set_level(to, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_on_exit,
                                   "set the recovery of", err)
                       : st;
}

enum status ag_service_configure(SC_HANDLE service, ag_service_change *change, struct err *err)
{
    const struct change made = {service, change};
    const struct change *to = &made;
    wchar_t description[sizeof DESCRIPTION / sizeof DESCRIPTION[0]];
    wchar_t privileges[sizeof PRIVILEGES / sizeof PRIVILEGES[0]];
    memcpy(description, DESCRIPTION, sizeof DESCRIPTION);
    memcpy(privileges, PRIVILEGES, sizeof PRIVILEGES);
    SERVICE_DESCRIPTIONW text = {.lpDescription = description};
    SERVICE_SID_INFO sid = {.dwServiceSidType = SERVICE_SID_TYPE_UNRESTRICTED};
    SERVICE_REQUIRED_PRIVILEGES_INFOW needed = {.pmszRequiredPrivileges = privileges};
    SERVICE_PRESHUTDOWN_INFO preshutdown = {.dwPreshutdownTimeout = PRESHUTDOWN_MS};

    enum status st =
        set_level(to, SERVICE_CONFIG_DESCRIPTION, &text, "set the description of", err);
    if (st == ST_OK) {
        st = set_recovery(to, err);
    }
    if (st == ST_OK) {
        st = set_level(to, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "set the SID of", err);
    }
    if (st == ST_OK) {
        st = set_level(to, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &needed,
                       "set the privileges of", err);
    }
    if (st == ST_OK) {
        st = set_level(to, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown,
                       "set the preshutdown time of", err);
    }
    return st;
}

/* Quoted: else a path with a blank would let C:\Program.exe be started. */
static enum status command_line(wchar_t path[MAX_PATH], wchar_t *out, size_t chars, struct err *err)
{
    DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
    if (length == 0 || length >= MAX_PATH) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of this program is too long");
    }
    int written = swprintf(out, chars, L"\"%ls\" service run", path);
    return written > 0 ? ST_OK : err_set(err, ST_TOO_LARGE, 0, "the command line is too long");
}

enum status ag_service_install(struct err *err)
{
    wchar_t path[MAX_PATH];
    wchar_t command[MAX_PATH + 32];
    struct handles h = {0};
    enum status st = command_line(path, command, sizeof command / sizeof command[0], err);
    if (st != ST_OK) {
        return st;
    }
    h.manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (h.manager == NULL) {
        return service_error(err, GetLastError(), "install");
    }
    h.service = CreateServiceW(h.manager, AG_SERVICE_NAME, TITLE, SERVICE_ALL_ACCESS,
                               SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                               command, NULL, NULL, NULL, NULL, NULL);
    DWORD error = h.service != NULL ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SERVICE_EXISTS) {
        h.service = OpenServiceW(h.manager, AG_SERVICE_NAME, SERVICE_ALL_ACCESS);
        error =
            h.service != NULL && ChangeServiceConfigW(h.service, SERVICE_WIN32_OWN_PROCESS,
                                                      SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                                      command, NULL, NULL, NULL, NULL, NULL, TITLE)
                ? ERROR_SUCCESS
                : GetLastError();
    }
    st = error == ERROR_SUCCESS ? ag_service_configure(h.service, ChangeServiceConfig2W, err)
                                : service_error(err, error, "install");
    close_handles(&h);
    return st == ST_OK ? ag_eventlog_register(path, err) : st;
}

/* ---- state --------------------------------------------------------------------------------- */

static enum status read_state(SC_HANDLE service, SERVICE_STATUS_PROCESS *out, struct err *err)
{
    DWORD size = 0;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)out, sizeof *out, &size)) {
        return service_error(err, GetLastError(), "look at");
    }
    return ST_OK;
}

/* Wait for one of the two states that end a change. */
static enum status wait_for(SC_HANDLE service, DWORD wanted, struct err *err)
{
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    SERVICE_STATUS_PROCESS now = {0};
    for (;;) {
        enum status st = read_state(service, &now, err);
        if (st != ST_OK || now.dwCurrentState == wanted) {
            return st;
        }
        if (now.dwCurrentState == SERVICE_STOPPED) {
            return err_set(
                err, ST_IO, now.dwWin32ExitCode,
                "the service stopped at once: the event log says why (source MapiRollout), as does "
                "agent.log in the data directory");
        }
        if (clock_monotonic_ms() >= until_ms) {
            return err_set(err, ST_TIMED_OUT, 0, "the service does not get there");
        }
        Sleep(LOOK_EVERY_MS);
    }
}

enum status ag_service_start(struct err *err)
{
    struct handles h = {0};
    enum status st = open_service(SERVICE_START, "start", &h, err);
    if (st == ST_OK && !StartServiceW(h.service, 0, NULL)) {
        DWORD error = GetLastError();
        st = error == ERROR_SERVICE_ALREADY_RUNNING ? ST_OK : service_error(err, error, "start");
    }
    if (st == ST_OK) {
        st = wait_for(h.service, SERVICE_RUNNING, err);
    }
    close_handles(&h);
    return st;
}

static enum status stop(SC_HANDLE service, struct err *err)
{
    SERVICE_STATUS now = {0};
    if (!ControlService(service, SERVICE_CONTROL_STOP, &now)) {
        DWORD error = GetLastError();
        if (error == ERROR_SERVICE_NOT_ACTIVE) {
            return ST_OK;
        }
        if (error != ERROR_SERVICE_CANNOT_ACCEPT_CTRL) { /* that one is stopping already */
            return service_error(err, error, "stop");
        }
    }
    return wait_for(service, SERVICE_STOPPED, err);
}

enum status ag_service_stop(struct err *err)
{
    struct handles h = {0};
    enum status st = open_service(SERVICE_STOP, "stop", &h, err);
    if (st == ST_OK) {
        st = stop(h.service, err);
    }
    close_handles(&h);
    return st;
}

enum status ag_service_uninstall(struct err *err)
{
    struct handles h = {0};
    enum status st = open_service(SERVICE_STOP | DELETE, "remove", &h, err);
    if (st == ST_OK) {
        st = stop(h.service, err);
    }
    if (st == ST_OK && !DeleteService(h.service)) {
        st = service_error(err, GetLastError(), "remove");
    }
    close_handles(&h);
    if (st == ST_OK) {
        st = ag_eventlog_unregister(err);
    }
    return st == ST_OK ? ag_vault_win_forget_running(err) : st;
}

static const char *state_word(DWORD state)
{
    switch (state) {
    case SERVICE_STOPPED: return "stopped";
    case SERVICE_START_PENDING: return "start_pending";
    case SERVICE_STOP_PENDING: return "stop_pending";
    case SERVICE_RUNNING: return "running";
    case SERVICE_PAUSED:
    case SERVICE_PAUSE_PENDING:
    case SERVICE_CONTINUE_PENDING: return "paused";
    default: return "unknown"; /* the open end of a foreign enumeration */
    }
}

enum status ag_service_state(const char **word, uint32_t *process_id, struct err *err)
{
    struct handles h = {0};
    SERVICE_STATUS_PROCESS now = {0};
    enum status st = open_service(0, "look at", &h, err);
    if (st == ST_OK) {
        st = read_state(h.service, &now, err);
    }
    close_handles(&h);
    if (st == ST_NOT_FOUND) {
        *word = "not_installed";
        *process_id = 0;
        return ST_OK;
    }
    if (st == ST_OK) {
        *word = state_word(now.dwCurrentState);
        *process_id = now.dwProcessId;
    }
    return st;
}
