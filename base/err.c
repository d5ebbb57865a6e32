#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The last character of text that was cut may have lost its end. */
static void drop_half_character(char *text)
{
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    unsigned char first = start > 0 ? (unsigned char)text[start - 1] : 0;
    size_t wanted = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (size - start < wanted) {
        text[start - 1] = '\0';
    }
}

PRINTF_LIKE(2, 0)
static void fill_text(struct err *err, const char *format, va_list arguments)
{
    int length = vsnprintf(err->text, sizeof err->text, format, arguments);
    if (length < 0) {
        err->text[0] = '\0';
    } else if ((size_t)length >= sizeof err->text) {
        drop_half_character(err->text);
    }
}

enum status err_set(struct err *err, enum status st, uint32_t os_code, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        err->st = st;
        err->code = NULL;
        err->os_code = os_code;
        err->pointer[0] = '\0';
        va_start(arguments, format);
        fill_text(err, format, arguments);
        va_end(arguments);
    }
    return st;
}

enum status err_refuse(struct err *err, const char *code, const char *pointer, const char *format,
                       ...)
{
    if (err != NULL) {
        va_list arguments;
        err->st = ST_REFUSED;
        err->code = code;
        err->os_code = 0;
        (void)snprintf(err->pointer, sizeof err->pointer, "%s", pointer != NULL ? pointer : "");
        va_start(arguments, format);
        fill_text(err, format, arguments);
        va_end(arguments);
    }
    return ST_REFUSED;
}

/* Text may quote hostile input: nothing in it may move a terminal's cursor or start a new line. */
static void print_escaped(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            (void)fprintf(stderr, "\\x%02x", *p);
        } else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
            (void)fprintf(stderr, "\\u%04x", p[1]); /* C1 controls, CSI among them */
            p++;
        } else {
            (void)fputc(*p, stderr);
        }
    }
}

void err_print(const char *program, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s", program, err->code != NULL ? err->code : status_name(err->st));
    if (err->pointer[0] != '\0') {
        (void)fputs(" at ", stderr);
        print_escaped(err->pointer);
    }
    (void)fputs(": ", stderr);
    print_escaped(err->text);
    (void)fputc('\n', stderr);
}
