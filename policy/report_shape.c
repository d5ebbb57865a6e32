#include "policy/report_shape.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool pol_shape_is_sid(const char *text)
{
    static const char START[] = "S-1";
    const char *at = text + strlen(START);
    if (strncmp(text, START, strlen(START)) != 0) {
        return false;
    }
    while (*at == '-') {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits == 0) {
            return false;
        }
        at += 1 + digits;
    }
    return *at == '\0' && at > text + strlen(START);
}

bool pol_shape_object(const struct pol_at *at, const char *key, enum pol_need need,
                      const char *const *members, size_t member_count, struct pol_at *out)
{
    return pol_read_member(at, key, need, out) && pol_read_object(out, members, member_count);
}

bool pol_shape_list(const struct pol_at *at, const char *key, size_t most, struct pol_at *out,
                    size_t *out_count)
{
    if (!pol_read_array(at, key, POL_OPTIONAL, most, out, out_count)) {
        return false;
    }
    if (!pol_at_is_array(out)) {
        pol_at_problem(out, "wrong_type", "an array is expected");
        return false;
    }
    return true;
}

static void shape_text(const struct pol_at *at, const char *key, enum pol_need need)
{
    const char *ignored = NULL;
    (void)pol_read_text(at, key, need, LIMIT_STRING_BYTES, &ignored);
}

static void shape_count(const struct pol_at *at, const char *key)
{
    int64_t ignored = 0;
    (void)pol_read_integer(at, key, POL_OPTIONAL, 0, UINT32_MAX, &ignored);
}

enum pol_answer pol_shape_answer(const struct pol_at *at, const char *key)
{
    bool yes = false;
    if (!pol_read_boolean(at, key, POL_OPTIONAL, &yes)) {
        return POL_NOT_KNOWN;
    }
    return yes ? POL_YES : POL_NO;
}

static void shape_boolean(const struct pol_at *at, const char *key)
{
    bool ignored = false;
    (void)pol_read_boolean(at, key, POL_OPTIONAL, &ignored);
}

static void shape_word(const struct pol_at *at, const char *key, enum pol_need need,
                       const char *const *words, size_t word_count)
{
    size_t ignored = 0;
    (void)pol_read_word(at, key, need, words, word_count, &ignored);
}

void pol_shape_texts(const struct pol_at *at, const char *key)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    const char *ignored = NULL;
    if (!pol_shape_list(at, key, LIMIT_LIST_ITEMS, &list, &count)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        (void)pol_at_text(&item, LIMIT_STRING_BYTES, &ignored);
    }
}

void pol_shape_outlook(const struct pol_at *report)
{
    static const char *const KEYS[] = {"version", "bitness", "install", "minimum",
                                       "dotnet_release"};
    static const char *const INSTALLS[] = {"click_to_run", "msi", "unknown"};
    struct pol_at at;
    if (!pol_shape_object(report, "outlook", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    shape_text(&at, "version", POL_OPTIONAL);
    shape_text(&at, "bitness", POL_OPTIONAL);
    shape_word(&at, "install", POL_OPTIONAL, INSTALLS, COUNT(INSTALLS));
    shape_boolean(&at, "minimum");
    shape_count(&at, "dotnet_release");
}

static void shape_probe(const struct pol_at *at)
{
    static const char *const KEYS[] = {"url", "for", "verdict", "http", "server", "auth", "at"};
    static const char *const USES[] = {"allow", "block"};
    int64_t ignored = 0;
    if (!pol_read_object(at, KEYS, COUNT(KEYS))) {
        return;
    }
    shape_text(at, "url", POL_REQUIRED);
    shape_word(at, "for", POL_REQUIRED, USES, COUNT(USES));
    shape_text(at, "verdict", POL_REQUIRED);
    shape_count(at, "http");
    shape_text(at, "server", POL_OPTIONAL);
    pol_shape_texts(at, "auth");
    (void)pol_read_time(at, "at", POL_OPTIONAL, &ignored);
}

void pol_shape_preflight(const struct pol_at *report)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_shape_list(report, "preflight", (size_t)2 * LIMIT_PREFLIGHT_URLS, &list, &count)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        shape_probe(&item);
    }
}
