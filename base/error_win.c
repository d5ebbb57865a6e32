#include "base/error_win.h"

#include <stdarg.h>
#include <stdio.h>

#include <windows.h>

enum status error_status(uint32_t os_code)
{
    switch (os_code) {
    case ERROR_SUCCESS: return ST_OK;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_KEY_DELETED: return ST_NOT_FOUND;
    case ERROR_ALREADY_EXISTS:
    case ERROR_FILE_EXISTS: return ST_EXISTS;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD: return ST_DENIED;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_BUSY: return ST_BUSY;
    case ERROR_MORE_DATA: return ST_TOO_LARGE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY: return ST_NO_MEMORY;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL: return ST_NO_SPACE;
    case ERROR_OPERATION_ABORTED: return ST_CANCELLED;
    default: return ST_IO; /* the open end of a foreign enumeration */
    }
}

enum status error_set(struct err *err, uint32_t os_code, const char *format, ...)
{
    char text[ERR_TEXT_BYTES] = "";
    va_list arguments;
    if (err == NULL) {
        return error_status(os_code);
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return err_set(err, error_status(os_code), os_code, "%s", text);
}
