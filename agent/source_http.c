#include "agent/source_http.h"

#include "agent/source_http_lane.h"
#include "agent/source_http_setup.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LOOK_UP_MOST_MS = 60 * 1000, /* WPAD has several ways, each with its own patience */
    ROOTS_GAP_MS = 10 * 60 * 1000,
};

struct ag_source_http {
    CURLM *multi;
    char *server_url; /* without a final slash; NULL: none */
    char *ca_file;
    struct ag_proxy_list fixed; /* without a source of proxies */
    struct ag_proxy_source proxies;
    struct ag_proxy_memory memory;
    enum status (*read_roots)(struct bytes *out, struct err *err);
    struct bytes ca_pem;
    uint64_t roots_ms;  /* when they were read again; 0: never */
    bool roots_doubted; /* a certificate did not hold since */
    struct ag_http_lane lanes[AG_LANE_COUNT];
    atomic_bool woken;
};

/* ---- the way there ------------------------------------------------------------------------ */

static bool know_proxies(struct ag_source_http *source, struct ag_proxy_list *out)
{
    if (source->proxies.list != NULL) {
        return source->proxies.list(source->proxies.ctx, out);
    }
    *out = source->fixed;
    return true;
}

/* By the proxy whose turn it is. */
static bool go(struct ag_source_http *source, struct ag_http_lane *lane)
{
    lane->error[0] = '\0';
    return ag_source_http_go_by(lane->easy, ag_proxy_route_url(&lane->route)) == CURLE_OK &&
           curl_multi_add_handle(source->multi, lane->easy) == CURLM_OK;
}

/* False: it cannot go, and memory is to blame. */
static bool go_if_known(struct ag_source_http *source, struct ag_http_lane *lane)
{
    struct ag_proxy_list list;
    lane->looks_up = !know_proxies(source, &list);
    if (lane->looks_up) {
        return true;
    }
    ag_proxy_route_start(&lane->route, &list, &source->memory, clock_monotonic_ms());
    return go(source, lane);
}

static bool is_idle(const struct ag_source_http *source)
{
    bool busy = false;
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        busy = busy || source->lanes[i].busy;
    }
    return !busy;
}

static enum status read_roots(struct ag_source_http *source, struct err *err)
{
    struct bytes roots = {0};
    enum status st = source->read_roots(&roots, err);
    if (st == ST_OK) {
        bytes_free(&source->ca_pem);
        source->ca_pem = roots;
    }
    source->roots_doubted = false;
    return st;
}

/* An exchange under way may still look at the old ones. Without new ones those go on. */
static void look_after_roots(struct ag_source_http *source)
{
    uint64_t now_ms = clock_monotonic_ms();
    bool long_ago = source->roots_ms == 0 || now_ms - source->roots_ms >= ROOTS_GAP_MS;
    if (source->read_roots != NULL && source->roots_doubted && long_ago && is_idle(source)) {
        enum status st = read_roots(source, NULL);
        source->roots_ms = now_ms;
        log_write(LOG_INFO, "event=roots_read_again status=%s", status_name(st));
    }
}

static enum status start(void *ctx, enum ag_lane which, const struct ag_request *request,
                         struct err *err)
{
    struct ag_source_http *source = ctx;
    struct ag_http_lane *lane = &source->lanes[which];
    if (source->server_url == NULL || lane->busy) {
        return err_set(err, ST_BUG, 0, "no request can start in lane %d", (int)which);
    }
    ag_http_lane_end(lane);
    look_after_roots(source);
    lane->answer.body = bytes_with_limit(request->answer_limit_bytes);
    lane->started_ms = clock_monotonic_ms();
    const struct ag_http_server server = {
        .url = source->server_url,
        .ca_file = source->ca_file,
        .ca_pem = bytes_span(&source->ca_pem),
    };
    enum status st = ag_http_lane_prepare(lane, &server, request, err);
    if (st == ST_OK && !go_if_known(source, lane)) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start a request");
    }
    lane->busy = st == ST_OK;
    lane->fresh = lane->fresh && st != ST_OK;
    if (st != ST_OK) {
        ag_http_lane_end(lane);
    }
    return st;
}

static void doubt_proxies(const struct ag_source_http *source)
{
    if (source->proxies.doubt != NULL) {
        source->proxies.doubt(source->proxies.ctx);
    }
}

static void cancel(void *ctx, enum ag_lane which)
{
    struct ag_source_http *source = ctx;
    struct ag_http_lane *lane = &source->lanes[which];
    if (lane->busy) {
        (void)curl_multi_remove_handle(source->multi, lane->easy);
        ag_http_lane_end(lane);
    }
    lane->fresh = true;
    source->memory.has_good = false;
    doubt_proxies(source);
}

/* ---- the end of a request ----------------------------------------------------------------- */

static void finish(struct ag_source_http *source, struct ag_http_lane *lane, CURLcode code,
                   struct ag_answer *out)
{
    long http = 0;
    struct ag_answer *answer = &lane->answer;
    answer->st = lane->too_large ? ST_TOO_LARGE : ag_source_http_status(code);
    answer->elapsed_ms = (uint32_t)(clock_monotonic_ms() - lane->started_ms);
    source->roots_doubted = source->roots_doubted || answer->st == ST_DENIED;
    if (answer->st != ST_OK) {
        ag_http_lane_tell(lane, source->server_url, code);
    }
    if (curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &http) == CURLE_OK) {
        answer->http = (int)http;
    }
    *out = *answer;
    answer->body = (struct bytes){0};
    (void)curl_multi_remove_handle(source->multi, lane->easy);
    ag_http_lane_end(lane);
}

/* True: it goes on by the next proxy, nothing has ended yet. */
static bool try_next(struct ag_source_http *source, struct ag_http_lane *lane, CURLcode code)
{
    if (!ag_source_http_led_nowhere(lane->easy, code)) {
        ag_proxy_route_done(&lane->route, &source->memory, clock_monotonic_ms());
        return false;
    }
    if (!ag_proxy_route_next(&lane->route)) {
        doubt_proxies(source);
        return false;
    }
    (void)curl_multi_remove_handle(source->multi, lane->easy);
    return go(source, lane);
}

/* One exchange that ended, if there is one. *again: look once more, something else began. */
static bool take_finished(struct ag_source_http *source, enum ag_lane *which,
                          struct ag_answer *answer, bool *again)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(source->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE) {
        message = curl_multi_info_read(source->multi, &left);
    }
    for (unsigned i = 0; message != NULL && i < AG_LANE_COUNT; i++) {
        struct ag_http_lane *lane = &source->lanes[i];
        if (lane->easy != message->easy_handle) {
            continue;
        }
        CURLcode code = message->data.result; /* before the handle is touched */
        *again = try_next(source, lane, code);
        if (!*again) {
            *which = (enum ag_lane)i;
            finish(source, lane, code, answer);
        }
        return !*again;
    }
    return false;
}

/* Exchanges that wait for their proxies: begin those that can, end one that waited too long. */
static bool take_lookups(struct ag_source_http *source, enum ag_lane *which,
                         struct ag_answer *answer)
{
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        struct ag_http_lane *lane = &source->lanes[i];
        if (!lane->busy || !lane->looks_up) {
            continue;
        }
        bool goes = go_if_known(source, lane);
        if (goes && lane->looks_up && clock_monotonic_ms() - lane->started_ms >= LOOK_UP_MOST_MS) {
            (void)snprintf(lane->error, sizeof lane->error, "its proxies cannot be found out");
            goes = false;
        }
        if (!goes) {
            *which = (enum ag_lane)i;
            finish(source, lane, CURLE_COULDNT_RESOLVE_PROXY, answer);
            return true;
        }
    }
    return false;
}

/* When somebody's patience with a lookup ends. */
static uint64_t next_end_ms(const struct ag_source_http *source, uint64_t end_ms)
{
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        const struct ag_http_lane *lane = &source->lanes[i];
        uint64_t lane_ms = lane->started_ms + LOOK_UP_MOST_MS;
        end_ms = lane->busy && lane->looks_up && lane_ms < end_ms ? lane_ms : end_ms;
    }
    return end_ms;
}

static bool wait(void *ctx, uint32_t timeout_ms, enum ag_lane *which, struct ag_answer *answer)
{
    struct ag_source_http *source = ctx;
    uint64_t end_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int running = 0;
        bool again = false;
        if (take_lookups(source, which, answer)) {
            return true;
        }
        if (curl_multi_perform(source->multi, &running) == CURLM_OK &&
            take_finished(source, which, answer, &again)) {
            return true;
        }
        uint64_t now_ms = clock_monotonic_ms();
        uint64_t until_ms = next_end_ms(source, end_ms);
        if (atomic_exchange(&source->woken, false) || now_ms >= end_ms) {
            return false;
        }
        if (!again && until_ms > now_ms) {
            (void)curl_multi_poll(source->multi, NULL, 0, (int)(until_ms - now_ms), NULL);
        }
    }
}

void ag_source_http_wake(struct ag_source_http *source)
{
    atomic_store(&source->woken, true);
    (void)curl_multi_wakeup(source->multi);
}

/* ---- open and close ----------------------------------------------------------------------- */

/* Copies what there is; false when memory is short. */
static bool copy_text(const char *from, char **to)
{
    *to = from != NULL ? text_copy(from) : NULL;
    return from == NULL || *to != NULL;
}

static enum status copy_options(struct ag_source_http *source,
                                const struct ag_source_http_options *options, struct err *err)
{
    if (!copy_text(options->server_url, &source->server_url) ||
        !copy_text(options->ca_file, &source->ca_file)) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the server's settings");
    }
    source->read_roots = options->read_roots;
    source->proxies = options->proxies;
    ag_proxy_list_read(options->proxy, &source->fixed);
    size_t length = source->server_url != NULL ? strlen(source->server_url) : 0;
    while (length > 0 && source->server_url[length - 1] == '/') {
        source->server_url[--length] = '\0';
    }
    return ST_OK;
}

static enum status open_handles(struct ag_source_http *source, struct err *err)
{
    bool good = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    source->multi = good ? curl_multi_init() : NULL;
    good = source->multi != NULL;
    for (unsigned i = 0; i < AG_LANE_COUNT && good; i++) {
        source->lanes[i].easy = curl_easy_init();
        good = source->lanes[i].easy != NULL;
    }
    return good ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "cannot start the HTTP library");
}

enum status ag_source_http_open(const struct ag_source_http_options *options,
                                struct ag_source_http **out, struct err *err)
{
    if (options->server_url != NULL && strncasecmp(options->server_url, "https://", 8) != 0) {
        return err_refuse(err, "bad_url", "", "the server's URL must begin with https://");
    }
    struct ag_source_http *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the HTTP source");
    }
    atomic_init(&source->woken, false);
    enum status st = copy_options(source, options, err);
    if (st == ST_OK && source->read_roots != NULL) {
        st = read_roots(source, err);
    }
    if (st == ST_OK) {
        st = open_handles(source, err);
    }
    if (st == ST_OK) {
        *out = source;
        source = NULL;
    }
    ag_source_http_close(source);
    return st;
}

void ag_source_http_close(struct ag_source_http *source)
{
    if (source == NULL) {
        return;
    }
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        cancel(source, (enum ag_lane)i);
        ag_http_lane_end(&source->lanes[i]);
        curl_easy_cleanup(source->lanes[i].easy);
    }
    (void)curl_multi_cleanup(source->multi);
    curl_global_cleanup();
    bytes_free(&source->ca_pem);
    free(source->ca_file);
    free(source->server_url);
    free(source);
}

struct ag_http ag_source_http_port(struct ag_source_http *source)
{
    return (struct ag_http){.ctx = source, .start = start, .cancel = cancel, .wait = wait};
}
