#include "tests/cmocka_all.h"

#include "tests/requests/asking.h"

#include "base/log.h"
#include "tests/fakes/nth_allocation.h"

#include <malloc.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { NOW_S = 1800000000 };

/* ---- SQLite's memory ------------------------------------------------------------------------- */

static void *lend(int size)
{
    return nth_allocation_lend(NULL, (size_t)size);
}

static void *lend_more(void *old, int size)
{
    return nth_allocation_lend(old, (size_t)size);
}

static int size_of(void *block)
{
    return (int)malloc_usable_size(block);
}

static int round_up(int size)
{
    return (size + 7) / 8 * 8;
}

static int begin(void *ctx)
{
    (void)ctx;
    return SQLITE_OK;
}

static void end(void *ctx)
{
    (void)ctx;
}

/* ---- a server -------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

/* The gates' thread would ask for memory at any time: it stops here until the end. */
static int64_t stand_still(void)
{
    pthread_mutex_lock(&gate.lock);
    while (!gate.open) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    pthread_mutex_unlock(&gate.lock);
    return NOW_S;
}

static void open_gate(bool open)
{
    pthread_mutex_lock(&gate.lock);
    gate.open = open;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

static int64_t now(void)
{
    return NOW_S;
}

int requests_setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    open_gate(false);
    fake_signer_init(&p->signer, "test");
    fake_folder_make(p->folder);
    fake_server_make(p->folder, NOW_S);
    struct fake_server_options o = {.folder = p->folder,
                                    .trust = p->signer.trust,
                                    .now_s = now,
                                    .keeper_now_s = stand_still,
                                    .gate_pause_ms = 1000,
                                    .held_most = HELD_MOST};
    fake_server_open(&p->server, &o);
    *state = p;
    return 0;
}

int requests_teardown(void **state)
{
    struct place *p = *state;
    open_gate(true);
    fake_server_stop(&p->server);
    fake_server_close(&p->server);
    fake_folder_remove(p->folder);
    fake_signer_done(&p->signer);
    bytes_free(&p->bundle);
    free(p);
    return 0;
}

static void drop(void *ctx, enum log_level level, const char *message)
{
    (void)ctx;
    (void)level;
    (void)message;
}

void requests_begin(void)
{
    static const struct log_sink SINK = {.take = drop};
    static const sqlite3_mem_methods METHODS = {
        lend, nth_allocation_take_back, lend_more, size_of, round_up, begin, end, NULL};
    log_open_sink(&SINK);
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &METHODS), SQLITE_OK);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void fill(struct asking *a)
{
    struct fake_request *rq = &a->request;
    struct srv_rollout_view view;
    *rq = (struct fake_request){.method = a->method, .target = a->target, .address = 1};
    rq->body = a->content.size > 0 ? a->content : span_text(a->body);
    fake_bearer(a->who, a->bearer);
    rq->headers[rq->header_count++] = (struct fake_header){"Authorization", a->bearer};
    srv_rollout_look(a->place->server.app.rollout, &view);
    if (a->if_match != NULL) {
        bool bundle = strcmp(a->if_match, "bundle") == 0;
        memcpy(a->etag, bundle ? view.bundle_etag : view.policy_etag, sizeof a->etag);
        rq->headers[rq->header_count++] =
            (struct fake_header){a->prefer != NULL ? "If-None-Match" : "If-Match", a->etag};
    }
    if (a->prefer != NULL) {
        rq->headers[rq->header_count++] = (struct fake_header){"Prefer", a->prefer};
    }
    srv_rollout_view_done(&view);
}

static enum status tell(const struct asking *a, struct err *err)
{
    unsigned status = a->answer.cut ? 0 : a->answer.status;
    if (status == a->good && a->same.size > 0 &&
        !span_equal(bytes_span(&a->answer.body), bytes_span(&a->same))) {
        return err_set(err, ST_BUG, 0, "%s says something else: %s", a->target,
                       bytes_text(&a->answer.body));
    }
    if (status == a->good || a->talk != NULL) {
        return ST_OK;
    }
    return status == 503 || status == 0 ? err_set(err, ST_NO_MEMORY, 0, "answered with %u", status)
                                        : err_set(err, ST_BUG, 0, "%s answered with %u: %s",
                                                  a->target, status, bytes_text(&a->answer.body));
}

static enum status ask(void *ctx, struct err *err)
{
    struct asking *a = ctx;
    a->talk = fake_talk_start(&a->place->server.doors[a->door], &a->request);
    if (a->prefer == NULL || !fake_talk_is_held(a->talk)) {
        fake_talk_finish(a->talk, &a->answer);
        a->talk = NULL;
    }
    return tell(a, err);
}

/* What was held ends when something is released. */
static void end_poll(struct asking *a)
{
    if (a->talk != NULL) {
        struct srv_body *body = srv_feed_take(a->place->server.app.feed);
        struct span envelope = {body->data, body->size};
        assert_int_equal(srv_feed_publish(a->place->server.app.feed, body->version, envelope, NULL),
                         ST_OK);
        srv_body_drop(body);
        fake_talk_finish(a->talk, &a->answer);
        a->talk = NULL;
    }
}

/* Releases whose rows could not be written are written now: they would look like leaks. */
static void settle(struct place *p)
{
    struct srv_write w = {.kind = SRV_WRITE_AUDIT, .now_s = NOW_S};
    srv_rollout_note_again(p->server.app.rollout);
    assert_int_equal(srv_store_write(&p->server.app.store, &w, NULL), ST_OK);
    assert_true(srv_rollout_is_noted(p->server.app.rollout));
}

static void ask_again(void *ctx, bool good)
{
    struct asking *a = ctx;
    struct err err = {0};
    end_poll(a);
    fake_answer_done(&a->answer);
    settle(a->place);
    if (!good) {
        fill(a);
        if (ask(a, &err) != ST_OK) {
            fail_msg("memory is there again: %s", err.text);
        }
        end_poll(a);
        fake_answer_done(&a->answer);
        settle(a->place);
    }
    if (a->renew != NULL) {
        a->renew(a);
    }
    fill(a);
}

/* The request was asked once and answered well before the first allocation fails. */
void run_out_of_memory(struct asking *a)
{
    struct err err = {0};
    struct nth_call call = {
        .ctx = a, .call = ask, .after = ask_again, .step = a->step, .may_succeed = true};
    if (a->renew != NULL) {
        a->renew(a);
    }
    fill(a);
    if (ask(a, &err) != ST_OK) {
        fail_msg("with all memory: %s", err.text);
    }
    if (a->stays) {
        a->same = a->answer.body;
        a->answer.body = (struct bytes){0};
    }
    ask_again(a, true);
    assert_true(nth_allocation_each(&call) > 0);
    bytes_free(&a->same);
}

void ask_once(struct asking a)
{
    struct err err = {0};
    fill(&a);
    if (ask(&a, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    fake_answer_done(&a.answer);
}
