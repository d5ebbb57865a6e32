/* preflight_certificate_win.h - ask Windows what is wrong with a server's certificate.
 *
 * By the machine's own chain engine and stores, without looking at revocation.
 * Effects: may fetch certificates between over the network, as every program's check does
 * Units:   none                             Owns:    nothing
 * Errors:  false: the engine says nothing   Threads: safe
 * Source:  CertGetCertificateChain, CertVerifyCertificateChainPolicy (SSL)
 */
#ifndef AGENT_PREFLIGHT_CERTIFICATE_WIN_H
#define AGENT_PREFLIGHT_CERTIFICATE_WIN_H

#include "agent/preflight_classify.h"

#include <windows.h>

#include <wincrypt.h>

/* Fill chain and name_differs of the answer. The host is only read. */
bool ag_certificate_judge(const CERT_CONTEXT *certificate, wchar_t *host,
                          struct ag_probe_answer *out);

#endif
