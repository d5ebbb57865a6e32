#include "server/routes.h"

#include "base/clock.h"
#include "policy/limits.h"
#include "server/answer.h"
#include "server/handlers.h"
#include "server/log_sink.h"
#include "server/refusal.h"
#include "server/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ORDER_BYTES = 16 * 1024 };

/* What a caller must show before his body is read. */
enum entry {
    ENTRY_OPEN,
    ENTRY_DEVICE,
    ENTRY_ROLE,
    ENTRY_ROLE_OR_LOCAL /* or no token, from this machine */
};

/* What is refused first when the server is crowded: in this order. */
enum class {
    CLASS_EXPORT, /* takes long, and can wait */
    CLASS_USUAL,  /* comes again by itself: reports, enrolling, what administrators look at */
    CLASS_CHEAP,  /* policies, the way to the brake for agents; what tells that the server lives */
    CLASS_BRAKE,
};

struct route {
    const char *method;
    const char *path; /* a final '*' stands for one more segment */
    enum class class;
    enum entry entry;
    enum srv_role role;
    size_t body_limit;
    void (*handle)(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor);
    void (*end)(struct srv_request *rq);
};

struct table {
    const struct route *routes;
    size_t count;
};

static const struct route AGENTS[] = {
    {"GET", "/v1/policy", CLASS_CHEAP, ENTRY_OPEN, 0, 0, srv_handle_policy, NULL},
    {"POST", "/v1/reports", CLASS_USUAL, ENTRY_DEVICE, 0, LIMIT_REPORT_BYTES, srv_handle_reports,
     srv_end_reports},
    {"POST", "/v1/enroll", CLASS_USUAL, ENTRY_OPEN, 0, LIMIT_ENROLL_BYTES, srv_handle_enroll,
     srv_end_enroll},
    {"GET", "/healthz", CLASS_CHEAP, ENTRY_OPEN, 0, 0, srv_handle_healthz, NULL},
    {"GET", "/readyz", CLASS_CHEAP, ENTRY_OPEN, 0, 0, srv_handle_readyz, NULL},
};

#define ROLE(name) ENTRY_ROLE, SRV_ROLE_##name

static const struct route ADMINS[] = {
    {"GET", "/v1/rollout", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_rollout, NULL},
    {"PUT", "/v1/rollout", CLASS_USUAL, ROLE(PUBLISHER), LIMIT_BUNDLE_BYTES, srv_handle_put, NULL},
    {"POST", "/v1/rollout/release", CLASS_USUAL, ROLE(OPERATOR), ORDER_BYTES, srv_handle_release,
     NULL},
    {"POST", "/v1/rollout/advance", CLASS_USUAL, ROLE(OPERATOR), ORDER_BYTES, srv_handle_advance,
     NULL},
    {"POST", "/v1/rollout/hold", CLASS_USUAL, ROLE(OPERATOR), ORDER_BYTES, srv_handle_hold, NULL},
    {"POST", "/v1/rollout/resume", CLASS_USUAL, ROLE(OPERATOR), ORDER_BYTES, srv_handle_resume,
     NULL},
    {"POST", "/v1/rollout/safe", CLASS_BRAKE, ROLE(OPERATOR), ORDER_BYTES, srv_handle_safe, NULL},
    {"GET", "/v1/compliance", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_compliance, NULL},
    {"GET", "/v1/users", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_users, NULL},
    {"GET", "/v1/devices", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_devices, NULL},
    {"GET", "/v1/devices/*", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_device, NULL},
    {"GET", "/metrics", CLASS_USUAL, ENTRY_ROLE_OR_LOCAL, SRV_ROLE_VIEWER, 0, srv_handle_metrics,
     NULL},
    {"GET", "/healthz", CLASS_CHEAP, ENTRY_OPEN, 0, 0, srv_handle_healthz, NULL},
    {"GET", "/readyz", CLASS_CHEAP, ENTRY_OPEN, 0, 0, srv_handle_readyz, NULL},

    {"POST", "/v1/simulate", CLASS_EXPORT, ROLE(OPERATOR), LIMIT_PLAN_BYTES, srv_handle_simulate,
     srv_end_simulate},
    {"POST", "/v1/evidence", CLASS_USUAL, ROLE(PUBLISHER), LIMIT_PLAN_BYTES, srv_handle_unsupported,
     NULL},
    {"GET", "/v1/audit", CLASS_USUAL, ROLE(VIEWER), 0, srv_handle_audit, NULL},
    {"GET", "/v1/reports.csv", CLASS_EXPORT, ROLE(VIEWER), 0, srv_handle_export, NULL},
    {"GET", "/openapi.json", CLASS_USUAL, ENTRY_OPEN, 0, 0, srv_handle_openapi, NULL},
};

static const struct table TABLES[SRV_DOOR_COUNT] = {
    [SRV_DOOR_AGENTS] = {AGENTS, sizeof AGENTS / sizeof AGENTS[0]},
    [SRV_DOOR_ADMINS] = {ADMINS, sizeof ADMINS / sizeof ADMINS[0]},
};
_Static_assert(sizeof AGENTS / sizeof AGENTS[0] <= SRV_METER_NO_ROUTE &&
                   sizeof ADMINS / sizeof ADMINS[0] <= SRV_METER_NO_ROUTE,
               "each route is counted");

bool srv_routes_name(enum srv_door door, size_t index, const char **method, const char **path)
{
    if (index >= TABLES[door].count) {
        return false;
    }
    *method = TABLES[door].routes[index].method;
    *path = TABLES[door].routes[index].path;
    return true;
}

static bool path_fits(const char *pattern, const char *path)
{
    size_t length = strlen(pattern);
    if (pattern[length - 1] != '*') {
        return strcmp(pattern, path) == 0;
    }
    const char *rest = path + length - 1;
    return strncmp(pattern, path, length - 1) == 0 && *rest != '\0' && strchr(rest, '/') == NULL;
}

/* HEAD is GET without the content (RFC 9110, 9.3.2), which the library leaves out. */
static bool method_fits(const char *method, const char *asked)
{
    return strcmp(method, asked) == 0 || (strcmp(method, "GET") == 0 && strcmp(asked, "HEAD") == 0);
}

/* allowed: the methods that this path takes, if not the one that was asked for; "" if nobody answers
 * the path. */
static const struct route *find_route(const struct table *t, const struct srv_request *rq,
                                      char allowed[SRV_HEADER_BYTES])
{
    size_t used = 0;
    allowed[0] = '\0';
    for (size_t i = 0; i < t->count && !rq->odd_path; i++) {
        const struct route *route = &t->routes[i];
        if (!path_fits(route->path, rq->path)) {
            continue;
        }
        if (method_fits(route->method, rq->method)) {
            return route;
        }
        used += (size_t)snprintf(allowed + used, SRV_HEADER_BYTES - used, "%s%s%s",
                                 used > 0 ? ", " : "", route->method,
                                 strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
    }
    return NULL;
}

static void refuse_route(struct srv_request *rq, const char *allowed)
{
    if (allowed[0] == '\0') {
        srv_answer_problem(rq, 404, "not_found", "there is no such path");
        return;
    }
    srv_answer_problem(rq, 405, "method_not_allowed", "this path does not take that method");
    srv_answer_header(rq, "Allow", allowed);
}

static bool has_role(struct srv_app *app, struct srv_request *rq, const struct route *route,
                     struct srv_actor *actor)
{
    *actor = (struct srv_actor){.name = ""};
    enum srv_credential_state state =
        srv_auth_find_actor(app->auth, srv_request_bearer(rq), app->now_s(), actor);
    if (state != SRV_CREDENTIAL_GOOD) {
        srv_refuse_proof(app, rq, state, actor->name,
                         "the token is missing, unknown, expired or revoked");
        return false;
    }
    (void)snprintf(rq->asker, sizeof rq->asker, "token %s", actor->name);
    if (actor->role < route->role) {
        srv_answer_problem(rq, 403, "forbidden", "this takes the role %s, and %s is %s",
                           SRV_ROLE_WORDS[route->role], actor->name, SRV_ROLE_WORDS[actor->role]);
        return false;
    }
    return true;
}

/* What a proxy on this machine passes on comes from elsewhere; a token that was sent must be good. */
static bool is_local(const struct srv_request *rq)
{
    return rq->loopback && srv_request_header(rq, "Authorization") == NULL &&
           srv_request_header(rq, "X-Forwarded-For") == NULL &&
           srv_request_header(rq, "Forwarded") == NULL && srv_request_header(rq, "Via") == NULL;
}

static bool may_enter(struct srv_app *app, struct srv_request *rq, const struct route *route,
                      struct srv_actor *actor)
{
    struct srv_device device;
    switch (route->entry) {
    case ENTRY_OPEN: return true;
    case ENTRY_DEVICE:
        if (!srv_know_device(app, rq, &device)) {
            srv_refuse_proof(app, rq, SRV_CREDENTIAL_UNKNOWN, "",
                             "the device token is not known here: enroll again");
            return false;
        }
        (void)snprintf(rq->asker, sizeof rq->asker, "device %s", device.device_id);
        return true;
    case ENTRY_ROLE: return has_role(app, rq, route, actor);
    case ENTRY_ROLE_OR_LOCAL: return is_local(rq) || has_role(app, rq, route, actor);
    }
    return false;
}

static void refuse_length(struct srv_request *rq, const struct route *route)
{
    srv_answer_problem(rq, 413, "too_large", "the body may have %zu bytes at most",
                       route->body_limit);
}

/* An export takes its time from agents as well. */
static bool is_too_crowded(struct srv_app *app, const struct srv_request *rq, enum class class)
{
    switch (class) {
    case CLASS_EXPORT:
        return rq->crowd >= SRV_CROWD_BUSY ||
               srv_load_crowd(&app->meter->loads[SRV_DOOR_AGENTS]) >= SRV_CROWD_BUSY;
    case CLASS_USUAL: return rq->crowd >= SRV_CROWD_FULL;
    case CLASS_CHEAP:
    case CLASS_BRAKE: return false;
    }
    return false;
}

/* Before anybody is asked who he is: it must cost nothing. */
static bool shed(struct srv_app *app, struct srv_request *rq, enum class class)
{
    bool crowded = is_too_crowded(app, rq, class);
    if (crowded) {
        srv_answer_problem(rq, 503, "unavailable", "the server is full: come again");
        rq->close = rq->crowd >= SRV_CROWD_FULL; /* and so makes room */
        srv_meter_event(app->meter, SRV_EVENT_SHED);
    }
    return crowded;
}

static void open_at(const struct table *t, struct srv_app *app, struct srv_request *rq)
{
    struct srv_actor actor;
    char allowed[SRV_HEADER_BYTES];
    const struct route *route = find_route(t, rq, allowed);
    rq->route = route;
    rq->route_path = route != NULL ? route->path : NULL;
    if (!srv_request_is_framed(rq)) {
        srv_answer_problem(rq, 400, "malformed_request",
                           "it can be told in several ways where this request ends");
        rq->close = true;
        return;
    }
    if (shed(app, rq, route != NULL ? route->class : CLASS_USUAL)) {
        return;
    }
    if (route == NULL) {
        refuse_route(rq, allowed);
        return;
    }
    rq->body_limit = route->body_limit;
    if (may_enter(app, rq, route, &actor) && rq->announced > rq->body_limit) {
        refuse_length(rq, route);
    }
}

static void open_in(const struct table *t, struct srv_app *app, struct srv_request *rq)
{
    srv_log_begin(rq->id);
    open_at(t, app, rq);
    srv_log_end();
}

static void open_agents(void *ctx, struct srv_request *rq)
{
    open_in(&TABLES[SRV_DOOR_AGENTS], ctx, rq);
}

static void open_admins(void *ctx, struct srv_request *rq)
{
    open_in(&TABLES[SRV_DOOR_ADMINS], ctx, rq);
}

/* What looks at the store, or waits for another change, is done at the desk: a connection's thread
 * never stands still, so that policies and the brake wait for nobody. Reports, enrolling and simulating
 * are parked by their handlers. */
static bool may_wait(enum srv_door door, const struct route *route)
{
    if (route->handle == srv_handle_readyz) {
        return true;
    }
    return door == SRV_DOOR_ADMINS && route->class < CLASS_CHEAP &&
           route->handle != srv_handle_rollout && route->handle != srv_handle_simulate;
}

static void handle_in(struct srv_app *app, enum srv_door door, struct srv_request *rq)
{
    const struct route *route = rq->route;
    struct srv_actor actor;
    if (rq->too_long) {
        refuse_length(rq, route);
    } else if (rq->resumed) {
        route->handle(app, rq, NULL);
    } else if (may_enter(app, rq, route, &actor)) {
        struct srv_desk *desk = may_wait(door, route) ? app->desks[door] : NULL;
        srv_visit(desk, app, rq, route->entry == ENTRY_ROLE ? &actor : NULL, route->handle);
    }
}

static void handle(struct srv_app *app, enum srv_door door, struct srv_request *rq)
{
    srv_log_begin(rq->id);
    handle_in(app, door, rq);
    srv_log_end();
}

static void handle_agents(void *ctx, struct srv_request *rq)
{
    handle(ctx, SRV_DOOR_AGENTS, rq);
}

static void handle_admins(void *ctx, struct srv_request *rq)
{
    handle(ctx, SRV_DOOR_ADMINS, rq);
}

/* How long a poll was held says nothing about the server. */
static void count(struct srv_app *app, enum srv_door door, const struct srv_request *rq)
{
    const struct route *route = rq->route;
    bool held = route != NULL && route->handle == srv_handle_policy && rq->resumed;
    uint64_t took_ms = clock_monotonic_ms() - rq->started_ms;
    size_t at = route != NULL ? (size_t)(route - TABLES[door].routes) : SRV_METER_NO_ROUTE;
    srv_meter_request(&app->meter->routes[door][at], rq->answer.status,
                      held || rq->answer.status == 0 ? SRV_METER_UNTIMED : took_ms);
}

static void end(struct srv_app *app, enum srv_door door, struct srv_request *rq)
{
    const struct route *route = rq->route;
    count(app, door, rq);
    if (route != NULL && route->end != NULL && rq->state != NULL) {
        route->end(rq);
    }
}

static void end_agents(void *ctx, struct srv_request *rq)
{
    end(ctx, SRV_DOOR_AGENTS, rq);
}

static void end_admins(void *ctx, struct srv_request *rq)
{
    end(ctx, SRV_DOOR_ADMINS, rq);
}

struct srv_handler srv_routes_agents(struct srv_app *app)
{
    return (struct srv_handler){
        .ctx = app, .open = open_agents, .handle = handle_agents, .end = end_agents};
}

struct srv_handler srv_routes_admins(struct srv_app *app)
{
    return (struct srv_handler){
        .ctx = app, .open = open_admins, .handle = handle_admins, .end = end_admins};
}
