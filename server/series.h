/* series.h - keep samples of the counters, and tell them as a series.
 *
 * store's counters -> [series] -> store's samples -> administrators
 *
 * One sample an hour and one a day, each taken in that hour or day or not at all: what nobody saw is a
 * gap. The oldest go when there are more than are kept; what a wrong clock did stays where it put it.
 * Effects: reads and writes the store    Units:  _s wall seconds since 1970 UTC
 * Owns:    nothing                       Errors: those of the store; ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: srv_series_keep() by one,     Source: docs/protocol.md "Compliance"
 *          the rest safe
 */
#ifndef SERVER_SERIES_H
#define SERVER_SERIES_H

#include "policy/json_write.h"
#include "server/store.h"

enum srv_grain { SRV_GRAIN_HOUR, SRV_GRAIN_DAY, SRV_GRAIN_COUNT };
extern const char *const SRV_GRAIN_WORDS[SRV_GRAIN_COUNT];

/* 33 days, and two years. */
enum { SRV_SAMPLES_HOURLY = 800, SRV_SAMPLES_DAILY = 731 };

/* What the keeper of samples remembers; {0} at first. */
struct srv_series {
    int64_t done[SRV_GRAIN_COUNT]; /* the slot that has its sample, and one */
    int64_t retry_s;               /* not before, after a failure; 0: none */
};

/* Take the samples that this moment still lacks; cheap if there are none. */
enum status srv_series_keep(struct srv_series *series, const struct srv_store *store, int64_t now_s,
                            struct err *err) MUST_USE;

struct srv_series_question {
    enum srv_grain grain;
    int64_t from_s; /* both inclusive */
    int64_t to_s;
};

/* Append the members "series_step_s" and "series" to an object that is open. */
enum status srv_series_write(const struct srv_store *store,
                             const struct srv_series_question *question,
                             struct pol_json_writer *json, struct err *err) MUST_USE;

#endif
