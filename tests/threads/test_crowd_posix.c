/* test_crowd_posix.c - all that a server does, by many threads at once, and stopped in the middle of it.
 *
 * Built a second time with ThreadSanitizer (preset tsan). MR_SEED chooses who does what. */
#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "base/log.h"
#include "tests/threads/crowd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS = 3,
    PLAYS = 6, /* of each member, at least */
    POLLERS = 4,
    REPORTERS = 3,
    DESK_THREADS = 2,
    GATE_PAUSE_MS = 5,
    SERIALS_A_ROUND = 10000,
    LOOK_MS = 20,
    ENTRIES_MOST = 1000000
};

static uint64_t seed(void)
{
    const char *text = getenv("MR_SEED");
    uint64_t wanted = text != NULL ? strtoull(text, NULL, 10) : 0;
    return wanted != 0 ? wanted : (uint64_t)clock_wall_s();
}

static void drop(void *ctx, enum log_level level, const char *message)
{
    (void)ctx;
    (void)level;
    (void)message;
}

static void wait_a_moment(void)
{
    struct timespec moment = {.tv_nsec = LOOK_MS * 1000000L};
    (void)nanosleep(&moment, NULL);
}

/* ---- what must be there after a restart ------------------------------------------------------ */

static bool check_user(void *v, const struct srv_user_row *row)
{
    const struct crowd_device *d = v;
    MUST(strcmp(row->state, d->state) == 0);
    return true;
}

static bool check_entry(void *v, const struct pol_audit_entry *entry,
                        const uint8_t hash[DIGEST_BYTES])
{
    MUST(pol_audit_follow(v, entry, hash, NULL) == ST_OK);
    return true;
}

static bool add_count(void *v, const struct srv_count_row *row)
{
    int64_t *sums = v;
    sums[0] += strcmp(row->kind, "state") == 0 ? row->count : 0;
    sums[1] += strcmp(row->kind, "total") == 0 && strcmp(row->name, "users") == 0 ? row->count : 0;
    return true;
}

static void check_users(struct crowd *c, struct srv_store *store)
{
    int64_t sums[2] = {0};
    const struct srv_count_question question = {0};
    for (size_t i = 0; i < c->device_count; i++) {
        struct srv_filter filter = {.device_id = c->devices[i].device_id, .limit = 10};
        MUST(store->users(store->ctx, &filter, check_user, &c->devices[i], NULL) == ST_OK);
    }
    MUST(store->counts(store->ctx, &question, add_count, sums, NULL) == ST_OK);
    MUST(sums[0] == sums[1] && sums[1] == REPORTERS);
}

static void check_all_is_there(struct crowd *c)
{
    struct srv_store *store = &c->server->app.store;
    struct srv_rollout_view view;
    struct pol_audit_head head = {0};
    check_users(c, store);
    MUST(store->audit(store->ctx, 0, ENTRIES_MOST, check_entry, &head, NULL) == ST_OK);
    MUST(head.number > 0);
    srv_rollout_look(c->server->app.rollout, &view);
    MUST(view.release.version >= atomic_load(&c->released) && view.served);
    srv_rollout_view_done(&view);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void gather(struct crowd *c)
{
    uint64_t number = seed();
    (void)printf("MR_SEED=%" PRIu64 "\n", number);
    struct crowd_device *shared = crowd_add_device(c); /* its polls end each other */
    for (int i = 0; i < POLLERS; i++) {
        crowd_add(c, crowd_poll, i < 2 ? shared : crowd_add_device(c), number);
    }
    for (int i = 0; i < REPORTERS; i++) {
        crowd_add(c, crowd_report, crowd_add_device(c), number);
    }
    crowd_add(c, crowd_enroll, NULL, number);
    crowd_add(c, crowd_enroll, NULL, number);
    crowd_add(c, crowd_operate, NULL, number);
    crowd_add(c, crowd_race, NULL, number);
    crowd_add(c, crowd_look, NULL, number);
    crowd_add(c, crowd_meddle, NULL, number);
}

static void server__many_threads_at_once__all_answers_hang_together(void **state)
{
    static const struct log_sink SINK = {.take = drop};
    static struct crowd crowd;
    static struct fake_server server;
    static struct fake_signer signer;
    char folder[FAKE_FOLDER_BYTES];
    (void)state;
    log_open_sink(&SINK);
    fake_signer_init(&signer, "test");
    fake_folder_make(folder);
    fake_server_make(folder, clock_wall_s());
    struct fake_server_options options = {.folder = folder,
                                          .trust = signer.trust,
                                          .now_s = clock_wall_s,
                                          .gate_pause_ms = GATE_PAUSE_MS,
                                          .held_most = POLLERS - 1,
                                          .desk_threads = DESK_THREADS};
    crowd = (struct crowd){.server = &server, .signer = &signer, .folder = folder};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        fake_server_open(&server, &options);
        if (round == 0) {
            gather(&crowd);
        } else {
            check_all_is_there(&crowd);
        }
        crowd.first_serial = round * SERIALS_A_ROUND + 1;
        crowd_start(&crowd);
        while (!crowd_has_played(&crowd, PLAYS)) {
            wait_a_moment();
        }
        crowd_join(&crowd);
        fake_server_close(&server);
    }
    fake_server_open(&server, &options);
    check_all_is_there(&crowd);
    fake_server_stop(&server);
    fake_server_close(&server);
    fake_folder_remove(folder);
    fake_signer_done(&signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server__many_threads_at_once__all_answers_hang_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
