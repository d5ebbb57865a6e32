#include "tests/sim/hives.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 5 }; /* of a marker's part: present, type */

void sim_hives_init(struct sim_hives *hives, struct sim_world *world, const int64_t *wall_offset_s)
{
    *hives = (struct sim_hives){.world = world, .wall_offset_s = wall_offset_s};
}

struct ag_hive *sim_hives_add(struct sim_hives *hives, unsigned machine)
{
    if (hives->count == SIM_USERS) {
        abort();
    }
    struct ag_hive *hive = &hives->users[hives->count++];
    unsigned number = 1000 + machine * SIM_USERS + (unsigned)hives->count;
    hive->hives = hives;
    (void)snprintf(hive->sid, sizeof hive->sid, "S-1-5-21-1-2-3-%u", number);
    (void)snprintf(hive->account, sizeof hive->account, "CONTOSO\\user%u", number);
    return hive;
}

const struct ag_hive *sim_hives_find(const struct sim_hives *hives, const char *sid)
{
    for (size_t i = 0; i < hives->count; i++) {
        if (strcmp(hives->users[i].sid, sid) == 0) {
            return &hives->users[i];
        }
    }
    return NULL;
}

struct sim_value sim_value_of(int dword)
{
    struct sim_value value = {.present = dword >= 0};
    if (dword >= 0) {
        value.type = AG_TYPE_DWORD;
        value.size = 4;
        value.data[0] = (uint8_t)dword;
    }
    return value;
}

bool sim_value_same(const struct sim_value *a, const struct sim_value *b)
{
    return a->present == b->present && (!a->present || (a->type == b->type && a->size == b->size &&
                                                        memcmp(a->data, b->data, a->size) == 0));
}

bool sim_hive_has_marker(const struct ag_hive *hive)
{
    for (unsigned i = 0; i < AG_MARKER_PARTS; i++) {
        if (hive->marker[i].present) {
            return true;
        }
    }
    return false;
}

/* ---- users -------------------------------------------------------------------------------- */

static enum status list(void *ctx, struct ag_user **out, size_t *out_count, struct err *err)
{
    const struct sim_hives *hives = ctx;
    (void)err;
    struct ag_user *users = sim_new(hives->count + 1, sizeof *users);
    for (size_t i = 0; i < hives->count; i++) {
        users[i].sid = text_copy(hives->users[i].sid);
        users[i].account = text_copy(hives->users[i].account);
        users[i].hive_loaded = hives->users[i].loaded;
    }
    *out = users;
    *out_count = hives->count;
    return ST_OK;
}

struct ag_users sim_hives_users(struct sim_hives *hives)
{
    return (struct ag_users){.ctx = hives, .list = list};
}

/* ---- setting ------------------------------------------------------------------------------ */

static enum status open_hive(void *ctx, const char *sid, struct ag_hive **out, struct err *err)
{
    struct sim_hives *hives = ctx;
    for (size_t i = 0; i < hives->count; i++) {
        if (hives->users[i].loaded && strcmp(hives->users[i].sid, sid) == 0) {
            *out = &hives->users[i];
            return ST_OK;
        }
    }
    return err_set(err, ST_NOT_FOUND, 2, "no such hive");
}

static void close_hive(void *ctx, struct ag_hive *hive)
{
    (void)ctx;
    (void)hive;
}

static void give(const struct sim_value *from, struct ag_value *out)
{
    out->present = from->present;
    out->truncated = false;
    out->type = from->type;
    out->size = from->size;
    memcpy(out->data, from->data, from->size);
}

static struct sim_value take(const struct ag_value *from)
{
    struct sim_value value = {.present = from->present};
    if (from->present && from->size <= SIM_VALUE_BYTES) {
        value.type = from->type;
        value.size = from->size;
        memcpy(value.data, from->data, from->size);
    } else if (from->present) {
        abort(); /* nothing of this size is ever put into these hives */
    }
    return value;
}

static enum status read_value(void *ctx, struct ag_hive *hive, struct ag_value *out,
                              struct err *err)
{
    (void)ctx;
    (void)err;
    give(&hive->value, out);
    return ST_OK;
}

static enum status write_value(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                               struct err *err)
{
    struct sim_hives *hives = ctx;
    struct sim_value new_value = take(value);
    (void)err;
    hive->value_writes++;
    sim_tell(hives->world, new_value.present ? 1u + new_value.data[0] : 0);
    if (sim_value_same(&new_value, &hive->value)) {
        sim_fault(hives->world, SIM_FAULT_WRITE, "%s: written, and nothing differed", hive->sid);
    }
    if (hive->marker_dirty || !sim_hive_has_marker(hive)) {
        sim_fault(hives->world, SIM_FAULT_WRITE, "%s: written before the marker", hive->sid);
    }
    if (hives->world->flaw != SIM_FLAW_DEAF_VALUE) {
        hive->value = new_value;
    }
    return ST_OK;
}

static enum status read_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                               struct ag_value *out, struct err *err)
{
    (void)ctx;
    (void)err;
    give(&hive->marker[part], out);
    return ST_OK;
}

/* A pre-image is written once, and says what is there. */
static void check_pre_image(const struct ag_hive *hive, const struct sim_value *part)
{
    const struct sim_value *value = &hive->value;
    bool said = part->size == HEAD_BYTES + (value->present ? value->size : 0) &&
                part->data[0] == (value->present ? 1 : 0) && part->data[1] == value->type &&
                memcmp(part->data + HEAD_BYTES, value->data, part->size - HEAD_BYTES) == 0;
    if (hive->marker[AG_MARKER_PRE_IMAGE].present || !said) {
        sim_fault(hive->hives->world, SIM_FAULT_WRITE, "%s: a pre-image is %s", hive->sid,
                  said ? "overwritten" : "not what is there");
    }
}

static enum status write_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                                const struct ag_value *value, struct err *err)
{
    struct sim_hives *hives = ctx;
    struct sim_value new_value = take(value);
    (void)err;
    hives->marker_writes++;
    if (part == AG_MARKER_PRE_IMAGE) {
        check_pre_image(hive, &new_value);
    }
    hive->marker[part] = new_value;
    hive->marker_dirty = true;
    return ST_OK;
}

static enum status flush(void *ctx, struct ag_hive *hive, struct err *err)
{
    (void)ctx;
    (void)err;
    hive->marker_dirty = false;
    return ST_OK;
}

static enum status forget_marker(void *ctx, struct ag_hive *hive, struct err *err)
{
    (void)ctx;
    (void)err;
    for (unsigned i = 0; i < AG_MARKER_PARTS; i++) {
        hive->marker[i] = (struct sim_value){.present = false};
    }
    return ST_OK;
}

struct ag_setting sim_hives_setting(struct sim_hives *hives)
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

/* ---- Outlook ------------------------------------------------------------------------------ */

static enum status refresh(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err;
    return ST_OK;
}

static struct ag_outlook_view find_outlook(void *ctx, const char *sid)
{
    const struct ag_hive *hive = sim_hives_find(ctx, sid);
    bool running = hive != NULL && hive->outlook_running;
    return (struct ag_outlook_view){
        .known = true, .running = running, .started_s = running ? hive->outlook_started_s : 0};
}

struct ag_outlook sim_hives_outlook(struct sim_hives *hives)
{
    return (struct ag_outlook){.ctx = hives, .refresh = refresh, .find = find_outlook};
}
