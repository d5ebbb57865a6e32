#include "policy/text_match.h"

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
        mark.prefix += mark.has_wild ? 0 : 1;
    }
    mark.size = (uint32_t)(p - text);
    return mark;
}

static bool same_from_behind(const char *a, const char *b, size_t size)
{
    while (size > 0 && fold(a[size - 1]) == fold(b[size - 1])) {
        size--;
    }
    return size == 0;
}

bool pol_text_fits_marked(const char *pattern, const struct pol_text_mark *pattern_mark,
                          const char *text, size_t text_size)
{
    size_t prefix = pattern_mark->prefix;
    if (!pattern_mark->has_wild) {
        return text_size == prefix && same_from_behind(pattern, text, prefix);
    }
    if (text_size < prefix || (prefix > 0 && fold(pattern[prefix - 1]) != fold(text[prefix - 1]))) {
        return false;
    }
    return pol_text_fits(pattern, text);
}

/* ---- many texts --------------------------------------------------------------------------- */

size_t pol_text_index_slots(size_t text_count)
{
    size_t slots = 4;
    while (slots < text_count * 2 && slots <= UINT32_MAX / 4) {
        slots *= 2;
    }
    return slots > text_count ? slots : 0;
}

void pol_text_index_fill(struct pol_text_index *index)
{
    memset(index->slots, 0, index->slot_count * sizeof *index->slots);
    for (size_t i = 0; i < index->text_count; i++) {
        uint32_t slot = index->marks[i].hash & (index->slot_count - 1);
        while (index->slots[slot] != 0) {
            slot = (slot + 1) & (index->slot_count - 1);
        }
        index->slots[slot] = (uint32_t)i + 1;
    }
}

static char other_case(char c)
{
    if (c >= 'a' && c <= 'z') {
        return (char)(c - 'a' + 'A');
    }
    return fold(c);
}

/* What stands last before the first wildcard tells most texts apart. */
static const char *find_by_prefix(const struct pol_text_index *index, const char *pattern,
                                  size_t prefix)
{
    char last = pattern[prefix - 1];
    char last_too = other_case(last);
    for (size_t i = 0; i < index->text_count; i++) {
        const char *text = index->texts[i];
        if (index->marks[i].size >= prefix &&
            (text[prefix - 1] == last || text[prefix - 1] == last_too) &&
            pol_text_fits(pattern, text)) {
            return text;
        }
    }
    return NULL;
}

static const char *find_by_looking(const struct pol_text_index *index, const char *pattern)
{
    for (size_t i = 0; i < index->text_count; i++) {
        if (pol_text_fits(pattern, index->texts[i])) {
            return index->texts[i];
        }
    }
    return NULL;
}

const char *pol_text_index_find(const struct pol_text_index *index, const char *pattern,
                                const struct pol_text_mark *pattern_mark)
{
    if (pattern_mark->has_wild) {
        return pattern_mark->prefix > 0 ? find_by_prefix(index, pattern, pattern_mark->prefix)
                                        : find_by_looking(index, pattern);
    }
    uint32_t slot = pattern_mark->hash & (index->slot_count - 1);
    for (; index->slots[slot] != 0; slot = (slot + 1) & (index->slot_count - 1)) {
        uint32_t i = index->slots[slot] - 1;
        if (index->marks[i].hash == pattern_mark->hash &&
            pol_text_fits_marked(pattern, pattern_mark, index->texts[i], index->marks[i].size)) {
            return index->texts[i];
        }
    }
    return NULL;
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

/* Seen from the end, do the two differ in a letter of a part? Blanks beside commas are no part. */
static bool differ_for_sure(const struct name *a, const struct name *b)
{
    const char *p = a->end;
    const char *q = b->end;
    while (p > a->start && q > b->start && fold(p[-1]) == fold(q[-1])) {
        p--;
        q--;
    }
    return p > a->start && q > b->start && p[-1] != ' ' && q[-1] != ' ';
}

bool pol_text_is_under(const char *wanted, const char *dn)
{
    struct name above = name_of(wanted);
    struct name below = name_of(dn);
    struct part a;
    struct part b;
    if (differ_for_sure(&above, &below)) {
        return false;
    }
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
