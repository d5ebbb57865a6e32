/* Conversations of many with one server: no answer that its route may not give, no secret in any; versions
 * never fall, over restarts, too; a device changes its own rows and no other's; counters equal their rows. */
#include "tests/fuzz/fuzzing.h"

#include "base/file.h"
#include "base/log.h"
#include "tests/fakes/fake_server.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fuzz/answers.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/stored.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOW_S = 1800000000,
    FILE_BYTES = FAKE_FOLDER_BYTES + 64,
    BUNDLES = 9,
    HELD_MOST = 4,
    FEW_AN_HOUR = 12,
    STEPS_MOST = 64,
    PIECE_BYTES = 7,
    GATE_PAUSE_MS = 3600000, /* it looks when something was changed */
    STORE_MOST_BYTES = 16 * 1024 * 1024
};

/* What is made once. */
static struct {
    bool made;
    char folder[FAKE_FOLDER_BYTES];
    struct fake_signer signer;
    struct bytes store; /* with all credentials and both devices in it */
    struct bytes bundles[BUNDLES];
    char bearers[FAKE_WHO_COUNT][FAKE_BEARER_BYTES];
} world;

static atomic_int_fast64_t now_s;

static int64_t tell_time(void)
{
    return atomic_load(&now_s);
}

/* A request on its way. Its headers may point to the ETags that held when it was sent. */
struct asked {
    struct fake_talk *talk; /* NULL: nobody asks here */
    struct fake_request request;
    enum srv_door door;
    char policy_etag[SRV_ETAG_BYTES];
    char bundle_etag[SRV_ETAG_BYTES];
};

/* What one input is about. */
struct play {
    struct fake_server server;
    struct asked asked[HELD_MOST + 1]; /* held polls, and one that is answered at once */
    int64_t released;                  /* the highest version seen, and served */
    int64_t served;
    char policy_etag[SRV_ETAG_BYTES];
    char bundle_etag[SRV_ETAG_BYTES];
    uint64_t rows[2]; /* what is stored of A and B, see stored.h */
};

/* ---- once ------------------------------------------------------------------------------------ */

static void check_log(void *ctx, enum log_level level, const char *message)
{
    (void)ctx;
    (void)level;
    HOLDS(!answers_have_secret(span_text(message)));
}

static struct bytes make_bundle(uint32_t serial, const char *rollout, const char *expires_at)
{
    struct fake_plan plan = {
        .rollout = rollout,
        .serial = serial,
        .expires_at = expires_at,
        .rings = "{\"pilot\":{\"user\":[\"S-1-5-21-1-2-3-1001\"]}}",
        .stages =
            "[{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\",\"gate\":{\"advance\":"
            "\"auto\",\"soak_s\":60}},"
            "{\"name\":\"pilot\",\"rules\":[{\"ring\":\"pilot\",\"set\":\"allow\"}],"
            "\"otherwise\":\"block\",\"gate\":{\"on_fail\":\"safe\"}},"
            "{\"name\":\"back\",\"rules\":[],\"otherwise\":\"block\"}]"};
    return fake_signer_bundle(&world.signer, &plan);
}

/* Serials 1 to 5 rise; 6 is far off, 7 has expired, 8 is of a rollout that trust does not name, 9 is broken. */
static void make_bundles(void)
{
    for (uint32_t i = 0; i < 5; i++) {
        world.bundles[i] = make_bundle(i + 1, NULL, NULL);
    }
    world.bundles[5] = make_bundle(500, NULL, NULL);
    world.bundles[6] = make_bundle(7, NULL, "2026-06-01T00:00:00Z");
    world.bundles[7] = make_bundle(8, "another", NULL);
    world.bundles[8] = make_bundle(9, NULL, NULL);
    world.bundles[8].data[world.bundles[8].size / 2] = '!';
}

static void remove_folder(void)
{
    fake_folder_remove(world.folder);
}

static void store_path(char out[FILE_BYTES])
{
    (void)snprintf(out, FILE_BYTES, "%s/store.db", world.folder);
}

static void make_world(void)
{
    static const struct log_sink SINK = {.take = check_log};
    char path[FILE_BYTES];
    log_open_sink(&SINK);
    answers_know_all_routes();
    atomic_store(&now_s, NOW_S);
    fake_signer_init(&world.signer, "test");
    make_bundles();
    for (int who = 0; who < FAKE_WHO_COUNT; who++) {
        fake_bearer((enum fake_who)who, world.bearers[who]);
    }
    fake_folder_make(world.folder);
    fake_server_make(world.folder, NOW_S);
    store_path(path);
    HOLDS(file_read(path, STORE_MOST_BYTES, &world.store, NULL) == ST_OK);
    HOLDS(atexit(remove_folder) == 0);
    fuzz_any_signature_holds = true; /* what the arithmetic does is for other targets */
    world.made = true;
}

/* ---- what must hold between requests --------------------------------------------------------- */

static void check_versions(struct play *p)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->server.app.rollout, &view);
    HOLDS(view.release.version >= p->released);
    HOLDS(view.release.version == 0 || view.served);
    p->released = view.release.version;
    memcpy(p->policy_etag, view.policy_etag, sizeof p->policy_etag);
    memcpy(p->bundle_etag, view.bundle_etag, sizeof p->bundle_etag);
    srv_rollout_view_done(&view);
    struct srv_body *body = srv_feed_take(p->server.app.feed);
    int64_t served = body != NULL ? body->version : 0;
    srv_body_drop(body);
    HOLDS(served >= p->served && served >= p->released);
    p->served = served;
}

/* ---- the server ------------------------------------------------------------------------------ */

static void start(struct play *p)
{
    struct fake_server_options o = {.folder = world.folder,
                                    .trust = world.signer.trust,
                                    .now_s = tell_time,
                                    .gate_pause_ms = GATE_PAUSE_MS,
                                    .held_most = HELD_MOST,
                                    .desk_threads = 1,
                                    .burst = FEW_AN_HOUR};
    fake_server_open(&p->server, &o);
    check_versions(p);
}

static void finish(struct asked *a)
{
    struct fake_answer answer;
    fake_talk_finish(a->talk, &answer);
    answers_check(a->door, &a->request, &answer);
    fake_answer_done(&answer);
    a->talk = NULL;
}

static bool is_poll(const struct asked *a)
{
    return a->door == SRV_DOOR_AGENTS && strncmp(a->request.target, "/v1/policy", 10) == 0;
}

/* What is answered or will be at once; `all`: the polls that were held, too. */
static void finish_answered(struct play *p, bool all)
{
    for (size_t i = 0; i < sizeof p->asked / sizeof p->asked[0]; i++) {
        struct asked *a = &p->asked[i];
        if (a->talk != NULL && (all || !is_poll(a) || !fake_talk_is_held(a->talk))) {
            finish(a);
        }
    }
}

static void stop(struct play *p)
{
    fake_server_stop(&p->server);
    finish_answered(p, true);
    fake_server_close(&p->server);
}

/* ---- requests -------------------------------------------------------------------------------- */

static enum fake_who who_of(char letter)
{
    static const char LETTERS[] = "-?ABEVOP";
    const char *at = letter != '\0' ? strchr(LETTERS, letter) : NULL;
    return at != NULL ? (enum fake_who)(at - LETTERS) : FAKE_NOBODY;
}

static const char *value_of(const struct asked *a, const char *value)
{
    return strcmp(value, "@policy") == 0   ? a->policy_etag
           : strcmp(value, "@bundle") == 0 ? a->bundle_etag
           : strcmp(value, "@A") == 0      ? world.bearers[FAKE_DEVICE_A] + strlen("Bearer ")
           : strcmp(value, "@B") == 0      ? world.bearers[FAKE_DEVICE_B] + strlen("Bearer ")
                                           : value;
}

static struct span body_of(const struct script_step *step)
{
    struct span body = {step->body, step->body_size};
    bool bundle = body.size == 2 && body.data[0] == '@' && body.data[1] >= '1' &&
                  body.data[1] < '1' + BUNDLES;
    return bundle ? bytes_span(&world.bundles[body.data[1] - '1']) : body;
}

static void fill(struct asked *a, const struct play *p, const struct script_step *step)
{
    struct fake_request *rq = &a->request;
    enum fake_who who = who_of(step->who);
    a->door = step->door == 'a' ? SRV_DOOR_AGENTS : SRV_DOOR_ADMINS;
    memcpy(a->policy_etag, p->policy_etag, sizeof a->policy_etag);
    memcpy(a->bundle_etag, p->bundle_etag, sizeof a->bundle_etag);
    *rq = (struct fake_request){.method = step->method,
                                .target = step->target,
                                .body = body_of(step),
                                .piece_bytes = step->pieces ? PIECE_BYTES : 0,
                                .address = 1,
                                .loopback = step->loopback,
                                .crowd = step->full   ? SRV_CROWD_FULL
                                         : step->busy ? SRV_CROWD_BUSY
                                                      : SRV_CROWD_NONE};
    for (size_t i = 0; i < step->header_count; i++) {
        rq->headers[rq->header_count++] = (struct fake_header){
            .name = step->headers[i].name, .value = value_of(a, step->headers[i].value)};
    }
    if (who != FAKE_NOBODY) {
        rq->headers[rq->header_count++] =
            (struct fake_header){.name = "Authorization", .value = world.bearers[who]};
    }
}

/* Whose token is shown, in either way: then that device's rows may change. */
static bool shows(const struct script_step *step, enum fake_who device)
{
    bool shown = who_of(step->who) == device;
    for (size_t i = 0; i < step->header_count; i++) {
        shown = shown || strcmp(step->headers[i].value, device == FAKE_DEVICE_A ? "@A" : "@B") == 0;
    }
    return shown && step->door == 'a';
}

static struct asked *free_place(struct play *p)
{
    size_t i = 0;
    while (i < sizeof p->asked / sizeof p->asked[0] && p->asked[i].talk != NULL) {
        i++;
    }
    HOLDS(i < sizeof p->asked / sizeof p->asked[0]);
    return &p->asked[i];
}

/* Only who shows a device's token changes its rows. */
static void check_rows(struct play *p, bool a_may_change, bool b_may_change)
{
    const bool may_change[2] = {a_may_change, b_may_change};
    for (int i = 0; i < 2; i++) {
        char id[POL_ID_BYTES];
        fake_device_id((enum fake_who)(FAKE_DEVICE_A + i), id);
        uint64_t rows = stored_rows(&p->server.app.store, id);
        HOLDS(may_change[i] || rows == p->rows[i]);
        p->rows[i] = rows;
    }
}

static void ask(struct play *p, const struct script_step *step)
{
    struct asked *a = free_place(p);
    fill(a, p, step);
    a->talk = fake_talk_start(&p->server.doors[a->door], &a->request);
    HOLDS(a->talk != NULL);
    finish_answered(p, false);
    check_rows(p, shows(step, FAKE_DEVICE_A), shows(step, FAKE_DEVICE_B));
    check_versions(p);
}

static void restart(struct play *p)
{
    char etag[SRV_ETAG_BYTES];
    memcpy(etag, p->bundle_etag, sizeof etag);
    stop(p);
    start(p);
    HOLDS(strcmp(p->bundle_etag, etag) == 0);
    check_rows(p, false, false);
}

static void carry_out(struct play *p, const struct script_step *step)
{
    switch (step->kind) {
    case SCRIPT_ASK: ask(p, step); break;
    case SCRIPT_TIME:
        atomic_fetch_add(&now_s, step->seconds);
        srv_keeper_wake(p->server.app.keeper);
        break;
    case SCRIPT_RESTART: restart(p); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct play play; /* requests borrow from it */
    char path[FILE_BYTES];
    struct script_step step;
    struct bytes text = bytes_with_limit(size);
    if (!world.made) {
        make_world();
    }
    if (answers_have_secret((struct span){data, size})) {
        return 0; /* who sends a secret as a name may read it again */
    }
    play = (struct play){0};
    atomic_store(&now_s, NOW_S);
    fake_folder_empty(world.folder);
    store_path(path);
    HOLDS(file_write(path, bytes_span(&world.store), FILE_FOR_OWNER, NULL) == ST_OK);
    HOLDS(bytes_append(&text, data, size) == ST_OK);
    struct script script = {.at = (char *)text.data, .end = (char *)text.data + text.size};
    start(&play);
    check_rows(&play, true, true);
    for (int i = 0; i < STEPS_MOST && text.data != NULL && script_next(&script, &step); i++) {
        carry_out(&play, &step);
    }
    stored_check_counters(&play.server.app.store);
    stop(&play);
    bytes_free(&text);
    return 0;
}
