/* reports.c - what `reports.sh` needs to time reports: a fleet, two storage loops, and the load of that fleet.
 *
 *   reports prepare DIR DEVICES FLEET     a store with that many devices; their ids and tokens go to FLEET
 *   reports bare DIR FLEET SECONDS           rows a second of SQLite alone: the body into a history, a small row beside it
 *   reports store DIR FLEET SECONDS       rows a second of the server's store, 200 at a time
 *   reports load PORT FLEET SECONDS CONNECTIONS   rows a second, p50 and p99 in milliseconds, over HTTP
 *
 * All write the same reports: one user each, in turn of each device. */
#include "policy/digest.h"
#include "server/auth.h"
#include "server/ingest.h"
#include "server/store_sqlite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <psa/crypto.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 200, BODY_BYTES = 2048, REQUEST_BYTES = BODY_BYTES + 512 };
enum { ANSWER_BYTES = 4096, EVENTS = 64 };

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "reports: %s\n", what);
        exit(1);
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now_s(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static double own_cpu_s(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

/* Of all threads but this one. */
static double others_cpu_s(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID) - own_cpu_s();
}

static void print_rate(size_t rows, double took_s, double cpu_s)
{
    (void)printf("%.0f %.2f\n", (double)rows / took_s, cpu_s * 1e6 / (double)rows);
}

/* ---- the fleet ------------------------------------------------------------------------------- */

struct member {
    char device_id[POL_ID_BYTES];
    char token[SRV_SECRET_BYTES];
    uint32_t seq;
};

struct fleet {
    struct member *members;
    size_t count;
    size_t next;
    char run_id[POL_ID_BYTES]; /* of this run of the program: its reports are new */
};

static void prepare(const char *folder, size_t count, const char *file)
{
    struct srv_store store;
    FILE *out = fopen(file, "w");
    must(out != NULL && srv_store_sqlite_open(folder, &store, NULL) == ST_OK, "cannot prepare");
    for (size_t i = 0; i < count; i++) {
        char token[SRV_SECRET_BYTES];
        struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = 1700000000};
        w.u.enroll.machine = (struct srv_machine){.name = "PC-0042"};
        (void)snprintf(w.u.enroll.device_id, POL_ID_BYTES, "%032zx", i + 1);
        must(srv_secret_make(token, w.u.enroll.new_digest, NULL) == ST_OK, "no token");
        must(srv_store_write(&store, &w, NULL) == ST_OK, "cannot enroll");
        (void)fprintf(out, "%s %s\n", w.u.enroll.device_id, token);
    }
    store.close(store.ctx);
    must(fclose(out) == 0, "cannot write the fleet");
}

static struct fleet fleet_load(const char *file)
{
    struct fleet f = {.count = 0};
    char line[256];
    FILE *in = fopen(file, "r");
    must(in != NULL, "there is no fleet");
    while (fgets(line, sizeof line, in) != NULL) {
        struct member m = {.seq = 0};
        f.members = realloc(f.members, (f.count + 1) * sizeof *f.members);
        must(f.members != NULL && sscanf(line, "%32s %64s", m.device_id, m.token) == 2,
             "cannot read the fleet");
        f.members[f.count++] = m;
    }
    (void)fclose(in);
    must(f.count > 0, "the fleet is empty");
    /* Reports are named by its first half, and each run of the program takes seconds. */
    (void)snprintf(f.run_id, sizeof f.run_id, "%016llx%016llx", (unsigned long long)time(NULL),
                   (unsigned long long)clock());
    return f;
}

/* The next report of the next device; how long it is. */
static int next_report(struct fleet *f, char out[BODY_BYTES], struct member **sender)
{
    size_t at = f->next++ % f->count;
    struct member *m = &f->members[at];
    m->seq++;
    *sender = m;
    int length = snprintf(
        out, BODY_BYTES,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%.16s%08zx%08x\",\"run_id\":\"%s\","
        "\"seq\":%u,\"part\":1,\"parts\":1,\"full\":false,\"device_id\":\"%s\","
        "\"sent_at\":\"2026-11-29T10:00:00Z\",\"agent\":{\"version\":\"1.0.0\","
        "\"started_at\":\"2026-11-29T09:00:00Z\",\"formats\":[\"mapi-rollout/policy/1\"],"
        "\"trust_version\":1},\"host\":{\"name\":\"PC-0042\",\"fqdn\":\"pc-0042.contoso.example\","
        "\"domain\":\"CONTOSO\",\"computer_ou\":\"OU=Berlin,DC=contoso,DC=example\","
        "\"ad_site\":\"Berlin\",\"tags\":[\"hq\"],\"os\":\"10.0.19045\",\"arch\":\"x64\","
        "\"multi_session\":false},\"policy\":{\"rollout\":\"mapihttp-2026\",\"received\":7002,"
        "\"effective\":7002,\"digest\":null,\"failed\":null,\"stale\":false},"
        "\"users\":[{\"sid\":\"S-1-5-21-1-2-3-%zu\",\"account\":\"CONTOSO\\\\alice\","
        "\"groups\":[\"CONTOSO\\\\MAPI-Pilot\"],\"hive\":\"loaded\",\"rule\":1,\"ring\":\"pilot\","
        "\"set\":\"allow\",\"ours\":true,\"value\":{\"present\":false},\"action\":\"none\","
        "\"corrections\":0,\"state\":\"%s\",\"blocked_by\":null,\"error\":null,"
        "\"protocol\":{\"observed\":\"rpc_http\",\"confidence\":\"configured\","
        "\"mailbox\":\"on_premises\",\"evidence\":[\"profile:001f6622\"]}}]}",
        f->run_id, at, m->seq, f->run_id, m->seq, m->device_id, at,
        m->seq % 4 == 0 ? "pending_restart" : "compliant");
    must(length > 0 && length < BODY_BYTES, "a report is too long");
    return length;
}

/* ---- storage alone --------------------------------------------------------------------------- */

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, sqlite3_errmsg(db));
    return stmt;
}

static void run(sqlite3_stmt *stmt)
{
    must(sqlite3_step(stmt) == SQLITE_DONE && sqlite3_reset(stmt) == SQLITE_OK, "cannot write");
}

/* The least that keeps a report and what it says now: what the server's speed is held against. */
static void bare(const char *folder, struct fleet *f, double seconds)
{
    char path[4096];
    char body[BODY_BYTES];
    sqlite3 *db = NULL;
    struct member *m = NULL;
    size_t rows = 0;
    double cpu_s = 0;
    (void)snprintf(path, sizeof path, "%s/bare.db", folder);
    must(sqlite3_open(path, &db) == SQLITE_OK, "cannot open");
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                      "CREATE TABLE IF NOT EXISTS report (key INTEGER PRIMARY KEY, body BLOB);"
                      "CREATE TABLE IF NOT EXISTS state (key INTEGER PRIMARY KEY, seq INTEGER,"
                      " state INTEGER, at_s INTEGER)",
                      NULL, NULL, NULL) == SQLITE_OK,
         "cannot prepare");
    sqlite3_stmt *add = prepared(db, "INSERT INTO report (body) VALUES (?)");
    sqlite3_stmt *put = prepared(db, "INSERT OR REPLACE INTO state VALUES (?, ?, ?, 1)");
    double start = now_s();
    cpu_s -= own_cpu_s();
    while (now_s() - start < seconds) {
        must(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "cannot begin");
        for (int i = 0; i < BATCH; i++) {
            double before_s = own_cpu_s();
            int length = next_report(f, body, &m);
            cpu_s -= own_cpu_s() - before_s; /* not the report's making */
            (void)sqlite3_bind_blob(add, 1, body, length, SQLITE_STATIC);
            (void)sqlite3_bind_int64(put, 1, m - f->members);
            (void)sqlite3_bind_int64(put, 2, m->seq);
            (void)sqlite3_bind_int64(put, 3, m->seq % 4);
            run(add);
            run(put);
        }
        must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "cannot commit");
        rows += BATCH;
    }
    print_rate(rows, now_s() - start, cpu_s + own_cpu_s());
    (void)sqlite3_finalize(add);
    (void)sqlite3_finalize(put);
    (void)sqlite3_close(db);
}

static void told(struct srv_write *w)
{
    must(w->st == ST_OK, "a report is not stored");
    must(sem_post(w->ctx) == 0, "cannot count");
}

/* The server's own: bodies parsed before the time is taken. */
static void store_alone(const char *folder, struct fleet *f, double seconds)
{
    static char bodies[BATCH][BODY_BYTES];
    struct srv_ingest *ingests[BATCH];
    struct srv_store store;
    sem_t done;
    size_t rows = 0;
    double took = 0;
    double cpu_s = 0;
    must(srv_store_sqlite_open(folder, &store, NULL) == ST_OK && sem_init(&done, 0, 0) == 0,
         "cannot open the store");
    while (took < seconds) {
        for (size_t i = 0; i < BATCH; i++) {
            struct member *m = NULL;
            struct srv_device device;
            struct err err = {0};
            int length = next_report(f, bodies[i], &m);
            device.number = m - f->members + 1;
            memcpy(device.device_id, m->device_id, sizeof device.device_id);
            struct span body = {.data = (const uint8_t *)bodies[i], .size = (size_t)length};
            must(srv_ingest_open(body, &device, time(NULL), &ingests[i], &err) == ST_OK, err.text);
            ingests[i]->write.done = told;
            ingests[i]->write.ctx = &done;
        }
        double start = now_s();
        double cpu_before_s = others_cpu_s();
        for (size_t i = 0; i < BATCH; i++) {
            store.submit(store.ctx, &ingests[i]->write);
        }
        for (size_t i = 0; i < BATCH; i++) {
            must(sem_wait(&done) == 0, "cannot wait");
        }
        took += now_s() - start;
        cpu_s += others_cpu_s() - cpu_before_s;
        rows += BATCH;
        for (size_t i = 0; i < BATCH; i++) {
            srv_ingest_free(ingests[i]);
        }
    }
    store.close(store.ctx);
    (void)sem_destroy(&done);
    print_rate(rows, took, cpu_s);
}

/* ---- over HTTP ------------------------------------------------------------------------------- */

struct client {
    int fd;
    double sent_s;
    char request[REQUEST_BYTES];
    size_t size;
    size_t written;
    char answer[ANSWER_BYTES];
    size_t got;
};

struct load {
    struct fleet *fleet;
    int epoll;
    double *times_s;
    size_t count;
    size_t room;
};

static void send_on(struct client *c)
{
    while (c->written < c->size) {
        ssize_t part = send(c->fd, c->request + c->written, c->size - c->written, MSG_NOSIGNAL);
        if (part < 0) {
            must(errno == EAGAIN, "cannot send");
            return;
        }
        c->written += (size_t)part;
    }
}

static void begin(struct load *l, struct client *c)
{
    char body[BODY_BYTES];
    struct member *m = NULL;
    int length = next_report(l->fleet, body, &m);
    c->size = (size_t)snprintf(c->request, sizeof c->request,
                               "POST /v1/reports HTTP/1.1\r\nHost: localhost\r\n"
                               "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                               "Content-Length: %d\r\n\r\n%s",
                               m->token, length, body);
    must(c->size < sizeof c->request, "a request is too long");
    c->written = 0;
    c->got = 0;
    c->sent_s = now_s();
    send_on(c);
}

static void note_time(struct load *l, const struct client *c)
{
    if (l->count == l->room) {
        l->room = l->room * 2 + 4096;
        l->times_s = realloc(l->times_s, l->room * sizeof *l->times_s);
        must(l->times_s != NULL, "no memory");
    }
    l->times_s[l->count++] = now_s() - c->sent_s;
}

static void receive(struct load *l, struct client *c)
{
    ssize_t part = recv(c->fd, c->answer + c->got, sizeof c->answer - 1 - c->got, 0);
    if (part < 0 && errno == EAGAIN) {
        return;
    }
    must(part > 0, "the server hung up");
    c->got += (size_t)part;
    c->answer[c->got] = '\0';
    if (strstr(c->answer, "\r\n\r\n") == NULL) {
        return;
    }
    must(strncmp(c->answer, "HTTP/1.1 204", 12) == 0, c->answer);
    note_time(l, c);
    begin(l, c);
}

static void client_open(struct load *l, struct client *c, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    must(c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0, "cannot connect");
    must(epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) == 0, "cannot watch");
    begin(l, c);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y ? 1 : 0;
}

static void load(unsigned port, struct fleet *f, double seconds, size_t connections)
{
    struct load l = {.fleet = f, .epoll = epoll_create1(0)};
    struct client *clients = calloc(connections, sizeof *clients);
    must(clients != NULL && l.epoll >= 0, "cannot begin");
    for (size_t i = 0; i < connections; i++) {
        client_open(&l, &clients[i], port);
    }
    double start = now_s();
    while (now_s() - start < seconds) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(l.epoll, events, EVENTS, 1000);
        for (int i = 0; i < count; i++) {
            receive(&l, events[i].data.ptr);
        }
    }
    double took = now_s() - start;
    must(l.count > 0, "nothing was answered");
    qsort(l.times_s, l.count, sizeof *l.times_s, compare);
    (void)printf("%.0f %.2f %.2f\n", (double)l.count / took, l.times_s[l.count / 2] * 1e3,
                 l.times_s[l.count * 99 / 100] * 1e3);
    free(l.times_s);
    free(clients);
}

int main(int argc, char **argv)
{
    must(argc >= 4 && psa_crypto_init() == PSA_SUCCESS, "see the head of reports.c");
    if (strcmp(argv[1], "prepare") == 0 && argc == 5) {
        prepare(argv[2], strtoul(argv[3], NULL, 10), argv[4]);
        return 0;
    }
    struct fleet f = fleet_load(argv[3]);
    if (strcmp(argv[1], "bare") == 0 && argc == 5) {
        bare(argv[2], &f, strtod(argv[4], NULL));
    } else if (strcmp(argv[1], "store") == 0 && argc == 5) {
        store_alone(argv[2], &f, strtod(argv[4], NULL));
    } else if (strcmp(argv[1], "load") == 0 && argc == 6) {
        load((unsigned)strtoul(argv[2], NULL, 10), &f, strtod(argv[4], NULL),
             strtoul(argv[5], NULL, 10));
    } else {
        must(false, "see the head of reports.c");
    }
    free(f.members);
    return 0;
}
