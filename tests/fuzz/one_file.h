/* one_file.h - a vault of one file, whatever its name.
 *
 * Effects: none beyond the file, which is in memory    Units:  bytes
 * Owns:    the file, until one_file_drop()             Errors: those of agent/ports.h
 * Threads: one thread                                  Source: agent/ports.h
 */
#ifndef TESTS_FUZZ_ONE_FILE_H
#define TESTS_FUZZ_ONE_FILE_H

#include "agent/ports.h"

/* Reads and writes, and nothing else. */
extern const struct ag_vault ONE_FILE_VAULT;

void one_file_put(const uint8_t *data, size_t size);
void one_file_drop(void);

#endif
