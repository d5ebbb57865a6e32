/* stored.h - look at what a store holds, past the server's answers.
 *
 * Effects: reads the store; ends the program where counters differ from their rows
 * Units:   none       Owns:    nothing
 * Errors:  none       Threads: safe
 * Source:  server/store.h
 */
#ifndef TESTS_FUZZ_STORED_H
#define TESTS_FUZZ_STORED_H

#include "server/store.h"

/* A number that changes with anything that the store says of a device and its users, the device's token and
 * what depends on other devices left out. */
uint64_t stored_rows(const struct srv_store *store, const char *device_id);

/* The users counted by the store are those that it has, in all and by state. */
void stored_check_counters(const struct srv_store *store);

#endif
