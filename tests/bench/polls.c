/* polls.c - what `polls.sh` needs to time polls: a fleet, and its clients.
 *
 *   polls prepare DIR DEVICES FLEET    a store with that many devices; their tokens go to FLEET
 *   polls ask PORT FLEET SECONDS CONNECTIONS ETAG   answers of 304 over keep-alive, so many at a time; how many there were
 *   polls hold PORT FLEET COUNT ETAG [ORDERS TOKENFILE ROLLOUT ANSWER]   as many held polls, over TLS if PORT ends in 's'
 *
 * `hold` says "asked" when all have asked, waits for a line, sends the order to the port ORDERS (the brake), writes one
 * answer to ANSWER unless that is "-", prints the milliseconds from the order to the first answer and to the last, and
 * waits for another line, so that nothing is closed before. Without ORDERS it ends with the first line. */
#include "server/auth.h"
#include "server/store_sqlite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <psa/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    WINDOW = 1024, /* enrollments under way */
    REQUEST_BYTES = 1024,
    ANSWER_BYTES = 64 * 1024,
    EVENTS = 256
};

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "polls: %s\n", what);
        exit(1);
    }
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All that we may have. */
static void take_descriptors(void)
{
    struct rlimit files;
    must(getrlimit(RLIMIT_NOFILE, &files) == 0, "no limit of descriptors");
    files.rlim_cur = files.rlim_max;
    must(setrlimit(RLIMIT_NOFILE, &files) == 0, "cannot have more descriptors");
}

/* ---- the fleet ------------------------------------------------------------------------------- */

static void ignore_done(struct srv_write *w)
{
    must(w->st == ST_OK, "cannot enroll");
}

static void drain(struct srv_store *store)
{
    struct srv_write last = {.kind = SRV_WRITE_AUDIT, .now_s = 1};
    must(srv_store_write(store, &last, NULL) == ST_OK, "the store does not write");
}

static void prepare(const char *folder, size_t count, const char *file)
{
    static struct srv_write writes[WINDOW];
    struct srv_store store;
    FILE *out = fopen(file, "w");
    must(out != NULL && srv_store_sqlite_open(folder, &store, NULL) == ST_OK, "cannot prepare");
    for (size_t i = 0; i < count; i++) {
        char token[SRV_SECRET_BYTES];
        struct srv_write *w = &writes[i % WINDOW];
        if (i % WINDOW == 0) {
            drain(&store);
        }
        *w = (struct srv_write){.kind = SRV_WRITE_ENROLL, .now_s = 1700000000, .done = ignore_done};
        w->u.enroll.machine = (struct srv_machine){.name = "PC-0042"};
        (void)snprintf(w->u.enroll.device_id, POL_ID_BYTES, "%032zx", i + 1);
        must(srv_secret_make(token, w->u.enroll.new_digest, NULL) == ST_OK, "no token");
        (void)fprintf(out, "%s %s\n", w->u.enroll.device_id, token);
        store.submit(store.ctx, w);
    }
    drain(&store);
    store.close(store.ctx);
    must(fclose(out) == 0, "cannot write the fleet");
}

/* So many tokens from all over the fleet. */
static char (*tokens_load(const char *file, size_t wanted))[SRV_SECRET_BYTES]
{
    char line[256];
    size_t count = 0;
    FILE *in = fopen(file, "r");
    char(*tokens)[SRV_SECRET_BYTES] = calloc(wanted, sizeof *tokens);
    must(in != NULL && tokens != NULL, "there is no fleet");
    while (fgets(line, sizeof line, in) != NULL) {
        count++;
    }
    must(count >= wanted, "the fleet is too small");
    rewind(in);
    size_t taken = 0;
    for (size_t i = 0; i < count && taken < wanted; i++) {
        must(fgets(line, sizeof line, in) != NULL, "cannot read the fleet");
        if (i == taken * (count / wanted)) {
            must(sscanf(line, "%*s %64s", tokens[taken]) == 1, "cannot read the fleet");
            taken++;
        }
    }
    (void)fclose(in);
    return tokens;
}

/* ---- connections ----------------------------------------------------------------------------- */

struct client {
    int fd;
    gnutls_session_t tls; /* NULL: plain */
    char *request;
    size_t size;
    size_t got; /* of its answer */
    bool done;
};

static struct sockaddr_in here(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

static int plain_open(unsigned port)
{
    int one = 1;
    struct sockaddr_in to = here(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "cannot connect");
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "cannot set up");
    return fd;
}

/* The server is ours and beside us: its certificate is not looked at. */
static gnutls_session_t tls_open(int fd)
{
    static gnutls_certificate_credentials_t nobody;
    gnutls_session_t tls = NULL;
    int code = GNUTLS_E_AGAIN;
    must(nobody != NULL || gnutls_certificate_allocate_credentials(&nobody) == 0, "no TLS");
    must(gnutls_init(&tls, GNUTLS_CLIENT) == 0 && gnutls_set_default_priority(tls) == 0 &&
             gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, nobody) == 0,
         "no TLS");
    gnutls_transport_set_int(tls, fd);
    while (code != 0 && !gnutls_error_is_fatal(code)) {
        code = gnutls_handshake(tls);
    }
    must(code == 0, "no TLS handshake");
    return tls;
}

static void say(const struct client *c)
{
    ssize_t sent = c->tls != NULL ? gnutls_record_send(c->tls, c->request, c->size)
                                  : send(c->fd, c->request, c->size, MSG_NOSIGNAL);
    must(sent == (ssize_t)c->size, "cannot send");
}

/* Bytes, 0 at the end, -1 if there is nothing yet. */
static ssize_t hear(const struct client *c, char *out, size_t size)
{
    if (c->tls == NULL) {
        return recv(c->fd, out, size, MSG_DONTWAIT);
    }
    ssize_t got = gnutls_record_recv(c->tls, out, size);
    return got < 0 && !gnutls_error_is_fatal((int)got) ? -1 : got < 0 ? 0 : got;
}

/* As the agent asks. */
static void make_poll(struct client *c, unsigned port, const char *token, const char *etag,
                      unsigned wait_s)
{
    char wait[32] = "";
    c->request = malloc(REQUEST_BYTES);
    must(c->request != NULL, "no memory");
    if (wait_s > 0) {
        (void)snprintf(wait, sizeof wait, "Prefer: wait=%u\r\n", wait_s);
    }
    c->size = (size_t)snprintf(c->request, REQUEST_BYTES,
                               "GET /v1/policy HTTP/1.1\r\nHost: localhost:%u\r\n"
                               "User-Agent: mapi-rollout-agent/1.0.0\r\nAccept: */*\r\n"
                               "Authorization: Bearer %s\r\nIf-None-Match: %s\r\n%s\r\n",
                               port, token, etag, wait);
}

static int watcher(void)
{
    int epoll = epoll_create1(0);
    must(epoll >= 0, "no epoll");
    return epoll;
}

static void watch(int epoll, int fd, void *ptr)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = ptr};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "cannot watch");
}

/* ---- answers at once ------------------------------------------------------------------------- */

static void ask(unsigned port, const char *fleet, double seconds, size_t count, const char *etag)
{
    char answer[ANSWER_BYTES];
    struct epoll_event events[EVENTS];
    char(*tokens)[SRV_SECRET_BYTES] = tokens_load(fleet, count);
    struct client *clients = calloc(count, sizeof *clients);
    int epoll = watcher();
    size_t answers = 0;
    must(clients != NULL, "no memory");
    for (size_t i = 0; i < count; i++) {
        clients[i].fd = plain_open(port);
        make_poll(&clients[i], port, tokens[i], etag, 0);
        watch(epoll, clients[i].fd, &clients[i]);
        say(&clients[i]);
    }
    double start = now_s();
    while (now_s() - start < seconds) {
        int ready = epoll_wait(epoll, events, EVENTS, 1000);
        for (int i = 0; i < ready; i++) {
            const struct client *c = events[i].data.ptr;
            ssize_t got = hear(c, answer, sizeof answer);
            must(got > 16 && memcmp(answer, "HTTP/1.1 304", 12) == 0 &&
                     memcmp(answer + got - 4, "\r\n\r\n", 4) == 0,
                 "an answer is no 304");
            answers++;
            say(c);
        }
    }
    (void)printf("%zu\n", answers);
    for (size_t i = 0; i < count; i++) {
        (void)close(clients[i].fd);
        free(clients[i].request);
    }
    free(clients);
    free(tokens);
}

/* ---- held polls ------------------------------------------------------------------------------ */

struct waiting {
    struct client *clients;
    size_t count;
    int epoll;
    char *answer; /* of the first who was answered */
    size_t answer_size;
};

/* The size of the whole answer that begins here, or 0 if that is not known yet. */
static size_t whole_size(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "Content-Length: ");
    if (end == NULL) {
        return 0;
    }
    return (size_t)(end + 4 - text) + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
}

static void ask_all(struct waiting *w, unsigned port, bool tls, const char *fleet, const char *etag)
{
    char(*tokens)[SRV_SECRET_BYTES] = tokens_load(fleet, w->count);
    w->clients = calloc(w->count, sizeof *w->clients);
    w->epoll = watcher();
    must(w->clients != NULL, "no memory");
    for (size_t i = 0; i < w->count; i++) {
        struct client *c = &w->clients[i];
        c->fd = plain_open(port);
        c->tls = tls ? tls_open(c->fd) : NULL;
        make_poll(c, port, tokens[i], etag, 600);
        say(c);
        free(c->request);
        c->request = NULL;
        watch(w->epoll, c->fd, c);
    }
    free(tokens);
}

/* Only the first answer is looked into; the others are as long. True when one is there. */
static bool take_answer(struct waiting *w, struct client *c)
{
    char text[ANSWER_BYTES];
    bool first = w->answer_size == 0;
    ssize_t part = hear(c, text, sizeof text - 1);
    if (part < 0) {
        return false;
    }
    must(part > 0, "the server hung up");
    c->got += (size_t)part;
    if (first) {
        text[part] = '\0';
        must(strncmp(text, "HTTP/1.1 200", 12) == 0, text);
        must(whole_size(text) == c->got, "the first answer comes in pieces");
        w->answer = malloc(c->got);
        must(w->answer != NULL, "no memory");
        memcpy(w->answer, text, c->got);
        w->answer_size = c->got;
    }
    return c->got == w->answer_size;
}

static void order(unsigned port, const char *token_file, const char *rollout, double *at_s)
{
    char token[256] = "";
    char body[256];
    struct client c = {.fd = plain_open(port)};
    FILE *in = fopen(token_file, "r");
    must(in != NULL && fscanf(in, "%255s", token) == 1, "there is no token");
    (void)fclose(in);
    int length = snprintf(body, sizeof body, "{\"reason\":\"bench\",\"confirm\":\"%s\"}", rollout);
    c.request = malloc(REQUEST_BYTES);
    must(c.request != NULL, "no memory");
    c.size = (size_t)snprintf(c.request, REQUEST_BYTES,
                              "POST /v1/rollout/safe HTTP/1.1\r\nHost: localhost:%u\r\n"
                              "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                              "Content-Length: %d\r\n\r\n%s",
                              port, token, length, body);
    *at_s = now_s();
    say(&c);
    free(c.request);
}

static void hold(struct waiting *w, const char *orders, const char *token_file, const char *rollout,
                 const char *answer_file)
{
    struct epoll_event events[EVENTS];
    size_t answered = 0;
    double start_s = 0;
    double first_s = 0;
    order((unsigned)strtoul(orders, NULL, 10), token_file, rollout, &start_s);
    while (answered < w->count) {
        int ready = epoll_wait(w->epoll, events, EVENTS, 60000);
        must(ready > 0, "nothing comes any more");
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (!c->done && take_answer(w, c)) {
                first_s = answered == 0 ? now_s() : first_s;
                c->done = true;
                answered++;
            }
        }
    }
    (void)printf("%.1f %.1f\n", (first_s - start_s) * 1e3, (now_s() - start_s) * 1e3);
    if (strcmp(answer_file, "-") != 0) {
        FILE *out = fopen(answer_file, "w");
        must(out != NULL && fwrite(w->answer, 1, w->answer_size, out) == w->answer_size &&
                 fclose(out) == 0,
             "cannot keep an answer");
    }
}

static void await_line(void)
{
    char line[16];
    (void)fflush(stdout);
    must(fgets(line, sizeof line, stdin) != NULL, "nobody says go on");
}

int main(int argc, char **argv)
{
    must(argc >= 3 && psa_crypto_init() == PSA_SUCCESS, "see the head of polls.c");
    take_descriptors();
    if (strcmp(argv[1], "prepare") == 0 && argc == 5) {
        prepare(argv[2], strtoul(argv[3], NULL, 10), argv[4]);
    } else if (strcmp(argv[1], "ask") == 0 && argc == 7) {
        ask((unsigned)strtoul(argv[2], NULL, 10), argv[3], strtod(argv[4], NULL),
            strtoul(argv[5], NULL, 10), argv[6]);
    } else if (strcmp(argv[1], "hold") == 0 && (argc == 6 || argc == 10)) {
        struct waiting w = {.count = strtoul(argv[4], NULL, 10)};
        ask_all(&w, (unsigned)strtoul(argv[2], NULL, 10), argv[2][strlen(argv[2]) - 1] == 's',
                argv[3], argv[5]);
        (void)puts("asked");
        await_line();
        if (argc == 10) {
            hold(&w, argv[6], argv[7], argv[8], argv[9]);
            await_line();
        }
    } else {
        must(false, "see the head of polls.c");
    }
    return 0;
}
