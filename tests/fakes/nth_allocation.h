/* nth_allocation.h - let memory run out at every place in turn.
 *
 * malloc, calloc, realloc and free of the test program and of all that is linked into it statically (our
 * libraries, cJSON, mbedTLS) come here by the linker's --wrap; programs named *_memory_posix.c get
 * that from tests/CMakeLists.txt.
 * Effects: fails the running test where a call does not take it well
 * Owns:    nothing                     Units:  allocations; bytes as malloc rounds them up
 * Errors:  none                        Threads: one at a time: others may allocate for the call
 *                                               while it waits for them
 * Source:  the C library's manual "Replacing malloc"; ld(1) --wrap
 */
#ifndef TESTS_FAKES_NTH_ALLOCATION_H
#define TESTS_FAKES_NTH_ALLOCATION_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct nth_call {
    void *ctx;
    /* The call under test and nothing else: the allocations made in here are counted. */
    enum status (*call)(void *ctx, struct err *err);
    /* After each call: on success checks what came out, on failure that nothing did; frees all. */
    void (*after)(void *ctx, bool good);
    /* What it may answer instead of ST_NO_MEMORY, where a library does not tell what it lacked. */
    enum status also[2];
    size_t step;      /* only each so many-th allocation fails, where a call is long; 0: each */
    bool may_succeed; /* where somebody can do without: a cache, say */
};

/* Make the call again and again, first with the first allocation failing, then with the second, until
 * none fails any more; then some times with all allocations failing from the n-th on. Each time it must answer ST_NO_MEMORY (or `also`) and say so in err, or succeed when nothing failed, and
 * what it allocated must be freed after `after`. Big numbers allocate by the thousand: where one place
 * of the program makes many in a row, the first of them fail and then some.
 * Returns how many allocations a successful call makes. */
size_t nth_allocation_each(const struct nth_call *call);

/* For a library that is told where its memory comes from and keeps some of it: calls are counted and fail, each a
 * place of its own; what is kept is no leak. */
void *nth_allocation_lend(void *old, size_t size);
void nth_allocation_take_back(void *old);

/* Between the two: how many bytes were allocated at once at the most, beyond those at the start. */
void allocation_watch_start(void);
size_t allocation_watch_peak_bytes(void);

#endif
