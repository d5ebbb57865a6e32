#include "admin/client_http.h"

#include "admin/options.h"
#include "admin/problem.h"
#include "admin/roots.h"
#include "version.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MOST_MS = 10000,
    ANSWER_MOST_MS = 60000,
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

bool adm_is_loopback(const char *host)
{
    size_t digits = strspn(host, "0123456789.");
    bool is_address = digits == strlen(host) && strncmp(host, "127.", 4) == 0;
    return is_address || strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static enum status check_parts(CURLU *url, const char *text, struct err *err)
{
    char *scheme = NULL;
    char *host = NULL;
    enum status st = ST_OK;

    /* Not the whole text: a URL with a password in it must not be repeated. */
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) {
        st = adm_usage(err, "a server URL holds no user and no password: use --token-file");
    } else if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT) ||
               curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
               curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        st = adm_usage(err, "\"%s\" is no server URL: write https://HOST:PORT", text);
    } else if (strcmp(scheme, "https") != 0 &&
               (strcmp(scheme, "http") != 0 || !adm_is_loopback(host))) {
        st = adm_usage(err,
                       "\"%s\" will not do: write https://HOST:PORT (plain http is for"
                       " 127.0.0.1 and localhost only)",
                       text);
    }
    curl_free(scheme);
    curl_free(host);
    return st;
}

static enum status check_url(const char *text, struct err *err)
{
    CURLU *url = curl_url();
    if (url == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the URL");
    }
    enum status st = ST_OK;
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
        st = adm_usage(err, "that is no server URL: write https://HOST:PORT");
    } else {
        st = check_parts(url, text, err);
    }
    curl_url_cleanup(url);
    return st;
}

struct sink {
    struct bytes body;
    enum status st;
};

static size_t receive(char *data, size_t unit, size_t count, void *ctx)
{
    struct sink *sink = ctx;
    sink->st = bytes_append(&sink->body, data, unit * count);
    return sink->st == ST_OK ? unit * count : 0;
}

/* The named file replaces the system's store. */
static CURLcode set_authorities(CURL *curl, const char *ca_file, const struct bytes *roots)
{
    struct curl_blob blob = {.data = roots->data, .len = roots->size, .flags = CURL_BLOB_COPY};
    if (ca_file != NULL) {
        return curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    }
    return roots->size > 0 ? curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob) : CURLE_OK;
}

/* What holds for every request. curl keeps copies of the texts. */
static CURLcode set_up(struct adm_client *client, const char *ca_file, const struct bytes *roots)
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
        code = set_authorities(curl, ca_file, roots);
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
        code = curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_MOST_MS);
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
    st = target->ca_file == NULL ? adm_roots_read(&roots, err) : ST_OK;
    if (st == ST_OK) {
        CURLcode code = set_up(client, target->ca_file, &roots);
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

    enum status st = check_url(target->url, err);
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

/* The library says in words why a certificate failed; ours are plainer. */
static enum status certificate_failed(const struct adm_client *client, struct err *err)
{
    static const char *const REASONS[][2] = {
        {"validity has expired", "has expired: renew it on the server"},
        {"starts in the future", "is not valid yet: is this machine's clock right?"},
        {"does not match with the expected", "is for another host name than the URL has"},
        {"not correctly signed by the trusted CA", "is not from a CA that is trusted here: name its"
                                                   " CA file by --ca FILE"},
    };
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (strstr(client->error, REASONS[i][0]) != NULL) {
            return err_set(err, ST_DENIED, 0, "the certificate of %s %s", client->url,
                           REASONS[i][1]);
        }
    }
    return err_set(err, ST_DENIED, 0, "the certificate of %s is refused: %s", client->url,
                   client->error);
}

static enum status exchange_failed(const struct adm_client *client, CURLcode code,
                                   const struct sink *sink, struct err *err)
{
    const char *why = client->error[0] != '\0' ? client->error : curl_easy_strerror(code);
    if (sink->st != ST_OK) {
        return err_set(err, sink->st, 0, "the answer of %s is larger than %d bytes", client->url,
                       ADM_ANSWER_BYTES);
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        return certificate_failed(client, err);
    }
    if (code == CURLE_SSL_CACERT_BADFILE) {
        return err_set(err, ST_NOT_FOUND, 0,
                       "the CA file cannot be used, or none was named by"
                       " --ca FILE: %s",
                       why);
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return err_set(err, ST_TIMED_OUT, 0, "%s gave no answer in time", client->url);
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return err_set(err, ST_UNREACHABLE, 0,
                       "nobody answers at %s: is the server running, and is"
                       " that its --admin-listen address?",
                       client->url);
    }
    if (code == CURLE_COULDNT_RESOLVE_HOST) {
        return err_set(err, ST_UNREACHABLE, 0, "the host name in %s is not known", client->url);
    }
    return err_set(err, ST_UNREACHABLE, 0, "cannot talk to %s: %s", client->url, why);
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
                 add_header(&list, "Accept: application/json") && add_header(&list, "Expect:") &&
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

static CURLcode set_request(struct adm_client *client, const struct adm_request *request,
                            const char *url, const struct curl_slist *headers, struct sink *sink)
{
    CURL *curl = client->curl;
    bool is_get = strcmp(request->method, "GET") == 0;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
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
    return code;
}

static enum status exchange(struct adm_client *client, const struct adm_request *request,
                            struct sink *sink, long *http, struct err *err)
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
        CURLcode code = set_request(client, request, bytes_text(&url), headers, sink);
        code = code == CURLE_OK ? curl_easy_perform(client->curl) : code;
        st = code == CURLE_OK ? ST_OK : exchange_failed(client, code, sink, err);
        (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, http);
    }
    curl_slist_free_all(headers);
    bytes_free(&url);
    return st;
}

enum status adm_client_ask(struct adm_client *client, const struct adm_request *request,
                           struct bytes *out, struct err *err)
{
    struct sink sink = {.body = bytes_with_limit(ADM_ANSWER_BYTES), .st = ST_OK};
    long http = 0;

    enum status st = exchange(client, request, &sink, &http, err);
    if (st == ST_OK && (http < 200 || http > 299)) {
        st = adm_problem_read(http, bytes_span(&sink.body), client->token_file, err);
    }
    if (st == ST_OK) {
        *out = sink.body;
        sink.body = (struct bytes){0};
    }
    bytes_free(&sink.body);
    return st;
}

enum status adm_query_append(struct bytes *out, const char *text)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    enum status st = ST_OK;
    for (const char *p = text; st == ST_OK && *p != '\0'; p++) {
        st = strchr(PLAIN, *p) != NULL ? bytes_append(out, p, 1)
                                       : bytes_append_format(out, "%%%02X", (unsigned char)*p);
    }
    return st;
}
