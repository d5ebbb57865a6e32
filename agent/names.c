#include "agent/names.h"

#include "agent/kept_file.h"
#include "agent/sorted.h"
#include "policy/json_string.h"
#include "policy/limits.h"
#include "policy/report_shape.h"

#include <stdlib.h>
#include <string.h>

const char AG_NAMES_COMPUTER_OU[] = "computer_ou";
const char AG_NAMES_AD_SITE[] = "ad_site";

enum {
    KEY_BYTES = 192, /* S-1-, and 15 numbers of 32 bits behind one of 48 */
    FILE_BYTES = 4 * 1024 * 1024,
};

static const struct ag_kept_file FILE_OF_NAMES = {
    .name = "names.kept", .format = "mapi-rollout/names/1", .most_bytes = FILE_BYTES};

struct ag_name {
    char *name; /* NULL: not known */
    uint64_t due_ms;
    uint32_t pause_ms;
    uint32_t pass; /* in which it was wanted last */
    bool asked;
    char key[]; /* the search looks at nothing else */
};

/* ---- text ---------------------------------------------------------------------------------- */

static bool is_place(const char *key)
{
    return strcmp(key, AG_NAMES_COMPUTER_OU) == 0 || strcmp(key, AG_NAMES_AD_SITE) == 0;
}

static bool is_key(const char *key)
{
    return strlen(key) < KEY_BYTES && (is_place(key) || pol_shape_is_sid(key));
}

/* UTF-8 without control characters, of a length that policies and reports can hold. */
static bool is_name(const char *key, const char *name)
{
    size_t size = strlen(name);
    const uint8_t *at = (const uint8_t *)name;
    const uint8_t *end = at + size;
    struct pol_json_character character;
    if (size == 0 || size > (is_place(key) ? (size_t)AG_NAME_BYTES : LIMIT_STRING_BYTES)) {
        return false;
    }
    while (at < end) {
        if (*at < 0x20 || *at == 0x7f) {
            return false;
        }
        if (*at < 0x80) {
            at++;
        } else if (pol_json_character(&at, end, &character) != NULL) {
            return false;
        }
    }
    return true;
}

/* ---- the table ----------------------------------------------------------------------------- */

static const char *key_at(const void *sorted, size_t i)
{
    return ((struct ag_name *const *)sorted)[i]->key;
}

static size_t place_of(const struct ag_names *names, const char *key, bool *found)
{
    return ag_sorted_place(names->sorted, names->count, key_at, key, found);
}

static void free_entry(struct ag_name *entry)
{
    free(entry->name);
    free(entry);
}

/* Drop the one that was not wanted for longest; false if all are wanted now. */
static bool make_room(struct ag_names *names)
{
    size_t oldest = 0;
    for (size_t i = 1; i < names->count; i++) {
        if (names->sorted[i]->pass < names->sorted[oldest]->pass) {
            oldest = i;
        }
    }
    if (names->sorted[oldest]->pass == names->pass) {
        names->full = true;
        return false;
    }
    names->changed = names->changed || names->sorted[oldest]->name != NULL;
    free_entry(names->sorted[oldest]);
    names->count--;
    memmove(names->sorted + oldest, names->sorted + oldest + 1,
            (names->count - oldest) * sizeof(struct ag_name *));
    return true;
}

static bool reserve(struct ag_names *names)
{
    if (names->sorted == NULL || (names->count & (names->count - 1)) == 0) {
        size_t capacity = names->count == 0 ? 1 : names->count * 2;
        struct ag_name **more = realloc(names->sorted, capacity * sizeof(struct ag_name *));
        if (more == NULL) {
            return false;
        }
        names->sorted = more;
    }
    return true;
}

/* NULL if there is no room, or the key is none. */
static struct ag_name *add(struct ag_names *names, const char *key)
{
    bool found = false;
    if (!is_key(key) || names->full || (names->count >= AG_NAMES_MOST && !make_room(names)) ||
        !reserve(names)) {
        return NULL;
    }
    struct ag_name *entry = calloc(1, sizeof *entry + strlen(key) + 1);
    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry->key, key, strlen(key) + 1);
    size_t place = place_of(names, key, &found);
    memmove(names->sorted + place + 1, names->sorted + place,
            (names->count - place) * sizeof(struct ag_name *));
    names->sorted[place] = entry;
    names->count++;
    return entry;
}

static struct ag_name *find(const struct ag_names *names, const char *key)
{
    bool found = false;
    size_t place = place_of(names, key, &found);
    return found ? names->sorted[place] : NULL;
}

void ag_names_done(struct ag_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free_entry(names->sorted[i]);
    }
    free(names->sorted);
    *names = (struct ag_names){0};
}

/* ---- asking -------------------------------------------------------------------------------- */

void ag_names_begin(struct ag_names *names)
{
    names->pass++;
    names->full = false;
}

const char *ag_names_find(struct ag_names *names, const char *key)
{
    struct ag_name *entry = find(names, key);
    if (entry == NULL) {
        entry = add(names, key);
    }
    if (entry == NULL) {
        return NULL;
    }
    entry->pass = names->pass;
    return entry->name;
}

/* Those without a name are waited for: they come first. */
size_t ag_names_due(struct ag_names *names, uint64_t now_ms, const char *keys[AG_NAMES_BATCH])
{
    size_t count = 0;
    for (int named = 0; named < 2; named++) {
        for (size_t i = 0; i < names->count && count < AG_NAMES_BATCH; i++) {
            struct ag_name *entry = names->sorted[i];
            if (!entry->asked && entry->pass == names->pass && entry->due_ms <= now_ms &&
                (entry->name != NULL) == (named == 1)) {
                entry->asked = true;
                keys[count++] = entry->key;
            }
        }
    }
    return count;
}

static void put_off(struct ag_name *entry, uint64_t now_ms)
{
    uint32_t doubled_ms = entry->pause_ms == 0 ? AG_NAMES_PAUSE_MS : entry->pause_ms * 2;
    entry->pause_ms = doubled_ms < AG_NAMES_PAUSE_MOST_MS ? doubled_ms : AG_NAMES_PAUSE_MOST_MS;
    entry->due_ms = now_ms + entry->pause_ms;
}

bool ag_names_answer(struct ag_names *names, const char *key, const char *name, uint64_t now_ms)
{
    struct ag_name *entry = find(names, key);
    if (entry == NULL) {
        return false;
    }
    entry->asked = false;
    char *copy = name != NULL && is_name(key, name) ? text_copy(name) : NULL;
    if (copy == NULL) {
        put_off(entry, now_ms);
        return false;
    }
    bool differs = entry->name == NULL || strcmp(entry->name, copy) != 0;
    free(entry->name);
    entry->name = copy;
    entry->pause_ms = 0;
    entry->due_ms = now_ms + (is_place(key) ? AG_NAMES_PLACE_FOR_MS : AG_NAMES_KEPT_FOR_MS);
    names->changed = names->changed || differs;
    return differs;
}

/* ---- the file ------------------------------------------------------------------------------ */

struct loading {
    struct ag_names *names;
    uint64_t now_ms;
};

/* key, one blank, name */
static bool load_line(void *ctx, char *line)
{
    struct loading *loading = ctx;
    char *blank = strchr(line, ' ');
    if (blank == NULL) {
        return false;
    }
    *blank = '\0';
    const char *name = blank + 1;
    if (!is_key(line) || !is_name(line, name) || find(loading->names, line) != NULL ||
        loading->names->count >= AG_NAMES_MOST) {
        return false;
    }
    struct ag_name *entry = add(loading->names, line);
    if (entry == NULL) {
        return false;
    }
    entry->name = text_copy(name);
    entry->due_ms = loading->now_ms + AG_NAMES_LOADED_FOR_MS;
    return entry->name != NULL;
}

enum status ag_names_load(struct ag_names *names, const struct ag_vault *vault, uint64_t now_ms,
                          struct err *err)
{
    struct loading loading = {names, now_ms};
    *names = (struct ag_names){0};
    enum status st = ag_kept_read(&FILE_OF_NAMES, vault, load_line, &loading, err);
    if (st != ST_OK) {
        ag_names_done(names);
    }
    return st == ST_NOT_FOUND ? ST_OK : st;
}

/* What does not fit any more is asked again after the next start. */
static enum status append_lines(const struct ag_names *names, struct bytes *out)
{
    enum { END_BYTES = 16 };
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < names->count; i++) {
        const struct ag_name *entry = names->sorted[i];
        if (entry->name == NULL) {
            continue;
        }
        if (out->size + strlen(entry->key) + strlen(entry->name) + END_BYTES > out->limit) {
            return ST_OK;
        }
        st = bytes_append_format(out, "%s %s\n", entry->key, entry->name);
    }
    return st;
}

enum status ag_names_save(struct ag_names *names, const struct ag_vault *vault, struct err *err)
{
    struct bytes lines = {0};
    if (!names->changed) {
        return ST_OK;
    }
    enum status st = ag_kept_begin(&FILE_OF_NAMES, &lines);
    if (st == ST_OK) {
        st = append_lines(names, &lines);
    }
    st = st == ST_OK ? ag_kept_write(&FILE_OF_NAMES, vault, &lines, err)
                     : err_set(err, st, 0, "no memory for the names of users and groups");
    if (st == ST_OK) {
        names->changed = false;
    }
    bytes_free(&lines);
    return st;
}
