/* preflight_classify.h - say what a server is good for, from what one machine saw of it.
 *
 * A URL in the virtual directory /mapi or /rpc stands for Exchange's endpoint there and is asked twice:
 * for the page that load balancers ask for, too, and at the endpoint itself without credentials, which
 * then has to say how to log on. Any other URL is asked as it is.
 * Effects: none                            Units:  bytes
 * Owns:    nothing (fixed arrays)          Errors: none: every answer means something
 * Threads: safe                            Source: docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_CLASSIFY_H
#define AGENT_PREFLIGHT_CLASSIFY_H

#include "agent/preflight_answer.h"
#include "agent/proxy.h"
#include "policy/limits.h"
#include "policy/words.h"

/* ---- what to ask --------------------------------------------------------------------------- */

enum ag_probe_kind { AG_PROBE_MAPI, AG_PROBE_RPC, AG_PROBE_OTHER };

/* All borrowed texts are literals or within the URL. */
struct ag_probe_target {
    enum ag_probe_kind kind;
    char host[AG_PROXY_HOST_BYTES];
    uint16_t port;
    const char *page;     /* path of the page; of another URL its own path with all that follows */
    const char *endpoint; /* path of the endpoint; NULL for another URL */
    bool post;            /* how Outlook asks that endpoint; else it is a GET */
};

/* False: not a URL that can be asked (https, a host, no user name). */
bool ag_probe_target_of(const char *url, struct ag_probe_target *out);

/* ---- what was seen ------------------------------------------------------------------------- */

/* How far one request came. */
enum ag_reach {
    AG_REACH_NOT_ASKED,
    AG_REACH_PROXY_UNKNOWN, /* which proxy leads there could not be found out */
    AG_REACH_NO_NAME,       /* of the host; of the proxy, if there is one */
    AG_REACH_NO_CONNECTION,
    AG_REACH_TIMED_OUT,
    AG_REACH_NO_CHANNEL,  /* connected, but no common version or cipher of TLS */
    AG_REACH_CERTIFICATE, /* there is a certificate that Windows does not take */
    AG_REACH_WANTS_CERTIFICATE,
    AG_REACH_BROKEN, /* asked, and no HTTP came back */
    AG_REACH_ANSWERED,
};

/* Flags of CERT_TRUST_STATUS.dwErrorStatus that are judged one by one; all others mean distrust. */
enum {
    AG_CHAIN_NOT_TIME_VALID = 0x1,
    AG_CHAIN_NOT_TIME_NESTED = 0x2,
    AG_CHAIN_REVOKED = 0x4,
    AG_CHAIN_UNTRUSTED_ROOT = 0x20,
    AG_CHAIN_REVOCATION_UNKNOWN = 0x40,
    AG_CHAIN_PARTIAL = 0x10000,
    AG_CHAIN_REVOCATION_OFFLINE = 0x1000000,
};

struct ag_probe_answer {
    enum ag_reach reach;
    uint32_t os_code;
    uint32_t chain;    /* CERTIFICATE: the flags above */
    bool name_differs; /* CERTIFICATE: it is not for this host */
    uint32_t http;     /* ANSWERED: status, and the two below; borrowed */
    struct span headers;
    struct span body; /* as much as was read */
};

struct ag_probe {
    struct ag_probe_target target;
    char proxy[AG_PROXY_BYTES]; /* "http://host:port" that it went through; "": straight on */
    struct ag_probe_answer page;
    struct ag_probe_answer endpoint;
};

/* ---- what that means ----------------------------------------------------------------------- */

struct ag_probe_result {
    enum pol_verdict verdict;
    uint32_t http;                        /* status that counted; 0: none */
    unsigned schemes;                     /* offered at the endpoint */
    char server[AG_SERVER_VERSION_BYTES]; /* "": not said */
};

void ag_probe_classify(const struct ag_probe *probe, struct ag_probe_result *out);

/* What one answer alone means, READY if nothing is wrong with it. */
enum pol_verdict ag_probe_judge_page(const struct ag_probe *probe);
enum pol_verdict ag_probe_judge_endpoint(const struct ag_probe *probe);

/* Can Outlook log on with one of these? */
bool ag_probe_can_log_on(enum ag_probe_kind kind, unsigned schemes);

/* A certificate's verdict. READY: nothing was found to be wrong with it. */
enum pol_verdict ag_probe_judge_certificate(uint32_t chain, bool name_differs);

/* The build from which on Exchange offers MAPI/HTTP: 2013 SP1. */
extern const char AG_MAPI_HTTP_SERVER[];

#endif
