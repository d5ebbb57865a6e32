/* compliance.c FOLDER USERS [sql|none|facts] - a store of so many users, ten on each machine, as a server would have written it.
 *
 * Prints the seconds of CPU that it took: new users, and the same again in other states. With "facts" users have groups and machines
 * tags, a place and probes: what decisions ask for. With "none" nothing is counted; with "sql" triggers count each row by statements of
 * their own, as the first schema did: what the counters cost. */
#include "server/schema.h"
#include "server/store_sqlite.h"

#include <psa/crypto.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PER_DEVICE = 10,
    WINDOW = 1024, /* writes under way */
    DAY_S = 86400,
    SQL_BYTES = 64 * 1024
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_compliance: %s\n", what);
    exit(1);
}

static void ignore_done(struct srv_write *w)
{
    (void)w;
}

/* Everything that was submitted is carried out. */
static void drain(struct srv_store *store)
{
    struct srv_write last = {.kind = SRV_WRITE_AUDIT, .now_s = 1};
    if (srv_store_write(store, &last, NULL) != ST_OK) {
        fail("the store does not write");
    }
}

static uint32_t any(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* ---- machines -------------------------------------------------------------------------------- */

struct enrolling {
    struct srv_write writes[WINDOW];
    char names[WINDOW][32];
};

static void enroll_all(struct srv_store *store, size_t devices, int64_t now_s)
{
    struct enrolling *e = calloc(1, sizeof *e);
    for (size_t i = 0; e != NULL && i < devices; i++) {
        size_t at = i % WINDOW;
        if (at == 0) {
            drain(store);
        }
        (void)snprintf(e->names[at], sizeof e->names[at], "PC-%06zu", i);
        e->writes[at] =
            (struct srv_write){.kind = SRV_WRITE_ENROLL, .now_s = now_s, .done = ignore_done};
        e->writes[at].u.enroll.machine = (struct srv_machine){.name = e->names[at]};
        memcpy(e->writes[at].u.enroll.new_digest, &i, sizeof i);
        (void)snprintf(e->writes[at].u.enroll.device_id, POL_ID_BYTES, "%032zx", i);
        store->submit(store->ctx, &e->writes[at]);
    }
    drain(store);
    free(e);
}

/* ---- their users ----------------------------------------------------------------------------- */

struct reporting {
    struct srv_write writes[WINDOW];
    struct pol_report reports[WINDOW];
    struct pol_report_user users[WINDOW][PER_DEVICE];
    char names[WINDOW][32];
    char sids[WINDOW][PER_DEVICE][64];
    char accounts[WINDOW][PER_DEVICE][64];
    uint32_t seed;
    bool with_facts;
};

static void make_user(struct reporting *r, size_t at, size_t k, size_t number)
{
    static const char *const RINGS[] = {"pilot", "berlin", "hamburg", "everyone", NULL};
    static const char *const EVIDENCE[] = {"profile:001f6622", "autodiscover:EXPR"};
    uint32_t draw = any(&r->seed, 1000);
    (void)snprintf(r->sids[at][k], sizeof r->sids[at][k], "S-1-5-21-1004336348-1177238915-%zu",
                   number);
    (void)snprintf(r->accounts[at][k], sizeof r->accounts[at][k], "CONTOSO\\user%zu", number);
    r->users[at][k] = (struct pol_report_user){
        .sid = r->sids[at][k],
        .account = r->accounts[at][k],
        .hive_loaded = true,
        .decided = true,
        .set = draw % 2 == 0 ? POL_SET_BLOCK : POL_SET_ALLOW,
        .ring = RINGS[draw % 5],
        .state = draw < 2     ? POL_STATE_ERROR
                 : draw < 900 ? POL_STATE_COMPLIANT
                              : (enum pol_state)(draw % POL_STATE_COUNT),
        .changed_at_s = 1000,
        .value = {.known = true, .present = true, .type = POL_VALUE_DWORD, .dword = draw % 3 > 0},
        .observed = draw % 2 == 0 ? POL_OBSERVED_RPC_HTTP : POL_OBSERVED_MAPI_HTTP,
        .confidence = POL_CONFIDENCE_CONFIGURED,
        .mailbox = POL_MAILBOX_ON_PREMISES,
        .starts_since_change = draw % 4,
        .evidence = EVIDENCE,
        .evidence_count = 2,
    };
}

/* One in twenty is in the pilot. */
static void add_facts(struct reporting *r, size_t at, size_t device)
{
    static const char *const GROUPS[] = {"CONTOSO\\MAPI-Exceptions-Not", "CONTOSO\\MAPI-Pilot"};
    static const char *const TAGS[] = {"hq"};
    static const struct pol_report_probe PROBES[] = {
        {.url = "https://mapi.example.com/mapi/healthcheck.htm"},
        {.url = "https://mail.example.com/rpc/rpcproxy.dll", .for_block = true}};
    for (size_t k = 0; k < PER_DEVICE; k++) {
        r->users[at][k].groups = GROUPS;
        r->users[at][k].group_count = (device * PER_DEVICE + k) % 20 == 0 ? 2 : 1;
    }
    r->reports[at].tags = TAGS;
    r->reports[at].tag_count = 1;
    r->reports[at].host_computer_ou = "OU=Laptops,OU=Berlin,DC=contoso,DC=com";
    r->reports[at].host_ad_site = "Berlin";
    r->reports[at].probes = PROBES;
    r->reports[at].probe_count = 2;
}

static void make_report(struct reporting *r, size_t device, uint32_t round, int64_t now_s)
{
    static const char *const BUILDS[] = {"16.0.17328.20162", "16.0.17726.20160", "16.0.18025.20104",
                                         "15.0.5589.1001"};
    static const char BODY[] = "{\"format\":\"mapi-rollout/report/1\"}";
    size_t at = device % WINDOW;
    struct pol_report *report = &r->reports[at];
    for (size_t k = 0; k < PER_DEVICE; k++) {
        make_user(r, at, k, device * PER_DEVICE + k);
    }
    (void)snprintf(r->names[at], sizeof r->names[at], "PC-%06zu", device);
    *report = (struct pol_report){.seq = round + 1,
                                  .part = 1,
                                  .parts = 1,
                                  .full = true,
                                  .agent_version = "1.0.0",
                                  .host_name = r->names[at],
                                  .outlook_known = true,
                                  .outlook_version = BUILDS[device % 4],
                                  .received_version = 7002,
                                  .effective_version = 7001 + (int64_t)(device % 3),
                                  .users = r->users[at],
                                  .user_count = PER_DEVICE};
    if (r->with_facts) {
        add_facts(r, at, device);
    }
    (void)snprintf(report->report_id, sizeof report->report_id, "%u", round);
    memset(report->run_id, 'r', POL_ID_BYTES - 1);
    r->writes[at] = (struct srv_write){
        .kind = SRV_WRITE_REPORT, .now_s = now_s - any(&r->seed, DAY_S), .done = ignore_done};
    r->writes[at].u.report.device = (int64_t)device + 1;
    r->writes[at].u.report.report = report;
    r->writes[at].u.report.body = span_text(BODY);
}

static void report_all(struct srv_store *store, size_t devices, uint32_t round, int64_t now_s,
                       bool with_facts)
{
    struct reporting *r = calloc(1, sizeof *r);
    if (r == NULL) {
        fail("no memory");
    }
    r->seed = round + 1;
    r->with_facts = with_facts;
    for (size_t i = 0; i < devices; i++) {
        if (i % WINDOW == 0) {
            drain(store);
        }
        make_report(r, i, round, now_s);
        store->submit(store->ctx, &r->writes[i % WINDOW]);
    }
    drain(store);
    free(r);
}

/* ---- other ways of counting ------------------------------------------------------------------ */

/* The counters of the first schema, from its file, beside or instead of ours. */
static void count_otherwise(const char *folder, const char *way)
{
    static const char NONE[] =
        "DROP TRIGGER user_state_counted; DROP TRIGGER user_state_uncounted; "
        "DROP TRIGGER user_state_recounted; DROP TRIGGER device_counted; "
        "DROP TRIGGER device_uncounted; DROP TRIGGER device_recounted; DROP TABLE counter; "
        "CREATE TABLE counter (kind, name, n INTEGER, PRIMARY KEY (kind, name)) WITHOUT ROWID;";
    char path[4096];
    sqlite3 *db = NULL;
    const char *view = strstr(srv_schema_step(0), "CREATE VIEW counted");
    (void)snprintf(path, sizeof path, "%s/store.db", folder);
    if (view == NULL || sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, NONE, NULL, NULL, NULL) != SQLITE_OK ||
        (strcmp(way, "sql") == 0 && sqlite3_exec(db, view, NULL, NULL, NULL) != SQLITE_OK)) {
        fail(db != NULL ? sqlite3_errmsg(db) : "cannot count otherwise");
    }
    (void)sqlite3_close(db);
}

static double cpu_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void open_store(const char *folder, struct srv_store *out)
{
    if (srv_store_sqlite_open(folder, out, NULL) != ST_OK) {
        fail("the store does not open");
    }
}

int main(int argc, char **argv)
{
    struct srv_store store;
    if (argc < 3 || argc > 4 || psa_crypto_init() != PSA_SUCCESS) {
        fail("usage: bench_compliance FOLDER USERS [sql|none|facts]");
    }
    bool with_facts = argc == 4 && strcmp(argv[3], "facts") == 0;
    size_t devices = strtoul(argv[2], NULL, 10) / PER_DEVICE;
    int64_t now_s = (int64_t)time(NULL);
    open_store(argv[1], &store);
    if (argc == 4 && !with_facts) {
        store.close(store.ctx);
        count_otherwise(argv[1], argv[3]);
        open_store(argv[1], &store);
    }
    enroll_all(&store, devices, now_s - 2 * DAY_S);
    double begin = cpu_s();
    report_all(&store, devices, 0, now_s, with_facts);
    double first = cpu_s();
    if (!with_facts && (argc == 4 || devices <= 10000)) {
        report_all(&store, devices, 1, now_s, with_facts); /* everybody again, in another state */
    }
    double second = cpu_s();
    (void)printf("%zu\t%.3f\t%.3f\n", devices * PER_DEVICE, first - begin, second - first);
    store.close(store.ctx);
    return 0;
}
