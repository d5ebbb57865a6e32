#include "agent/source_http.h"

#include "agent/answer_header.h"
#include "agent/request_header.h"
#include "base/clock.h"
#include "version.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECT_MOST_MS = 10 * 1000,
    ANSWER_MOST_S = 30,
    HOLD_SLACK_S = 15, /* beyond what the server was asked to hold */
    HEADERS_MOST_BYTES = 16 * 1024,
    URL_MOST_BYTES = 2048,
    KEEPALIVE_S = 30,
};

struct lane {
    CURL *easy;
    struct curl_slist *headers;
    struct bytes body; /* of the request */
    struct ag_answer answer;
    size_t header_bytes;
    bool too_large;
    bool busy;
    uint64_t started_ms;
    char error[CURL_ERROR_SIZE];
};

struct ag_source_http {
    CURLM *multi;
    char *server_url; /* without a final slash; NULL: none */
    char *ca_file;
    char *proxy;
    struct bytes ca_pem;
    struct lane lanes[AG_LANE_COUNT];
    atomic_bool woken;
};

/* ---- what comes in ------------------------------------------------------------------------ */

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct lane *lane = ctx;
    size_t bytes = size * count;
    enum status st = bytes_append(&lane->answer.body, data, bytes);
    lane->too_large = lane->too_large || st == ST_TOO_LARGE;
    return st == ST_OK ? bytes : CURL_WRITEFUNC_ERROR;
}

static size_t take_header(char *data, size_t size, size_t count, void *ctx)
{
    struct lane *lane = ctx;
    size_t bytes = size * count;
    lane->header_bytes += bytes;
    if (lane->header_bytes > HEADERS_MOST_BYTES) {
        return CURL_WRITEFUNC_ERROR;
    }
    ag_answer_header_read(&lane->answer, data, bytes);
    return bytes;
}

/* ---- a request ---------------------------------------------------------------------------- */

static void free_headers(struct lane *lane)
{
    for (struct curl_slist *item = lane->headers; item != NULL; item = item->next) {
        wipe(item->data, strlen(item->data)); /* tokens */
    }
    curl_slist_free_all(lane->headers);
    lane->headers = NULL;
}

static enum status add_header(void *ctx, const char *line)
{
    struct lane *lane = ctx;
    struct curl_slist *longer = curl_slist_append(lane->headers, line);
    lane->headers = longer != NULL ? longer : lane->headers;
    return longer != NULL ? ST_OK : ST_NO_MEMORY;
}

/* curl_easy_setopt() fails for options that were not built in and when memory is short: both must
 * stop the request, security hangs on some of them. */
#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))

static CURLcode set_security(const struct ag_source_http *source, CURL *easy)
{
    CURLcode code = CURLE_OK;
    struct curl_blob roots = {
        .data = source->ca_pem.data, .len = source->ca_pem.size, .flags = CURL_BLOB_NOCOPY};
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, source->ca_file);
    SET(CURLOPT_CAPATH, NULL);
    if (source->ca_file == NULL && roots.len > 0) {
        SET(CURLOPT_CAINFO_BLOB, &roots);
    }
    SET(CURLOPT_PROXY, source->proxy != NULL ? source->proxy : "");
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return code;
}

/* Where headers and bytes come from and go to. */
static CURLcode set_content(struct lane *lane, const struct ag_request *request)
{
    CURL *easy = lane->easy;
    CURLcode code = CURLE_OK;
    SET(CURLOPT_HTTPHEADER, lane->headers);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, lane);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, lane);
    SET(CURLOPT_ERRORBUFFER, lane->error);
    SET(CURLOPT_PRIVATE, lane);
    if (request->body.data != NULL) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE, (long)lane->body.size);
        SET(CURLOPT_POSTFIELDS, bytes_text(&lane->body));
    }
    return code;
}

static CURLcode set_timing(struct lane *lane, const struct ag_request *request)
{
    CURL *easy = lane->easy;
    CURLcode code = CURLE_OK;
    uint32_t most_s = request->wait_s > 0 ? request->wait_s + HOLD_SLACK_S : ANSWER_MOST_S;
    SET(CURLOPT_USERAGENT, "mapi-rollout-agent/" MR_VERSION);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MOST_MS);
    SET(CURLOPT_TIMEOUT_MS, (long)most_s * 1000L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    return code;
}

#undef SET

static enum status prepare(const struct ag_source_http *source, struct lane *lane,
                           const struct ag_request *request, struct err *err)
{
    char url[URL_MOST_BYTES];
    int length = snprintf(url, sizeof url, "%s%s", source->server_url, request->path);
    if (length < 0 || (size_t)length >= sizeof url) {
        return err_set(err, ST_TOO_LARGE, 0, "the server's URL is too long");
    }
    lane->body = bytes_with_limit(request->body.size);
    enum status st = ag_request_header_write(request, add_header, lane);
    if (st == ST_OK) {
        st = bytes_append(&lane->body, request->body.data, request->body.size);
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot put a request together");
    }
    curl_easy_reset(lane->easy);
    CURLcode code = set_security(source, lane->easy);
    code = code != CURLE_OK ? code : set_timing(lane, request);
    code = code != CURLE_OK ? code : set_content(lane, request);
    code = code != CURLE_OK ? code : curl_easy_setopt(lane->easy, CURLOPT_URL, url);
    if (code != CURLE_OK) {
        return err_set(err, ST_BUG, (uint32_t)code, "cannot set up a request: %s",
                       curl_easy_strerror(code));
    }
    return ST_OK;
}

static void end_lane(struct lane *lane)
{
    free_headers(lane);
    bytes_wipe(&lane->body);
    bytes_wipe(&lane->answer.body);
    lane->answer = (struct ag_answer){.st = ST_OK};
    lane->header_bytes = 0;
    lane->too_large = false;
    lane->busy = false;
    lane->error[0] = '\0';
}

static enum status start(void *ctx, enum ag_lane which, const struct ag_request *request,
                         struct err *err)
{
    struct ag_source_http *source = ctx;
    struct lane *lane = &source->lanes[which];
    if (source->server_url == NULL || lane->busy) {
        return err_set(err, ST_BUG, 0, "no request can start in lane %d", (int)which);
    }
    end_lane(lane);
    lane->answer.body = bytes_with_limit(request->answer_limit_bytes);
    lane->started_ms = clock_monotonic_ms();
    enum status st = prepare(source, lane, request, err);
    if (st == ST_OK && curl_multi_add_handle(source->multi, lane->easy) != CURLM_OK) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start a request");
    }
    lane->busy = st == ST_OK;
    if (st != ST_OK) {
        end_lane(lane);
    }
    return st;
}

static void cancel(void *ctx, enum ag_lane which)
{
    struct ag_source_http *source = ctx;
    struct lane *lane = &source->lanes[which];
    if (lane->busy) {
        (void)curl_multi_remove_handle(source->multi, lane->easy);
        end_lane(lane);
    }
}

/* ---- the end of a request ----------------------------------------------------------------- */

static enum status status_of(const struct lane *lane, CURLcode code)
{
    if (lane->too_large) {
        return ST_TOO_LARGE;
    }
    switch ((int)code) { /* our names for what matters; all else is "no answer" */
    case CURLE_OK: return ST_OK;
    case CURLE_OPERATION_TIMEDOUT: return ST_TIMED_OUT;
    case CURLE_OUT_OF_MEMORY: return ST_NO_MEMORY;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR: return ST_DENIED;
    default: return ST_UNREACHABLE;
    }
}

static void finish(struct ag_source_http *source, struct lane *lane, CURLcode code,
                   struct ag_answer *out)
{
    long http = 0;
    struct ag_answer *answer = &lane->answer;
    answer->st = status_of(lane, code);
    answer->elapsed_ms = (uint32_t)(clock_monotonic_ms() - lane->started_ms);
    if (answer->st != ST_OK) {
        const char *why = lane->error[0] != '\0' ? lane->error : curl_easy_strerror(code);
        (void)err_set(&answer->err, answer->st, (uint32_t)code, "%s: %s", source->server_url, why);
    }
    if (curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &http) == CURLE_OK) {
        answer->http = (int)http;
    }
    *out = *answer;
    answer->body = (struct bytes){0};
    (void)curl_multi_remove_handle(source->multi, lane->easy);
    end_lane(lane);
}

static bool take_finished(struct ag_source_http *source, enum ag_lane *which,
                          struct ag_answer *answer)
{
    int left = 0;
    const CURLMsg *message = curl_multi_info_read(source->multi, &left);
    while (message != NULL && message->msg != CURLMSG_DONE) {
        message = curl_multi_info_read(source->multi, &left);
    }
    for (unsigned i = 0; message != NULL && i < AG_LANE_COUNT; i++) {
        if (source->lanes[i].easy == message->easy_handle) {
            *which = (enum ag_lane)i;
            finish(source, &source->lanes[i], message->data.result, answer);
            return true;
        }
    }
    return false;
}

static bool wait(void *ctx, uint32_t timeout_ms, enum ag_lane *which, struct ag_answer *answer)
{
    struct ag_source_http *source = ctx;
    uint64_t end_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int running = 0;
        if (curl_multi_perform(source->multi, &running) == CURLM_OK &&
            take_finished(source, which, answer)) {
            return true;
        }
        uint64_t now_ms = clock_monotonic_ms();
        if (atomic_exchange(&source->woken, false) || now_ms >= end_ms) {
            return false;
        }
        (void)curl_multi_poll(source->multi, NULL, 0, (int)(end_ms - now_ms), NULL);
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
    struct span roots = options->ca_pem;
    source->ca_pem = bytes_with_limit(roots.size);
    if (!copy_text(options->server_url, &source->server_url) ||
        !copy_text(options->ca_file, &source->ca_file) ||
        !copy_text(options->proxy, &source->proxy) ||
        bytes_append(&source->ca_pem, roots.data, roots.size) != ST_OK) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the server's settings");
    }
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
        end_lane(&source->lanes[i]);
        curl_easy_cleanup(source->lanes[i].easy);
    }
    (void)curl_multi_cleanup(source->multi);
    curl_global_cleanup();
    bytes_free(&source->ca_pem);
    free(source->proxy);
    free(source->ca_file);
    free(source->server_url);
    free(source);
}

struct ag_http ag_source_http_port(struct ag_source_http *source)
{
    return (struct ag_http){.ctx = source, .start = start, .cancel = cancel, .wait = wait};
}
