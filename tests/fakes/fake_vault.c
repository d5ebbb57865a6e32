#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST_BYTES = 16 * 1024 * 1024 };

void fake_vault_init(struct fake_vault *vault)
{
    memset(vault, 0, sizeof *vault);
}

void fake_vault_done(struct fake_vault *vault)
{
    for (size_t i = 0; i < vault->count; i++) {
        bytes_free(&vault->files[i].content);
    }
    free(vault->files);
    bytes_free(&vault->floor);
    memset(vault, 0, sizeof *vault);
}

struct fake_file *fake_vault_find(const struct fake_vault *vault, const char *name)
{
    for (size_t i = 0; i < vault->count; i++) {
        if (vault->files[i].name[0] != '\0' && strcmp(vault->files[i].name, name) == 0) {
            return &vault->files[i];
        }
    }
    return NULL;
}

static void set_content(struct bytes *place, struct span content)
{
    struct bytes copy = bytes_with_limit(FILE_MOST_BYTES);
    if (bytes_append(&copy, content.data, content.size) != ST_OK) {
        abort();
    }
    bytes_free(place);
    *place = copy;
}

static struct fake_file *free_file(struct fake_vault *vault)
{
    for (size_t i = 0; i < vault->count; i++) {
        if (vault->files[i].name[0] == '\0') {
            return &vault->files[i];
        }
    }
    if (vault->count == vault->capacity) {
        vault->capacity = vault->capacity == 0 ? 8 : 2 * vault->capacity;
        vault->files = realloc(vault->files, vault->capacity * sizeof *vault->files);
        if (vault->files == NULL) {
            abort();
        }
    }
    struct fake_file *file = &vault->files[vault->count++];
    *file = (struct fake_file){.name = ""};
    return file;
}

void fake_vault_put(struct fake_vault *vault, const char *name, struct span content)
{
    struct fake_file *file = fake_vault_find(vault, name);
    if (file == NULL) {
        file = free_file(vault);
    }
    if (strlen(name) >= sizeof file->name) {
        abort();
    }
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    set_content(&file->content, content);
}

void fake_vault_drop(struct fake_vault *vault, const char *name)
{
    struct fake_file *file = fake_vault_find(vault, name);
    if (file != NULL) {
        bytes_free(&file->content);
        file->name[0] = '\0';
    }
}

void fake_vault_copy(struct fake_vault *vault, const struct fake_vault *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (from->files[i].name[0] != '\0') {
            fake_vault_put(vault, from->files[i].name, bytes_span(&from->files[i].content));
        }
    }
    set_content(&vault->floor, bytes_span(&from->floor));
}

size_t fake_vault_count(const struct fake_vault *vault, const char *prefix)
{
    size_t count = 0;
    for (size_t i = 0; i < vault->count; i++) {
        const char *name = vault->files[i].name;
        count += name[0] != '\0' && strncmp(name, prefix, strlen(prefix)) == 0 ? 1 : 0;
    }
    return count;
}

/* ---- the port ----------------------------------------------------------------------------- */

static bool is_broken(const struct fake_vault *vault, const char *name)
{
    const char *broken = vault->broken_name;
    return broken != NULL && strncmp(broken, name, strlen(broken)) == 0;
}

static enum status may_change(struct fake_vault *vault, const char *name, struct err *err)
{
    if (is_broken(vault, name)) {
        return err_set(err, ST_NO_SPACE, 112, "cannot write %s", name);
    }
    vault->writes++;
    if (vault->dies_after > 0 && vault->writes > vault->dies_after) {
        return err_set(err, ST_IO, 1, "killed");
    }
    return ST_OK;
}

static enum status may_write(struct fake_vault *vault, const char *name, struct err *err)
{
    enum status st = may_change(vault, name, err);
    vault->contents += st == ST_OK ? 1 : 0;
    return st;
}

static bool gets_lost(const struct fake_vault *vault, const char *name, bool removing)
{
    return vault->loses != NULL && vault->loses(vault->loses_ctx, name, removing);
}

static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    struct fake_vault *vault = ctx;
    const struct fake_file *file = fake_vault_find(vault, name);
    if (is_broken(vault, name)) {
        return err_set(err, ST_IO, 5, "cannot read %s", name);
    }
    if (file == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no %s", name);
    }
    if (file->content.size > limit) {
        return err_set(err, ST_TOO_LARGE, 0, "%s is too large", name);
    }
    *out = (struct bytes){0};
    set_content(out, bytes_span(&file->content));
    return ST_OK;
}

static enum status write_file(void *ctx, const char *name, struct span content, struct err *err)
{
    struct fake_vault *vault = ctx;
    enum status st = may_write(vault, name, err);
    if (st == ST_OK && !gets_lost(vault, name, false)) {
        fake_vault_put(vault, name, content);
    }
    return st;
}

static enum status remove_file(void *ctx, const char *name, struct err *err)
{
    struct fake_vault *vault = ctx;
    if (fake_vault_find(vault, name) == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no %s", name);
    }
    enum status st = may_change(vault, name, err);
    if (st == ST_OK && !gets_lost(vault, name, true)) {
        fake_vault_drop(vault, name);
    }
    return st;
}

static enum status rename_file(void *ctx, const char *from, const char *to, struct err *err)
{
    struct fake_vault *vault = ctx;
    struct fake_file *file = fake_vault_find(vault, from);
    if (file == NULL) {
        return err_set(err, ST_NOT_FOUND, 2, "no %s", from);
    }
    enum status st = may_change(vault, from, err);
    if (st == ST_OK) {
        fake_vault_drop(vault, to);
        (void)snprintf(file->name, sizeof file->name, "%s", to);
    }
    return st;
}

static enum status list(void *ctx, bool (*visit)(void *ctx, const char *name), void *visit_ctx,
                        struct err *err)
{
    const struct fake_vault *vault = ctx;
    (void)err;
    for (size_t i = vault->count; i > 0; i--) { /* in an order that nobody should rely on */
        const char *name = vault->files[i - 1].name;
        if (name[0] != '\0' && !visit(visit_ctx, name)) {
            break;
        }
    }
    return ST_OK;
}

static enum status read_secret(void *ctx, const char *name, struct bytes *out, struct err *err)
{
    return read_file(ctx, name, AG_SECRET_BYTES, out, err);
}

static enum status read_floor(void *ctx, struct bytes *out, struct err *err)
{
    const struct fake_vault *vault = ctx;
    if (vault->floor_broken) {
        return err_set(err, ST_DENIED, 5, "cannot read the floor");
    }
    if (vault->floor.size == 0) {
        return err_set(err, ST_NOT_FOUND, 2, "no floor");
    }
    *out = (struct bytes){0};
    set_content(out, bytes_span(&vault->floor));
    return ST_OK;
}

static enum status write_floor(void *ctx, struct span content, struct err *err)
{
    struct fake_vault *vault = ctx;
    enum status st = may_write(vault, "floor", err);
    if (st == ST_OK && !gets_lost(vault, "floor", false)) {
        set_content(&vault->floor, content);
    }
    return st;
}

static enum status write_mark(void *ctx, const char *mark, struct err *err)
{
    struct fake_vault *vault = ctx;
    (void)err;
    (void)snprintf(vault->mark, sizeof vault->mark, "%s", mark != NULL ? mark : "");
    return ST_OK;
}

static enum status read_mark(void *ctx, char out[AG_MARK_BYTES], struct err *err)
{
    const struct fake_vault *vault = ctx;
    (void)err;
    memcpy(out, vault->mark, AG_MARK_BYTES);
    return ST_OK;
}

struct ag_vault fake_vault_port(struct fake_vault *vault)
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
