#include "agent/preflight_steps.h"

#include "base/visible.h"
#include "policy/outlook_version.h"

#include <stdio.h>
#include <string.h>

const char *const AG_STEP_WORDS[AG_STEP_COUNT] = {
    [AG_STEP_NAMESPACE] = "namespace",
    [AG_STEP_CERTIFICATE] = "certificate",
    [AG_STEP_CONNECTIVITY] = "connectivity",
    [AG_STEP_AUTHENTICATION] = "authentication",
    [AG_STEP_VIRTUAL_DIRECTORY] = "virtual_directory",
    [AG_STEP_SERVER_VERSION] = "server_version",
};

const char *const AG_STEP_STATE_WORDS[AG_STEP_STATE_COUNT] = {
    [AG_STEP_NOT_REACHED] = "not_reached",
    [AG_STEP_PASSED] = "passed",
    [AG_STEP_FAILED] = "failed",
    [AG_STEP_NOT_KNOWN] = "not_known",
};

/* What the sentences are made from. */
struct explaining {
    const struct ag_probe *probe;
    const struct ag_probe_result *result;
    const struct ag_probe_answer *stopped; /* the one that was not answered; NULL: none */
    struct ag_checklist *list;
};

static void say(const struct explaining *e, enum ag_step step, enum ag_step_state state,
                const char *format, ...) PRINTF_LIKE(4, 5);

static void say(const struct explaining *e, enum ag_step step, enum ag_step_state state,
                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(e->list->steps[step].sentence, AG_SENTENCE_BYTES, format, arguments);
    va_end(arguments);
    e->list->steps[step].state = state;
}

static bool is_other(const struct explaining *e)
{
    return e->probe->target.kind == AG_PROBE_OTHER;
}

/* ---- getting there ------------------------------------------------------------------------- */

static void explain_way(const struct explaining *e, enum ag_reach reach)
{
    const char *host = e->probe->target.host;
    const char *proxy = e->probe->proxy;
    bool straight = proxy[0] == '\0';
    if (reach == AG_REACH_PROXY_UNKNOWN) {
        say(e, AG_STEP_NAMESPACE, AG_STEP_NOT_REACHED, "which proxy leads to %s is not known",
            host);
    } else if (straight && reach == AG_REACH_NO_NAME) {
        say(e, AG_STEP_NAMESPACE, AG_STEP_FAILED, "the name %s is not found", host);
    } else if (straight) {
        say(e, AG_STEP_NAMESPACE, AG_STEP_PASSED, "the name %s is found", host);
    } else if (reach == AG_REACH_NO_NAME || reach == AG_REACH_NO_CONNECTION ||
               reach == AG_REACH_TIMED_OUT) {
        say(e, AG_STEP_NAMESPACE, AG_STEP_NOT_REACHED, "%s is looked up by the proxy %s", host,
            proxy);
    } else {
        say(e, AG_STEP_NAMESPACE, AG_STEP_PASSED, "the proxy %s finds the name %s", proxy, host);
    }
}

static void explain_no_connection(const struct explaining *e, enum ag_reach reach)
{
    const struct ag_probe_target *target = &e->probe->target;
    const char *proxy = e->probe->proxy;
    const char *what =
        reach == AG_REACH_TIMED_OUT ? "does not answer in time" : "cannot be reached";
    uint32_t os_code = e->stopped->os_code;
    if (proxy[0] == '\0') {
        say(e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED, "%s port %u %s (Windows error %u)",
            target->host, target->port, what, (unsigned)os_code);
    } else {
        say(e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED,
            "%s port %u %s by the proxy %s (Windows error %u)", target->host, target->port, what,
            proxy, (unsigned)os_code);
    }
}

static void explain_connection(const struct explaining *e, enum ag_reach reach)
{
    const struct ag_probe_target *target = &e->probe->target;
    const char *proxy = e->probe->proxy;
    bool straight = proxy[0] == '\0';
    switch (reach) {
    case AG_REACH_NOT_ASKED: break;
    case AG_REACH_PROXY_UNKNOWN:
        say(e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED,
            "the proxy could not be found out (Windows error %u)", (unsigned)e->stopped->os_code);
        break;
    case AG_REACH_NO_NAME:
        if (!straight) {
            say(e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED, "the name of the proxy %s is not found",
                proxy);
        }
        break;
    case AG_REACH_NO_CONNECTION:
    case AG_REACH_TIMED_OUT: explain_no_connection(e, reach); break;
    case AG_REACH_BROKEN:
        say(e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED,
            "the connection ends without an answer (Windows error %u)",
            (unsigned)e->stopped->os_code);
        break;
    case AG_REACH_NO_CHANNEL:
    case AG_REACH_CERTIFICATE:
    case AG_REACH_WANTS_CERTIFICATE:
    case AG_REACH_ANSWERED:
        say(e, AG_STEP_CONNECTIVITY, AG_STEP_PASSED, "%s port %u answers%s%s", target->host,
            target->port, straight ? "" : " by the proxy ", proxy);
        break;
    }
}

/* ---- the certificate ----------------------------------------------------------------------- */

static const char *distrust(uint32_t chain)
{
    if ((chain & AG_CHAIN_REVOKED) != 0) {
        return "is revoked";
    }
    if ((chain & (AG_CHAIN_UNTRUSTED_ROOT | AG_CHAIN_PARTIAL)) != 0) {
        return "is of an authority that this machine does not trust, or a certificate between is "
               "not sent";
    }
    return "is not trusted by Windows";
}

static void explain_refusal(const struct explaining *e)
{
    uint32_t chain = e->stopped->chain;
    const char *host = e->probe->target.host;
    switch (ag_probe_judge_certificate(chain, e->stopped->name_differs)) {
    case POL_VERDICT_UNTRUSTED:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_FAILED, "the certificate %s (chain status 0x%x)",
            distrust(chain), (unsigned)chain);
        break;
    case POL_VERDICT_EXPIRED:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_FAILED,
            "the certificate, or one above it, has expired or is not valid yet");
        break;
    case POL_VERDICT_NAME_MISMATCH:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_FAILED, "the certificate is not for %s", host);
        break;
    case POL_VERDICT_READY:
    case POL_VERDICT_UNREACHABLE:
    case POL_VERDICT_PROXY_UNKNOWN:
    case POL_VERDICT_NOT_PUBLISHED:
    case POL_VERDICT_PRE_AUTHENTICATED:
    case POL_VERDICT_TOO_OLD:
    case POL_VERDICT_UNHEALTHY:
    case POL_VERDICT_COUNT:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_FAILED,
            "Windows refuses the certificate and does not say why (Windows error %u)",
            (unsigned)e->stopped->os_code);
        break;
    }
}

static void explain_certificate(const struct explaining *e, enum ag_reach reach)
{
    switch (reach) {
    case AG_REACH_NOT_ASKED:
    case AG_REACH_PROXY_UNKNOWN:
    case AG_REACH_NO_NAME:
    case AG_REACH_NO_CONNECTION:
    case AG_REACH_TIMED_OUT: break;
    case AG_REACH_NO_CHANNEL:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_FAILED,
            "TLS does not come about: no version or cipher suits both sides, or a certificate of the "
            "client is asked for (Windows error %u)",
            (unsigned)e->stopped->os_code);
        break;
    case AG_REACH_CERTIFICATE: explain_refusal(e); break;
    case AG_REACH_WANTS_CERTIFICATE:
    case AG_REACH_BROKEN:
    case AG_REACH_ANSWERED:
        say(e, AG_STEP_CERTIFICATE, AG_STEP_PASSED,
            "the certificate is trusted, for %s and within its time; revocation is not looked at",
            e->probe->target.host);
        break;
    }
}

/* ---- what was answered --------------------------------------------------------------------- */

static void list_schemes(unsigned schemes, char *out, size_t room)
{
    const char *words[AG_SCHEME_COUNT];
    size_t count = ag_scheme_words(schemes, words);
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < room; i++) {
        int size = snprintf(out + used, room - used, "%s%s", used > 0 ? ", " : "", words[i]);
        used += size > 0 ? (size_t)size : 0;
    }
}

static void explain_challenge(const struct explaining *e)
{
    char offered[96];
    unsigned schemes = e->result->schemes;
    unsigned plain = AG_SCHEME_BIT(AG_SCHEME_BASIC) | AG_SCHEME_BIT(AG_SCHEME_DIGEST);
    list_schemes(schemes, offered, sizeof offered);
    if (schemes == 0) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED, "no way to log on is offered");
    } else if (!ag_probe_can_log_on(e->probe->target.kind, schemes)) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED,
            "%s is offered, and nothing that Outlook logs on with by itself", offered);
    } else if ((schemes & plain) != 0) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_PASSED,
            "%s are offered: Basic or Digest beside the others lets clients send passwords",
            offered);
    } else {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_PASSED, "offered: %s", offered);
    }
}

/* Where somebody is sent instead; what it says is theirs. */
static void explain_redirect(const struct explaining *e, const struct ag_probe_answer *answer)
{
    char raw[160];
    char shown[200];
    size_t at = 0;
    struct span value = {.size = 0};
    (void)ag_answer_field(answer->headers, "Location", &at, &value);
    (void)snprintf(raw, sizeof raw, "%.*s",
                   (int)(value.size < sizeof raw ? value.size : sizeof raw),
                   value.size > 0 ? (const char *)value.data : "");
    (void)visible_copy(raw, shown, sizeof shown);
    say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED,
        "status %u sends the client somewhere else before Exchange is asked: %s",
        (unsigned)answer->http, shown[0] != '\0' ? shown : "it does not say where");
}

static void explain_gateway(const struct explaining *e, const struct ag_probe_answer *answer)
{
    uint32_t http = answer->http;
    if (answer->reach == AG_REACH_WANTS_CERTIFICATE) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED, "a certificate of the client is asked for");
    } else if (http / 100 == 3) {
        explain_redirect(e, answer);
    } else if (http / 100 == 2) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED,
            "a page with a form comes back: somebody wants to see a log-on before Exchange does");
    } else if (http == 403) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED, "access is refused (403) without a log-on");
    } else {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_FAILED,
            "healthcheck.htm asks for a log-on (%u): Exchange itself does not", (unsigned)http);
    }
}

/* The answers in their order: whichever is in front of Exchange is named. */
static void explain_authentication(const struct explaining *e)
{
    const struct ag_probe_answer *page = &e->probe->page;
    const struct ag_probe_answer *asks = is_other(e) ? page : &e->probe->endpoint;
    bool challenged = asks->reach == AG_REACH_ANSWERED && asks->http == 401;
    if (ag_probe_judge_page(e->probe) == POL_VERDICT_PRE_AUTHENTICATED &&
        !(is_other(e) && challenged)) {
        explain_gateway(e, page);
    } else if (challenged) {
        explain_challenge(e);
    } else if (!is_other(e) && asks->reach != AG_REACH_NOT_ASKED &&
               ag_probe_judge_endpoint(e->probe) == POL_VERDICT_PRE_AUTHENTICATED) {
        explain_gateway(e, asks);
    } else if (is_other(e) && e->result->verdict == POL_VERDICT_READY) {
        say(e, AG_STEP_AUTHENTICATION, AG_STEP_NOT_KNOWN, "this URL asks for no log-on");
    }
}

static void explain_failed_directory(const struct explaining *e, const char *what,
                                     const struct ag_probe_answer *answer, enum pol_verdict verdict)
{
    uint32_t http = answer->http;
    if (verdict == POL_VERDICT_NOT_PUBLISHED && http / 100 == 2) {
        say(e, AG_STEP_VIRTUAL_DIRECTORY, AG_STEP_FAILED,
            "%s answers %u without a log-on: that is not Exchange", what, (unsigned)http);
    } else if (verdict == POL_VERDICT_NOT_PUBLISHED) {
        say(e, AG_STEP_VIRTUAL_DIRECTORY, AG_STEP_FAILED, "%s is not there (%u)", what,
            (unsigned)http);
    } else if (http == 200) {
        say(e, AG_STEP_VIRTUAL_DIRECTORY, AG_STEP_FAILED, "%s does not say 200 OK", what);
    } else {
        say(e, AG_STEP_VIRTUAL_DIRECTORY, AG_STEP_FAILED, "%s answers with status %u", what,
            (unsigned)http);
    }
}

static bool is_about_directory(const struct ag_probe_answer *answer, enum pol_verdict verdict)
{
    return answer->reach == AG_REACH_ANSWERED &&
           (verdict == POL_VERDICT_NOT_PUBLISHED || verdict == POL_VERDICT_UNHEALTHY);
}

static void explain_directory(const struct explaining *e)
{
    const struct ag_probe *probe = e->probe;
    const char *path = is_other(e) ? probe->target.page : probe->target.endpoint;
    enum pol_verdict page = ag_probe_judge_page(probe);
    enum pol_verdict endpoint = is_other(e) ? page : ag_probe_judge_endpoint(probe);
    if (!is_other(e) && is_about_directory(&probe->endpoint, endpoint)) {
        explain_failed_directory(e, path, &probe->endpoint, endpoint);
    } else if (is_about_directory(&probe->page, page)) {
        explain_failed_directory(e, probe->target.page, &probe->page, page);
    } else if (page == POL_VERDICT_READY && endpoint == POL_VERDICT_READY) {
        say(e, AG_STEP_VIRTUAL_DIRECTORY, AG_STEP_PASSED, "%s answers (%u)%s", path,
            (unsigned)e->result->http, is_other(e) ? "" : ", healthcheck.htm says 200 OK");
    }
}

static void explain_version(const struct explaining *e)
{
    const char *server = e->result->server;
    enum ag_probe_kind kind = e->probe->target.kind;
    uint64_t version = 0;
    uint64_t least = 0;
    if (e->stopped == &e->probe->page) {
        return;
    }
    if (server[0] == '\0') {
        say(e, AG_STEP_SERVER_VERSION, AG_STEP_NOT_KNOWN, "the server does not say its version");
    } else if (kind == AG_PROBE_MAPI && pol_outlook_version_read(server, &version) &&
               pol_outlook_version_read(AG_MAPI_HTTP_SERVER, &least) && version < least) {
        say(e, AG_STEP_SERVER_VERSION, AG_STEP_FAILED,
            "Exchange %s is older than 2013 SP1 (%s), the first with MAPI/HTTP", server,
            AG_MAPI_HTTP_SERVER);
    } else {
        say(e, AG_STEP_SERVER_VERSION, AG_STEP_PASSED, "Exchange %s", server);
    }
}

/* ---- all of it ----------------------------------------------------------------------------- */

static const char *const NEXT[POL_VERDICT_COUNT] = {
    [POL_VERDICT_READY] = "nothing: Outlook can be sent there from this machine",
    [POL_VERDICT_UNREACHABLE] = "check the name in DNS, routes and firewalls between this machine "
                                "and the server, and whether it listens",
    [POL_VERDICT_PROXY_UNKNOWN] = "check the proxy settings of Windows, WPAD and the PAC file; a "
                                  "proxy must let this host pass without asking for credentials",
    [POL_VERDICT_NAME_MISMATCH] = "use the name that is in the certificate, or get a certificate "
                                  "with this name (Set-MapiVirtualDirectory shows the URLs)",
    [POL_VERDICT_UNTRUSTED] = "distribute the authority's certificate to this machine's trusted "
                              "roots, or let the server send the certificates between",
    [POL_VERDICT_EXPIRED] = "renew the certificate; check this machine's clock",
    [POL_VERDICT_NOT_PUBLISHED] = "publish this path at the load balancer or reverse proxy, and "
                                  "check the virtual directory on the servers behind it",
    [POL_VERDICT_PRE_AUTHENTICATED] = "let this path pass to Exchange without a log-on in front of "
                                      "it, and offer Negotiate or NTLM there",
    [POL_VERDICT_TOO_OLD] = "update Exchange to 2013 SP1 or later before Outlook is sent there",
    [POL_VERDICT_UNHEALTHY] = "look at the server's health (Get-ServerHealth), its application "
                              "pools and the load balancer's view of it",
};

static const struct ag_probe_answer *first_stop(const struct ag_probe *probe)
{
    if (probe->page.reach != AG_REACH_ANSWERED) {
        return &probe->page;
    }
    bool asked = probe->endpoint.reach != AG_REACH_NOT_ASKED;
    return asked && probe->endpoint.reach != AG_REACH_ANSWERED ? &probe->endpoint : NULL;
}

void ag_probe_explain(const struct ag_probe *probe, const struct ag_probe_result *result,
                      struct ag_checklist *out)
{
    static const char NOT_REACHED[] = "something before it has to be mended first";
    const struct explaining e = {probe, result, first_stop(probe), out};
    enum ag_reach reach = e.stopped != NULL ? e.stopped->reach : AG_REACH_ANSWERED;
    *out = (struct ag_checklist){.next = NEXT[result->verdict]};
    for (size_t i = 0; i < AG_STEP_COUNT; i++) {
        say(&e, (enum ag_step)i, AG_STEP_NOT_REACHED, NOT_REACHED);
    }
    if (result->http == 407) {
        say(&e, AG_STEP_CONNECTIVITY, AG_STEP_FAILED,
            "the proxy %s asks for credentials, and none are given here",
            probe->proxy[0] != '\0' ? probe->proxy : "in between");
        return;
    }
    explain_way(&e, reach);
    explain_connection(&e, reach);
    explain_certificate(&e, reach);
    explain_authentication(&e);
    explain_directory(&e);
    explain_version(&e);
}
