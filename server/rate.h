/* rate.h - let each address or device have its share, and no more.
 *
 * Token buckets in a table of fixed size, so that memory is bounded. Who is new where the table is full
 * takes over the fullest bucket of his set with what is left in it: no crowd of addresses makes the
 * table forget a heavy sender, and whoever sends little loses little.
 * Effects: none                              Units:  tokens, _ms monotonic, _s seconds
 * Owns:    struct srv_rate; srv_rate_free()  Errors: ST_NO_MEMORY, ST_IO (no random numbers)
 * Threads: safe                              Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_RATE_H
#define SERVER_RATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct srv_rate;

/* burst tokens at once, refilled at per_hour. */
enum status srv_rate_open(uint32_t burst, uint32_t per_hour, struct srv_rate **out,
                          struct err *err) MUST_USE;
void srv_rate_free(struct srv_rate *rate); /* NULL is fine */

/* One token for this key: 0, or in how many seconds there will be one. */
uint32_t srv_rate_take(struct srv_rate *rate, uint64_t key, uint64_t now_ms) MUST_USE;
/* As many tokens, all or none; count is at most the burst. */
uint32_t srv_rate_take_many(struct srv_rate *rate, uint64_t key, uint32_t count,
                            uint64_t now_ms) MUST_USE;

#endif
