#include "tests/fakes/fake_server.h"

#include "base/file.h"
#include "server/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MANY_AN_HOUR = 1000 * 1000,
    PATH_BYTES = FAKE_FOLDER_BYTES + 64,
    SIMULATE_MS = 10000,
    DESK_WAITING = 64,
    CONNECTIONS = 1000
};

static void must(enum status st, const struct err *err)
{
    if (st != ST_OK) {
        err_print("fake_server", err);
        abort();
    }
}

void fake_secret(enum fake_who who, char out[SRV_SECRET_BYTES])
{
    (void)snprintf(out, SRV_SECRET_BYTES, "5ec2e7%057xf", (unsigned)who);
}

void fake_bearer(enum fake_who who, char out[FAKE_BEARER_BYTES])
{
    char secret[SRV_SECRET_BYTES];
    fake_secret(who, secret);
    (void)snprintf(out, FAKE_BEARER_BYTES, "Bearer %s", secret);
}

void fake_device_id(enum fake_who who, char out[POL_ID_BYTES])
{
    memset(out, who == FAKE_DEVICE_A ? 'a' : 'b', POL_ID_BYTES - 1);
    out[POL_ID_BYTES - 1] = '\0';
}

/* ---- folders --------------------------------------------------------------------------------- */

void fake_folder_make(char out[FAKE_FOLDER_BYTES])
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || strlen(parent) > FAKE_FOLDER_BYTES / 2) {
        parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    }
    (void)snprintf(out, FAKE_FOLDER_BYTES, "%s/mr-server-XXXXXX", parent);
    if (mkdtemp(out) == NULL) {
        perror(out);
        abort();
    }
}

static bool remove_one(void *ctx, const char *name)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/%.60s", (const char *)ctx, name);
    if (unlink(path) != 0) {
        perror(path);
        abort();
    }
    return true;
}

void fake_folder_empty(const char *folder)
{
    struct err err = {0};
    char copy[FAKE_FOLDER_BYTES];
    (void)snprintf(copy, sizeof copy, "%s", folder);
    must(file_list(folder, remove_one, copy, &err), &err);
}

void fake_folder_remove(const char *folder)
{
    fake_folder_empty(folder);
    if (rmdir(folder) != 0) {
        perror(folder);
        abort();
    }
}

/* ---- a store with somebody in it ------------------------------------------------------------- */

static void digest_of(enum fake_who who, uint8_t out[DIGEST_BYTES])
{
    char secret[SRV_SECRET_BYTES];
    fake_secret(who, secret);
    if (!srv_secret_digest(secret, out)) {
        abort();
    }
}

static void add_credential(struct srv_store *store, enum fake_who who, enum srv_role role,
                           int64_t now_s)
{
    struct err err = {0};
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = now_s};
    w.u.credential.role = role;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "%s", SRV_ROLE_WORDS[role]);
    digest_of(who, w.u.credential.digest);
    must(srv_store_write(store, &w, &err), &err);
}

static void add_device(struct srv_store *store, enum fake_who who, const char *name, int64_t now_s)
{
    struct err err = {0};
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = now_s};
    w.u.enroll.machine.name = name;
    digest_of(who, w.u.enroll.new_digest);
    fake_device_id(who, w.u.enroll.device_id);
    must(srv_store_write(store, &w, &err), &err);
}

void fake_server_make(const char *folder, int64_t now_s)
{
    struct err err = {0};
    struct srv_store store;
    must(srv_store_sqlite_open(folder, &store, &err), &err);
    add_credential(&store, FAKE_ENROLLER, SRV_ROLE_ENROLL, now_s);
    add_credential(&store, FAKE_VIEWER, SRV_ROLE_VIEWER, now_s);
    add_credential(&store, FAKE_OPERATOR, SRV_ROLE_OPERATOR, now_s);
    add_credential(&store, FAKE_PUBLISHER, SRV_ROLE_PUBLISHER, now_s);
    add_device(&store, FAKE_DEVICE_A, "PC-A", now_s);
    add_device(&store, FAKE_DEVICE_B, "PC-B", now_s);
    store.close(store.ctx);
}

/* ---- the parts, in the order of server/daemon.c ---------------------------------------------- */

static void open_rates(uint32_t burst, struct srv_rates *out)
{
    struct err err = {0};
    struct srv_rate **const rates[] = {&out->strangers, &out->failures, &out->newcomers,
                                       &out->rotations, &out->reports,  &out->bodies};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        must(srv_rate_open(burst, burst, rates[i], &err), &err);
    }
}

void fake_server_open(struct fake_server *out, const struct fake_server_options *o)
{
    struct err err = {0};
    struct srv_app *app = &out->app;
    *out = (struct fake_server){.app = {.now_s = o->now_s}};
    must(srv_meter_open(o->now_s(), &app->meter, &err), &err);
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        app->meter->loads[door].limit = CONNECTIONS;
    }
    must(srv_store_sqlite_open(o->folder, &app->store, &err), &err);
    must(srv_auth_open(&app->store, &app->auth, &err), &err);
    must(srv_feed_open(o->held_most, &app->feed, &err), &err);
    open_rates(o->burst > 0 ? o->burst : MANY_AN_HOUR, &app->rates);
    struct srv_rollout_parts rollout = {
        .folder = o->folder, .store = &app->store, .feed = app->feed, .trust = o->trust};
    must(srv_rollout_open(&rollout, &app->rollout, &err), &err);
    struct srv_keeper_parts keeper = {.store = &app->store,
                                      .rollout = app->rollout,
                                      .now_s = o->keeper_now_s != NULL ? o->keeper_now_s : o->now_s,
                                      .pause_ms = o->gate_pause_ms};
    must(srv_keeper_open(&keeper, &app->keeper, &err), &err);
    struct srv_simulator_parts simulator = {
        .store = &app->store, .rollout = app->rollout, .now_s = o->now_s, .limit_ms = SIMULATE_MS};
    must(srv_simulator_open(&simulator, &app->simulator, &err), &err);
    for (size_t door = 0; door < SRV_DOOR_COUNT && o->desk_threads > 0; door++) {
        must(srv_desk_open(o->desk_threads, DESK_WAITING, &app->desks[door], &err), &err);
    }
    out->doors[SRV_DOOR_AGENTS] = srv_routes_agents(app);
    out->doors[SRV_DOOR_ADMINS] = srv_routes_admins(app);
}

void fake_server_stop(struct fake_server *server)
{
    srv_feed_close(server->app.feed);
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        srv_desk_close(server->app.desks[door]);
    }
    srv_simulator_stop(server->app.simulator);
}

void fake_server_close(struct fake_server *server)
{
    struct srv_app *app = &server->app;
    srv_simulator_free(app->simulator);
    srv_keeper_close(app->keeper);
    app->store.close(app->store.ctx);
    srv_rollout_free(app->rollout);
    srv_feed_free(app->feed);
    for (size_t door = 0; door < SRV_DOOR_COUNT; door++) {
        srv_desk_free(app->desks[door]);
    }
    srv_auth_free(app->auth);
    srv_rates_free(&app->rates);
    srv_meter_free(app->meter);
    *server = (struct fake_server){0};
}
