/* digest_map.h - find by digest, in a table that grows.
 *
 * Open addressing; what is kept here are digests of random secrets, so they spread by themselves and
 * nobody can choose them.
 * Effects: none                                  Units:  none
 * Owns:    its slots; srv_digest_map_free()      Errors: ST_NO_MEMORY, and the map is as it was
 * Threads: one writer or many readers            Source: server/auth.c
 */
#ifndef SERVER_DIGEST_MAP_H
#define SERVER_DIGEST_MAP_H

#include "base/err.h"
#include "policy/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct srv_digest_slot {
    uint8_t digest[DIGEST_BYTES];
    uint32_t value;
    bool used;
};

/* Zero is an empty map. */
struct srv_digest_map {
    struct srv_digest_slot *slots;
    size_t slot_count; /* a power of two, or 0 */
    size_t used;
};

/* What stood under the digest is replaced. */
enum status srv_digest_map_put(struct srv_digest_map *map, const uint8_t digest[DIGEST_BYTES],
                               uint32_t value) MUST_USE;
bool srv_digest_map_find(const struct srv_digest_map *map, const uint8_t digest[DIGEST_BYTES],
                         uint32_t *out);
void srv_digest_map_free(struct srv_digest_map *map);

#endif
