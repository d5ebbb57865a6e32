#include "agent/outlook_win.h"

#include "agent/registry_win.h"
#include "base/error_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>
#include <tlhelp32.h>

enum {
    RUNNING_MOST = 4096, /* more than one machine can show screens for */
    PATH_CHARS = 1024,   /* a longer path is not told */
};

struct running {
    char sid[AG_USER_SID_BYTES];
    int64_t started_s;
    DWORD id;
    HANDLE process; /* NULL: may not be waited for */
    HANDLE wait;
};

struct ag_outlook_win {
    void (*ended)(void *ctx);
    void *ended_ctx;
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

/* ---- waiting for their ends ---------------------------------------------------------------- */

static void CALLBACK process_ended(void *ctx, BOOLEAN timed_out)
{
    const struct ag_outlook_win *outlook = ctx;
    (void)timed_out;
    outlook->ended(outlook->ended_ctx);
}

/* The wait first, and until its call is over. */
static void let_go(struct running *one)
{
    if (one->wait != NULL) {
        (void)UnregisterWaitEx(one->wait, INVALID_HANDLE_VALUE);
    }
    if (one->process != NULL) {
        (void)CloseHandle(one->process);
    }
}

static void let_go_all(struct running *running, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        let_go(&running[i]);
    }
    free(running);
}

/* Where waiting is refused the next pass sees it, a minute later at most. */
static void wait_for_end(struct ag_outlook_win *outlook, struct running *one)
{
    if (outlook->ended != NULL &&
        !RegisterWaitForSingleObject(&one->wait, one->process, process_ended, outlook, INFINITE,
                                     WT_EXECUTEONLYONCE)) {
        one->wait = NULL;
    }
}

/* One that is waited for already, taken out of the list that the last refresh made. */
static bool take_known(struct running *known, size_t count, DWORD id, int64_t started_s,
                       struct running *out)
{
    for (size_t i = 0; i < count; i++) {
        if (known[i].process != NULL && known[i].id == id && known[i].started_s == started_s) {
            *out = known[i];
            known[i].process = NULL;
            known[i].wait = NULL;
            return true;
        }
    }
    return false;
}

/* ---- listing them -------------------------------------------------------------------------- */

/* All processes at one moment, and how far they were looked through. */
struct snapshot {
    HANDLE handle;
    bool begun;
};

static enum status open_snapshot(struct snapshot *out, struct err *err)
{
    *out = (struct snapshot){.handle = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0)};
    return out->handle != INVALID_HANDLE_VALUE
               ? ST_OK
               : error_set(err, (uint32_t)GetLastError(), "cannot list the processes");
}

static bool next_outlook(struct snapshot *snapshot, DWORD *id)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    for (;;) {
        BOOL found = snapshot->begun ? Process32NextW(snapshot->handle, &entry)
                                     : Process32FirstW(snapshot->handle, &entry);
        snapshot->begun = true;
        if (!found) {
            return false;
        }
        if (CompareStringOrdinal(entry.szExeFile, -1, L"OUTLOOK.EXE", -1, TRUE) == CSTR_EQUAL) {
            *id = entry.th32ProcessID;
            return true;
        }
    }
}

static bool ask_process(DWORD id, struct running *out, bool *gone)
{
    FILETIME started;
    FILETIME others[3];
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id);
    *gone = process == NULL && GetLastError() == ERROR_INVALID_PARAMETER;
    if (process == NULL) {
        return false;
    }
    bool known = owner_of(process, out->sid) &&
                 GetProcessTimes(process, &started, &others[0], &others[1], &others[2]);
    if (known) {
        out->started_s = seconds_of(started);
        out->id = id;
        out->process = process;
    } else {
        (void)CloseHandle(process);
    }
    return known;
}

/* What the last refresh saw, while the next one is made. */
struct seen {
    struct running *list;
    size_t count;
};

static enum status add_running(struct ag_outlook_win *outlook, const struct seen *seen, DWORD id)
{
    struct running found = {0};
    struct running known = {0};
    bool gone = false;
    if (!ask_process(id, &found, &gone)) {
        outlook->ownerless = outlook->ownerless || !gone;
        return ST_OK;
    }
    bool full = outlook->count >= RUNNING_MOST;
    struct running *more =
        full ? NULL : realloc(outlook->running, (outlook->count + 1) * sizeof *more);
    if (more == NULL) {
        let_go(&found);
        return full ? ST_TOO_LARGE : ST_NO_MEMORY;
    }
    outlook->running = more;
    if (take_known(seen->list, seen->count, id, found.started_s, &known)) {
        let_go(&found);
        more[outlook->count++] = known;
    } else {
        more[outlook->count] = found;
        wait_for_end(outlook, &more[outlook->count++]);
    }
    return ST_OK;
}

static enum status refresh(void *ctx, struct err *err)
{
    struct ag_outlook_win *outlook = ctx;
    const struct seen seen = {outlook->running, outlook->count};
    outlook->running = NULL;
    outlook->count = 0;
    outlook->known = false;
    outlook->ownerless = false;

    struct snapshot snapshot;
    enum status st = open_snapshot(&snapshot, err);
    if (st != ST_OK) {
        let_go_all(seen.list, seen.count);
        return st;
    }
    DWORD id = 0;
    while (st == ST_OK && next_outlook(&snapshot, &id)) {
        st = add_running(outlook, &seen, id);
    }
    (void)CloseHandle(snapshot.handle);
    let_go_all(seen.list, seen.count);
    outlook->known = st == ST_OK;
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot keep the list of Outlook processes");
}

static void visit_image(DWORD id, void (*visit)(void *ctx, const wchar_t *path), void *ctx)
{
    wchar_t path[PATH_CHARS] = L"";
    DWORD chars = PATH_CHARS;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (process == NULL) {
        return;
    }
    if (QueryFullProcessImageNameW(process, 0, path, &chars)) {
        visit(ctx, path);
    }
    (void)CloseHandle(process);
}

enum status ag_outlook_images(void (*visit)(void *ctx, const wchar_t *path), void *ctx,
                              struct err *err)
{
    struct snapshot snapshot;
    DWORD id = 0;
    enum status st = open_snapshot(&snapshot, err);
    if (st != ST_OK) {
        return st;
    }
    for (int i = 0; i < RUNNING_MOST && next_outlook(&snapshot, &id); i++) {
        visit_image(id, visit, ctx);
    }
    (void)CloseHandle(snapshot.handle);
    return ST_OK;
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

enum status ag_outlook_win_new(void (*ended)(void *ctx), void *ctx, struct ag_outlook_win **out,
                               struct err *err)
{
    struct ag_outlook_win *outlook = calloc(1, sizeof *outlook);
    if (outlook == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the list of Outlook processes");
    }
    outlook->ended = ended;
    outlook->ended_ctx = ctx;
    *out = outlook;
    return ST_OK;
}

void ag_outlook_win_free(struct ag_outlook_win *outlook)
{
    if (outlook != NULL) {
        let_go_all(outlook->running, outlook->count);
        free(outlook);
    }
}

struct ag_outlook ag_outlook_win_port(struct ag_outlook_win *outlook)
{
    return (struct ag_outlook){.ctx = outlook, .refresh = refresh, .find = find};
}
