/* address_count.h - how many connections each address has.
 *
 * Effects: none                               Units:  connections; an address is a number, as in
 *                                                     struct srv_request
 * Owns:    struct srv_address_count;          Errors: ST_NO_MEMORY; false: it was not counted
 *          srv_address_count_free()
 * Threads: one at a time                      Source: docs/operations-server.md "Doors and limits"
 */
#ifndef SERVER_ADDRESS_COUNT_H
#define SERVER_ADDRESS_COUNT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct srv_address_count;

enum status srv_address_count_open(struct srv_address_count **out, struct err *err) MUST_USE;
void srv_address_count_free(struct srv_address_count *counts); /* NULL is fine */

size_t srv_address_count_of(const struct srv_address_count *counts, uint64_t address);
bool srv_address_count_add(struct srv_address_count *counts, uint64_t address) MUST_USE;
void srv_address_count_remove(struct srv_address_count *counts, uint64_t address);

#endif
