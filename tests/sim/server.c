#include "tests/sim/server.h"

#include "policy/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MOST_MS = 30, TOKEN_BYTES = 64, OLD_TOKEN_MS = SIM_DAY_MS };

static const char SECRET[] = "enroll-me";

void sim_server_init(struct sim_server *server, struct sim_world *world, struct sim_paper *paper,
                     uint64_t seed)
{
    *server = (struct sim_server){
        .world = world, .paper = paper, .dice = sim_dice_new(seed, UINT64_C(0x5e47e4))};
}

void sim_server_done(struct sim_server *server)
{
    free(server->devices);
    server->devices = NULL;
}

/* ---- devices and tokens ------------------------------------------------------------------- */

static struct sim_device *device_of_token(struct sim_server *server, const char *token)
{
    unsigned epoch = 0;
    unsigned number = 0;
    unsigned generation = 0;
    if (token == NULL || sscanf(token, "t%u.%u.%u", &epoch, &number, &generation) != 3 ||
        epoch != server->epoch || number >= server->count) {
        return NULL;
    }
    struct sim_device *device = &server->devices[number];
    bool newest = generation == device->generation;
    bool older =
        generation + 1 == device->generation && server->world->now_ms < device->old_until_ms;
    return newest || older ? device : NULL;
}

static struct sim_device *new_device(struct sim_server *server)
{
    if (server->count == server->capacity) {
        server->capacity = server->capacity == 0 ? 64 : server->capacity * 2;
        server->devices = realloc(server->devices, server->capacity * sizeof *server->devices);
        if (server->devices == NULL) {
            abort();
        }
    }
    struct sim_device *device = &server->devices[server->count++];
    *device = (struct sim_device){.generation = 0};
    return device;
}

const struct sim_device *sim_server_find(const struct sim_server *server, const char *device_id)
{
    unsigned epoch = 0;
    unsigned number = 0;
    if (sscanf(device_id, "d%u.%u", &epoch, &number) != 2 || epoch != server->epoch ||
        number >= server->count) {
        return NULL;
    }
    return &server->devices[number];
}

void sim_server_forget_devices(struct sim_server *server)
{
    server->epoch++;
    server->count = 0;
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answer(struct sim_server *server, struct sim_exchange *x, int http)
{
    x->answer = (struct ag_answer){.st = ST_OK, .http = http};
    x->at_ms = server->world->now_ms + 1 + sim_dice_up_to(&server->dice, ANSWER_MOST_MS - 1);
    x->held = false;
}

static void answer_body(struct sim_exchange *x, struct span body)
{
    x->answer.body = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    if (bytes_append(&x->answer.body, body.data, body.size) != ST_OK) {
        abort();
    }
}

static void put_off(struct sim_server *server, struct sim_exchange *x, int http, uint32_t after_s)
{
    answer(server, x, http);
    x->answer.retry_after_s = after_s;
    sim_paper_count(server->paper, SIM_KIND_SHED);
}

/* ---- policy ------------------------------------------------------------------------------- */

static void end_hold(struct sim_device *device)
{
    if (device->holder != NULL) {
        device->holder->held = false;
        device->holder = NULL;
    }
}

static void send_policy(struct sim_server *server, struct sim_exchange *x)
{
    answer(server, x, 200);
    answer_body(x, bytes_span(&server->released->envelope));
    memcpy(x->answer.etag, server->released->etag, sizeof server->released->etag);
    sim_paper_count(server->paper, SIM_KIND_BODY);
}

static void answer_held(struct sim_server *server, struct sim_exchange *x)
{
    answer(server, x, server->released != NULL ? 304 : 204);
    x->answer.wait_applied = true;
}

static void hold(struct sim_server *server, struct sim_device *device, struct sim_exchange *x)
{
    struct sim_exchange *older = device->holder;
    end_hold(device);
    if (older != NULL) { /* "a second ends the first" */
        answer_held(server, older);
        sim_agenda_hurry(&server->world->agenda, older->machine, older->at_ms);
    }
    answer_held(server, x);
    x->at_ms = server->world->now_ms + (uint64_t)x->wait_s * 1000;
    x->held = true;
    device->holder = x;
}

static void serve_policy(struct sim_server *server, const struct ag_request *request,
                         struct sim_exchange *x)
{
    struct sim_device *device = device_of_token(server, request->bearer);
    const char *have = request->if_none_match;
    const char *is = server->released != NULL ? server->released->etag : "\"0\"";
    if (server->world->flaw == SIM_FLAW_NO_ETAG) {
        have = NULL;
    }
    if (server->put_off_policy_s > 0) {
        put_off(server, x, 429, server->put_off_policy_s);
        return;
    }
    bool same = have != NULL && strcmp(have, is) == 0;
    if (server->released != NULL && !same) {
        send_policy(server, x);
    } else if (device != NULL && x->wait_s > 0 && same) {
        hold(server, device, x);
    } else {
        answer(server, x, server->released != NULL ? 304 : 204);
    }
    x->answer.enrollment_required = device == NULL;
}

size_t sim_server_release(struct sim_server *server, const struct sim_release *release)
{
    size_t held = 0;
    server->released = release;
    for (size_t i = 0; i < server->count; i++) {
        struct sim_exchange *x = server->devices[i].holder;
        if (x != NULL) {
            end_hold(&server->devices[i]);
            send_policy(server, x);
            sim_agenda_hurry(&server->world->agenda, x->machine, x->at_ms);
            held++;
        }
    }
    return held;
}

void sim_server_hung_up(struct sim_server *server, struct sim_exchange *exchange)
{
    for (size_t i = 0; exchange->held && i < server->count; i++) {
        if (server->devices[i].holder == exchange) {
            end_hold(&server->devices[i]);
        }
    }
}

/* ---- enrolling ---------------------------------------------------------------------------- */

static void serve_enroll(struct sim_server *server, const struct ag_request *request,
                         struct sim_exchange *x)
{
    char body[2 * TOKEN_BYTES + 64];
    struct sim_device *device = device_of_token(server, request->device_token);
    sim_paper_count(server->paper, SIM_KIND_ENROLL);
    if (device != NULL) {
        device->generation++;
        device->old_until_ms = server->world->now_ms + OLD_TOKEN_MS;
    } else if (request->bearer != NULL && strcmp(request->bearer, SECRET) == 0) {
        device = new_device(server);
        device->machine = x->machine;
    } else {
        answer(server, x, 401);
        return;
    }
    unsigned number = (unsigned)(device - server->devices);
    (void)snprintf(body, sizeof body,
                   "{\"device_id\":\"d%u.%u\",\"device_token\":\"t%u.%u.%" PRIu32 "\"}",
                   server->epoch, number, server->epoch, number, device->generation);
    answer(server, x, 201);
    answer_body(x, span_text(body));
}

/* ---- reports ------------------------------------------------------------------------------ */

static struct sim_row *row_of(struct sim_device *device, const char *sid)
{
    for (size_t i = 0; i < device->row_count; i++) {
        if (strcmp(device->rows[i].sid, sid) == 0) {
            return &device->rows[i];
        }
    }
    return device->row_count < SIM_USERS ? &device->rows[device->row_count++] : NULL;
}

static void take_rows(struct sim_server *server, struct sim_device *device,
                      const struct pol_report *report)
{
    if (report->full && report->part == 1) {
        device->row_count = 0; /* "users missing from a complete set are retired" */
    }
    for (size_t i = 0; i < report->user_count; i++) {
        const struct pol_report_user *user = &report->users[i];
        struct sim_row *row = row_of(device, user->sid);
        if (row == NULL) {
            sim_fault(server->world, SIM_FAULT_STATE, "a row too many: %s", user->sid);
            return;
        }
        *row = (struct sim_row){.loaded = user->hive_loaded,
                                .present = user->value.known && user->value.present,
                                .dword = user->value.dword,
                                .set = user->set,
                                .state = user->state};
        (void)snprintf(row->sid, sizeof row->sid, "%s", user->sid);
    }
}

static void take_report(struct sim_server *server, struct sim_device *device, struct span body)
{
    struct err err = {.st = ST_OK};
    struct pol_report *report = NULL;
    if (pol_report_parse(body, &report, &err) != ST_OK) {
        sim_fault(server->world, SIM_FAULT_STATE, "a report is refused: %s", err.text);
        return;
    }
    take_rows(server, device, report);
    device->effective = report->effective_version;
    device->received = report->received_version;
    device->failed = report->failed_code != NULL;
    if (report->full) {
        device->full = true;
        device->full_ms = server->world->now_ms;
    }
    sim_paper_count(server->paper, report->full ? SIM_KIND_FULL : SIM_KIND_NEWS);
    pol_report_free(report);
}

static void serve_report(struct sim_server *server, const struct ag_request *request,
                         struct sim_exchange *x)
{
    struct sim_device *device = device_of_token(server, request->bearer);
    if (server->put_off_report_s > 0) {
        put_off(server, x, 503, server->put_off_report_s);
    } else if (device == NULL) {
        answer(server, x, 401);
    } else {
        take_report(server, device, request->body);
        answer(server, x, 204);
    }
}

void sim_server_serve(struct sim_server *server, enum ag_lane lane,
                      const struct ag_request *request, struct sim_exchange *exchange)
{
    sim_paper_arrived(server->paper);
    sim_tell(server->world, exchange->machine * 4 + (unsigned)lane);
    switch (lane) {
    case AG_LANE_POLICY:
        sim_paper_count(server->paper, SIM_KIND_POLL);
        serve_policy(server, request, exchange);
        break;
    case AG_LANE_ENROLL: serve_enroll(server, request, exchange); break;
    case AG_LANE_REPORT: serve_report(server, request, exchange); break;
    case AG_LANE_COUNT: break;
    }
}
