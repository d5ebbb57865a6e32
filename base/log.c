#include "base/log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 2048 };

static struct {
    FILE *file; /* NULL is stderr */
    enum log_level most;
} sink = {.most = LOG_INFO};

static const char *const LEVELS[] = {"error", "warning", "info", "debug"};

bool log_level_find(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        if (strcmp(LEVELS[i], name) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return false;
}

enum status log_open(const char *path, enum log_level most, struct err *err)
{
    FILE *file = NULL;
    enum status st = path != NULL ? file_open_to_append(path, &file, err) : ST_OK;
    if (st == ST_OK) {
        log_close();
        sink.file = file;
        sink.most = most;
    }
    return st;
}

void log_close(void)
{
    if (sink.file != NULL) {
        (void)fclose(sink.file);
        sink.file = NULL;
    }
}

static void escape(const char *text, char *out, size_t size)
{
    size_t used = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && used + 7 < size; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            used += (size_t)snprintf(out + used, size - used, "\\x%02x", *p);
        } else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", p[1]); /* C1 controls */
            p++;
        } else {
            out[used++] = (char)*p;
        }
    }
    out[used] = '\0';
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[LINE_BYTES / 2];
    char line[LINE_BYTES];
    char now[TIME_TEXT_BYTES];
    va_list arguments;
    if (level > sink.most) {
        return;
    }
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    escape(text, line, sizeof line);
    time_text_write(clock_wall_s(), now);
    FILE *file = sink.file != NULL ? sink.file : stderr;
    /* One call, one line: stdio's own lock keeps lines of several threads apart. */
    (void)fprintf(file, "time=%s level=%s %s\n", now, LEVELS[level], line);
    (void)fflush(file);
}

void log_failure(enum log_level level, const char *what, const struct err *err)
{
    log_write(level, "%s: %s%s%s: %s (os_code=%u)", what,
              err->code != NULL ? err->code : status_name(err->st),
              err->pointer[0] != '\0' ? " at " : "", err->pointer, err->text, err->os_code);
}
