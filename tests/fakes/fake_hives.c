#include "tests/fakes/fake_hives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_hives_init(struct fake_hives *hives)
{
    memset(hives, 0, sizeof *hives);
}

struct ag_hive *fake_hives_add(struct fake_hives *hives, const char *sid)
{
    if (hives->count == FAKE_HIVES_MOST) {
        abort(); /* a mistake of the test */
    }
    struct ag_hive *hive = &hives->hives[hives->count++];
    (void)snprintf(hive->sid, sizeof hive->sid, "%s", sid);
    hive->loaded = true;
    return hive;
}

void fake_hives_set_dword(struct ag_hive *hive, uint32_t dword)
{
    hive->value = (struct ag_value){.present = true,
                                    .type = AG_TYPE_DWORD,
                                    .size = 4,
                                    .data = {(uint8_t)dword, (uint8_t)(dword >> 8),
                                             (uint8_t)(dword >> 16), (uint8_t)(dword >> 24)}};
}

bool fake_hives_has_dword(const struct ag_hive *hive, uint32_t dword)
{
    const uint8_t bytes[4] = {(uint8_t)dword, (uint8_t)(dword >> 8), (uint8_t)(dword >> 16),
                              (uint8_t)(dword >> 24)};
    return hive->value.present && hive->value.type == AG_TYPE_DWORD && hive->value.size == 4 &&
           memcmp(hive->value.data, bytes, 4) == 0;
}

bool fake_hives_has_marker(const struct ag_hive *hive)
{
    for (unsigned i = 0; i < AG_MARKER_PARTS; i++) {
        if (hive->marker[i].present) {
            return true;
        }
    }
    return false;
}

/* ---- users -------------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    char *out = text_copy(text);
    if (out == NULL) {
        abort();
    }
    return out;
}

static void copy_groups(const struct ag_hive *hive, struct ag_user *out)
{
    if (hive->groups == NULL) {
        return;
    }
    out->groups = calloc(hive->group_count + 1, sizeof *out->groups);
    for (size_t i = 0; out->groups != NULL && i < hive->group_count; i++) {
        out->groups[out->group_count++] = copy(hive->groups[i]);
    }
}

static enum status list(void *ctx, struct ag_user **out, size_t *out_count, struct err *err)
{
    const struct fake_hives *hives = ctx;
    struct ag_user *users = calloc(hives->count + 1, sizeof *users);
    if (users == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory");
    }
    for (size_t i = 0; i < hives->count; i++) {
        const struct ag_hive *hive = &hives->hives[i];
        users[i].sid = copy(hive->sid);
        users[i].account = hive->account != NULL ? copy(hive->account) : NULL;
        users[i].hive_loaded = hive->loaded;
        copy_groups(hive, &users[i]);
    }
    *out = users;
    *out_count = hives->count;
    return ST_OK;
}

struct ag_users fake_hives_users(struct fake_hives *hives)
{
    return (struct ag_users){.ctx = hives, .list = list};
}

/* ---- setting ------------------------------------------------------------------------------ */

/* Counts a call; once dead, nothing reaches the hive. */
static enum status alive(struct fake_hives *hives, const struct ag_hive *hive, struct err *err)
{
    hives->calls++;
    if (hives->dies_after > 0 && hives->calls > hives->dies_after) {
        return err_set(err, ST_IO, 1, "killed");
    }
    return hive->broken ? err_set(err, ST_DENIED, 5, "access denied") : ST_OK;
}

static enum status open_hive(void *ctx, const char *sid, struct ag_hive **out, struct err *err)
{
    struct fake_hives *hives = ctx;
    for (size_t i = 0; i < hives->count; i++) {
        if (strcmp(hives->hives[i].sid, sid) == 0 && hives->hives[i].loaded) {
            hives->hives[i].opened++;
            *out = &hives->hives[i];
            return ST_OK;
        }
    }
    return err_set(err, ST_NOT_FOUND, 2, "no such hive");
}

static void close_hive(void *ctx, struct ag_hive *hive)
{
    (void)ctx;
    hive->opened--;
}

static enum status read_value(void *ctx, struct ag_hive *hive, struct ag_value *out,
                              struct err *err)
{
    enum status st = alive(ctx, hive, err);
    if (st == ST_OK) {
        *out = hive->value;
    }
    return st;
}

static enum status write_value(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                               struct err *err)
{
    struct fake_hives *hives = ctx;
    enum status st = alive(hives, hive, err);
    if (st == ST_OK) {
        hives->value_writes++;
        hives->rash_writes += hive->marker_dirty ? 1 : 0;
        hive->value = *value;
    }
    return st;
}

static enum status read_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                               struct ag_value *out, struct err *err)
{
    enum status st = alive(ctx, hive, err);
    if (st == ST_OK) {
        *out = hive->marker[part];
    }
    return st;
}

static enum status write_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                                const struct ag_value *value, struct err *err)
{
    struct fake_hives *hives = ctx;
    enum status st = alive(hives, hive, err);
    if (st == ST_OK) {
        hives->marker_writes++;
        hive->marker[part] = *value;
        hive->marker_dirty = true;
    }
    return st;
}

static enum status flush(void *ctx, struct ag_hive *hive, struct err *err)
{
    struct fake_hives *hives = ctx;
    enum status st = alive(hives, hive, err);
    if (st == ST_OK) {
        hives->flushes++;
        hive->marker_dirty = false;
    }
    return st;
}

static enum status forget_marker(void *ctx, struct ag_hive *hive, struct err *err)
{
    struct fake_hives *hives = ctx;
    enum status st = alive(hives, hive, err);
    if (st == ST_OK) {
        hives->marker_writes++;
        memset(hive->marker, 0, sizeof hive->marker);
        hive->marker_dirty = false;
    }
    return st;
}

struct ag_setting fake_hives_setting(struct fake_hives *hives)
{
    return (struct ag_setting){
        .ctx = hives,
        .open = open_hive,
        .close = close_hive,
        .read = read_value,
        .write = write_value,
        .read_marker = read_marker,
        .write_marker = write_marker,
        .flush = flush,
        .forget_marker = forget_marker,
    };
}
