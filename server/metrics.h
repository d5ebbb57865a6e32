/* metrics.h - everything that a monitoring server may want to know, as one text.
 *
 * store, rollout, keeper, feed, meter -> [metrics] -> monitoring
 *
 * No label has a value that users, devices or clients choose: the number of samples is fixed by the
 * program and by the signed bundle.
 * Effects: reads counters that are kept    Units:  Prometheus': seconds, bytes
 * Owns:    nothing                         Errors: ST_TOO_LARGE, ST_NO_MEMORY; a store that cannot
 *                                                  be read is a sample, not an error
 * Threads: safe                            Source: docs/operations-metrics.md
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "server/app.h"
#include "server/metrics_text.h"

enum status srv_metrics_write(struct srv_app *app, struct bytes *out, struct err *err) MUST_USE;

/* The half that knows this process only: doors, requests, the writer of the store. */
void srv_metrics_write_load(struct srv_app *app, struct srv_metrics_writer *w);

#endif
