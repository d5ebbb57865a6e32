/* rate.h - let each address or device have its share, and no more.
 *
 * Token buckets in a table of fixed size: who falls into somebody else's slot starts afresh, so
 * memory is bounded and nobody can be locked out by crowding the table.
 * Effects: none                              Units:  tokens, _ms monotonic
 * Owns:    struct srv_rate; srv_rate_free()  Errors: ST_NO_MEMORY, ST_IO (no random numbers)
 * Threads: safe                              Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_RATE_H
#define SERVER_RATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct srv_rate;

/* burst tokens at once, refilled at per_minute. */
enum status srv_rate_open(uint32_t burst, uint32_t per_minute, struct srv_rate **out,
                          struct err *err) MUST_USE;
void srv_rate_free(struct srv_rate *rate);

/* One token for this key. */
bool srv_rate_take(struct srv_rate *rate, uint64_t key, uint64_t now_ms);

#endif
