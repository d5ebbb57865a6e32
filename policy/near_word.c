#include "policy/near_word.h"

#include <string.h>

enum { MOST_EDITS = 2, MOST_BYTES = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time; longer texts count as far apart. */
static size_t edits_between(const char *a, const char *b)
{
    size_t row[MOST_BYTES + 1];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > MOST_BYTES || b_size > MOST_BYTES) {
        return MOST_BYTES;
    }
    for (size_t k = 0; k <= b_size; k++) {
        row[k] = k;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b_size; k++) {
            size_t changed = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = least(changed, least(row[k], row[k - 1]) + 1);
        }
    }
    return row[b_size];
}

const char *pol_near_word(const char *text, const char *const *words, size_t word_count)
{
    const char *nearest = NULL;
    size_t distance = MOST_EDITS + 1;
    size_t size = strlen(text);
    for (size_t i = 0; i < word_count; i++) {
        if (size >= 3 && strncmp(words[i], text, size) == 0) {
            return words[i];
        }
        size_t edits = edits_between(text, words[i]);
        /* Two edits turn any two letters into any others: that is no guess. */
        if (edits < distance && edits < size) {
            nearest = words[i];
            distance = edits;
        }
    }
    return nearest;
}
