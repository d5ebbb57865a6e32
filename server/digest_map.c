#include "server/digest_map.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

/* The slot of the digest, or the free one where it belongs; at least one slot is free. */
static struct srv_digest_slot *find_slot(const struct srv_digest_map *map,
                                         const uint8_t digest[DIGEST_BYTES])
{
    size_t at = 0;
    memcpy(&at, digest, sizeof at);
    for (at &= map->slot_count - 1; map->slots[at].used; at = (at + 1) & (map->slot_count - 1)) {
        if (equal_in_constant_time(map->slots[at].digest, digest, DIGEST_BYTES)) {
            break;
        }
    }
    return &map->slots[at];
}

static enum status grow(struct srv_digest_map *map)
{
    struct srv_digest_map bigger = {.slot_count =
                                        map->slot_count == 0 ? FIRST_SLOTS : map->slot_count * 2};
    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return ST_NO_MEMORY;
    }
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].used) {
            *find_slot(&bigger, map->slots[i].digest) = map->slots[i];
            bigger.used++;
        }
    }
    free(map->slots);
    *map = bigger;
    return ST_OK;
}

enum status srv_digest_map_put(struct srv_digest_map *map, const uint8_t digest[DIGEST_BYTES],
                               uint32_t value)
{
    enum status st = (map->used + 1) * 2 > map->slot_count ? grow(map) : ST_OK;
    if (st == ST_OK) {
        struct srv_digest_slot *slot = find_slot(map, digest);
        map->used += slot->used ? 0 : 1;
        memcpy(slot->digest, digest, DIGEST_BYTES);
        slot->value = value;
        slot->used = true;
    }
    return st;
}

bool srv_digest_map_find(const struct srv_digest_map *map, const uint8_t digest[DIGEST_BYTES],
                         uint32_t *out)
{
    if (map->slot_count == 0) {
        return false;
    }
    const struct srv_digest_slot *slot = find_slot(map, digest);
    if (slot->used) {
        *out = slot->value;
    }
    return slot->used;
}

void srv_digest_map_free(struct srv_digest_map *map)
{
    free(map->slots);
    *map = (struct srv_digest_map){0};
}
