#include "base/text_win.h"

#include <limits.h>
#include <stdlib.h>

#include <windows.h>

enum status text_to_wide(const char *utf8, wchar_t **out)
{
    int chars = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, NULL, 0);
    if (chars <= 0) {
        return ST_IO;
    }
    wchar_t *wide = malloc((size_t)chars * sizeof *wide);
    if (wide == NULL) {
        return ST_NO_MEMORY;
    }
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, chars) != chars) {
        free(wide);
        return ST_IO;
    }
    *out = wide;
    return ST_OK;
}

enum status text_from_wide(const wchar_t *wide, size_t chars, char **out)
{
    int size = 0;
    if (chars > INT_MAX / 4) {
        return ST_IO;
    }
    if (chars > 0) {
        size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, (int)chars, NULL, 0, NULL,
                                   NULL);
        if (size <= 0) {
            return ST_IO;
        }
    }
    char *utf8 = malloc((size_t)size + 1);
    if (utf8 == NULL) {
        return ST_NO_MEMORY;
    }
    if (size > 0 && WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, (int)chars, utf8, size,
                                        NULL, NULL) != size) {
        free(utf8);
        return ST_IO;
    }
    utf8[size] = '\0';
    *out = utf8;
    return ST_OK;
}
