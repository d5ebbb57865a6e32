#include "agent/source_http_setup.h"

#include "version.h"

enum {
    CONNECT_MOST_MS = 10 * 1000, /* through a proxy and TLS, too */
    ANSWER_MOST_S = 30,
    HOLD_SLACK_S = 15, /* beyond what the server was asked to hold */
    KEEPALIVE_S =
        30, /* silence, then three questions 10 s apart: a dead way is found in a minute */
    KEEPALIVE_EVERY_S = 10,
    KEEPALIVE_COUNT = 3,
};

/* curl_easy_setopt() fails for options that were not built in and when memory is short: both must
 * stop the request. */
#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))

CURLcode ag_source_http_secure(CURL *easy, const char *ca_file, struct span ca_pem)
{
    CURLcode code = CURLE_OK;
    struct curl_blob roots = {.data = (void *)(uintptr_t)ca_pem.data, /* it is only read */
                              .len = ca_pem.size,
                              .flags = CURL_BLOB_NOCOPY};
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, ca_file);
    SET(CURLOPT_CAPATH, NULL);
    if (ca_file == NULL && roots.len > 0) {
        SET(CURLOPT_CAINFO_BLOB, &roots);
    }
    return code;
}

CURLcode ag_source_http_limit(CURL *easy, uint32_t wait_s, bool fresh)
{
    CURLcode code = CURLE_OK;
    uint32_t most_s = wait_s > 0 ? wait_s + HOLD_SLACK_S : ANSWER_MOST_S;
    SET(CURLOPT_USERAGENT, "mapi-rollout-agent/" MR_VERSION);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MOST_MS);
    SET(CURLOPT_TIMEOUT_MS, (long)most_s * 1000L);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L); /* a new connection goes where the name points now */
    SET(CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    SET(CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_EVERY_S);
    SET(CURLOPT_TCP_KEEPCNT, (long)KEEPALIVE_COUNT);
    return code;
}

CURLcode ag_source_http_go_by(CURL *easy, const char *proxy)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_PROXY, proxy);
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_HTTPPROXYTUNNEL, 1L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return code;
}

#undef SET

enum status ag_source_http_status(CURLcode code)
{
    switch ((int)code) { /* the few that differ for us */
    case CURLE_OK: return ST_OK;
    case CURLE_OPERATION_TIMEDOUT: return ST_TIMED_OUT;
    case CURLE_OUT_OF_MEMORY: return ST_NO_MEMORY;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM: /* roots that are none */
    case CURLE_SSL_CONNECT_ERROR: return ST_DENIED;
    default: return ST_UNREACHABLE;
    }
}

bool ag_source_http_led_nowhere(CURL *easy, CURLcode code)
{
    curl_off_t secured_us = 0;
    bool trust = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
                 code == CURLE_SSL_CERTPROBLEM;
    CURLcode known = curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secured_us);
    return code != CURLE_OK && code != CURLE_OUT_OF_MEMORY && !trust && known == CURLE_OK &&
           secured_us == 0;
}
