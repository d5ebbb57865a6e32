/* vault.h - the data directory of one simulated machine: what survives a restart of its agent.
 *
 * Lean beside tests/fakes/fake_vault.h: memory only for what is there.
 * Effects: none                          Units:  bytes
 * Owns:    contents; sim_vault_done()    Errors: those of agent/ports.h
 * Threads: one thread                    Source: agent/ports.h
 */
#ifndef TESTS_SIM_VAULT_H
#define TESTS_SIM_VAULT_H

#include "agent/ports.h"
#include "tests/sim/world.h"

enum { SIM_FILE_NAME_BYTES = 40 };

struct sim_file {
    char name[SIM_FILE_NAME_BYTES];
    struct bytes content;
};

struct sim_vault {
    struct sim_world *world;
    struct sim_file *files;
    size_t count;
    size_t capacity;
    struct bytes floor;
    char mark[AG_MARK_BYTES];
    uint64_t writes; /* of files and of the floor */
};

void sim_vault_init(struct sim_vault *vault, struct sim_world *world);
void sim_vault_done(struct sim_vault *vault);
struct ag_vault sim_vault_port(struct sim_vault *vault);

/* NULL: no such file. */
const struct bytes *sim_vault_find(const struct sim_vault *vault, const char *name);
void sim_vault_put(struct sim_vault *vault, const char *name, struct span content);
void sim_vault_drop(struct sim_vault *vault, const char *name);
/* All that is in the other: a cloned disk. */
void sim_vault_copy(struct sim_vault *vault, const struct sim_vault *from);

#endif
