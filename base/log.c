#include "base/log.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "base/visible.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
    struct log_sink other; /* its take NULL: there is none */
    FILE *file;            /* NULL is stderr */
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

void log_open_sink(const struct log_sink *to)
{
    log_close();
    sink.other = *to;
    sink.most = LOG_DEBUG;
}

void log_set_most(enum log_level most)
{
    sink.most = most;
}

bool log_takes(enum log_level level)
{
    return level <= sink.most;
}

void log_close(void)
{
    sink.other = (struct log_sink){0};
    if (sink.file != NULL) {
        (void)fclose(sink.file);
        sink.file = NULL;
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    char text[LOG_MESSAGE_BYTES / 2];
    char message[LOG_MESSAGE_BYTES];
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
    (void)visible_copy(text, message, sizeof message);
    if (sink.other.take != NULL) {
        sink.other.take(sink.other.ctx, level, message);
        return;
    }
    time_text_write(clock_wall_s(), now);
    FILE *file = sink.file != NULL ? sink.file : stderr;
    /* One call, one line: stdio's own lock keeps lines of several threads apart. */
    (void)fprintf(file, "time=%s level=%s %s\n", now, LEVELS[level], message);
    (void)fflush(file);
}

static void spell_out(const char *text, const char *set, char *out, size_t room)
{
    static const char DIGITS[] = "0123456789abcdef";
    size_t used = 0;
    for (; *text != '\0'; text++) {
        bool odd = strchr(set, *text) != NULL;
        if (used + (odd ? 4 : 1) >= room) {
            break;
        }
        if (odd) {
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = DIGITS[(unsigned char)*text >> 4];
            out[used++] = DIGITS[(unsigned char)*text & 15];
        } else {
            out[used++] = *text;
        }
    }
    out[used] = '\0';
}

void log_quotable(const char *text, char *out, size_t room)
{
    size_t used = 0;
    for (; *text != '\0' && used + 1 < room; text++) {
        out[used++] = *text;
        if (*text == '"') {
            out[used - 1] = '\'';
        }
    }
    out[used] = '\0';
}

void log_word(const char *text, char *out, size_t room)
{
    spell_out(text, "\"= ", out, room);
}

void log_failure(enum log_level level, const char *event, const struct err *err)
{
    char pointer[ERR_POINTER_BYTES];
    char reason[ERR_TEXT_BYTES];
    log_word(err->pointer, pointer, sizeof pointer);
    log_quotable(err->text, reason, sizeof reason);
    log_write(level, "event=%s code=%s%s%s os_code=%u reason=\"%s\"", event,
              err->code != NULL ? err->code : status_name(err->st),
              pointer[0] != '\0' ? " pointer=" : "", pointer, err->os_code, reason);
}
