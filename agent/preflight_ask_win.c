#include "agent/preflight_ask_win.h"

#include "agent/preflight_certificate_win.h"
#include "agent/preflight_http_win.h"
#include "agent/preflight_proxy_win.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winhttp.h>

enum {
    URL_MS = 30 * 1000,         /* for all that is asked about one URL */
    CLIENT_AUTH_KEY = 12185,    /* newer than our headers: the client's certificate has no key, */
    CLIENT_AUTH_DENIED = 12186, /* or none that may be used */
};

struct asking {
    struct ag_probe probe;
    HANDLE stop;
    uint64_t deadline_ms;
    wchar_t host[AG_PROXY_HOST_BYTES];
    struct ag_way *way;
    struct ag_way_answer page;
    struct ag_way_answer endpoint;
};

/* ---- what Windows says --------------------------------------------------------------------- */

static enum ag_reach reach_of(DWORD error)
{
    switch (error) {
    case ERROR_SUCCESS: return AG_REACH_ANSWERED;
    case ERROR_WINHTTP_NAME_NOT_RESOLVED: return AG_REACH_NO_NAME;
    case WSAETIMEDOUT:
    case ERROR_WINHTTP_TIMEOUT: return AG_REACH_TIMED_OUT;
    case ERROR_WINHTTP_SECURE_FAILURE:
    case ERROR_WINHTTP_SECURE_CHANNEL_ERROR: /* Wine's only one */
    case ERROR_WINHTTP_SECURE_CERT_DATE_INVALID:
    case ERROR_WINHTTP_SECURE_CERT_CN_INVALID:
    case ERROR_WINHTTP_SECURE_INVALID_CA:
    case ERROR_WINHTTP_SECURE_INVALID_CERT:
    case ERROR_WINHTTP_SECURE_CERT_REVOKED:
    case ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE: return AG_REACH_CERTIFICATE;
    case ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED:
    case CLIENT_AUTH_KEY:
    case CLIENT_AUTH_DENIED: return AG_REACH_WANTS_CERTIFICATE;
    case ERROR_WINHTTP_CONNECTION_ERROR:
    case ERROR_WINHTTP_INVALID_SERVER_RESPONSE:
    case ERROR_WINHTTP_HEADER_COUNT_EXCEEDED:
    case ERROR_WINHTTP_HEADER_SIZE_OVERFLOW:
    case ERROR_WINHTTP_RESPONSE_DRAIN_OVERFLOW:
    case ERROR_WINHTTP_HEADER_NOT_FOUND:
    case ERROR_INSUFFICIENT_BUFFER: /* more headers than anybody needs */
    case WSAECONNRESET:
    case WSAECONNABORTED: return AG_REACH_BROKEN;
    default: return AG_REACH_NO_CONNECTION;
    }
}

static struct ag_probe_answer answer_of(DWORD error, const struct ag_way_answer *text)
{
    if (error != ERROR_SUCCESS) {
        return (struct ag_probe_answer){.reach = reach_of(error), .os_code = error};
    }
    return (struct ag_probe_answer){
        .reach = AG_REACH_ANSWERED,
        .http = text->http,
        .headers = {text->headers, text->header_bytes},
        .body = {text->body, text->body_bytes},
    };
}

/* ---- one URL ------------------------------------------------------------------------------- */

static bool is_stopped(const struct asking *a)
{
    return a->stop != NULL && WaitForSingleObject(a->stop, 0) == WAIT_OBJECT_0;
}

/* A new way has connections of its own. */
static DWORD open_way(struct asking *a)
{
    const struct ag_way_options options = {
        .host = a->host,
        .port = a->probe.target.port,
        .proxy = a->probe.proxy,
        .stop = a->stop,
        .deadline_ms = a->deadline_ms,
    };
    ag_way_close(a->way);
    a->way = NULL;
    return ag_way_open(&options, &a->way);
}

/* Once more, with all errors of the certificate let pass: what is asked for is the page that everybody
 * may see, and nobody waits for its answer. */
static void find_reason(struct asking *a)
{
    struct ag_probe_answer *page = &a->probe.page;
    const CERT_CONTEXT *certificate = NULL;
    DWORD error = open_way(a);
    if (error == ERROR_SUCCESS) {
        error = ag_way_certificate(a->way, a->probe.target.page, &certificate);
    }
    if (error == ERROR_SUCCESS) {
        (void)ag_certificate_judge(certificate, a->host, page);
        (void)CertFreeCertificateContext(certificate);
    } else if (reach_of(error) == AG_REACH_CERTIFICATE) {
        page->reach = AG_REACH_NO_CHANNEL; /* it was not about that at all */
    } else if (reach_of(error) == AG_REACH_WANTS_CERTIFICATE) {
        page->reach = AG_REACH_WANTS_CERTIFICATE;
    }
}

static bool leads_nowhere(enum ag_reach reach)
{
    return reach == AG_REACH_NO_NAME || reach == AG_REACH_NO_CONNECTION ||
           reach == AG_REACH_TIMED_OUT;
}

/* The first proxy that leads on is the way. */
static void ask_page(struct asking *a, const struct ag_proxy_list *proxies)
{
    struct ag_probe *probe = &a->probe;
    bool more = true;
    for (size_t i = 0; more && i < proxies->count; i++) {
        memcpy(probe->proxy, proxies->urls[i], AG_PROXY_BYTES);
        DWORD error = open_way(a);
        if (error == ERROR_SUCCESS) {
            error = ag_way_ask(a->way, probe->target.page, false, &a->page);
        }
        probe->page = answer_of(error, &a->page);
        more = leads_nowhere(probe->page.reach) && clock_monotonic_ms() < a->deadline_ms &&
               !is_stopped(a);
    }
    if (probe->page.reach == AG_REACH_CERTIFICATE) {
        find_reason(a);
    }
}

static void probe_url(struct asking *a, const char *url)
{
    struct ag_probe *probe = &a->probe;
    const struct ag_probe_target *target = &probe->target;
    struct ag_proxy_list proxies = {.count = 0};
    DWORD error = ag_preflight_find_proxies(&AG_SESSION_CALLS, url, target, &proxies);
    if (error != ERROR_SUCCESS) {
        probe->page = (struct ag_probe_answer){.reach = AG_REACH_PROXY_UNKNOWN, .os_code = error};
        return;
    }
    ask_page(a, &proxies);
    if (probe->page.reach == AG_REACH_ANSWERED && target->endpoint != NULL) {
        error = ag_way_ask(a->way, target->endpoint, target->post, &a->endpoint);
        probe->endpoint = answer_of(error, &a->endpoint);
    }
}

static void judge(const struct asking *a, struct ag_probe_result *out, struct ag_checklist *list)
{
    ag_probe_classify(&a->probe, out);
    if (list != NULL) {
        ag_probe_explain(&a->probe, out, list);
    }
}

enum status ag_preflight_ask(const char *url, HANDLE stop, struct ag_probe_result *out,
                             struct ag_checklist *list, struct err *err)
{
    struct asking *a = calloc(1, sizeof *a);
    enum status st = ST_OK;
    if (a == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to probe %s", url);
    }
    a->stop = stop;
    a->deadline_ms = clock_monotonic_ms() + URL_MS;
    if (!ag_probe_target_of(url, &a->probe.target)) {
        st = err_refuse(err, "bad_url", "",
                        "%s is no URL like https://mapi.example.com/mapi/healthcheck.htm", url);
    } else {
        bool address = strchr(a->probe.target.host, ':') != NULL;
        (void)swprintf(a->host, AG_PROXY_HOST_BYTES, address ? L"[%hs]" : L"%hs",
                       a->probe.target.host);
        probe_url(a, url);
        ag_way_close(a->way);
        st = is_stopped(a) ? err_set(err, ST_CANCELLED, 0, "stopped while probing %s", url) : ST_OK;
    }
    if (st == ST_OK) {
        judge(a, out, list);
    }
    free(a);
    return st;
}
