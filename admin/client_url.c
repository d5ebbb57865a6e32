#include "admin/client_url.h"

#include "admin/options.h"

#include <curl/curl.h>
#include <string.h>

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

enum status adm_url_check(const char *text, struct err *err)
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

enum status adm_query_add(struct bytes *out, const char *key, const char *value)
{
    if (value == NULL) {
        return ST_OK;
    }
    enum status st = bytes_append_format(out, "%s%s=", out->size > 0 ? "&" : "", key);
    return st == ST_OK ? adm_query_append(out, value) : st;
}
