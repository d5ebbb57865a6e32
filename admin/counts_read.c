#include "admin/counts_read.h"

#include <string.h>

enum { MOVES_MOST = POL_OUTCOME_COUNT * POL_OUTCOME_COUNT };
static const int64_t USERS_MOST = INT64_C(1) << 53; /* as large as a number in JSON may be */

uint64_t adm_users_read(const struct pol_at *at, const char *key)
{
    int64_t users = 0;
    (void)pol_read_integer(at, key, POL_REQUIRED, 0, USERS_MOST, &users);
    return (uint64_t)users;
}

static size_t find_word(const char *const *words, size_t count, const char *word)
{
    size_t i = 0;
    while (i < count && (words[i] == NULL || strcmp(words[i], word) != 0)) {
        i++;
    }
    return i;
}

static void read_counts(const struct pol_at *at, const char *key, const char *const *words,
                        size_t count, uint64_t *out)
{
    struct pol_at object;
    struct pol_at item;
    if (!pol_read_member(at, key, POL_REQUIRED, &object)) {
        return;
    }
    if (!pol_at_is_object(&object)) {
        pol_at_problem(&object, "wrong_type", "an object of numbers is expected");
        return;
    }
    for (bool more = pol_first(&object, &item); more; more = pol_next(&item)) {
        size_t i = find_word(words, count, item.key);
        int64_t users = 0;
        if (i == count) {
            pol_at_problem(&item, "unknown_field", "this version does not know that word");
        } else if (pol_at_integer(&item, 0, USERS_MOST, &users)) {
            out[i] = (uint64_t)users;
        }
    }
}

static void list_outcomes(const char *out[POL_OUTCOME_COUNT])
{
    for (unsigned i = 0; i < POL_OUTCOME_COUNT; i++) {
        out[i] = pol_outcome_word(i);
    }
}

void adm_stage_counts_read(const struct pol_at *at, struct pol_stage_counts *out)
{
    const char *outcomes[POL_OUTCOME_COUNT];
    list_outcomes(outcomes);
    read_counts(at, "outcomes", outcomes, POL_OUTCOME_COUNT, out->outcomes);
    read_counts(at, "blocked_by", POL_BLOCKED_WORDS, POL_BLOCKED_COUNT, out->blocked);
    read_counts(at, "unknown_facts", POL_FACT_WORDS, POL_FACT_COUNT, out->missing);
}

static void read_move(const struct pol_at *move, uint64_t (*out)[POL_OUTCOME_COUNT])
{
    const char *outcomes[POL_OUTCOME_COUNT];
    size_t from = 0;
    size_t to = 0;
    list_outcomes(outcomes);
    if (!pol_at_is_object(move)) {
        pol_at_problem(move, "wrong_type", "an object is expected");
    } else if (pol_read_word(move, "from", POL_REQUIRED, outcomes, POL_OUTCOME_COUNT, &from) &&
               pol_read_word(move, "to", POL_REQUIRED, outcomes, POL_OUTCOME_COUNT, &to)) {
        out[from][to] = adm_users_read(move, "users");
    }
}

void adm_moves_read(const struct pol_at *at, const char *key, uint64_t (*out)[POL_OUTCOME_COUNT])
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_read_array(at, key, POL_REQUIRED, MOVES_MOST, &list, &count)) {
        return;
    }
    if (!pol_at_is_array(&list)) {
        pol_at_problem(&list, "wrong_type", "a list is expected");
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_move(&item, out);
    }
}
