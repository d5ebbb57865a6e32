#include "admin/progress.h"

#include "admin/terminal.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum { TELL_EVERY_MS = 250, LINE_WIDTH = 70 };

struct adm_progress adm_progress_start(const char *what)
{
    uint64_t now_ms = clock_monotonic_ms();
    return (struct adm_progress){
        .what = adm_terminal_tells() ? what : NULL, .started_ms = now_ms, .told_ms = now_ms};
}

void adm_progress_tell(struct adm_progress *progress, int64_t rows, int64_t bytes)
{
    uint64_t now_ms = clock_monotonic_ms();
    if (progress->what == NULL || now_ms - progress->told_ms < TELL_EVERY_MS) {
        return;
    }
    double passed_s = (double)(now_ms - progress->started_ms) / 1000;
    progress->told_ms = now_ms;
    progress->shown = true;
    if (bytes < 0) {
        (void)fprintf(stderr, "\r%" PRId64 " %s ", rows, progress->what);
    } else {
        (void)fprintf(stderr, "\r%" PRId64 " %s, %.1f MB, %.1f MB/s ", rows, progress->what,
                      (double)bytes / 1e6, (double)bytes / 1e6 / passed_s);
    }
    (void)fflush(stderr);
}

void adm_progress_end(struct adm_progress *progress)
{
    if (progress->shown) {
        (void)fprintf(stderr, "\r%*s\r", LINE_WIDTH, "");
        (void)fflush(stderr);
    }
    *progress = (struct adm_progress){.what = NULL};
}
