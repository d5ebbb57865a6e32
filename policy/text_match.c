#include "policy/text_match.h"

#include <stddef.h>
#include <string.h>

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ---- patterns ----------------------------------------------------------------------------- */

static const char *next_code_point(const char *p)
{
    p++;
    while (((unsigned char)*p & 0xc0) == 0x80) {
        p++;
    }
    return p;
}

bool pol_text_fits(const char *pattern, const char *text)
{
    const char *star = NULL; /* behind the last star, and where its run ends so far */
    const char *run = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            run = text;
        } else if (*pattern == '?') {
            pattern++;
            text = next_code_point(text);
        } else if (*pattern != '\0' && fold(*pattern) == fold(*text)) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            run = next_code_point(run);
            text = run;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

struct pol_text_mark pol_text_mark(const char *text)
{
    struct pol_text_mark mark = {.hash = 2166136261U}; /* FNV-1a */
    const char *p = text;
    for (; *p != '\0'; p++) {
        mark.hash = (mark.hash ^ (unsigned char)fold(*p)) * 16777619U;
        mark.has_wild = mark.has_wild || *p == '*' || *p == '?';
    }
    mark.size = (uint32_t)(p - text);
    return mark;
}

bool pol_text_fits_marked(const char *pattern, const struct pol_text_mark *pattern_mark,
                          const char *text, const struct pol_text_mark *text_mark)
{
    if (!pattern_mark->has_wild &&
        (pattern_mark->hash != text_mark->hash || pattern_mark->size != text_mark->size)) {
        return false;
    }
    return pol_text_fits(pattern, text);
}

bool pol_text_is_sid(const char *text)
{
    return text[0] == 'S' && text[1] == '-' && text[2] == '1' && text[3] == '-';
}

/* ---- distinguished names ------------------------------------------------------------------ */

/* A name that loses its parts from the right. */
struct name {
    const char *start;
    const char *end;
};

struct part {
    const char *start;
    size_t size;
};

static bool is_escaped(const char *start, const char *at)
{
    bool escaped = false;
    while (at > start && at[-1] == '\\') {
        escaped = !escaped;
        at--;
    }
    return escaped;
}

static struct part trimmed(const char *start, const char *end)
{
    while (start < end && *start == ' ') {
        start++;
    }
    while (end > start && end[-1] == ' ' && !is_escaped(start, end - 1)) {
        end--;
    }
    return (struct part){.start = start, .size = (size_t)(end - start)};
}

/* Take the last part off; false if none is left. */
static bool take_last(struct name *name, struct part *out)
{
    const char *p = name->end;
    if (name->start == NULL) {
        return false;
    }
    while (p > name->start && (p[-1] != ',' || is_escaped(name->start, p - 1))) {
        p--;
    }
    *out = trimmed(p, name->end);
    if (p == name->start) {
        name->start = NULL;
    } else {
        name->end = p - 1;
    }
    return true;
}

static struct name name_of(const char *text)
{
    return (struct name){.start = text, .end = text + strlen(text)};
}

static bool same_part(struct part a, struct part b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (fold(a.start[i]) != fold(b.start[i])) {
            return false;
        }
    }
    return true;
}

bool pol_text_is_under(const char *wanted, const char *dn)
{
    struct name above = name_of(wanted);
    struct name below = name_of(dn);
    struct part a;
    struct part b;
    while (take_last(&above, &a)) {
        if (!take_last(&below, &b) || !same_part(a, b)) {
            return false;
        }
    }
    return true;
}

bool pol_text_is_dn(const char *text)
{
    struct name name = name_of(text);
    struct part part;
    if (is_escaped(text, name.end)) {
        return false; /* a backslash that escapes nothing */
    }
    while (take_last(&name, &part)) {
        const char *equals = memchr(part.start, '=', part.size);
        if (equals == NULL || equals == part.start || equals + 1 == part.start + part.size) {
            return false;
        }
    }
    return true;
}
