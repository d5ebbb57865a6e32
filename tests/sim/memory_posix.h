/* memory_posix.h - how much of the heap is in use. */
#ifndef TESTS_SIM_MEMORY_POSIX_H
#define TESTS_SIM_MEMORY_POSIX_H

#include <stddef.h>

size_t sim_memory_bytes(void);

#endif
