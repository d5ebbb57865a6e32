#include "agent/spool.h"

#include "policy/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 32 };

static void write_name(uint32_t number, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "report-%010" PRIu32 ".json", number);
}

/* Only names that write_name() makes. */
static bool read_name(const char *name, uint32_t *out)
{
    char again[NAME_BYTES];
    unsigned long long number = 0;
    if (strncmp(name, "report-", 7) == 0) {
        number = strtoull(name + 7, NULL, 10);
    }
    write_name((uint32_t)number, again);
    *out = (uint32_t)number;
    return strcmp(name, again) == 0;
}

struct collection {
    uint32_t numbers[AG_SPOOL_REPORTS];
    size_t count;
};

static bool collect(void *ctx, const char *name)
{
    struct collection *found = ctx;
    uint32_t number = 0;
    if (found->count < AG_SPOOL_REPORTS && read_name(name, &number)) {
        found->numbers[found->count++] = number;
    }
    return found->count < AG_SPOOL_REPORTS;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static enum status read_report(const struct ag_spool *spool, uint32_t number, struct bytes *out,
                               struct err *err)
{
    char name[NAME_BYTES];
    write_name(number, name);
    return spool->vault->read(spool->vault->ctx, name, LIMIT_REPORT_BYTES, out, err);
}

static enum status remove_report(const struct ag_spool *spool, uint32_t number, struct err *err)
{
    char name[NAME_BYTES];
    write_name(number, name);
    enum status st = spool->vault->remove(spool->vault->ctx, name, err);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static void add(struct ag_spool *spool, uint32_t number, size_t size)
{
    spool->numbers[spool->count] = number;
    spool->sizes[spool->count] = size;
    spool->count++;
    spool->total_bytes += size;
    spool->next = number + 1;
}

enum status ag_spool_open(struct ag_spool *spool, const struct ag_vault *vault, struct err *err)
{
    struct collection found = {.count = 0};
    *spool = (struct ag_spool){.vault = vault, .next = 1};
    enum status st = vault->list(vault->ctx, collect, &found, err);
    if (st == ST_OK) {
        qsort(found.numbers, found.count, sizeof found.numbers[0], by_number);
    }
    for (size_t i = 0; st == ST_OK && i < found.count; i++) {
        struct bytes report = {0};
        if (read_report(spool, found.numbers[i], &report, NULL) == ST_OK &&
            report.size <= AG_SPOOL_BYTES - spool->total_bytes) {
            add(spool, found.numbers[i], report.size);
        } else {
            st = remove_report(spool, found.numbers[i], err);
        }
        bytes_free(&report);
    }
    return st;
}

enum status ag_spool_put(struct ag_spool *spool, struct span report, struct err *err)
{
    char name[NAME_BYTES];
    uint32_t number = spool->next;
    if (spool->count == AG_SPOOL_REPORTS || report.size > AG_SPOOL_BYTES - spool->total_bytes) {
        return err_set(err, ST_NO_SPACE, 0, "%zu reports wait already", spool->count);
    }
    write_name(number, name);
    enum status st = spool->vault->write(spool->vault->ctx, name, report, err);
    if (st == ST_OK) {
        add(spool, number, report.size);
    }
    return st;
}

enum status ag_spool_first(const struct ag_spool *spool, struct bytes *out, struct err *err)
{
    if (spool->count == 0) {
        return err_set(err, ST_NOT_FOUND, 0, "no report waits");
    }
    return read_report(spool, spool->numbers[0], out, err);
}

enum status ag_spool_drop_first(struct ag_spool *spool, struct err *err)
{
    if (spool->count == 0) {
        return err_set(err, ST_NOT_FOUND, 0, "no report waits");
    }
    enum status st = remove_report(spool, spool->numbers[0], err);
    if (st == ST_OK) {
        spool->total_bytes -= spool->sizes[0];
        spool->count--;
        memmove(spool->numbers, spool->numbers + 1, spool->count * sizeof spool->numbers[0]);
        memmove(spool->sizes, spool->sizes + 1, spool->count * sizeof spool->sizes[0]);
    }
    return st;
}

enum status ag_spool_clear(struct ag_spool *spool, struct err *err)
{
    enum status st = ST_OK;
    while (st == ST_OK && spool->count > 0) {
        st = ag_spool_drop_first(spool, err);
    }
    return st;
}
