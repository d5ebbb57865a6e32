#include "tests/fuzz/script.h"

#include <stdlib.h>
#include <string.h>

enum { SECONDS_MOST = 10 * 365 * 86400, SECONDS_DIGITS = 9 };

/* The next line, without its end; NULs in it cut it off for whoever reads it as text. */
static char *next_line(struct script *s)
{
    char *line = s->at;
    char *end = memchr(line, '\n', (size_t)(s->end - line));
    if (end != NULL) {
        *end = '\0';
        s->at = end + 1;
    } else {
        s->at = s->end;
    }
    return line;
}

static void read_headers(struct script *s, struct script_step *out)
{
    while (s->at < s->end) {
        char *line = next_line(s);
        if (line[0] == '\0') {
            return;
        }
        char *colon = strchr(line, ':');
        if (colon != NULL && out->header_count < SCRIPT_HEADERS_MAX) {
            *colon = '\0';
            char *value = colon + 1 + strspn(colon + 1, " \t");
            out->headers[out->header_count].name = line;
            out->headers[out->header_count++].value = value;
        }
    }
}

static void read_body(struct script *s, struct script_step *out)
{
    char *begin = s->at;
    char *end = s->end;
    for (char *at = begin; at < s->end;) {
        char *feed = memchr(at, '\n', (size_t)(s->end - at));
        char *line_end = feed != NULL ? feed : s->end;
        if (line_end - at == 1 && at[0] == '.') {
            end = at;
            break;
        }
        at = feed != NULL ? feed + 1 : s->end;
    }
    s->at = end;
    if (end < s->end) {
        (void)next_line(s);
    }
    out->body = (const uint8_t *)begin;
    out->body_size = (size_t)(end - begin);
    if (out->body_size > 0 && begin[out->body_size - 1] == '\n') {
        out->body_size--; /* the point stands on a line of its own */
    }
}

static bool read_request(struct script *s, char *line, struct script_step *out)
{
    char *method = strchr(line, ' ');
    char *target = method != NULL ? strchr(method + 1, ' ') : NULL;
    if (target == NULL || (line[0] != 'a' && line[0] != 'm') || line[1] == ' ') {
        return false;
    }
    *method++ = '\0';
    *target++ = '\0';
    out->door = line[0];
    out->who = line[1];
    out->busy = strchr(line + 2, 'b') != NULL;
    out->full = strchr(line + 2, 'c') != NULL;
    out->loopback = strchr(line + 2, 'l') != NULL;
    out->pieces = strchr(line + 2, 'p') != NULL;
    out->method = method;
    out->target = target;
    read_headers(s, out);
    read_body(s, out);
    return true;
}

static bool read_step(struct script *s, char *line, struct script_step *out)
{
    *out = (struct script_step){.kind = SCRIPT_ASK};
    if (strcmp(line, "r") == 0) {
        out->kind = SCRIPT_RESTART;
        return true;
    }
    if (strncmp(line, "t ", 2) == 0) {
        size_t digits = strspn(line + 2, "0123456789");
        out->kind = SCRIPT_TIME;
        out->seconds = digits > 0 && digits <= SECONDS_DIGITS ? strtol(line + 2, NULL, 10) : 0;
        return out->seconds > 0 && out->seconds <= SECONDS_MOST;
    }
    return read_request(s, line, out);
}

bool script_next(struct script *s, struct script_step *out)
{
    while (s->at < s->end) {
        if (read_step(s, next_line(s), out)) {
            return true;
        }
    }
    return false;
}
