#include "admin/terminal.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <limits.h>
#include <windows.h>
/* after windows.h, which it needs */
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENVIRONMENT_MOST_CHARS = 32767 }; /* what Windows allows for one variable */

static enum status to_utf8(wchar_t *const *wide, int count, char **out, struct err *err)
{
    enum status st = ST_OK;
    for (int i = 0; st == ST_OK && i < count; i++) {
        st = text_from_wide(wide[i], wcslen(wide[i]), &out[i]);
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the command line is not valid Unicode");
}

enum status adm_terminal_start(int *argc, char ***argv, struct err *err)
{
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    if (wide == NULL) {
        return error_set(err, GetLastError(), "cannot read the command line");
    }
    char **texts = calloc((size_t)count + 1, sizeof *texts);
    enum status st = ST_OK;
    if (texts == NULL) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for the command line");
    } else {
        st = to_utf8(wide, count, texts, err);
    }
    if (st == ST_OK) {
        *argc = count;
        *argv = texts;
        texts = NULL; /* handed over, until the program ends */
        (void)SetConsoleOutputCP(CP_UTF8);
    }
    for (int i = 0; texts != NULL && i < count; i++) {
        free(texts[i]);
    }
    free(texts);
    (void)LocalFree(wide);
    return st;
}

static bool is_console(DWORD which)
{
    DWORD mode = 0;
    return GetConsoleMode(GetStdHandle(which), &mode) != 0;
}

bool adm_terminal_asks(void)
{
    return is_console(STD_INPUT_HANDLE) && is_console(STD_ERROR_HANDLE);
}

bool adm_terminal_tells(void)
{
    return is_console(STD_ERROR_HANDLE);
}

bool adm_terminal_shows(void)
{
    return is_console(STD_OUTPUT_HANDLE);
}

/* UTF-16 units up to the end of the line; a line longer than the array is refused, not cut. */
static enum status read_wide_line(wchar_t *line, DWORD room_chars, DWORD *chars, struct err *err)
{
    if (!ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), line, room_chars, chars, NULL)) {
        return error_set(err, GetLastError(), "cannot read the console");
    }
    if (*chars == 0) {
        return err_set(err, ST_CANCELLED, 0, "the input ended before an answer");
    }
    if (line[*chars - 1] != L'\n') {
        return err_set(err, ST_TOO_LARGE, 0, "the answer is too long");
    }
    while (*chars > 0 && (line[*chars - 1] == L'\n' || line[*chars - 1] == L'\r')) {
        (*chars)--;
    }
    return ST_OK;
}

enum status adm_terminal_read_line(const char *prompt, struct bytes *out, struct err *err)
{
    wchar_t line[1024];
    DWORD chars = 0;
    char *text = NULL;

    (void)fputs(prompt, stderr);
    enum status st = read_wide_line(line, sizeof line / sizeof line[0], &chars, err);
    if (st == ST_OK) {
        st = text_from_wide(line, chars, &text);
        if (st == ST_OK) {
            st = bytes_append_text(out, text);
            wipe(text, strlen(text));
        }
        if (st != ST_OK) {
            st = err_set(err, st, 0, "the answer is too long or no text");
        }
    }
    wipe(line, sizeof line);
    free(text);
    return st;
}

enum status adm_terminal_read_secret(const char *prompt, struct bytes *out, struct err *err)
{
    HANDLE console = GetStdHandle(STD_INPUT_HANDLE);
    DWORD before = 0;
    if (!GetConsoleMode(console, &before)) {
        return error_set(err, GetLastError(), "cannot ask on this console");
    }
    /* If Ctrl-C ends us here, the command interpreter puts its own mode back. */
    if (!SetConsoleMode(console, (before | ENABLE_LINE_INPUT) & ~(DWORD)ENABLE_ECHO_INPUT)) {
        return error_set(err, GetLastError(), "cannot switch off the echo");
    }
    enum status st = adm_terminal_read_line(prompt, out, err);
    (void)SetConsoleMode(console, before);
    (void)fputc('\n', stderr);
    return st;
}

char *adm_environment(const char *name)
{
    wchar_t *wide_name = NULL;
    wchar_t *wide = malloc(ENVIRONMENT_MOST_CHARS * sizeof *wide);
    char *value = NULL;

    if (wide != NULL && text_to_wide(name, &wide_name) == ST_OK) {
        DWORD chars = GetEnvironmentVariableW(wide_name, wide, ENVIRONMENT_MOST_CHARS);
        if (chars > 0 && chars < ENVIRONMENT_MOST_CHARS &&
            text_from_wide(wide, chars, &value) != ST_OK) {
            value = NULL; /* not text: as good as unset */
        }
    }
    free(wide_name);
    free(wide);
    return value;
}

/* Consoles take at most 64 KiB at once, older ones less. */
enum { CONSOLE_MOST_CHARS = 8192 };

static enum status write_wide(const wchar_t *text, size_t chars, struct err *err)
{
    while (chars > 0) {
        DWORD part = (DWORD)(chars < CONSOLE_MOST_CHARS ? chars : CONSOLE_MOST_CHARS);
        DWORD put = 0;
        if (!WriteConsoleW(GetStdHandle(STD_OUTPUT_HANDLE), text, part, &put, NULL) || put == 0) {
            return error_set(err, GetLastError(), "cannot write to the console");
        }
        text += put;
        chars -= put;
    }
    return ST_OK;
}

/* In UTF-16: a console in code page 65001 may split a character that lies across two writes. */
static enum status write_to_console(struct span text, struct err *err)
{
    struct bytes copy = bytes_with_limit(text.size);
    wchar_t *wide = NULL;
    enum status st = bytes_append(&copy, text.data, text.size);
    if (st == ST_OK) {
        st = text_to_wide(bytes_text(&copy), &wide);
    }
    st = st == ST_OK ? write_wide(wide, wcslen(wide), err)
                     : err_set(err, st, 0, "the answer cannot be shown on a console");
    free(wide);
    bytes_free(&copy);
    return st;
}

enum status adm_terminal_write(struct span text, struct err *err)
{
    if (text.size > 0 && adm_terminal_shows()) {
        return write_to_console(text, err);
    }
    bool written = text.size == 0 || fwrite(text.data, 1, text.size, stdout) == text.size;
    return written && fflush(stdout) == 0
               ? ST_OK
               : error_set(err, GetLastError(), "cannot write the output");
}

enum status adm_terminal_write_raw(struct span bytes, struct err *err)
{
    while (bytes.size > 0) {
        DWORD part = (DWORD)(bytes.size < INT_MAX ? bytes.size : INT_MAX);
        DWORD put = 0;
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes.data, part, &put, NULL)) {
            return error_set(err, GetLastError(), "cannot write the output");
        }
        bytes.data += put;
        bytes.size -= put;
    }
    return ST_OK;
}
