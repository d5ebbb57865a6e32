#include "installer/msi/package_win.h"

#include "base/bytes.h"
#include "base/error_win.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 2048, VISIBLE_BYTES = 5 * LINE_BYTES };

enum status ins_package_read(MSIHANDLE package, const wchar_t *property, size_t limit, char **out,
                             struct err *err)
{
    DWORD chars = (DWORD)limit + 1;
    wchar_t *wide = calloc(chars, sizeof *wide);
    if (wide == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the properties");
    }
    enum status st = ST_OK;
    UINT error = MsiGetPropertyW(package, property, wide, &chars);
    if (error == ERROR_MORE_DATA) {
        st = err_set(err, ST_TOO_LARGE, 0, "%ls is too long", property);
    } else if (error != ERROR_SUCCESS) {
        st = error_set(err, error, "cannot read the property %ls", property);
    } else {
        st = text_from_wide(wide, wcslen(wide), out);
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "%ls is not valid Unicode", property);
    }
    SecureZeroMemory(wide, (limit + 1) * sizeof *wide);
    free(wide);
    return st;
}

enum status ins_package_write(MSIHANDLE package, const wchar_t *property, const char *value,
                              struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(value, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot set the property %ls", property);
    }
    UINT error = MsiSetPropertyW(package, property, wide);
    free(wide);
    return error == ERROR_SUCCESS ? ST_OK
                                  : error_set(err, error, "cannot set the property %ls", property);
}

/* What stands in a field is text, whatever brackets it has in it. */
static void send(MSIHANDLE package, INSTALLMESSAGE kind, const char *text)
{
    wchar_t *wide = NULL;
    MSIHANDLE record = MsiCreateRecord(1);
    if (record != 0 && text_to_wide(text, &wide) == ST_OK) {
        (void)MsiRecordSetStringW(record, 0, L"[1]");
        (void)MsiRecordSetStringW(record, 1, wide);
        (void)MsiProcessMessage(package, kind, record);
    }
    free(wide);
    (void)MsiCloseHandle(record);
}

void ins_package_log(MSIHANDLE package, const char *format, ...)
{
    struct bytes raw = bytes_with_limit(LINE_BYTES);
    struct bytes line = bytes_with_limit(VISIBLE_BYTES);
    va_list arguments;
    va_start(arguments, format);
    enum status st = bytes_append_format_list(&raw, format, arguments);
    va_end(arguments);
    if (st == ST_OK && bytes_append_text(&line, "mapi-rollout: ") == ST_OK &&
        bytes_append_visible(&line, bytes_text(&raw)) == ST_OK) {
        send(package, INSTALLMESSAGE_INFO, bytes_text(&line));
    }
    bytes_free(&raw);
    bytes_free(&line);
}

void ins_package_fail(MSIHANDLE package, const struct err *err)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    enum status st = bytes_append_format(&line, "mapi-rollout: %s",
                                         err->code != NULL ? err->code : status_name(err->st));
    if (st == ST_OK && err->pointer[0] != '\0') {
        st = bytes_append_format(&line, " at %s", err->pointer);
    }
    st = st == ST_OK ? bytes_append_text(&line, ": ") : st;
    st = st == ST_OK ? bytes_append_visible(&line, err->text) : st;
    if (st == ST_OK && err->os_code != 0) {
        st = bytes_append_format(&line, " (%lu)", (unsigned long)err->os_code);
    }
    if (st == ST_OK) {
        send(package, INSTALLMESSAGE_ERROR | MB_OK | MB_ICONERROR, bytes_text(&line));
    }
    bytes_free(&line);
}
