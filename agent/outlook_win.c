#include "agent/outlook_win.h"

#include "agent/registry_win.h"
#include "base/error_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>
#include <tlhelp32.h>

enum { RUNNING_MOST = 4096 }; /* more than one machine can show screens for */

struct running {
    char sid[AG_USER_SID_BYTES];
    int64_t started_s;
};

struct ag_outlook_win {
    struct running *running;
    size_t count;
    bool known;     /* the last refresh saw everything */
    bool ownerless; /* some OUTLOOK.EXE would not say whose it is */
};

static int64_t seconds_of(FILETIME time)
{
    /* FILETIME counts 100 ns since 1601; 11644473600 s lie between that and 1970. */
    uint64_t ticks = ((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime;
    return (int64_t)(ticks / 10000000) - 11644473600;
}

static bool owner_of(HANDLE process, char out[AG_USER_SID_BYTES])
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } owner;
    HANDLE token = NULL;
    wchar_t *text = NULL;
    DWORD size = 0;
    bool known = false;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token)) {
        return false;
    }
    if (GetTokenInformation(token, TokenUser, &owner, sizeof owner, &size) &&
        ConvertSidToStringSidW(owner.user.User.Sid, &text)) {
        int length = snprintf(out, AG_USER_SID_BYTES, "%ls", text);
        known = length > 0 && length < AG_USER_SID_BYTES;
    }
    (void)LocalFree(text);
    (void)CloseHandle(token);
    return known;
}

static bool ask_process(DWORD id, struct running *out, bool *gone)
{
    FILETIME started;
    FILETIME others[3];
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    *gone = process == NULL && GetLastError() == ERROR_INVALID_PARAMETER;
    if (process == NULL) {
        return false;
    }
    bool known = owner_of(process, out->sid) &&
                 GetProcessTimes(process, &started, &others[0], &others[1], &others[2]);
    (void)CloseHandle(process);
    if (known) {
        out->started_s = seconds_of(started);
    }
    return known;
}

static enum status add_running(struct ag_outlook_win *outlook, DWORD id)
{
    struct running found = {0};
    bool gone = false;
    if (!ask_process(id, &found, &gone)) {
        outlook->ownerless = outlook->ownerless || !gone;
        return ST_OK;
    }
    if (outlook->count >= RUNNING_MOST) {
        return ST_TOO_LARGE;
    }
    struct running *more = realloc(outlook->running, (outlook->count + 1) * sizeof *more);
    if (more == NULL) {
        return ST_NO_MEMORY;
    }
    outlook->running = more;
    more[outlook->count++] = found;
    return ST_OK;
}

static enum status refresh(void *ctx, struct err *err)
{
    struct ag_outlook_win *outlook = ctx;
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    outlook->count = 0;
    outlook->known = false;
    outlook->ownerless = false;

    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    if (snapshot == INVALID_HANDLE_VALUE) {
        return error_set(err, (uint32_t)GetLastError(), "cannot list the processes");
    }
    enum status st = ST_OK;
    BOOL more = Process32FirstW(snapshot, &entry);
    while (more && st == ST_OK) {
        if (CompareStringOrdinal(entry.szExeFile, -1, L"OUTLOOK.EXE", -1, TRUE) == CSTR_EQUAL) {
            st = add_running(outlook, entry.th32ProcessID);
        }
        more = Process32NextW(snapshot, &entry);
    }
    (void)CloseHandle(snapshot);
    outlook->known = st == ST_OK;
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot keep the list of Outlook processes");
}

static struct ag_outlook_view find(void *ctx, const char *sid)
{
    const struct ag_outlook_win *outlook = ctx;
    struct ag_outlook_view view = {.known = outlook->known && !outlook->ownerless};
    for (size_t i = 0; i < outlook->count; i++) {
        const struct running *one = &outlook->running[i];
        if (strcmp(one->sid, sid) == 0) {
            view.started_s =
                !view.running || one->started_s < view.started_s ? one->started_s : view.started_s;
            view.running = true;
            view.known = true;
        }
    }
    return view;
}

enum status ag_outlook_win_new(struct ag_outlook_win **out, struct err *err)
{
    struct ag_outlook_win *outlook = calloc(1, sizeof *outlook);
    if (outlook == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the list of Outlook processes");
    }
    *out = outlook;
    return ST_OK;
}

void ag_outlook_win_free(struct ag_outlook_win *outlook)
{
    if (outlook != NULL) {
        free(outlook->running);
        free(outlook);
    }
}

struct ag_outlook ag_outlook_win_port(struct ag_outlook_win *outlook)
{
    return (struct ag_outlook){.ctx = outlook, .refresh = refresh, .find = find};
}
