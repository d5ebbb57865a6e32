#include "installer/msi/leave_win.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum {
    PATIENCE_MS = 5 * 60 * 1000, /* thousands of hives on a terminal server */
    LOOK_EVERY_MS = 20,
    LINE_BYTES = 1024,
    COMMAND_CHARS = 1200,
    BLOCK_BYTES = 4096,
};

struct child {
    HANDLE process;
    HANDLE output;
    struct bytes line; /* as far as it has come */
};

static void close_handle(HANDLE handle)
{
    if (handle != NULL) {
        (void)CloseHandle(handle);
    }
}

static enum status start(const struct ins_leave *leave, struct child *child, struct err *err)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    PROCESS_INFORMATION process = {0};
    wchar_t command[COMMAND_CHARS];
    wchar_t *program = NULL;
    HANDLE end = NULL;
    enum status st = text_to_wide(leave->program, &program);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot start %s", leave->program);
    }
    int chars = swprintf(command, COMMAND_CHARS, L"\"%ls\" restore --set %ls", program,
                         leave->allow ? L"allow" : L"restore");
    if (chars < 0) {
        st = err_set(err, ST_TOO_LARGE, 0, "the path of the agent is too long");
    } else if (!CreatePipe(&child->output, &end, &inherited, 0) ||
               !SetHandleInformation(child->output, HANDLE_FLAG_INHERIT, 0)) {
        st = error_set(err, GetLastError(), "cannot make a pipe");
    } else {
        STARTUPINFOW startup = {.cb = sizeof startup,
                                .dwFlags = STARTF_USESTDHANDLES,
                                .hStdOutput = end,
                                .hStdError = end};
        if (CreateProcessW(program, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL,
                           &startup, &process)) {
            child->process = process.hProcess;
            close_handle(process.hThread);
        } else {
            st = error_set(err, GetLastError(), "cannot start %s", leave->program);
        }
    }
    close_handle(end);
    free(program);
    return st;
}

static void end_line(struct ins_leave *leave, struct child *child)
{
    const char *line = bytes_text(&child->line);
    if (line[0] != '\0') {
        leave->tell(leave->ctx, line);
    }
    if (strncmp(line, "not_logged_on ", 14) == 0 || strncmp(line, "failed ", 7) == 0) {
        leave->unreached = true;
    }
    bytes_clear(&child->line);
}

/* What is too long for a line is cut. */
static void take(struct ins_leave *leave, struct child *child, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n') {
            end_line(leave, child);
        } else if (text[i] != '\r' && child->line.size + 1 < LINE_BYTES) {
            enum status st = bytes_append(&child->line, &text[i], 1);
            (void)st; /* a byte that memory is too short for is one that is cut */
        }
    }
}

/* True if there may be more at once. */
static bool read_some(struct ins_leave *leave, struct child *child)
{
    char block[BLOCK_BYTES];
    DWORD waiting = 0;
    DWORD size = 0;
    if (!PeekNamedPipe(child->output, NULL, 0, NULL, &waiting, NULL) || waiting == 0 ||
        !ReadFile(child->output, block, waiting < sizeof block ? waiting : sizeof block, &size,
                  NULL)) {
        return false;
    }
    take(leave, child, block, size);
    return size > 0;
}

static enum status follow(struct ins_leave *leave, struct child *child, struct err *err)
{
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    DWORD code = 0;
    while (WaitForSingleObject(child->process, LOOK_EVERY_MS) == WAIT_TIMEOUT) {
        while (read_some(leave, child)) {
        }
        if (clock_monotonic_ms() >= until_ms) {
            (void)TerminateProcess(child->process, 1);
            return err_set(err, ST_TIMED_OUT, 0, "giving users back their values took too long");
        }
    }
    while (read_some(leave, child)) {
    }
    end_line(leave, child);
    if (!GetExitCodeProcess(child->process, &code) || code != 0) {
        return err_set(err, ST_IO, 0, "the agent ended with %lu", (unsigned long)code);
    }
    return ST_OK;
}

enum status ins_leave_users(struct ins_leave *leave, struct err *err)
{
    struct child child = {.line = bytes_with_limit(LINE_BYTES)};
    enum status st = start(leave, &child, err);
    if (st == ST_OK) {
        st = follow(leave, &child, err);
    }
    leave->unreached = leave->unreached || st != ST_OK;
    bytes_free(&child.line);
    close_handle(child.process);
    close_handle(child.output);
    return st;
}
