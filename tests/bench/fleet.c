/* fleet.c FOLDER TRUST PLAN - what POST /v1/simulate costs for all users of a store, beside reading the same facts with
 * SQLite and doing nothing.
 *
 * A line for each repetition: subject, microseconds of CPU of ours, of the peer's. On standard error how long ours took. */
#include "base/clock.h"
#include "base/file.h"
#include "policy/limits.h"
#include "server/simulator.h"
#include "server/store_sqlite.h"

#include <psa/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPETITIONS = 5, LIMIT_MS = 600000 };

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_fleet: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct bytes read_whole(const char *path, size_t limit)
{
    struct bytes out = {0};
    struct err err = {0};
    if (file_read(path, limit, &out, &err) != ST_OK) {
        fail(err.text);
    }
    return out;
}

/* ---- the peer -------------------------------------------------------------------------------- */

static double read_facts(const char *folder)
{
    static const char SQL[] =
        "SELECT u.sid, u.account, u.groups, u.mailbox, u.outlook, u.version, d.name, d.tags, "
        "d.computer_ou, d.ad_site, d.multi_session, d.preflight FROM user_state u JOIN device d ON "
        "d.key = u.device WHERE u.retired_s IS NULL ORDER BY u.key";
    char path[4096];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    double begin = cpu_us();
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, SQL, -1, &stmt, NULL) != SQLITE_OK) {
        fail("the peer cannot read");
    }
    size_t texts = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            texts += sqlite3_column_text(stmt, i) != NULL ? 1 : 0;
        }
    }
    sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    if (texts == 0) {
        fail("there is nobody");
    }
    return cpu_us() - begin;
}

/* ---- ours ------------------------------------------------------------------------------------ */

static double simulate(const struct srv_simulator_parts *parts, struct span plan)
{
    atomic_bool cancelled;
    struct srv_question *question = calloc(1, sizeof *question);
    if (question == NULL) {
        fail("no memory");
    }
    atomic_init(&cancelled, false);
    question->body = plan;
    uint64_t start_ms = clock_monotonic_ms();
    double begin = cpu_us();
    struct srv_patience patience = {.until_ms = start_ms + LIMIT_MS, .cancelled = &cancelled};
    srv_question_answer(question, parts, &patience);
    double end = cpu_us();
    if (question->st != ST_OK) {
        fail(question->err.text);
    }
    (void)fprintf(stderr, "bench_fleet: %.1f s\n",
                  (double)(clock_monotonic_ms() - start_ms) / 1000);
    bytes_free(&question->text);
    free(question);
    return end - begin;
}

int main(int argc, char **argv)
{
    struct srv_store store;
    struct srv_feed *feed = NULL;
    struct srv_rollout *rollout = NULL;
    struct pol_trust *trust = NULL;
    struct err err = {0};
    if (argc != 4 || psa_crypto_init() != PSA_SUCCESS) {
        fail("usage: bench_fleet FOLDER TRUST PLAN");
    }
    struct bytes trust_text = read_whole(argv[2], LIMIT_TRUST_BYTES);
    struct bytes plan = read_whole(argv[3], LIMIT_PLAN_BYTES);
    struct srv_rollout_parts parts = {.folder = argv[1], .store = &store};
    if (pol_trust_parse(bytes_span(&trust_text), &trust, &err) != ST_OK ||
        srv_store_sqlite_open(argv[1], &store, &err) != ST_OK ||
        srv_feed_open(1, &feed, &err) != ST_OK) {
        fail(err.text);
    }
    parts.feed = feed;
    parts.trust = trust;
    if (srv_rollout_open(&parts, &rollout, &err) != ST_OK) {
        fail(err.text);
    }
    const struct srv_simulator_parts simulating = {
        .store = &store, .rollout = rollout, .now_s = clock_wall_s, .limit_ms = LIMIT_MS};
    for (int i = 0; i < REPETITIONS; i++) {
        double ours = simulate(&simulating, bytes_span(&plan));
        (void)printf("POST /v1/simulate\t%.0f\t%.0f\n", ours, read_facts(argv[1]));
    }
    store.close(store.ctx);
    srv_rollout_free(rollout);
    srv_feed_free(feed);
    pol_trust_free(trust);
    bytes_free(&plan);
    bytes_free(&trust_text);
    return 0;
}
