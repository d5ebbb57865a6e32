/* timing.h - what timed programs share: a clock, medians, a table and a JSON file.
 *
 * Effects: prints; writes the file named         Units:  nanoseconds for one operation
 * Owns:    nothing                               Errors: an exit status
 * Threads: one thread                            Source: docs/performance.md
 */
#ifndef TESTS_BENCH_TIMING_H
#define TESTS_BENCH_TIMING_H

#include <stddef.h>

enum { TIMING_RUNS = 5 };

struct timing_row {
    const char *name;
    double ns[TIMING_RUNS]; /* each run's; rows were run in turn */
};

double timing_now_ns(void);

/* Medians and ranges, and each row's ratio to the peer, run by run. Gives the exit status. */
int timing_show(const char *bench, const struct timing_row *rows, size_t row_count, size_t peer,
                const char *path);

#endif
