#include "server/heart.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/time_text.h"
#include "server/listen_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { KNOCK_MS = 10000, LOOK_MS = 5000, DAY_S = 24 * 3600, WARN_DAYS = 21 };

struct srv_heart {
    struct srv_daemon *daemon;
    const struct srv_notify *notify;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ending;
    int64_t warned_s;             /* of the certificate; 0: not yet */
    uint64_t proof_ms;            /* when it is to be proved next that the server lives */
    char missing[ERR_TEXT_BYTES]; /* as last told; "": it was ready */
};

/* ---- one look -------------------------------------------------------------------------------- */

/* Whether somebody answers; if not, errno says why. */
static bool knock(const struct sockaddr_storage *address, socklen_t size, uint32_t most_ms)
{
    static const char HELLO[] = "GET /healthz HTTP/1.0\r\n\r\n";
    struct timeval bound = {.tv_sec = most_ms / 1000,
                            .tv_usec = (suseconds_t)(most_ms % 1000) * 1000};
    char byte = 0;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool reached = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound) == 0 &&
                   setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound) == 0 &&
                   connect(fd, (const struct sockaddr *)address, size) == 0;
    if (reached) {
        (void)send(fd, HELLO, sizeof HELLO - 1,
                   MSG_NOSIGNAL); /* it may have closed: an answer, too */
        reached = recv(fd, &byte, 1, 0) >= 0 || errno == ECONNRESET;
    }
    int error = errno;
    if (fd >= 0) {
        (void)close(fd); /* nothing is left to be said */
    }
    errno = error;
    return reached;
}

/* In TLS this is no handshake: it is refused, which is an answer. A server that was stopped and goes
 * on finds its wait interrupted, which is none: it knocks again. */
bool srv_heart_knock(const char *url, uint32_t most_ms)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    bool reached = false;
    const char *at = strstr(url, "://");
    if (at == NULL || srv_address_read(at + 3, &address, &size, NULL) != ST_OK) {
        return false;
    }
    do {
        reached = knock(&address, size, most_ms);
    } while (!reached && errno == EINTR);
    return reached;
}

const char *srv_heart_expiry_event(int64_t expires_s, int64_t now_s)
{
    if (expires_s <= now_s) {
        return "certificate_expired";
    }
    return expires_s - now_s < (int64_t)WARN_DAYS * DAY_S ? "certificate_expires" : NULL;
}

/* Once a day. */
static void look_at_certificate(struct srv_heart *h)
{
    struct srv_certificate_facts facts;
    char at[TIME_TEXT_BYTES];
    int64_t now_s = clock_wall_s();
    if (!srv_daemon_look_certificate(h->daemon, &facts) ||
        (h->warned_s <= now_s && now_s - h->warned_s < DAY_S)) {
        return;
    }
    const char *event = srv_heart_expiry_event(facts.expires_s, now_s);
    if (event != NULL) {
        time_text_write(facts.expires_s, at);
        log_write(facts.expires_s <= now_s ? LOG_ERROR : LOG_WARNING,
                  "event=%s serial=%s at=%s days_left=%lld", event, facts.serial, at,
                  (long long)((facts.expires_s - now_s) / DAY_S));
        h->warned_s = now_s;
    }
}

void srv_heart_sentence(const struct srv_daemon *daemon, const char *missing,
                        char out[SRV_HEART_SENTENCE_BYTES])
{
    (void)snprintf(out, SRV_HEART_SENTENCE_BYTES, "serving agents=%s admin=%s%s%s",
                   srv_daemon_agents_url(daemon), srv_daemon_admins_url(daemon),
                   missing[0] != '\0' ? ", not ready: " : "", missing);
}

/* When it changes. */
static void look_at_readiness(struct srv_heart *h)
{
    char sentence[SRV_HEART_SENTENCE_BYTES];
    struct err why = {0};
    bool ready = srv_daemon_readiness(h->daemon, &why) == ST_OK;
    if (strcmp(why.text, h->missing) == 0) {
        return;
    }
    memcpy(h->missing, why.text, sizeof h->missing);
    if (ready) {
        log_write(LOG_INFO, "event=ready");
    } else {
        log_failure(LOG_ERROR, "not_ready", &why);
    }
    srv_heart_sentence(h->daemon, why.text, sentence);
    srv_notify_status(h->notify, sentence);
}

static void prove(struct srv_heart *h)
{
    srv_daemon_ask_writer(h->daemon);
    if (!srv_heart_knock(srv_daemon_agents_url(h->daemon), KNOCK_MS)) {
        log_write(LOG_ERROR, "event=not_alive what=agents");
    } else if (!srv_heart_knock(srv_daemon_admins_url(h->daemon), KNOCK_MS)) {
        log_write(LOG_ERROR, "event=not_alive what=admins");
    } else {
        srv_notify_alive(h->notify);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Under the lock. Early is fine. */
static void rest(struct srv_heart *h, uint64_t pause_ms)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &due);
    due.tv_sec += (time_t)(pause_ms / 1000);
    due.tv_nsec += (long)(pause_ms % 1000 * 1000000);
    due.tv_sec += due.tv_nsec / 1000000000;
    due.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&h->changed, &h->lock, &due);
}

/* Three times as often as is wanted, so that one that comes late is no matter. */
static void prove_when_due(struct srv_heart *h, uint64_t watchdog_ms)
{
    uint64_t now_ms = clock_monotonic_ms();
    if (watchdog_ms > 0 && now_ms >= h->proof_ms) {
        h->proof_ms = now_ms + watchdog_ms / 3;
        prove(h);
    }
}

static void *beat(void *ctx)
{
    struct srv_heart *h = ctx;
    uint64_t watchdog_ms = srv_notify_watchdog_ms(h->notify);
    uint64_t pause_ms =
        watchdog_ms > 0 && watchdog_ms / 3 < LOOK_MS ? watchdog_ms / 3 + 1 : LOOK_MS;
    pthread_mutex_lock(&h->lock);
    while (!h->ending) {
        pthread_mutex_unlock(&h->lock);
        look_at_certificate(h);
        look_at_readiness(h);
        prove_when_due(h, watchdog_ms);
        pthread_mutex_lock(&h->lock);
        if (!h->ending) {
            rest(h, pause_ms);
        }
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

enum status srv_heart_open(struct srv_daemon *daemon, const struct srv_notify *notify,
                           struct srv_heart **out, struct err *err)
{
    pthread_condattr_t attributes;
    struct srv_heart *h = calloc(1, sizeof *h);
    if (h == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot watch the server");
    }
    h->daemon = daemon;
    h->notify = notify;
    bool good = pthread_condattr_init(&attributes) == 0 &&
                pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&h->changed, &attributes) == 0 &&
                pthread_mutex_init(&h->lock, NULL) == 0 &&
                pthread_create(&h->thread, NULL, beat, h) == 0;
    if (!good) {
        free(h);
        return err_set(err, ST_NO_MEMORY, 0, "cannot start the thread that watches the server");
    }
    *out = h;
    return ST_OK;
}

void srv_heart_close(struct srv_heart *h)
{
    if (h == NULL) {
        return;
    }
    pthread_mutex_lock(&h->lock);
    h->ending = true;
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    (void)pthread_join(h->thread, NULL); /* started by open, joined here only */
    (void)pthread_cond_destroy(&h->changed);
    (void)pthread_mutex_destroy(&h->lock);
    free(h);
}
