/* progress.h - tell on a terminal how far something long has come: one line, written over again.
 *
 * Effects: reads the clock, writes standard error where that is a terminal
 * Units:   rows, bytes    Owns:    nothing
 * Errors:  none           Source:  docs/protocol.md "Command lines"
 * Threads: one thread
 */
#ifndef ADMIN_PROGRESS_H
#define ADMIN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct adm_progress {
    const char *what; /* "users"; NULL: tell nothing */
    uint64_t started_ms;
    uint64_t told_ms;
    bool shown;
};

struct adm_progress adm_progress_start(const char *what);
/* bytes: -1 where nobody counts them. */
void adm_progress_tell(struct adm_progress *progress, int64_t rows, int64_t bytes);
/* Leave the line empty for what comes next. */
void adm_progress_end(struct adm_progress *progress);

#endif
