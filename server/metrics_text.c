#include "server/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 32 };

static const char *const TYPE_WORDS[SRV_METRIC_COUNT] = {"counter", "gauge", "histogram"};

struct srv_metrics_writer srv_metrics_start(struct bytes *out)
{
    return (struct srv_metrics_writer){.out = out, .family = "", .st = ST_OK};
}

enum status srv_metrics_end(struct srv_metrics_writer *w)
{
    return w->st;
}

static void put(struct srv_metrics_writer *w, const char *text)
{
    if (w->st == ST_OK) {
        w->st = bytes_append_text(w->out, text);
    }
}

static void put_byte(struct srv_metrics_writer *w, char byte)
{
    if (w->st == ST_OK) {
        w->st = bytes_append(w->out, &byte, 1);
    }
}

/* In HELP a quotation mark stands for itself. */
static void put_escaped(struct srv_metrics_writer *w, const char *text, bool quoted)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            put(w, "\\n");
        } else {
            if (*text == '\\' || (quoted && *text == '"')) {
                put_byte(w, '\\');
            }
            put_byte(w, *text);
        }
    }
}

void srv_metrics_family(struct srv_metrics_writer *w, const char *name, enum srv_metric type,
                        const char *help)
{
    w->family = name;
    put(w, "# HELP ");
    put(w, name);
    put(w, " ");
    put_escaped(w, help, false);
    put(w, "\n# TYPE ");
    put(w, name);
    put(w, " ");
    put(w, TYPE_WORDS[type]);
    put(w, "\n");
}

static void put_label(struct srv_metrics_writer *w, bool first, const char *name, const char *value)
{
    put(w, first ? "{" : ",");
    put(w, name);
    put(w, "=\"");
    put_escaped(w, value, true);
    put(w, "\"");
}

/* suffix "" for the family itself; le NULL for none. */
static void put_sample(struct srv_metrics_writer *w, const char *suffix,
                       const struct srv_labels *labels, const char *le, const char *value)
{
    size_t count = labels != NULL ? labels->count : 0;
    put(w, w->family);
    put(w, suffix);
    for (size_t i = 0; i < count; i++) {
        put_label(w, i == 0, labels->list[i].name, labels->list[i].value);
    }
    if (le != NULL) {
        put_label(w, count == 0, "le", le);
    }
    put(w, count > 0 || le != NULL ? "} " : " ");
    put(w, value);
    put(w, "\n");
}

void srv_metrics_sample(struct srv_metrics_writer *w, const struct srv_labels *labels,
                        int64_t value)
{
    char text[NUMBER_BYTES];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    put_sample(w, "", labels, NULL, text);
}

void srv_metrics_labelled(struct srv_metrics_writer *w, const char *label, const char *label_value,
                          int64_t value)
{
    const struct srv_label one = {label, label_value};
    const struct srv_labels labels = {&one, 1};
    srv_metrics_sample(w, &labels, value);
}

/* Thousandths only where there are some: 0.005, 2.5, 10. */
static void write_units(uint64_t value, uint32_t per_unit, char out[NUMBER_BYTES])
{
    int length = snprintf(out, NUMBER_BYTES, "%" PRIu64, value / per_unit);
    if (value % per_unit == 0) {
        return;
    }
    (void)snprintf(out + length, NUMBER_BYTES - (size_t)length, ".%03" PRIu64,
                   value % per_unit * 1000 / per_unit);
    for (size_t last = strlen(out) - 1; out[last] == '0'; last--) {
        out[last] = '\0';
    }
}

void srv_metrics_histogram(struct srv_metrics_writer *w, const struct srv_labels *labels,
                           struct srv_histogram *h)
{
    char le[NUMBER_BYTES];
    char text[NUMBER_BYTES];
    uint64_t so_far = 0;
    for (size_t i = 0; i <= h->buckets.count; i++) {
        bool last = i == h->buckets.count;
        so_far += atomic_load_explicit(&h->counts[i], memory_order_relaxed);
        write_units(last ? 0 : h->buckets.bounds[i], h->buckets.per_unit, le);
        (void)snprintf(text, sizeof text, "%" PRIu64, so_far);
        put_sample(w, "_bucket", labels, last ? "+Inf" : le, text);
    }
    write_units(atomic_load_explicit(&h->sum, memory_order_relaxed), h->buckets.per_unit, le);
    put_sample(w, "_sum", labels, NULL, le);
    put_sample(w, "_count", labels, NULL, text);
}
