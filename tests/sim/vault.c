#include "tests/sim/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST_BYTES = 16 * 1024 * 1024 };

void sim_vault_init(struct sim_vault *vault, struct sim_world *world)
{
    *vault = (struct sim_vault){.world = world};
}

void sim_vault_done(struct sim_vault *vault)
{
    for (size_t i = 0; i < vault->count; i++) {
        bytes_free(&vault->files[i].content);
    }
    free(vault->files);
    bytes_free(&vault->floor);
    *vault = (struct sim_vault){.world = vault->world};
}

static struct sim_file *find(const struct sim_vault *vault, const char *name)
{
    for (size_t i = 0; i < vault->count; i++) {
        if (strcmp(vault->files[i].name, name) == 0) {
            return &vault->files[i];
        }
    }
    return NULL;
}

const struct bytes *sim_vault_find(const struct sim_vault *vault, const char *name)
{
    const struct sim_file *file = find(vault, name);
    return file != NULL ? &file->content : NULL;
}

static struct bytes copy_of(struct span content)
{
    struct bytes copy = bytes_with_limit(FILE_MOST_BYTES);
    if (bytes_append(&copy, content.data, content.size) != ST_OK) {
        abort();
    }
    return copy;
}

void sim_vault_put(struct sim_vault *vault, const char *name, struct span content)
{
    struct sim_file *file = find(vault, name);
    if (file == NULL && vault->count == vault->capacity) {
        vault->capacity = vault->capacity == 0 ? 8 : vault->capacity * 2;
        vault->files = realloc(vault->files, vault->capacity * sizeof *vault->files);
        if (vault->files == NULL) {
            abort();
        }
    }
    if (file == NULL) {
        file = &vault->files[vault->count++];
        *file = (struct sim_file){.name = ""};
        (void)snprintf(file->name, sizeof file->name, "%s", name);
    }
    struct bytes copy = copy_of(content);
    bytes_free(&file->content);
    file->content = copy;
}

void sim_vault_drop(struct sim_vault *vault, const char *name)
{
    struct sim_file *file = find(vault, name);
    if (file != NULL) {
        bytes_free(&file->content);
        *file = vault->files[--vault->count];
    }
}

void sim_vault_copy(struct sim_vault *vault, const struct sim_vault *from)
{
    sim_vault_done(vault);
    for (size_t i = 0; i < from->count; i++) {
        sim_vault_put(vault, from->files[i].name, bytes_span(&from->files[i].content));
    }
    vault->floor = copy_of(bytes_span(&from->floor));
}

/* ---- the port ----------------------------------------------------------------------------- */

/* Mistakes that are planted in here. */
static bool gets_lost(const struct sim_vault *vault, const char *name)
{
    enum sim_flaw flaw = vault->world->flaw;
    return (flaw == SIM_FLAW_LOST_FLOOR && strcmp(name, "accepted.floor") == 0) ||
           (flaw == SIM_FLAW_FORGETS_DEVICE && strcmp(name, "device.sealed") == 0);
}

static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    const struct sim_vault *vault = ctx;
    const struct sim_file *file = find(vault, name);
    if (file == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no such file");
    }
    if (file->content.size > limit) {
        return err_set(err, ST_TOO_LARGE, 0, "too large");
    }
    *out = copy_of(bytes_span(&file->content));
    return ST_OK;
}

static enum status write_file(void *ctx, const char *name, struct span content, struct err *err)
{
    struct sim_vault *vault = ctx;
    (void)err;
    vault->writes++;
    if (!gets_lost(vault, name)) {
        sim_vault_put(vault, name, content);
    }
    return ST_OK;
}

static enum status remove_file(void *ctx, const char *name, struct err *err)
{
    struct sim_vault *vault = ctx;
    bool stays = vault->world->flaw == SIM_FLAW_SPOOL_STAYS && strncmp(name, "report-", 7) == 0;
    if (find(vault, name) == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no such file");
    }
    if (!stays) {
        sim_vault_drop(vault, name);
    }
    return ST_OK;
}

static enum status rename_file(void *ctx, const char *from, const char *to, struct err *err)
{
    struct sim_vault *vault = ctx;
    sim_vault_drop(vault, to);
    struct sim_file *file = find(vault, from);
    if (file == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no such file");
    }
    (void)snprintf(file->name, sizeof file->name, "%s", to);
    return ST_OK;
}

static enum status list(void *ctx, bool (*visit)(void *ctx, const char *name), void *visit_ctx,
                        struct err *err)
{
    const struct sim_vault *vault = ctx;
    (void)err;
    for (size_t i = vault->count; i > 0 && visit(visit_ctx, vault->files[i - 1].name); i--) {
    }
    return ST_OK;
}

static enum status read_secret(void *ctx, const char *name, struct bytes *out, struct err *err)
{
    return read_file(ctx, name, AG_SECRET_BYTES, out, err);
}

static enum status read_floor(void *ctx, struct bytes *out, struct err *err)
{
    const struct sim_vault *vault = ctx;
    if (vault->floor.size == 0) {
        return err_set(err, ST_NOT_FOUND, 2, "no floor");
    }
    *out = copy_of(bytes_span(&vault->floor));
    return ST_OK;
}

static enum status write_floor(void *ctx, struct span content, struct err *err)
{
    struct sim_vault *vault = ctx;
    (void)err;
    vault->writes++;
    if (vault->world->flaw != SIM_FLAW_LOST_FLOOR) {
        struct bytes copy = copy_of(content);
        bytes_free(&vault->floor);
        vault->floor = copy;
    }
    return ST_OK;
}

static enum status write_mark(void *ctx, const char *mark, struct err *err)
{
    struct sim_vault *vault = ctx;
    (void)err;
    (void)snprintf(vault->mark, sizeof vault->mark, "%s", mark != NULL ? mark : "");
    return ST_OK;
}

static enum status read_mark(void *ctx, char out[AG_MARK_BYTES], struct err *err)
{
    const struct sim_vault *vault = ctx;
    (void)err;
    memcpy(out, vault->mark, AG_MARK_BYTES);
    return ST_OK;
}

struct ag_vault sim_vault_port(struct sim_vault *vault)
{
    return (struct ag_vault){
        .ctx = vault,
        .read = read_file,
        .write = write_file,
        .remove = remove_file,
        .rename = rename_file,
        .list = list,
        .read_secret = read_secret,
        .write_secret = write_file,
        .read_floor = read_floor,
        .write_floor = write_floor,
        .write_mark = write_mark,
        .read_mark = read_mark,
    };
}
