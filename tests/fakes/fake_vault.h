/* fake_vault.h - the data directory in memory; changes can be made to fail, or to get lost. */
#ifndef TESTS_FAKES_FAKE_VAULT_H
#define TESTS_FAKES_FAKE_VAULT_H

#include "agent/ports.h"

struct fake_file {
    char name[64]; /* "": free */
    struct bytes content;
};

struct fake_vault {
    struct fake_file *files;
    size_t count; /* free ones among them */
    size_t capacity;
    struct bytes floor;      /* the second place; empty: never written */
    unsigned writes;         /* changes of any kind */
    uint64_t contents;       /* of these, what was written into files and the second place */
    unsigned dies_after;     /* so many changes succeed; 0: all */
    const char *broken_name; /* reading and writing this one fails; NULL: none */
    bool floor_broken;
    /* A change that seems to be made and is not; "floor" is the second place. NULL: there is none. */
    bool (*loses)(void *ctx, const char *name, bool removing);
    void *loses_ctx;
    char mark[AG_MARK_BYTES];
};

void fake_vault_init(struct fake_vault *vault);
void fake_vault_done(struct fake_vault *vault);
struct ag_vault fake_vault_port(struct fake_vault *vault);

/* NULL if there is no such file. */
struct fake_file *fake_vault_find(const struct fake_vault *vault, const char *name);
void fake_vault_put(struct fake_vault *vault, const char *name, struct span content);
void fake_vault_drop(struct fake_vault *vault, const char *name);
/* Files and second place of the other: a cloned disk. */
void fake_vault_copy(struct fake_vault *vault, const struct fake_vault *from);
/* How many files begin like this? */
size_t fake_vault_count(const struct fake_vault *vault, const char *prefix);

#endif
