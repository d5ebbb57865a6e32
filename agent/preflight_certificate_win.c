#include "agent/preflight_certificate_win.h"

/* The policy's flags are those of WinHTTP and WinINet. */
enum {
    IGNORE_REVOCATION = 0x80,
    IGNORE_UNKNOWN_AUTHORITY = 0x100,
    IGNORE_WRONG_USAGE = 0x200,
    IGNORE_DATES = 0x2000,
};

_Static_assert(AG_CHAIN_NOT_TIME_VALID == CERT_TRUST_IS_NOT_TIME_VALID, "wincrypt.h");
_Static_assert(AG_CHAIN_NOT_TIME_NESTED == CERT_TRUST_IS_NOT_TIME_NESTED, "wincrypt.h");
_Static_assert(AG_CHAIN_REVOKED == CERT_TRUST_IS_REVOKED, "wincrypt.h");
_Static_assert(AG_CHAIN_UNTRUSTED_ROOT == CERT_TRUST_IS_UNTRUSTED_ROOT, "wincrypt.h");
_Static_assert(AG_CHAIN_REVOCATION_UNKNOWN == CERT_TRUST_REVOCATION_STATUS_UNKNOWN, "wincrypt.h");
_Static_assert(AG_CHAIN_PARTIAL == CERT_TRUST_IS_PARTIAL_CHAIN, "wincrypt.h");
_Static_assert(AG_CHAIN_REVOCATION_OFFLINE == CERT_TRUST_IS_OFFLINE_REVOCATION, "wincrypt.h");

/* The policy names one reason alone: all others are to be overlooked here. */
static bool name_differs(const CERT_CHAIN_CONTEXT *chain, wchar_t *host)
{
    SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {
        .cbSize = sizeof ssl,
        .dwAuthType = AUTHTYPE_SERVER,
        .fdwChecks =
            IGNORE_REVOCATION | IGNORE_UNKNOWN_AUTHORITY | IGNORE_WRONG_USAGE | IGNORE_DATES,
        .pwszServerName = host,
    };
    CERT_CHAIN_POLICY_PARA policy = {.cbSize = sizeof policy, .pvExtraPolicyPara = &ssl};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof status};
    return CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &policy, &status) &&
           status.dwError == (DWORD)CERT_E_CN_NO_MATCH;
}

bool ag_certificate_judge(const CERT_CONTEXT *certificate, wchar_t *host,
                          struct ag_probe_answer *out)
{
    char server_auth[] = szOID_PKIX_KP_SERVER_AUTH;
    char *usages[] = {server_auth};
    CERT_CHAIN_PARA wanted = {
        .cbSize = sizeof wanted,
        .RequestedUsage = {.dwType = USAGE_MATCH_TYPE_OR,
                           .Usage = {.cUsageIdentifier = 1, .rgpszUsageIdentifier = usages}},
    };
    const CERT_CHAIN_CONTEXT *chain = NULL;
    if (!CertGetCertificateChain(NULL, certificate, NULL, certificate->hCertStore, &wanted, 0, NULL,
                                 &chain)) {
        return false;
    }
    out->chain = chain->TrustStatus.dwErrorStatus;
    out->name_differs = name_differs(chain, host);
    CertFreeCertificateChain(chain);
    return true;
}
