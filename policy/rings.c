#include "policy/rings.h"

#include "policy/ring_order.h"

#include <stdlib.h>
#include <string.h>

static const char *const MATCH_KEYS[] = {
    "user",    "group",   "host",          "tag",         "percent", "of",          "salt",
    "ring",    "any",     "all",           "not",         "domain",  "computer_ou", "ad_site",
    "outlook", "mailbox", "multi_session", "description", "ticket",
};
static const char *const NOT_BUILT[] = {"domain",  "computer_ou", "ad_site",
                                        "outlook", "mailbox",     "multi_session"};

enum { MATCH_KEY_COUNT = sizeof MATCH_KEYS / sizeof MATCH_KEYS[0] };

static enum status add_match(struct pol_ring_set *set, enum pol_match_key key, size_t *out)
{
    if (set->match_count == set->match_capacity) {
        size_t capacity = set->match_capacity == 0 ? 64 : set->match_capacity * 2;
        struct pol_match *matches = realloc(set->matches, capacity * sizeof *matches);
        if (matches == NULL) {
            return ST_NO_MEMORY;
        }
        set->matches = matches;
        set->match_capacity = capacity;
    }
    *out = set->match_count++;
    set->matches[*out] = (struct pol_match){.key = key, .subtree = 1};
    return ST_OK;
}

/* Everything that was added since the node belongs to it. */
static void close_match(struct pol_ring_set *set, size_t node)
{
    set->matches[node].subtree = (uint32_t)(set->match_count - node);
}

static enum status add_text(struct pol_ring_set *set, const char *text)
{
    if (set->text_count == set->text_capacity) {
        size_t capacity = set->text_capacity == 0 ? 64 : set->text_capacity * 2;
        const char **texts = realloc(set->texts, capacity * sizeof *texts);
        if (texts == NULL) {
            return ST_NO_MEMORY;
        }
        set->texts = texts;
        set->text_capacity = capacity;
    }
    set->texts[set->text_count++] = text;
    return ST_OK;
}

static bool expect_list(const struct pol_at *at, const char *of_what)
{
    if (!pol_at_is_array(at)) {
        pol_at_problem(at, "wrong_type", "a list of %s is expected", of_what);
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
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            st = add_text(set, text);
            set->matches[node].count++;
        }
    }
    if (st == ST_OK && set->matches[node].count == 0) {
        pol_at_problem(at, "out_of_range", "an empty list would match nobody");
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

static enum status add_percent(struct pol_ring_set *set, const struct pol_percent *percent,
                               uint32_t *out)
{
    for (size_t i = 0; i < set->percent_count; i++) {
        const struct pol_percent *have = &set->percents[i];
        if (have->of_host == percent->of_host && have->threshold_ppm == percent->threshold_ppm &&
            strcmp(have->salt, percent->salt) == 0) {
            *out = (uint32_t)i;
            return ST_OK;
        }
    }
    struct pol_percent *percents =
        realloc(set->percents, (set->percent_count + 1) * sizeof *percents);
    if (percents == NULL) {
        return ST_NO_MEMORY;
    }
    set->percents = percents;
    *out = (uint32_t)set->percent_count;
    percents[set->percent_count++] = *percent;
    return ST_OK;
}

/* `percent`, `of` and `salt` stand side by side in one condition. */
static enum status read_percent(struct pol_ring_set *set, const struct pol_at *condition,
                                const struct pol_at *at)
{
    static const char *const UNITS[] = {"user", "host"};
    struct pol_percent percent = {.salt = ""};
    size_t node = 0;
    size_t unit = 0;
    int64_t ppm = 0;
    struct pol_at salt;
    (void)pol_at_decimal(at, 4, 0, 1000000, &ppm);
    (void)pol_read_word(condition, "of", POL_REQUIRED, UNITS, 2, &unit);
    if (pol_read_member(condition, "salt", POL_REQUIRED, &salt) &&
        pol_at_text(&salt, LIMIT_SALT_BYTES, &percent.salt) && !is_salt(percent.salt)) {
        pol_at_problem(&salt, "out_of_range", "a salt is 1 to 64 printable ASCII characters");
    }
    percent.of_host = unit == 1;
    percent.threshold_ppm = (uint32_t)ppm;
    enum status st = add_match(set, POL_MATCH_PERCENT, &node);
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

static enum status read_condition(struct pol_ring_set *set, const struct pol_at *at);

static enum status read_conditions(struct pol_ring_set *set, const struct pol_at *at,
                                   enum pol_match_key key)
{
    size_t node = 0;
    struct pol_at item;
    enum status st = add_match(set, key, &node);
    if (st != ST_OK || !expect_list(at, "conditions")) {
        return st;
    }
    bool any = pol_first(at, &item);
    if (!any) {
        pol_at_problem(at, "out_of_range", "an empty list of conditions decides nothing");
    }
    for (bool more = any; more && st == ST_OK; more = pol_next(&item)) {
        st = read_condition(set, &item);
    }
    close_match(set, node);
    return st;
}

static enum status read_not(struct pol_ring_set *set, const struct pol_at *at)
{
    size_t node = 0;
    enum status st = add_match(set, POL_MATCH_NOT, &node);
    if (st == ST_OK) {
        st = read_condition(set, at);
        close_match(set, node);
    }
    return st;
}

static bool is_one_of(const char *key, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* One member of a condition. Descriptions say nothing; `of` and `salt` belong to `percent`. */
static enum status read_key(struct pol_ring_set *set, const struct pol_at *condition,
                            const struct pol_at *at)
{
    size_t key = 0;
    if (is_one_of(at->key, NOT_BUILT, sizeof NOT_BUILT / sizeof NOT_BUILT[0])) {
        pol_at_problem(at, "unsupported", "this version cannot match by \"%s\" yet", at->key);
        return ST_OK;
    }
    while (key < POL_MATCH_COUNT && strcmp(at->key, POL_MATCH_WORDS[key]) != 0) {
        key++;
    }
    switch ((enum pol_match_key)key) {
    case POL_MATCH_USER:
    case POL_MATCH_GROUP:
    case POL_MATCH_HOST:
    case POL_MATCH_TAG: return read_texts(set, at, (enum pol_match_key)key);
    case POL_MATCH_PERCENT: return read_percent(set, condition, at);
    case POL_MATCH_RING: return read_ring_name(set, at);
    case POL_MATCH_ANY:
    case POL_MATCH_ALL: return read_conditions(set, at, (enum pol_match_key)key);
    case POL_MATCH_NOT: return read_not(set, at);
    case POL_MATCH_COUNT: break;
    }
    return ST_OK;
}

static void check_condition_words(const struct pol_at *at)
{
    static const char *const NOTES[] = {"description", "ticket"};
    struct pol_at member;
    for (size_t i = 0; i < 2; i++) {
        const char *text = NULL;
        (void)pol_read_text(at, NOTES[i], POL_OPTIONAL, LIMIT_STRING_BYTES, &text);
    }
    if (!pol_read_member(at, "percent", POL_OPTIONAL, &member) &&
        (pol_read_member(at, "of", POL_OPTIONAL, &member) ||
         pol_read_member(at, "salt", POL_OPTIONAL, &member))) {
        pol_at_problem(at, "missing_field", "\"of\" and \"salt\" belong to a \"percent\"");
    }
}

/* An object whose members join by AND. */
static enum status read_condition(struct pol_ring_set *set, const struct pol_at *at)
{
    size_t node = 0;
    struct pol_at member;
    enum status st = add_match(set, POL_MATCH_ALL, &node);
    if (st != ST_OK || !pol_read_object(at, MATCH_KEYS, MATCH_KEY_COUNT)) {
        return st;
    }
    check_condition_words(at);
    for (bool more = pol_first(at, &member); more && st == ST_OK; more = pol_next(&member)) {
        st = read_key(set, at, &member);
    }
    close_match(set, node);
    if (st == ST_OK && set->matches[node].subtree == 1 && at->problems->found == 0) {
        pol_at_problem(at, "out_of_range", "a condition without a key would match everybody");
    }
    return st;
}

/* ---- the set ------------------------------------------------------------------------------ */

bool pol_is_name(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size >= 1 && size <= LIMIT_NAME_BYTES && text[size] == '\0';
}

static enum status read_rings(struct pol_ring_set *set, const struct pol_ring_order *o)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < o->count && st == ST_OK; i++) {
        const struct pol_at *place = &o->places[o->order[i]];
        if (!pol_is_name(place->key)) {
            pol_at_problem(place, "out_of_range", "names are 1 to 64 of a-z, 0-9 and -");
        }
        set->rings[i] = (struct pol_ring){.name = place->key, .root = (uint32_t)set->match_count};
        set->places[i] = *place;
        st = read_condition(set, place);
        set->ring_count++; /* only now: a ring never finds itself */
    }
    return st;
}

enum status pol_ring_set_read(const struct pol_at *rings, struct pol_ring_set *out)
{
    struct pol_ring_set set = {0};
    struct pol_ring_order o = {0};
    pol_ring_order_find(&o, rings);
    set.rings = calloc(o.count + 1, sizeof *set.rings);
    set.places = calloc(o.count + 1, sizeof *set.places);
    enum status st = set.rings == NULL || set.places == NULL ? ST_NO_MEMORY : ST_OK;
    if (st == ST_OK) {
        st = read_rings(&set, &o);
    }
    if (st != ST_OK) {
        pol_ring_set_done(&set);
        return st;
    }
    *out = set;
    return ST_OK;
}

void pol_ring_set_done(struct pol_ring_set *set)
{
    free(set->rings);
    free(set->places);
    free(set->matches);
    free(set->texts);
    free(set->percents);
    *set = (struct pol_ring_set){0};
}

bool pol_ring_set_find(const struct pol_ring_set *set, const char *name, uint32_t *out)
{
    for (size_t i = 0; i < set->ring_count; i++) {
        if (strcmp(set->rings[i].name, name) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    return false;
}

void pol_ring_set_spread(const struct pol_ring_set *set, bool *used)
{
    for (size_t i = set->ring_count; i-- > 0;) {
        uint32_t root = set->rings[i].root;
        for (uint32_t k = 0; used[i] && k < set->matches[root].subtree; k++) {
            const struct pol_match *m = &set->matches[root + k];
            if (m->key == POL_MATCH_RING) {
                used[m->first] = true;
            }
        }
    }
}
