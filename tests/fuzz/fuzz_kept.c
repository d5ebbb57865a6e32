/* Kept: what an earlier run left in the data directory, damaged in any way. The first byte chooses the
 * file; whatever is in it, the agent starts, and what it keeps again it can read. */
#include "tests/fuzz/fuzzing.h"

#include "agent/accept.h"
#include "agent/ledger.h"
#include "agent/mark.h"

#include <string.h>

struct store {
    const char *name; /* the one file there is */
    struct span content;
    struct bytes kept; /* what was written under that name, the last time */
    char mark[AG_MARK_BYTES];
};

static enum status not_there(struct err *err)
{
    return err_set(err, ST_NOT_FOUND, 2, "there is no such file");
}

static enum status read_file(void *ctx, const char *name, size_t limit, struct bytes *out,
                             struct err *err)
{
    const struct store *store = ctx;
    if (strcmp(name, store->name) != 0) {
        return not_there(err);
    }
    if (store->content.size > limit) {
        return err_set(err, ST_TOO_LARGE, 0, "the file is too large");
    }
    *out = bytes_with_limit(limit);
    return bytes_append(out, store->content.data, store->content.size);
}

static enum status write_file(void *ctx, const char *name, struct span content, struct err *err)
{
    struct store *store = ctx;
    (void)err;
    if (strcmp(name, store->name) != 0) {
        return ST_OK;
    }
    bytes_free(&store->kept);
    store->kept = bytes_with_limit(content.size);
    return bytes_append(&store->kept, content.data, content.size);
}

static enum status remove_file(void *ctx, const char *name, struct err *err)
{
    (void)ctx;
    (void)name;
    return not_there(err);
}

static enum status read_floor(void *ctx, struct bytes *out, struct err *err)
{
    return read_file(ctx, "registry", AG_FLOOR_BYTES, out, err);
}

static enum status write_floor(void *ctx, struct span content, struct err *err)
{
    return write_file(ctx, "registry", content, err);
}

static enum status write_mark(void *ctx, const char *mark, struct err *err)
{
    struct store *store = ctx;
    (void)err;
    HOLDS(mark == NULL);
    store->mark[0] = '\0';
    return ST_OK;
}

static enum status read_mark(void *ctx, char out[AG_MARK_BYTES], struct err *err)
{
    const struct store *store = ctx;
    (void)err;
    memcpy(out, store->mark, AG_MARK_BYTES);
    return ST_OK;
}

static struct ag_vault vault_of(struct store *store)
{
    return (struct ag_vault){.ctx = store,
                             .read = read_file,
                             .write = write_file,
                             .remove = remove_file,
                             .read_floor = read_floor,
                             .write_floor = write_floor,
                             .write_mark = write_mark,
                             .read_mark = read_mark};
}

/* ---- what must hold ------------------------------------------------------------------------ */

static void check_ledger(struct store *store, const struct ag_vault *vault)
{
    struct ag_ledger ledger;
    struct ag_ledger again;
    struct err err = {.st = ST_OK};
    bool found = false;
    char sid[AG_SID_BYTES];
    enum status st = ag_ledger_load(&ledger, vault, &err);
    if (st != ST_OK) {
        HOLDS(st == ST_TOO_LARGE);
        return;
    }
    HOLDS(ag_mark_take(vault, &ledger, &found, sid, &err) == ST_OK);
    HOLDS(store->mark[0] == '\0');
    ledger.changed = true;
    HOLDS(ag_ledger_save(&ledger, vault, &err) == ST_OK);
    store->content = bytes_span(&store->kept);
    HOLDS(ag_ledger_load(&again, vault, &err) == ST_OK);
    HOLDS(again.count == ledger.count);
    for (size_t i = 0; i < ledger.count; i++) {
        HOLDS(memcmp(&again.records[i], &ledger.records[i], sizeof again.records[i]) == 0);
    }
    ag_ledger_done(&again);
    ag_ledger_done(&ledger);
}

/* A floor that could be read never sinks by what another file says. */
static void check_standing(const struct ag_vault *vault)
{
    struct ag_standing standing = {.trust = fuzz_trust()};
    char etag[AG_ETAG_BYTES];
    struct err why = {.st = ST_OK};
    HOLDS(ag_standing_open(&standing, vault, 1795000000, etag, &why) == ST_OK);
    HOLDS(memchr(etag, '\0', sizeof etag) != NULL);
    HOLDS(standing.store.line_count <= AG_STORE_ROLLOUTS);
    for (size_t i = 0; i < standing.store.line_count; i++) {
        HOLDS(standing.store.lines[i].floor.version > 0);
        HOLDS(strlen(standing.store.lines[i].floor.digest) == DIGEST_HEX_BYTES - 1);
    }
    HOLDS(standing.accepted_at_s <= 1795000000);
    ag_standing_done(&standing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const NAMES[] = {
        "users.ledger",  "accepted.floor", "registry",     "accepted.trust",
        "accepted.etag", "accepted.at",    "accepted.jws", "mark"};
    struct store store = {0};
    if (size == 0) {
        return 0;
    }
    store.name = NAMES[data[0] % (sizeof NAMES / sizeof NAMES[0])];
    store.content = (struct span){data + 1, size - 1};
    struct ag_vault vault = vault_of(&store);
    if (strcmp(store.name, "mark") == 0) {
        size_t length = size - 1 < AG_MARK_BYTES - 1 ? size - 1 : AG_MARK_BYTES - 1;
        memcpy(store.mark, data + 1, length);
        store.content = (struct span){0};
        store.name = NAMES[0];
    }
    if (store.name == NAMES[0]) {
        check_ledger(&store, &vault);
    } else {
        check_standing(&vault);
    }
    bytes_free(&store.kept);
    return 0;
}
