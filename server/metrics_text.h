/* metrics_text.h - write numbers as Prometheus reads them: text format 0.0.4.
 *
 * Families one after the other, the samples of each right behind its HELP and TYPE.
 * Effects: none                       Units:  those of the names; histogram.h
 * Owns:    nothing; out is the        Errors: kept until srv_metrics_end(); those of bytes.h
 *          caller's
 * Threads: one for each writer        Source: Prometheus, "Exposition formats"
 */
#ifndef SERVER_METRICS_TEXT_H
#define SERVER_METRICS_TEXT_H

#include "base/bytes.h"
#include "server/histogram.h"

enum srv_metric { SRV_METRIC_COUNTER, SRV_METRIC_GAUGE, SRV_METRIC_HISTOGRAM, SRV_METRIC_COUNT };

struct srv_label {
    const char *name;
    const char *value;
};

/* What stands in the braces. */
struct srv_labels {
    const struct srv_label *list;
    size_t count;
};

struct srv_metrics_writer {
    struct bytes *out;
    const char *family;
    enum status st;
};

struct srv_metrics_writer srv_metrics_start(struct bytes *out);
enum status srv_metrics_end(struct srv_metrics_writer *w) MUST_USE;

/* Names of families and labels are literals; labels may be NULL. */
void srv_metrics_family(struct srv_metrics_writer *w, const char *name, enum srv_metric type,
                        const char *help);
void srv_metrics_sample(struct srv_metrics_writer *w, const struct srv_labels *labels,
                        int64_t value);
/* The most frequent kind: one label. */
void srv_metrics_labelled(struct srv_metrics_writer *w, const char *label, const char *label_value,
                          int64_t value);
void srv_metrics_histogram(struct srv_metrics_writer *w, const struct srv_labels *labels,
                           struct srv_histogram *histogram);

#endif
