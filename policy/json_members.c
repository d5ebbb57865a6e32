#include "policy/json_read.h"

#include "base/time_text.h"

#include <stdio.h>
#include <string.h>

static void list_words(const char *const *words, size_t word_count, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < word_count && used < size; i++) {
        if (words[i] != NULL) {
            used +=
                (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", words[i]);
        }
    }
}

bool pol_at_word(const struct pol_at *at, const char *const *words, size_t word_count, size_t *out)
{
    const char *text = NULL;
    char list[ERR_TEXT_BYTES - 64];
    if (!pol_at_text(at, LIMIT_STRING_BYTES, &text)) {
        return false;
    }
    for (size_t i = 0; i < word_count; i++) {
        if (words[i] != NULL && strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    list_words(words, word_count, list, sizeof list);
    pol_at_problem(at, "out_of_range", "one of these is expected: %s", list);
    return false;
}

bool pol_read_text(const struct pol_at *at, const char *key, enum pol_need need, size_t most_bytes,
                   const char **out)
{
    struct pol_at member;
    return pol_read_member(at, key, need, &member) && pol_at_text(&member, most_bytes, out);
}

bool pol_read_integer(const struct pol_at *at, const char *key, enum pol_need need, int64_t least,
                      int64_t most, int64_t *out)
{
    struct pol_at member;
    return pol_read_member(at, key, need, &member) && pol_at_integer(&member, least, most, out);
}

bool pol_read_time(const struct pol_at *at, const char *key, enum pol_need need, int64_t *out_s)
{
    struct pol_at member;
    const char *text = NULL;
    if (!pol_read_member(at, key, need, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &text)) {
        return false;
    }
    if (!time_text_read(text, out_s)) {
        pol_at_problem(&member, "bad_time", "a time in UTC like 2026-11-22T10:00:00Z is expected");
        return false;
    }
    return true;
}

bool pol_read_word(const struct pol_at *at, const char *key, enum pol_need need,
                   const char *const *words, size_t word_count, size_t *out)
{
    struct pol_at member;
    return pol_read_member(at, key, need, &member) && pol_at_word(&member, words, word_count, out);
}
