/* fake_vault.h - the data directory in memory; writes can be made to fail. */
#ifndef TESTS_FAKES_FAKE_VAULT_H
#define TESTS_FAKES_FAKE_VAULT_H

#include "agent/ports.h"

enum { FAKE_VAULT_FILES = 260 };

struct fake_file {
    char name[64]; /* "": free */
    struct bytes content;
};

struct fake_vault {
    struct fake_file files[FAKE_VAULT_FILES];
    struct bytes floor; /* the second place; empty: never written */
    unsigned writes;
    unsigned dies_after;     /* so many changes succeed; 0: all */
    const char *broken_name; /* reading and writing this one fails; NULL: none */
    bool floor_broken;
    char mark[AG_MARK_BYTES];
};

void fake_vault_init(struct fake_vault *vault);
void fake_vault_done(struct fake_vault *vault);
struct ag_vault fake_vault_port(struct fake_vault *vault);

/* NULL if there is no such file. */
struct fake_file *fake_vault_find(struct fake_vault *vault, const char *name);
void fake_vault_put(struct fake_vault *vault, const char *name, struct span content);
void fake_vault_drop(struct fake_vault *vault, const char *name);
/* How many files begin like this? */
size_t fake_vault_count(const struct fake_vault *vault, const char *prefix);

#endif
