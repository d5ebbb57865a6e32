#include "admin/client_http.h"

#include "admin/client_failure.h"
#include "admin/interrupt.h"
#include "admin/problem.h"
#include "admin/roots.h"
#include "base/file.h"
#include "version.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MOST_MS = 10000,
    ANSWER_MOST_MS = 60000,
    STILL_MOST_S = 60,
    URL_BYTES = 16 * 1024,
    HEADER_BYTES = 4096,
    ERROR_LINE_BYTES = CURL_ERROR_SIZE,
};

struct adm_client {
    CURL *curl;
    char *url;
    char *token_file;
    struct bytes authorization; /* the header's line, wiped with the client */
    char error[ERROR_LINE_BYTES];
};

/* Where an answer goes: into memory, or to a sink if there is one and the server did what was asked. */
struct receiver {
    CURL *curl;
    struct bytes body;
    const struct adm_sink *sink; /* NULL: memory */
    const char *type;            /* what the sink takes */
    enum status st;
    struct err *err;
};

static bool is_good(long http)
{
    return http >= 200 && http <= 299;
}

/* A login page of something in between is no export. */
static enum status check_type(const struct receiver *to)
{
    const char *type = NULL;
    (void)curl_easy_getinfo(to->curl, CURLINFO_CONTENT_TYPE, &type);
    if (type != NULL && strncmp(type, to->type, strlen(to->type)) == 0) {
        return ST_OK;
    }
    return err_set(to->err, ST_IO, 0, "the server answered with %.80s, not with %s",
                   type != NULL ? type : "something without a type", to->type);
}

static size_t receive(char *data, size_t unit, size_t count, void *ctx)
{
    struct receiver *to = ctx;
    size_t size = unit * count;
    long http = 0;
    (void)curl_easy_getinfo(to->curl, CURLINFO_RESPONSE_CODE, &http);
    if (to->sink == NULL || !is_good(http)) {
        to->st = bytes_append(&to->body, data, size);
        if (to->st != ST_OK) {
            (void)err_set(to->err, to->st, 0, "the server's answer is larger than %zu bytes",
                          to->body.limit);
        }
    } else {
        to->st = check_type(to);
        const struct span part = {.data = (const uint8_t *)data, .size = size};
        to->st = to->st == ST_OK ? to->sink->take(to->sink->ctx, part, to->err) : to->st;
    }
    return to->st == ST_OK ? size : 0;
}

/* Asked about once a second, more often while something comes. */
static int go_on(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up)
{
    (void)ctx;
    (void)down_all;
    (void)down;
    (void)up_all;
    (void)up;
    return adm_interrupt_came() ? 1 : 0;
}

/* Read here, and not by the library, which reads whatever there is, and calls a folder a lack of memory. */
static enum status read_authorities(const char *ca_file, struct bytes *out, struct err *err)
{
    if (ca_file == NULL) {
        return adm_roots_read(out, err);
    }
    enum status st = file_read(ca_file, ADM_ROOTS_BYTES, out, err);
    return st == ST_OK && out->size == 0
               ? err_set(err, ST_NOT_FOUND, 0, "the CA file %s is empty", ca_file)
               : st;
}

/* They replace the system's store; none are only where the library finds that itself. */
static CURLcode set_authorities(CURL *curl, const struct bytes *roots)
{
    struct curl_blob blob = {.data = roots->data, .len = roots->size, .flags = CURL_BLOB_COPY};
    return roots->size > 0 ? curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob) : CURLE_OK;
}

/* What holds for every request. curl keeps copies of the texts. */
static CURLcode set_up(struct adm_client *client, const struct bytes *roots)
{
    CURL *curl = client->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->error);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    }
    if (code == CURLE_OK) {
        code = set_authorities(curl, roots);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_PROXY, "");
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MOST_MS);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_USERAGENT, "mapi-rollout/" MR_VERSION);
    }
    return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) : code;
}

static enum status fill_client(struct adm_client *client, const struct adm_target *target,
                               struct err *err)
{
    client->curl = curl_easy_init();
    client->url = text_copy(target->url);
    client->token_file = text_copy(target->token_file);
    client->authorization = bytes_with_limit(HEADER_BYTES);
    enum status st =
        bytes_append_format(&client->authorization, "Authorization: Bearer %s", target->token);
    if (st != ST_OK || client->curl == NULL || client->url == NULL || client->token_file == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the connection");
    }
    struct bytes roots = bytes_with_limit(ADM_ROOTS_BYTES);
    st = read_authorities(target->ca_file, &roots, err);
    if (st == ST_OK) {
        CURLcode code = set_up(client, &roots);
        st = code == CURLE_OK ? ST_OK
                              : err_set(err, ST_IO, (uint32_t)code, "cannot set up TLS: %s",
                                        curl_easy_strerror(code));
    }
    bytes_free(&roots);
    return st;
}

/* A header is a line: what stands in a token file must not start another. */
static enum status check_token(const struct adm_target *target, struct err *err)
{
    for (const char *p = target->token; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~') {
            return err_set(err, ST_DENIED, 0, "the token file %s holds no token",
                           target->token_file);
        }
    }
    return ST_OK;
}

enum status adm_client_open(const struct adm_target *target, struct adm_client **out,
                            struct err *err)
{
    struct adm_client *client = NULL;

    enum status st = adm_url_check(target->url, err);
    if (st == ST_OK) {
        st = check_token(target, err);
    }
    if (st == ST_OK && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        st = err_set(err, ST_IO, 0, "cannot start the network library");
    }
    if (st == ST_OK) {
        client = calloc(1, sizeof *client);
        st = client != NULL ? fill_client(client, target, err)
                            : err_set(err, ST_NO_MEMORY, 0, "no memory for the connection");
    }
    if (st == ST_OK) {
        *out = client;
        client = NULL;
    }
    adm_client_free(client);
    return st;
}

void adm_client_free(struct adm_client *client)
{
    if (client != NULL) {
        curl_easy_cleanup(client->curl);
        bytes_wipe(&client->authorization);
        free(client->url);
        free(client->token_file);
        free(client);
    }
}

static enum status tell_failure(const struct adm_client *client, CURLcode code,
                                const struct receiver *to, struct err *err)
{
    const struct adm_failure failure = {
        .url = client->url, .code = (int)code, .line = client->error, .is_long = to->sink != NULL};
    return to->st != ST_OK ? to->st /* said where it happened */
                           : adm_failure_tell(&failure, err);
}

/* Strong entity tags stand in quotes (RFC 9110 section 8.8.3). */
static enum status append_if_match(struct bytes *out, const char *tag)
{
    return tag[0] == '"' ? bytes_append_format(out, "If-Match: %s", tag)
                         : bytes_append_format(out, "If-Match: \"%s\"", tag);
}

static bool add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer != NULL) {
        *list = longer;
    }
    return longer != NULL;
}

static enum status make_headers(const struct adm_client *client, const struct adm_request *request,
                                struct curl_slist **out)
{
    struct bytes line = bytes_with_limit(HEADER_BYTES);
    struct curl_slist *list = NULL;
    enum status st = ST_OK;

    if (request->if_match != NULL) {
        st = append_if_match(&line, request->if_match);
    }
    /* "Expect:" off: no round of waiting before a body. */
    bool added = st == ST_OK && add_header(&list, bytes_text(&client->authorization)) &&
                 add_header(&list, "Accept: application/json, text/csv") &&
                 add_header(&list, "Expect:") &&
                 add_header(&list, "Content-Type: application/json") &&
                 (line.size == 0 || add_header(&list, bytes_text(&line)));
    bytes_free(&line);
    if (!added) {
        curl_slist_free_all(list);
        return ST_NO_MEMORY;
    }
    *out = list;
    return ST_OK;
}

/* What is kept in memory comes within a minute. What is long may take its time, but not stand still. */
static CURLcode set_patience(CURL *curl, bool is_long)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, is_long ? 0L : (long)ANSWER_MOST_MS);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, is_long ? 1L : 0L);
    }
    return code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, is_long ? (long)STILL_MOST_S : 0L)
               : code;
}

static CURLcode set_request(struct adm_client *client, const struct adm_request *request,
                            const char *url, const struct curl_slist *headers, struct receiver *to)
{
    CURL *curl = client->curl;
    bool is_get = strcmp(request->method, "GET") == 0;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, to);
    }
    if (code == CURLE_OK && is_get) {
        code = curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    if (code == CURLE_OK && !is_get) {
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size);
    }
    if (code == CURLE_OK && !is_get) {
        const void *body = request->body.data != NULL ? (const void *)request->body.data : "";
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, is_get ? NULL : request->method);
    }
    return code == CURLE_OK ? set_patience(curl, to->sink != NULL) : code;
}

static enum status exchange(struct adm_client *client, const struct adm_request *request,
                            struct receiver *to, long *http, struct err *err)
{
    struct bytes url = bytes_with_limit(URL_BYTES);
    struct curl_slist *headers = NULL;
    size_t base = strlen(client->url);

    base -= base > 0 && client->url[base - 1] == '/' ? 1 : 0;
    enum status st = bytes_append(&url, client->url, base);
    if (st == ST_OK) {
        st = bytes_append_text(&url, request->path);
    }
    if (st == ST_OK) {
        st = make_headers(client, request, &headers);
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the request is too long");
    } else {
        client->error[0] = '\0';
        CURLcode code = set_request(client, request, bytes_text(&url), headers, to);
        code = code == CURLE_OK ? curl_easy_perform(client->curl) : code;
        st = code == CURLE_OK ? ST_OK : tell_failure(client, code, to, err);
        (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, http);
    }
    curl_slist_free_all(headers);
    bytes_free(&url);
    return st;
}

/* The answer's end is marked: a connection that ends without that was cut, or may have been. */
static bool ends_marked(CURL *curl)
{
    curl_off_t length = -1;
    struct curl_header *encoding = NULL;
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length >= 0 || (curl_easy_header(curl, "Transfer-Encoding", 0, CURLH_HEADER, -1,
                                            &encoding) == CURLHE_OK &&
                           strcmp(encoding->value, "chunked") == 0);
}

static enum status ask(struct adm_client *client, const struct adm_request *request,
                       struct receiver *to, struct err *err)
{
    long http = 0;
    enum status st = exchange(client, request, to, &http, err);
    if (st == ST_OK && !is_good(http)) {
        st = adm_problem_read(http, bytes_span(&to->body), client->token_file, err);
    }
    if (st == ST_OK && to->sink != NULL && !ends_marked(client->curl)) {
        st = err_set(err, ST_IO, 0, "nothing says where the answer of %s ends: it may be cut",
                     client->url);
    }
    return st;
}

enum status adm_client_ask(struct adm_client *client, const struct adm_request *request,
                           struct bytes *out, struct err *err)
{
    struct receiver to = {
        .curl = client->curl, .body = bytes_with_limit(ADM_ANSWER_BYTES), .err = err};

    enum status st = ask(client, request, &to, err);
    if (st == ST_OK) {
        *out = to.body;
        to.body = (struct bytes){0};
    }
    bytes_free(&to.body);
    return st;
}

enum status adm_client_fetch(struct adm_client *client, const struct adm_request *request,
                             const char *type, const struct adm_sink *sink, struct err *err)
{
    struct receiver to = {.curl = client->curl,
                          .body = bytes_with_limit(ADM_ANSWER_BYTES),
                          .sink = sink,
                          .type = type,
                          .err = err};
    enum status st = ask(client, request, &to, err);
    bytes_free(&to.body);
    return st;
}
