#include "server/address_count.h"

#include <stdlib.h>

enum { SLOTS = 4096 };

struct entry {
    struct entry *next;
    uint64_t address;
    size_t count;
};

struct srv_address_count {
    struct entry *slots[SLOTS];
};

enum status srv_address_count_open(struct srv_address_count **out, struct err *err)
{
    struct srv_address_count *counts = calloc(1, sizeof *counts);
    if (counts == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot count connections");
    }
    *out = counts;
    return ST_OK;
}

void srv_address_count_free(struct srv_address_count *counts)
{
    for (size_t i = 0; counts != NULL && i < SLOTS; i++) {
        while (counts->slots[i] != NULL) {
            struct entry *gone = counts->slots[i];
            counts->slots[i] = gone->next;
            free(gone);
        }
    }
    free(counts);
}

/* Neighbours in a network differ in the last bits only: a multiplication spreads them (Knuth,
 * "Multiplicative hashing"). Whoever owns so many addresses that one slot grows long could as well
 * connect from each of them. */
static size_t slot_of(uint64_t address)
{
    return (size_t)(address * 0x9e3779b97f4a7c15u >> 52) % SLOTS;
}

static struct entry *find(struct entry *const *slot, uint64_t address)
{
    struct entry *e = *slot;
    while (e != NULL && e->address != address) {
        e = e->next;
    }
    return e;
}

size_t srv_address_count_of(const struct srv_address_count *counts, uint64_t address)
{
    const struct entry *e = find(&counts->slots[slot_of(address)], address);
    return e != NULL ? e->count : 0;
}

bool srv_address_count_add(struct srv_address_count *counts, uint64_t address)
{
    struct entry **slot = &counts->slots[slot_of(address)];
    struct entry *e = find(slot, address);
    if (e == NULL) {
        e = calloc(1, sizeof *e);
        if (e == NULL) {
            return false;
        }
        e->address = address;
        e->next = *slot;
        *slot = e;
    }
    e->count++;
    return true;
}

void srv_address_count_remove(struct srv_address_count *counts, uint64_t address)
{
    struct entry **at = &counts->slots[slot_of(address)];
    while (*at != NULL && (*at)->address != address) {
        at = &(*at)->next;
    }
    if (*at != NULL && --(*at)->count == 0) {
        struct entry *gone = *at;
        *at = gone->next;
        free(gone);
    }
}
