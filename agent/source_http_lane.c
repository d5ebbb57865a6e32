#include "agent/source_http_lane.h"

#include "agent/answer_header.h"
#include "agent/request_header.h"
#include "agent/source_http_setup.h"

#include <stdio.h>
#include <string.h>

enum {
    HEADERS_MOST_BYTES = 16 * 1024,
    URL_MOST_BYTES = 2048,
    HTTP_PROXY_DENIED = 407,
};

/* ---- what comes in ------------------------------------------------------------------------ */

static size_t take_body(char *data, size_t size, size_t count, void *ctx)
{
    struct ag_http_lane *lane = ctx;
    size_t bytes = size * count;
    enum status st = bytes_append(&lane->answer.body, data, bytes);
    lane->too_large = lane->too_large || st == ST_TOO_LARGE;
    return st == ST_OK ? bytes : CURL_WRITEFUNC_ERROR;
}

static size_t take_header(char *data, size_t size, size_t count, void *ctx)
{
    struct ag_http_lane *lane = ctx;
    size_t bytes = size * count;
    lane->header_bytes += bytes;
    if (lane->header_bytes > HEADERS_MOST_BYTES) {
        return CURL_WRITEFUNC_ERROR;
    }
    ag_answer_header_read(&lane->answer, data, bytes);
    return bytes;
}

/* ---- a request ---------------------------------------------------------------------------- */

static void free_headers(struct ag_http_lane *lane)
{
    for (struct curl_slist *item = lane->headers; item != NULL; item = item->next) {
        wipe(item->data, strlen(item->data)); /* tokens */
    }
    curl_slist_free_all(lane->headers);
    lane->headers = NULL;
}

static enum status add_header(void *ctx, const char *line)
{
    struct ag_http_lane *lane = ctx;
    struct curl_slist *longer = curl_slist_append(lane->headers, line);
    lane->headers = longer != NULL ? longer : lane->headers;
    return longer != NULL ? ST_OK : ST_NO_MEMORY;
}

/* Where headers and bytes come from and go to. curl_easy_setopt() fails when memory is short. */
#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))

static CURLcode set_content(struct ag_http_lane *lane, const char *url, bool has_body)
{
    CURL *easy = lane->easy;
    CURLcode code = CURLE_OK;
    SET(CURLOPT_URL, url);
    SET(CURLOPT_HTTPHEADER, lane->headers);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, lane);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, lane);
    SET(CURLOPT_ERRORBUFFER, lane->error);
    SET(CURLOPT_PRIVATE, lane);
    if (has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE, (long)lane->body.size);
        SET(CURLOPT_POSTFIELDS, bytes_text(&lane->body));
    }
    return code;
}

#undef SET

enum status ag_http_lane_prepare(struct ag_http_lane *lane, const struct ag_http_server *server,
                                 const struct ag_request *request, struct err *err)
{
    char url[URL_MOST_BYTES];
    int length = snprintf(url, sizeof url, "%s%s", server->url, request->path);
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
    CURLcode code = ag_source_http_secure(lane->easy, server->ca_file, server->ca_pem);
    code = code != CURLE_OK ? code : ag_source_http_limit(lane->easy, request->wait_s, lane->fresh);
    code = code != CURLE_OK ? code : set_content(lane, url, request->body.data != NULL);
    if (code != CURLE_OK) {
        return err_set(err, ST_BUG, (uint32_t)code, "cannot set up a request: %s",
                       curl_easy_strerror(code));
    }
    return ST_OK;
}

void ag_http_lane_end(struct ag_http_lane *lane)
{
    free_headers(lane);
    bytes_wipe(&lane->body);
    bytes_wipe(&lane->answer.body);
    lane->answer = (struct ag_answer){.st = ST_OK};
    lane->header_bytes = 0;
    lane->too_large = false;
    lane->busy = false;
    lane->looks_up = false;
    lane->error[0] = '\0';
}

void ag_http_lane_tell(struct ag_http_lane *lane, const char *server_url, CURLcode code)
{
    struct ag_answer *answer = &lane->answer;
    const char *why = lane->error[0] != '\0' ? lane->error : curl_easy_strerror(code);
    const char *proxy = lane->looks_up ? "" : ag_proxy_route_url(&lane->route);
    long connect = 0;
    if (curl_easy_getinfo(lane->easy, CURLINFO_HTTP_CONNECTCODE, &connect) == CURLE_OK &&
        connect == HTTP_PROXY_DENIED) {
        why = "the proxy asks for credentials, and none are ever given";
    }
    (void)err_set(&answer->err, answer->st, (uint32_t)code, "%s%s%s: %s", server_url,
                  proxy[0] != '\0' ? " by way of " : "", proxy, why);
}
