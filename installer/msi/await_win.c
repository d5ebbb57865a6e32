#include "installer/msi/await_win.h"

#include "base/clock.h"
#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>

#include <windows.h>

enum { LOOK_EVERY_MS = 20 };

/* ERROR_SUCCESS: nobody has it open to run it, or for anything else. */
static DWORD try_alone(const wchar_t *program)
{
    HANDLE file = CreateFileW(program, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    (void)CloseHandle(file);
    return ERROR_SUCCESS;
}

enum status ins_await_end(const char *program, uint32_t patience_ms, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(program, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot look at %s", program);
    }
    uint64_t until_ms = clock_monotonic_ms() + patience_ms;
    DWORD error = try_alone(wide);
    while ((error == ERROR_SHARING_VIOLATION || error == ERROR_ACCESS_DENIED) &&
           clock_monotonic_ms() < until_ms) {
        Sleep(LOOK_EVERY_MS);
        error = try_alone(wide);
    }
    free(wide);
    return error == ERROR_SUCCESS || error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
               ? ST_OK
               : err_set(err, ST_BUSY, error, "%s is still in use", program);
}
