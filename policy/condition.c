#include "policy/condition.h"

#include "policy/clauses.h"

#include <stdlib.h>
#include <string.h>

/* A new salt is compared with so many before it: sharing a draw saves time, no more. */
enum { DRAWS_COMPARED = 64 };

static const char *const MATCH_KEYS[] = {
    "user",    "group",   "host",          "domain",  "computer_ou", "ad_site", "tag",
    "outlook", "mailbox", "multi_session", "percent", "of",          "salt",    "ring",
    "any",     "all",     "not",           "ticket",  "description",
};

enum { MATCH_KEY_COUNT = sizeof MATCH_KEYS / sizeof MATCH_KEYS[0] };

/* ---- growing the set ---------------------------------------------------------------------- */

/* Make room for one element more. Arrays double, so that a long list costs no more than its length. */
static enum status make_room(void **array, size_t count, size_t *capacity, size_t element_bytes)
{
    if (count < *capacity) {
        return ST_OK;
    }
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = realloc(*array, wanted * element_bytes);
    if (grown == NULL) {
        return ST_NO_MEMORY;
    }
    *array = grown;
    *capacity = wanted;
    return ST_OK;
}

static enum status add_match(struct pol_ring_set *set, enum pol_match_key key, size_t *out)
{
    void *array = set->matches;
    enum status st =
        make_room(&array, set->match_count, &set->match_capacity, sizeof *set->matches);
    set->matches = array;
    if (st == ST_OK) {
        *out = set->match_count++;
        set->matches[*out] = (struct pol_match){.key = key, .subtree = 1};
    }
    return st;
}

/* Everything that was added since the node belongs to it. */
static void close_match(struct pol_ring_set *set, size_t node)
{
    set->matches[node].subtree = (uint32_t)(set->match_count - node);
}

static enum status add_text(struct pol_ring_set *set, const char *text)
{
    void *array = set->texts;
    enum status st = make_room(&array, set->text_count, &set->text_capacity, sizeof *set->texts);
    set->texts = array;
    if (st == ST_OK) {
        set->texts[set->text_count++] = text;
    }
    return st;
}

static enum status add_range(struct pol_ring_set *set, const struct pol_outlook_range *range,
                             uint32_t *out)
{
    void *array = set->ranges;
    enum status st = make_room(&array, set->range_count, &set->range_capacity, sizeof *set->ranges);
    set->ranges = array;
    if (st == ST_OK) {
        *out = (uint32_t)set->range_count;
        set->ranges[set->range_count++] = *range;
    }
    return st;
}

static bool find_draw(const struct pol_ring_set *set, const struct pol_draw *draw, uint32_t *out)
{
    size_t oldest = set->draw_count > DRAWS_COMPARED ? set->draw_count - DRAWS_COMPARED : 0;
    for (size_t i = oldest; i < set->draw_count; i++) {
        if (set->draws[i].of_host == draw->of_host && strcmp(set->draws[i].salt, draw->salt) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static enum status add_draw(struct pol_ring_set *set, const struct pol_draw *draw, uint32_t *out)
{
    if (find_draw(set, draw, out)) {
        return ST_OK;
    }
    void *array = set->draws;
    enum status st = make_room(&array, set->draw_count, &set->draw_capacity, sizeof *set->draws);
    set->draws = array;
    if (st == ST_OK) {
        *out = (uint32_t)set->draw_count;
        set->draws[set->draw_count++] = *draw;
    }
    return st;
}

static enum status add_percent(struct pol_ring_set *set, const struct pol_percent *percent,
                               uint32_t *out)
{
    void *array = set->percents;
    enum status st =
        make_room(&array, set->percent_count, &set->percent_capacity, sizeof *set->percents);
    set->percents = array;
    if (st == ST_OK) {
        *out = (uint32_t)set->percent_count;
        set->percents[set->percent_count++] = *percent;
    }
    return st;
}

/* ---- lists -------------------------------------------------------------------------------- */

static bool expect_list(const struct pol_at *at, const char *of_what)
{
    struct pol_at first;
    if (!pol_at_is_array(at)) {
        pol_at_problem(at, "wrong_type", "a list of %s is expected", of_what);
        return false;
    }
    if (!pol_first(at, &first)) {
        pol_at_problem(at, "out_of_range", "an empty list would match nobody");
        return false;
    }
    return true;
}

static enum status read_texts(struct pol_ring_set *set, const struct pol_at *at,
                              enum pol_match_key key)
{
    size_t node = 0;
    struct pol_at item;
    enum status st = add_match(set, key, &node);
    if (st != ST_OK || !expect_list(at, "texts")) {
        return st;
    }
    set->matches[node].first = (uint32_t)set->text_count;
    for (bool more = pol_first(at, &item); more && st == ST_OK; more = pol_next(&item)) {
        const char *text = NULL;
        if (!pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            continue;
        }
        if (key == POL_MATCH_COMPUTER_OU && !pol_text_is_dn(text)) {
            pol_at_problem(&item, "out_of_range",
                           "a distinguished name like OU=Berlin,DC=contoso,DC=com is expected");
        }
        st = add_text(set, text);
        set->matches[node].count++;
    }
    return st;
}

static enum status read_mailboxes(struct pol_ring_set *set, const struct pol_at *at)
{
    size_t node = 0;
    struct pol_at item;
    enum status st = add_match(set, POL_MATCH_MAILBOX, &node);
    if (st != ST_OK || !expect_list(at, "words")) {
        return st;
    }
    for (bool more = pol_first(at, &item); more; more = pol_next(&item)) {
        size_t word = 0;
        if (pol_at_word(&item, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT, &word)) {
            set->matches[node].first |= 1U << word;
        }
    }
    return ST_OK;
}

/* ---- single values ------------------------------------------------------------------------ */

static enum status read_outlook(struct pol_ring_set *set, const struct pol_at *at)
{
    const char *text = NULL;
    struct pol_outlook_range range = {0};
    size_t node = 0;
    enum status st = add_match(set, POL_MATCH_OUTLOOK, &node);
    if (st != ST_OK || !pol_at_text(at, LIMIT_STRING_BYTES, &text)) {
        return st;
    }
    if (!pol_outlook_range_read(text, &range)) {
        pol_at_problem(at, "bad_version_range",
                       "bounds joined by one space are expected, like \">=16.0 <16.0.17000\"");
        return ST_OK;
    }
    return add_range(set, &range, &set->matches[node].first);
}

static enum status read_multi_session(struct pol_ring_set *set, const struct pol_at *condition)
{
    size_t node = 0;
    bool wanted = false;
    enum status st = add_match(set, POL_MATCH_MULTI_SESSION, &node);
    if (st == ST_OK && pol_read_boolean(condition, "multi_session", POL_REQUIRED, &wanted)) {
        set->matches[node].first = wanted ? 1 : 0;
    }
    return st;
}

static bool is_salt(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < 0x20 || *p > 0x7e) {
            return false;
        }
    }
    return *text != '\0';
}

/* `percent`, `of` and `salt` stand side by side in one condition. */
static enum status read_percent(struct pol_ring_set *set, const struct pol_at *condition,
                                const struct pol_at *at)
{
    static const char *const UNITS[] = {"user", "host"};
    struct pol_draw draw = {.salt = ""};
    struct pol_percent percent = {0};
    size_t node = 0;
    size_t unit = 0;
    int64_t ppm = 0;
    struct pol_at salt;
    (void)pol_at_decimal(at, 4, 0, 1000000, &ppm);
    (void)pol_read_word(condition, "of", POL_REQUIRED, UNITS, 2, &unit);
    if (pol_read_member(condition, "salt", POL_REQUIRED, &salt) &&
        pol_at_text(&salt, LIMIT_SALT_BYTES, &draw.salt) && !is_salt(draw.salt)) {
        pol_at_problem(&salt, "out_of_range", "a salt is 1 to 64 printable ASCII characters");
    }
    draw.of_host = unit == 1;
    percent.threshold_ppm = (uint32_t)ppm;
    enum status st = add_match(set, POL_MATCH_PERCENT, &node);
    if (st == ST_OK) {
        st = add_draw(set, &draw, &percent.draw);
    }
    return st == ST_OK ? add_percent(set, &percent, &set->matches[node].first) : st;
}

static enum status read_ring_name(struct pol_ring_set *set, const struct pol_at *at)
{
    const char *name = NULL;
    size_t node = 0;
    enum status st = add_match(set, POL_MATCH_RING, &node);
    if (st == ST_OK && pol_at_text(at, LIMIT_STRING_BYTES, &name)) {
        /* What is not found was told when the order was found: unknown, or in a circle. */
        (void)pol_ring_set_find(set, name, &set->matches[node].first);
    }
    return st;
}

/* ---- conditions in conditions ------------------------------------------------------------- */

static enum status read_conditions(struct pol_ring_set *set, const struct pol_at *at,
                                   enum pol_match_key key)
{
    size_t node = 0;
    struct pol_at item;
    enum status st = add_match(set, key, &node);
    if (st != ST_OK || !expect_list(at, "conditions")) {
        return st;
    }
    for (bool more = pol_first(at, &item); more && st == ST_OK; more = pol_next(&item)) {
        st = pol_condition_read(set, &item);
    }
    close_match(set, node);
    return st;
}

static enum status read_not(struct pol_ring_set *set, const struct pol_at *at)
{
    size_t node = 0;
    enum status st = add_match(set, POL_MATCH_NOT, &node);
    if (st == ST_OK) {
        st = pol_condition_read(set, at);
        close_match(set, node);
    }
    return st;
}

static size_t key_of(const char *word)
{
    size_t key = 0;
    while (key < POL_MATCH_COUNT && strcmp(word, POL_MATCH_WORDS[key]) != 0) {
        key++;
    }
    return key;
}

/* One member of a condition. Descriptions say nothing; `of` and `salt` belong to `percent`. */
static enum status read_key(struct pol_ring_set *set, const struct pol_at *condition,
                            const struct pol_at *at)
{
    enum pol_match_key key = (enum pol_match_key)key_of(at->key);
    switch (key) {
    case POL_MATCH_USER:
    case POL_MATCH_GROUP:
    case POL_MATCH_HOST:
    case POL_MATCH_DOMAIN:
    case POL_MATCH_COMPUTER_OU:
    case POL_MATCH_AD_SITE:
    case POL_MATCH_TAG: return read_texts(set, at, key);
    case POL_MATCH_OUTLOOK: return read_outlook(set, at);
    case POL_MATCH_MAILBOX: return read_mailboxes(set, at);
    case POL_MATCH_MULTI_SESSION: return read_multi_session(set, condition);
    case POL_MATCH_PERCENT: return read_percent(set, condition, at);
    case POL_MATCH_RING: return read_ring_name(set, at);
    case POL_MATCH_ANY:
    case POL_MATCH_ALL: return read_conditions(set, at, key);
    case POL_MATCH_NOT: return read_not(set, at);
    case POL_MATCH_COUNT: break;
    }
    return ST_OK;
}

static void check_share(const struct pol_at *at)
{
    struct pol_at member;
    if (!pol_read_member(at, "percent", POL_OPTIONAL, &member) &&
        (pol_read_member(at, "of", POL_OPTIONAL, &member) ||
         pol_read_member(at, "salt", POL_OPTIONAL, &member))) {
        pol_at_problem(at, "missing_field", "\"of\" and \"salt\" belong to a \"percent\"");
    }
}

enum status pol_condition_read(struct pol_ring_set *set, const struct pol_at *at)
{
    size_t node = 0;
    size_t found = at->problems->found;
    struct pol_at member;
    enum status st = add_match(set, POL_MATCH_ALL, &node);
    if (st != ST_OK || !pol_read_object(at, MATCH_KEYS, MATCH_KEY_COUNT)) {
        return st;
    }
    pol_read_notes(at);
    check_share(at);
    for (bool more = pol_first(at, &member); more && st == ST_OK; more = pol_next(&member)) {
        st = read_key(set, at, &member);
    }
    close_match(set, node);
    if (st == ST_OK && set->matches[node].subtree == 1 && at->problems->found == found) {
        pol_at_problem(at, "out_of_range", "a condition without a key would match everybody");
    }
    return st;
}
