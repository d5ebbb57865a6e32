#include "tests/fakes/fake_world.h"

#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char FAKE_PILOT[] = "S-1-5-21-1-2-3-1001";
const char FAKE_EXCEPTION[] = "S-1-5-21-1-2-3-1002";
const char FAKE_OTHER[] = "S-1-5-21-1-2-3-1003";

static const char RINGS[] = "{\"exceptions\":{\"user\":[\"S-1-5-21-1-2-3-1002\"]},"
                            "\"pilot\":{\"user\":[\"S-1-5-21-1-2-3-1001\"]}}";
static const char STAGES[] =
    "[{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\",\"expect\":\"any\"},"
    "{\"name\":\"hold-back\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"}],"
    "\"otherwise\":\"block\",\"expect\":\"any\"},"
    "{\"name\":\"pilot\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"},"
    "{\"ring\":\"pilot\",\"set\":\"allow\"}],\"otherwise\":\"block\"},"
    "{\"name\":\"finish\",\"rules\":[],\"otherwise\":\"restore\"}]";

/* ---- the server --------------------------------------------------------------------------- */

static bool has_token(const struct fake_world *world, const struct fake_request *request)
{
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%s", world->token);
    return expected[0] != '\0' && strcmp(request->bearer, expected) == 0;
}

static void serve_policy(struct fake_world *world, const struct fake_request *request,
                         struct fake_reply *reply)
{
    bool known = has_token(world, request);
    bool holds = known && !world->ignores_wait && request->wait_s > 0;
    if (world->new_etag_each_time) {
        (void)snprintf(world->etag, sizeof world->etag, "\"%u\"", world->http.requests[0]);
    }
    memcpy(world->last_if_none_match, request->if_none_match, sizeof request->if_none_match);
    memcpy(world->last_bearer, request->bearer, sizeof request->bearer);
    bool same = strcmp(request->if_none_match, world->etag) == 0;
    reply->enrollment_required = !known && !world->ignores_wait;
    reply->after_ms += world->slow_ms;
    if (world->released.size > 0 && !same) {
        reply->http = 200;
        reply->body = bytes_span(&world->released);
        if (!world->no_etag) {
            memcpy(reply->etag, world->etag, sizeof world->etag);
        }
        return;
    }
    reply->http = world->released.size > 0 ? 304 : 204;
    reply->wait_applied = holds;
    reply->after_ms = holds ? (uint64_t)request->wait_s * 1000 : reply->after_ms;
}

static void serve_enroll(struct fake_world *world, const struct fake_request *request,
                         struct fake_reply *reply)
{
    static char body[128];
    bool old = world->token[0] != '\0' && strcmp(request->device_token, world->token) == 0;
    if (!old && strcmp(request->bearer, "enroll-me") != 0) {
        reply->http = 401;
        return;
    }
    world->enrolled++;
    (void)snprintf(world->token, sizeof world->token, "token-%u", world->enrolled);
    (void)snprintf(body, sizeof body, "{\"device_id\":\"device-%u\",\"device_token\":\"%s\"}",
                   old ? 1 : world->enrolled, world->token);
    reply->http = 201;
    reply->body = span_text(body);
}

static void store_report(struct fake_world *world, const struct fake_request *request)
{
    struct err err = {.st = ST_OK};
    struct pol_report *report = NULL;
    if (pol_report_parse(bytes_span(&request->body), &report, &err) != ST_OK) {
        err_print("fake server", &err);
        abort();
    }
    if (world->report_count < FAKE_REPORTS) {
        world->reports[world->report_count] = report;
        report = NULL;
    }
    pol_report_free(report);
    world->report_count++;
}

static void serve_report(struct fake_world *world, const struct fake_request *request,
                         struct fake_reply *reply)
{
    reply->after_ms += world->report_slow_ms;
    if (world->reports_down) {
        reply->http = 503;
        reply->retry_after_s = 30;
    } else if (!has_token(world, request)) {
        reply->http = 401;
    } else if (world->report_code != 0) {
        reply->http = world->report_code;
    } else {
        store_report(world, request);
        reply->http = 204;
    }
}

static void serve(void *ctx, const struct fake_request *request, struct fake_reply *reply)
{
    struct fake_world *world = ctx;
    *reply = (struct fake_reply){.st = ST_OK, .http = 404, .after_ms = 1};
    if (world->down) {
        reply->st = world->down_as != ST_OK ? world->down_as : ST_UNREACHABLE;
    } else if (strcmp(request->path, "/v1/policy") == 0) {
        serve_policy(world, request, reply);
    } else if (strcmp(request->path, "/v1/enroll") == 0) {
        serve_enroll(world, request, reply);
    } else if (strcmp(request->path, "/v1/reports") == 0) {
        serve_report(world, request, reply);
    }
}

void fake_world_release(struct fake_world *world, struct span envelope)
{
    struct fake_lane *held = &world->http.lanes[AG_LANE_POLICY];
    bytes_free(&world->released);
    world->released = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    if (bytes_append(&world->released, envelope.data, envelope.size) != ST_OK) {
        abort();
    }
    (void)snprintf(world->etag, sizeof world->etag, "\"release-%u\"", ++world->releases);
    if (held->busy && held->reply.wait_applied) {
        struct fake_reply reply;
        serve(world, &held->request, &reply);
        fake_http_answer(&world->http, AG_LANE_POLICY, &reply);
    }
}

struct bytes fake_world_envelope(const struct fake_world *world, const struct fake_signer *signer,
                                 uint32_t serial, const char *stage)
{
    (void)world;
    struct fake_plan plan = {.serial = serial, .rings = RINGS, .stages = STAGES};
    return fake_signer_envelope(signer, &plan, stage);
}

void fake_world_release_stage(struct fake_world *world, uint32_t serial, const char *stage)
{
    struct bytes envelope = fake_world_envelope(world, &world->signer, serial, stage);
    fake_world_release(world, bytes_span(&envelope));
    bytes_free(&envelope);
}

void fake_world_release_observe(void *ctx)
{
    fake_world_release_stage(ctx, 7, "observe");
}

void fake_world_release_hold_back(void *ctx)
{
    fake_world_release_stage(ctx, 7, "hold-back");
}

void fake_world_release_pilot(void *ctx)
{
    fake_world_release_stage(ctx, 7, "pilot");
}

void fake_world_release_safe(void *ctx)
{
    fake_world_release_stage(ctx, 7, "safe");
}

void fake_world_release_finish(void *ctx)
{
    fake_world_release_stage(ctx, 8, "finish");
}

void fake_world_go_down(void *ctx)
{
    struct fake_world *world = ctx;
    world->down = true;
}

void fake_world_come_up(void *ctx)
{
    struct fake_world *world = ctx;
    world->down = false;
}

void fake_world_drop_file(struct fake_world *world, struct span content)
{
    fake_vault_put(&world->vault, "policy.jws", content);
    world->dropped = true;
}

/* ---- the machine -------------------------------------------------------------------------- */

static bool stopping(void *ctx)
{
    const struct fake_world *world = ctx;
    return world->stop;
}

static bool hives_changed(void *ctx)
{
    struct fake_world *world = ctx;
    bool changed = world->changed;
    world->changed = false;
    return changed;
}

static bool files_changed(void *ctx)
{
    struct fake_world *world = ctx;
    bool changed = world->dropped;
    world->dropped = false;
    return changed;
}

static bool network_changed(void *ctx)
{
    struct fake_world *world = ctx;
    bool changed = world->network;
    world->network = false;
    return changed;
}

static char *copy(const char *text)
{
    char *out = text_copy(text);
    if (out == NULL) {
        abort();
    }
    return out;
}

void fake_world_init(struct fake_world *world)
{
    memset(world, 0, sizeof *world);
    fake_clock_init(&world->clock);
    fake_http_init(&world->http, &world->clock, serve, world);
    fake_hives_init(&world->hives);
    fake_vault_init(&world->vault);
    fake_signer_init(&world->signer, "test");
    fake_signer_init(&world->stranger, "test");
    world->config = ag_config_defaults();
    world->config.server_url = copy("https://server.test");
    world->config.enroll_secret_file = copy("/nonexistent/secret");
    world->host = (struct ag_host){.name = copy("PC-1"),
                                   .os = copy("10.0.19045"),
                                   .arch = copy("x64"),
                                   .machine_guid = copy("guid-1")};
    fake_vault_put(&world->vault, "enroll.sealed", span_text("enroll-me"));
    (void)fake_hives_add(&world->hives, FAKE_PILOT);
    (void)fake_hives_add(&world->hives, FAKE_EXCEPTION);
    (void)fake_hives_add(&world->hives, FAKE_OTHER);
    world->ports = (struct ag_ports){
        .clock = fake_clock_port(&world->clock),
        .http = fake_http_port(&world->http),
        .users = fake_hives_users(&world->hives),
        .setting = fake_hives_setting(&world->hives),
        .outlook = fake_outlook_port(&world->outlook),
        .sights = fake_sights_port(&world->sights),
        .probing = fake_probing_port(&world->probing),
        .vault = fake_vault_port(&world->vault),
        .stopping = stopping,
        .hives_changed = hives_changed,
        .files_changed = files_changed,
        .network_changed = network_changed,
        .events_ctx = world,
    };
}

void fake_world_done(struct fake_world *world)
{
    for (unsigned i = 0; i < FAKE_REPORTS; i++) {
        pol_report_free(world->reports[i]);
    }
    bytes_free(&world->released);
    free(world->host.name);
    free(world->host.os);
    free(world->host.arch);
    free(world->host.machine_guid);
    ag_config_done(&world->config);
    fake_signer_done(&world->stranger);
    fake_signer_done(&world->signer);
    fake_vault_done(&world->vault);
    fake_http_done(&world->http);
}

static void stop(void *ctx)
{
    struct fake_world *world = ctx;
    world->stop = true;
}

void fake_world_after(struct fake_world *world, uint32_t seconds, fake_event *event)
{
    fake_http_at(&world->http, world->clock.ms + (uint64_t)seconds * 1000, event, world);
}

void fake_world_run(struct fake_world *world, uint32_t seconds)
{
    world->stop = false;
    fake_world_after(world, seconds, stop);
    const struct ag_trust trust = {.trust = world->signer.trust, .refused = world->trust_refused};
    if (ag_run(&world->config, &world->host, &world->ports, &trust, &world->err) != ST_OK) {
        err_print("fake_world", &world->err);
        abort();
    }
}

void fake_world_enforce_hold_back(struct fake_world *world)
{
    fake_world_release_hold_back(world);
    fake_world_run(world, 20);
    if (!fake_hives_has_dword(&world->hives.hives[0], 1)) {
        abort();
    }
}

/* ---- what was reported -------------------------------------------------------------------- */

static unsigned kept(const struct fake_world *world)
{
    return world->report_count < FAKE_REPORTS ? world->report_count : FAKE_REPORTS;
}

const struct pol_report *fake_world_last_report(const struct fake_world *world)
{
    return kept(world) > 0 ? world->reports[kept(world) - 1] : NULL;
}

const struct pol_report_user *fake_world_reported(const struct fake_world *world, const char *sid)
{
    for (unsigned i = kept(world); i > 0; i--) {
        const struct pol_report *report = world->reports[i - 1];
        for (size_t u = 0; u < report->user_count; u++) {
            if (strcmp(report->users[u].sid, sid) == 0) {
                return &report->users[u];
            }
        }
    }
    return NULL;
}
