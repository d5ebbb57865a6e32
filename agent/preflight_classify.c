#include "agent/preflight_classify.h"

#include <string.h>
#include <strings.h>

const char AG_MAPI_HTTP_SERVER[] = "15.0.847.32";

static const uint64_t MAPI_HTTP_SERVER = (uint64_t)15 << 48 | (uint64_t)847 << 16 | 32;

/* ---- what to ask --------------------------------------------------------------------------- */

/* Is that the first directory of the path? */
static bool is_in(const char *path, const char *directory)
{
    size_t size = strlen(directory);
    return strncasecmp(path, directory, size) == 0 && strchr("/?", path[size]) != NULL;
}

/* Visible characters that go into a request as they are. */
static bool is_plain(const char *url)
{
    for (; *url != '\0'; url++) {
        if (*url <= 0x20 || *url > 0x7e || *url == '#') {
            return false;
        }
    }
    return true;
}

bool ag_probe_target_of(const char *url, struct ag_probe_target *out)
{
    struct ag_probe_target target = {.kind = AG_PROBE_OTHER, .page = "/"};
    if (strlen(url) > LIMIT_STRING_BYTES || !is_plain(url) ||
        !ag_proxy_server_of(url, target.host, &target.port)) {
        return false;
    }
    const char *path = strchr(url + strlen("https://"), '/');
    if (path != NULL && is_in(path, "/mapi")) {
        target.kind = AG_PROBE_MAPI;
        target.page = "/mapi/healthcheck.htm";
        target.endpoint = "/mapi/emsmdb/";
        target.post = true;
    } else if (path != NULL && is_in(path, "/rpc")) {
        target.kind = AG_PROBE_RPC;
        target.page = "/rpc/healthcheck.htm";
        target.endpoint = "/rpc/rpcproxy.dll";
    } else if (path != NULL) {
        target.page = path;
    }
    *out = target;
    return true;
}

/* ---- one answer ---------------------------------------------------------------------------- */

enum pol_verdict ag_probe_judge_certificate(uint32_t chain, bool name_differs)
{
    /* Revocation is not looked at, so that it is not known means nothing. */
    const uint32_t times = AG_CHAIN_NOT_TIME_VALID | AG_CHAIN_NOT_TIME_NESTED;
    const uint32_t ignored = AG_CHAIN_REVOCATION_UNKNOWN | AG_CHAIN_REVOCATION_OFFLINE;
    if ((chain & ~(times | ignored)) != 0) {
        return POL_VERDICT_UNTRUSTED;
    }
    if ((chain & times) != 0) {
        return POL_VERDICT_EXPIRED;
    }
    return name_differs ? POL_VERDICT_NAME_MISMATCH : POL_VERDICT_READY;
}

/* Windows did not take it: if nobody finds out why, it is not trusted all the same. */
static enum pol_verdict judge_refused_certificate(const struct ag_probe_answer *answer)
{
    enum pol_verdict verdict = ag_probe_judge_certificate(answer->chain, answer->name_differs);
    return verdict != POL_VERDICT_READY ? verdict : POL_VERDICT_UNTRUSTED;
}

/* READY: it was answered. */
static enum pol_verdict judge_reach(const struct ag_probe_answer *answer)
{
    switch (answer->reach) {
    case AG_REACH_NOT_ASKED:
    case AG_REACH_NO_NAME:
    case AG_REACH_NO_CONNECTION:
    case AG_REACH_TIMED_OUT:
    case AG_REACH_NO_CHANNEL: return POL_VERDICT_UNREACHABLE;
    case AG_REACH_PROXY_UNKNOWN: return POL_VERDICT_PROXY_UNKNOWN;
    case AG_REACH_CERTIFICATE: return judge_refused_certificate(answer);
    case AG_REACH_WANTS_CERTIFICATE: return POL_VERDICT_PRE_AUTHENTICATED;
    case AG_REACH_BROKEN: return POL_VERDICT_UNHEALTHY;
    case AG_REACH_ANSWERED: break;
    }
    return POL_VERDICT_READY;
}

/* What means the same at each place; READY: nothing of that. */
static enum pol_verdict judge_status(const struct ag_probe_answer *answer)
{
    enum pol_verdict verdict = judge_reach(answer);
    uint32_t http = answer->http;
    if (verdict != POL_VERDICT_READY) {
        return verdict;
    }
    if (http == 407) {
        return POL_VERDICT_PROXY_UNKNOWN;
    }
    if (http / 100 == 3 || http == 403) {
        return POL_VERDICT_PRE_AUTHENTICATED;
    }
    if (http == 404 || http == 410) {
        return POL_VERDICT_NOT_PUBLISHED;
    }
    return http / 100 == 2 && ag_answer_has_form(answer->body) ? POL_VERDICT_PRE_AUTHENTICATED
                                                               : POL_VERDICT_READY;
}

bool ag_probe_can_log_on(enum ag_probe_kind kind, unsigned schemes)
{
    unsigned windows = AG_SCHEME_BIT(AG_SCHEME_NEGOTIATE) | AG_SCHEME_BIT(AG_SCHEME_NTLM) |
                       AG_SCHEME_BIT(AG_SCHEME_KERBEROS);
    /* RPC/HTTP knows no tokens. */
    unsigned good = kind == AG_PROBE_RPC ? windows : windows | AG_SCHEME_BIT(AG_SCHEME_BEARER);
    return (schemes & good) != 0;
}

static enum pol_verdict judge_challenge(const struct ag_probe *probe,
                                        const struct ag_probe_answer *answer)
{
    return ag_probe_can_log_on(probe->target.kind, ag_answer_schemes(answer->headers))
               ? POL_VERDICT_READY
               : POL_VERDICT_PRE_AUTHENTICATED;
}

enum pol_verdict ag_probe_judge_page(const struct ag_probe *probe)
{
    const struct ag_probe_answer *page = &probe->page;
    enum pol_verdict verdict = judge_status(page);
    bool other = probe->target.kind == AG_PROBE_OTHER;
    if (verdict != POL_VERDICT_READY) {
        return verdict;
    }
    if (page->http == 401) {
        return other ? judge_challenge(probe, page) : POL_VERDICT_PRE_AUTHENTICATED;
    }
    bool well = page->http == 200 && (other || ag_answer_says_ok(page->body));
    return well ? POL_VERDICT_READY : POL_VERDICT_UNHEALTHY;
}

enum pol_verdict ag_probe_judge_endpoint(const struct ag_probe *probe)
{
    const struct ag_probe_answer *endpoint = &probe->endpoint;
    enum pol_verdict verdict = judge_status(endpoint);
    if (verdict != POL_VERDICT_READY) {
        return verdict;
    }
    if (endpoint->http == 401) {
        return judge_challenge(probe, endpoint);
    }
    /* Exchange lets nobody in who did not log on: this is something else. */
    return endpoint->http / 100 == 2 ? POL_VERDICT_NOT_PUBLISHED : POL_VERDICT_UNHEALTHY;
}

/* ---- both together ------------------------------------------------------------------------- */

/* The answer that says more about what is to be done comes first. */
static unsigned weight(enum pol_verdict verdict)
{
    switch (verdict) {
    case POL_VERDICT_PROXY_UNKNOWN: return 9;
    case POL_VERDICT_UNTRUSTED: return 8;
    case POL_VERDICT_EXPIRED: return 7;
    case POL_VERDICT_NAME_MISMATCH: return 6;
    case POL_VERDICT_PRE_AUTHENTICATED: return 5;
    case POL_VERDICT_NOT_PUBLISHED: return 4;
    case POL_VERDICT_UNHEALTHY: return 3;
    case POL_VERDICT_UNREACHABLE: return 2;
    case POL_VERDICT_TOO_OLD: return 1;
    case POL_VERDICT_READY:
    case POL_VERDICT_COUNT: break;
    }
    return 0;
}

static bool answered(const struct ag_probe_answer *answer)
{
    return answer->reach == AG_REACH_ANSWERED;
}

/* The answer to which a verdict belongs. */
static const struct ag_probe_answer *decide(const struct ag_probe *probe, enum pol_verdict *verdict)
{
    enum pol_verdict page = ag_probe_judge_page(probe);
    *verdict = page;
    if (probe->target.kind == AG_PROBE_OTHER || probe->endpoint.reach == AG_REACH_NOT_ASKED) {
        /* A page that is fine and an endpoint that nobody asked prove nothing. */
        bool half = probe->target.kind != AG_PROBE_OTHER && page == POL_VERDICT_READY;
        *verdict = half ? POL_VERDICT_UNREACHABLE : page;
        return &probe->page;
    }
    enum pol_verdict endpoint = ag_probe_judge_endpoint(probe);
    if (weight(page) > weight(endpoint)) {
        return &probe->page;
    }
    *verdict = endpoint;
    return &probe->endpoint;
}

/* The endpoint's own word counts; another host may have given out the page. */
static bool find_version(const struct ag_probe *probe, char text[AG_SERVER_VERSION_BYTES],
                         uint64_t *version)
{
    return (answered(&probe->endpoint) &&
            ag_answer_version(probe->endpoint.headers, text, version)) ||
           (answered(&probe->page) && ag_answer_version(probe->page.headers, text, version));
}

void ag_probe_classify(const struct ag_probe *probe, struct ag_probe_result *out)
{
    struct ag_probe_result result = {.verdict = POL_VERDICT_UNREACHABLE};
    uint64_t version = 0;
    const struct ag_probe_answer *counts = decide(probe, &result.verdict);
    const struct ag_probe_answer *asks =
        probe->target.kind == AG_PROBE_OTHER ? &probe->page : &probe->endpoint;
    result.http = answered(counts) ? counts->http : 0;
    if (answered(asks) && asks->http == 401) {
        result.schemes = ag_answer_schemes(asks->headers);
    }
    bool too_old = find_version(probe, result.server, &version) &&
                   probe->target.kind == AG_PROBE_MAPI && version < MAPI_HTTP_SERVER;
    if (too_old && result.verdict == POL_VERDICT_READY) {
        result.verdict = POL_VERDICT_TOO_OLD;
    }
    *out = result;
}
