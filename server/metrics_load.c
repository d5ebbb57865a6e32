#include "server/metrics.h"

#include "server/routes.h"

#include <string.h>

enum { LABELS_MAX = 4, DEEPEST_STATUS = 599 };

/* ---- doors ----------------------------------------------------------------------------------- */

static void write_counters(struct srv_metrics_writer *w, const char *name, const char *help,
                           atomic_uint_fast64_t *agents, atomic_uint_fast64_t *admins)
{
    atomic_uint_fast64_t *const counters[SRV_DOOR_COUNT] = {agents, admins};
    srv_metrics_family(w, name, SRV_METRIC_COUNTER, help);
    for (size_t i = 0; i < SRV_DOOR_COUNT; i++) {
        srv_metrics_labelled(w, "listener", SRV_DOOR_WORDS[i], (int64_t)atomic_load(counters[i]));
    }
}

static void write_turned_away(struct srv_metrics_writer *w, struct srv_load *loads)
{
    srv_metrics_family(w, "mapi_rollout_connections_turned_away_total", SRV_METRIC_COUNTER,
                       "Connections closed at once: no room at all, or not for their address.");
    for (size_t i = 0; i < SRV_DOOR_COUNT; i++) {
        struct srv_label list[] = {{"listener", SRV_DOOR_WORDS[i]}, {"reason", "full"}};
        const struct srv_labels labels = {list, sizeof list / sizeof list[0]};
        srv_metrics_sample(w, &labels, (int64_t)atomic_load(&loads[i].turned_away));
        list[1].value = "address";
        srv_metrics_sample(w, &labels, (int64_t)atomic_load(&loads[i].turned_away_address));
    }
}

static void write_doors(struct srv_metrics_writer *w, struct srv_load *loads)
{
    srv_metrics_family(w, "mapi_rollout_connections", SRV_METRIC_GAUGE,
                       "Open connections of each listener.");
    for (size_t i = 0; i < SRV_DOOR_COUNT; i++) {
        srv_metrics_labelled(w, "listener", SRV_DOOR_WORDS[i],
                             (int64_t)atomic_load(&loads[i].connections));
    }
    srv_metrics_family(w, "mapi_rollout_connections_limit", SRV_METRIC_GAUGE,
                       "Connections beyond which agents are told to come again.");
    for (size_t i = 0; i < SRV_DOOR_COUNT; i++) {
        srv_metrics_labelled(w, "listener", SRV_DOOR_WORDS[i], (int64_t)loads[i].limit);
    }
    srv_metrics_family(w, "mapi_rollout_requests_running", SRV_METRIC_GAUGE,
                       "Requests under way, held polls among them.");
    for (size_t i = 0; i < SRV_DOOR_COUNT; i++) {
        srv_metrics_labelled(w, "listener", SRV_DOOR_WORDS[i],
                             (int64_t)atomic_load(&loads[i].requests));
    }
    write_counters(w, "mapi_rollout_connections_cut_total",
                   "Connections ended because a request took too long to come or to be read.",
                   &loads[SRV_DOOR_AGENTS].cut, &loads[SRV_DOOR_ADMINS].cut);
    write_counters(w, "mapi_rollout_connections_displaced_total",
                   "Connections without a request ended for others: too many connections.",
                   &loads[SRV_DOOR_AGENTS].displaced, &loads[SRV_DOOR_ADMINS].displaced);
    write_counters(w, "mapi_rollout_answers_lost_total",
                   "Answers that their client did not wait for.", &loads[SRV_DOOR_AGENTS].lost,
                   &loads[SRV_DOOR_ADMINS].lost);
    write_turned_away(w, loads);
}

static int64_t event(struct srv_app *app, enum srv_event which)
{
    return (int64_t)atomic_load_explicit(&app->meter->events[which], memory_order_relaxed);
}

static void write_refused(struct srv_metrics_writer *w, struct srv_app *app)
{
    srv_metrics_family(w, "mapi_rollout_connections_refused_total", SRV_METRIC_COUNTER,
                       "Requests of agents told to come again: too many connections.");
    srv_metrics_sample(w, NULL, event(app, SRV_EVENT_SHED));
    srv_metrics_family(w, "mapi_rollout_held_polls", SRV_METRIC_GAUGE,
                       "Polls of agents that wait for another policy.");
    srv_metrics_sample(w, NULL, (int64_t)srv_feed_held(app->feed));
    srv_metrics_family(w, "mapi_rollout_exports_running", SRV_METRIC_GAUGE,
                       "Exports under way, to readers that may be slow.");
    srv_metrics_sample(w, NULL, (int64_t)atomic_load(&app->meter->exports));
}

/* ---- requests -------------------------------------------------------------------------------- */

/* One route of one door. */
struct place {
    enum srv_door door;
    const char *method;
    const char *path;
    struct srv_route_meter *meter;
};

/* Visits each route, and last of each door what was none. */
static void walk(struct srv_app *app, struct srv_metrics_writer *w,
                 void (*visit)(struct srv_metrics_writer *w, const struct place *at))
{
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        struct place at = {.door = (enum srv_door)door};
        for (size_t i = 0; srv_routes_name(at.door, i, &at.method, &at.path); i++) {
            at.meter = &app->meter->routes[door][i];
            visit(w, &at);
        }
        at.method = at.path = "other";
        at.meter = &app->meter->routes[door][SRV_METER_NO_ROUTE];
        visit(w, &at);
    }
}

static struct srv_labels labels_of(const struct place *at, const char *class,
                                   struct srv_label list[LABELS_MAX])
{
    list[0] = (struct srv_label){"listener", SRV_DOOR_WORDS[at->door]};
    list[1] = (struct srv_label){"method", at->method};
    list[2] = (struct srv_label){"route", at->path};
    list[3] = (struct srv_label){"status", class};
    return (struct srv_labels){list, class != NULL ? LABELS_MAX : LABELS_MAX - 1};
}

static void write_classes(struct srv_metrics_writer *w, const struct place *at)
{
    static const struct {
        const char *name;
        unsigned first;
        unsigned last;
    } CLASSES[] = {{"none", 0, 0},
                   {"2xx", 200, 299},
                   {"3xx", 300, 399},
                   {"4xx", 400, 499},
                   {"5xx", 500, DEEPEST_STATUS}};
    struct srv_label list[LABELS_MAX];
    for (size_t i = 0; i < sizeof CLASSES / sizeof CLASSES[0]; i++) {
        struct srv_labels labels = labels_of(at, CLASSES[i].name, list);
        srv_metrics_sample(
            w, &labels, (int64_t)srv_meter_statuses(at->meter, CLASSES[i].first, CLASSES[i].last));
    }
}

static void write_durations(struct srv_metrics_writer *w, const struct place *at)
{
    struct srv_label list[LABELS_MAX];
    struct srv_labels labels = labels_of(at, NULL, list);
    srv_metrics_histogram(w, &labels, &at->meter->took);
}

static void write_limited(struct srv_metrics_writer *w, const struct place *at)
{
    if (at->door == SRV_DOOR_AGENTS && strncmp(at->path, "/v1/", 4) == 0) {
        srv_metrics_labelled(w, "route", at->path,
                             (int64_t)srv_meter_statuses(at->meter, 429, 429));
    }
}

static void write_requests(struct srv_metrics_writer *w, struct srv_app *app)
{
    srv_metrics_family(w, "mapi_rollout_http_requests_total", SRV_METRIC_COUNTER,
                       "Requests by route and class of their status; none: the client left.");
    walk(app, w, write_classes);
    srv_metrics_family(w, "mapi_rollout_http_request_duration_seconds", SRV_METRIC_HISTOGRAM,
                       "From the headers to the end of the answer, without polls that were held.");
    walk(app, w, write_durations);
    srv_metrics_family(w, "mapi_rollout_rate_limited_total", SRV_METRIC_COUNTER,
                       "Requests refused because their sender sends too many.");
    walk(app, w, write_limited);
}

/* ---- reports and enrollments ----------------------------------------------------------------- */

static void write_reasons(struct srv_metrics_writer *w, struct srv_route_meter *meter)
{
    static const struct {
        const char *reason;
        unsigned first;
        unsigned last;
    } REASONS[] = {{"malformed", 400, 400},        {"unauthorized", 401, 401},
                   {"conflict", 409, 409},         {"too_large", 413, 413},
                   {"not_acceptable", 422, 422},   {"rate_limited", 429, 429},
                   {"server", 500, DEEPEST_STATUS}};
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        srv_metrics_labelled(w, "reason", REASONS[i].reason,
                             (int64_t)srv_meter_statuses(meter, REASONS[i].first, REASONS[i].last));
    }
}

static struct srv_route_meter *agents_route(struct srv_app *app, const char *wanted)
{
    const char *method = NULL;
    const char *path = NULL;
    size_t at = SRV_METER_NO_ROUTE;
    for (size_t i = 0; srv_routes_name(SRV_DOOR_AGENTS, i, &method, &path); i++) {
        at = strcmp(path, wanted) == 0 ? i : at;
    }
    return &app->meter->routes[SRV_DOOR_AGENTS][at];
}

static void write_reports(struct srv_metrics_writer *w, struct srv_app *app)
{
    srv_metrics_family(w, "mapi_rollout_reports_taken_total", SRV_METRIC_COUNTER,
                       "Reports answered with 204, by whether they were new.");
    srv_metrics_labelled(w, "kind", "new", event(app, SRV_EVENT_REPORT_STORED));
    srv_metrics_labelled(w, "kind", "repeated", event(app, SRV_EVENT_REPORT_REPEATED));
    srv_metrics_family(w, "mapi_rollout_reports_refused_total", SRV_METRIC_COUNTER,
                       "Reports that were not taken, by reason.");
    write_reasons(w, agents_route(app, "/v1/reports"));
}

static void write_enrollments(struct srv_metrics_writer *w, struct srv_app *app)
{
    srv_metrics_family(
        w, "mapi_rollout_enrollments_total", SRV_METRIC_COUNTER,
        "Devices that got a token: new ones, known ones that proved it, and copies.");
    srv_metrics_labelled(w, "kind", "new", event(app, SRV_EVENT_ENROLLED_NEW));
    srv_metrics_labelled(w, "kind", "kept", event(app, SRV_EVENT_ENROLLED_KEPT));
    srv_metrics_labelled(w, "kind", "duplicate", event(app, SRV_EVENT_ENROLLED_DUPLICATE));
    srv_metrics_family(w, "mapi_rollout_enrollments_refused_total", SRV_METRIC_COUNTER,
                       "Enrollments that were refused, by reason.");
    write_reasons(w, agents_route(app, "/v1/enroll"));
}

static void write_secrets(struct srv_metrics_writer *w, struct srv_app *app)
{
    struct srv_good_secrets good;
    int64_t now_s = app->now_s();
    srv_auth_count_secrets(app->auth, now_s, &good);
    srv_metrics_family(w, "mapi_rollout_enroll_secrets", SRV_METRIC_GAUGE,
                       "Enroll secrets that let machines in.");
    srv_metrics_sample(w, NULL, good.count);
    srv_metrics_family(w, "mapi_rollout_enroll_secrets_expiry_seconds", SRV_METRIC_GAUGE,
                       "Until the last of them ends; no sample if one never does.");
    if (good.last_end_s >= 0) {
        srv_metrics_sample(w, NULL, good.last_end_s - now_s);
    }
}

/* ---- the store's writer ---------------------------------------------------------------------- */

static void write_store(struct srv_metrics_writer *w, const struct srv_store *store)
{
    struct srv_store_meter *meter = store->meter(store->ctx);
    srv_metrics_family(w, "mapi_rollout_store_queue_writes", SRV_METRIC_GAUGE,
                       "Writes that wait for their commit.");
    srv_metrics_sample(w, NULL, (int64_t)atomic_load(&meter->waiting));
    srv_metrics_family(w, "mapi_rollout_store_commit_failures_total", SRV_METRIC_COUNTER,
                       "Commits that did not happen; who waited for them was told.");
    srv_metrics_sample(w, NULL, (int64_t)atomic_load(&meter->failures));
    srv_metrics_family(w, "mapi_rollout_store_commit_duration_seconds", SRV_METRIC_HISTOGRAM,
                       "How long commits took, with the writes in them.");
    srv_metrics_histogram(w, NULL, &meter->commits);
    srv_metrics_family(w, "mapi_rollout_store_commit_writes", SRV_METRIC_HISTOGRAM,
                       "How many writes shared a commit.");
    srv_metrics_histogram(w, NULL, &meter->batches);
}

static void write_history(struct srv_metrics_writer *w, const struct srv_store *store)
{
    struct srv_history h = {.oldest_s = -1};
    struct err ignored;
    bool known = store->history(store->ctx, &h, &ignored) == ST_OK;
    srv_metrics_family(w, "mapi_rollout_history_reports", SRV_METRIC_GAUGE,
                       "Reports that are kept.");
    if (known) {
        srv_metrics_sample(w, NULL, h.reports);
    }
    srv_metrics_family(w, "mapi_rollout_history_bytes", SRV_METRIC_GAUGE,
                       "What they take on the disk.");
    if (known) {
        srv_metrics_sample(w, NULL, h.bytes);
    }
    srv_metrics_family(w, "mapi_rollout_history_oldest_timestamp_seconds", SRV_METRIC_GAUGE,
                       "When the oldest of them came, since 1970 UTC.");
    if (known && h.oldest_s >= 0) {
        srv_metrics_sample(w, NULL, h.oldest_s);
    }
    srv_metrics_family(w, "mapi_rollout_history_pruned_total", SRV_METRIC_COUNTER,
                       "Reports that went because of their age or the space they took.");
    srv_metrics_sample(w, NULL, (int64_t)atomic_load(&store->meter(store->ctx)->pruned));
}

void srv_metrics_write_load(struct srv_app *app, struct srv_metrics_writer *w)
{
    write_doors(w, app->meter->loads);
    write_refused(w, app);
    write_requests(w, app);
    write_reports(w, app);
    write_enrollments(w, app);
    write_secrets(w, app);
    write_store(w, &app->store);
    write_history(w, &app->store);
}
