#include "tests/bench/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct spread {
    double least;
    double median;
    double most;
};

double timing_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static struct spread spread_of(const double *values)
{
    double sorted[TIMING_RUNS];
    for (size_t i = 0; i < TIMING_RUNS; i++) {
        sorted[i] = values[i];
    }
    qsort(sorted, TIMING_RUNS, sizeof sorted[0], by_size);
    return (struct spread){sorted[0], sorted[TIMING_RUNS / 2], sorted[TIMING_RUNS - 1]};
}

static struct spread ratio_of(const struct timing_row *row, const struct timing_row *peer)
{
    double ratios[TIMING_RUNS];
    for (size_t i = 0; i < TIMING_RUNS; i++) {
        ratios[i] = row->ns[i] / peer->ns[i];
    }
    return spread_of(ratios);
}

static int write_json(const char *bench, const struct timing_row *rows, size_t row_count,
                      size_t peer, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    (void)fprintf(file, "{\"bench\":\"%s\",\"runs\":%d,\"peer\":\"%s\",\"rows\":[", bench,
                  TIMING_RUNS, rows[peer].name);
    for (size_t i = 0; i < row_count; i++) {
        struct spread ns = spread_of(rows[i].ns);
        struct spread ratio = ratio_of(&rows[i], &rows[peer]);
        (void)fprintf(file,
                      "%s\n  {\"name\":\"%s\",\"ns\":[%.1f,%.1f,%.1f],\"ratio\":[%.3f,%.3f,%.3f]}",
                      i > 0 ? "," : "", rows[i].name, ns.least, ns.median, ns.most, ratio.least,
                      ratio.median, ratio.most);
    }
    (void)fputs("\n]}\n", file);
    return fclose(file) == 0 ? 0 : 1;
}

int timing_show(const char *bench, const struct timing_row *rows, size_t row_count, size_t peer,
                const char *path)
{
    (void)printf("%-24s %12s %22s %10s %18s\n", "", "median ns", "range", "x peer", "range");
    for (size_t i = 0; i < row_count; i++) {
        struct spread ns = spread_of(rows[i].ns);
        struct spread ratio = ratio_of(&rows[i], &rows[peer]);
        (void)printf("%-24s %12.1f %10.1f..%-10.1f %10.2f %8.2f..%-8.2f\n", rows[i].name, ns.median,
                     ns.least, ns.most, ratio.median, ratio.least, ratio.most);
    }
    return write_json(bench, rows, row_count, peer, path);
}
