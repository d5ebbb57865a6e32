#include "agent/rootstore_win.h"

#include "base/error_win.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <wincrypt.h>

/* What Windows keeps of one: usages that an administrator or Microsoft left it. */
enum { USAGE_BYTES = 4096 };

enum {
    STORE_BYTES = 8 * 1024 * 1024, /* some 4,000 roots; Windows itself brings fewer than 500 */
    PEM_CHARS = 64 * 1024,         /* one certificate */
};

/* In one line between the usual two: with line ends asked for, Wine leaves a NUL in some, at which a
 * reader of PEM stops. */
static enum status append_certificate(const CERT_CONTEXT *certificate, char *text,
                                      struct bytes *out)
{
    DWORD chars = PEM_CHARS; /* bytes, too: it is ASCII */
    if (!CryptBinaryToStringA(certificate->pbCertEncoded, certificate->cbCertEncoded,
                              CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, text, &chars)) {
        return ST_OK; /* larger than any real root: as if it were not trusted */
    }
    enum status st = bytes_append_text(out, "-----BEGIN CERTIFICATE-----\n");
    st = st == ST_OK ? bytes_append(out, text, strnlen(text, PEM_CHARS)) : st;
    return st == ST_OK ? bytes_append_text(out, "\n-----END CERTIFICATE-----\n") : st;
}

/* A root may be there for e-mail or code alone. */
static bool is_for_servers(const CERT_CONTEXT *certificate)
{
    union {
        CERT_ENHKEY_USAGE usage;
        BYTE bytes[USAGE_BYTES];
    } left;
    DWORD size = sizeof left;
    BOOL done = CertGetEnhancedKeyUsage(certificate, CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG,
                                        &left.usage, &size);
    bool unlimited = GetLastError() == (DWORD)CRYPT_E_NOT_FOUND;
    if (!done || left.usage.cUsageIdentifier == 0) {
        return unlimited;
    }
    for (DWORD i = 0; i < left.usage.cUsageIdentifier; i++) {
        if (strcmp(left.usage.rgpszUsageIdentifier[i], szOID_PKIX_KP_SERVER_AUTH) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_disallowed(HCERTSTORE disallowed, const CERT_CONTEXT *certificate)
{
    const CERT_CONTEXT *found =
        disallowed == NULL ? NULL
                           : CertFindCertificateInStore(disallowed, X509_ASN_ENCODING, 0,
                                                        CERT_FIND_EXISTING, certificate, NULL);
    if (found != NULL) {
        (void)CertFreeCertificateContext(found);
    }
    return found != NULL;
}

static enum status append_all(HCERTSTORE store, HCERTSTORE disallowed, struct bytes *out)
{
    char *pem = malloc(PEM_CHARS);
    const CERT_CONTEXT *certificate = NULL;
    enum status st = pem != NULL ? ST_OK : ST_NO_MEMORY;
    while (st == ST_OK && (certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        if (is_for_servers(certificate) && !is_disallowed(disallowed, certificate)) {
            st = append_certificate(certificate, pem, out);
        }
    }
    if (certificate != NULL) {
        (void)CertFreeCertificateContext(certificate); /* else the enumeration freed it */
    }
    free(pem);
    return st;
}

static HCERTSTORE open_store(const wchar_t *name)
{
    return CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                         CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG, name);
}

enum status ag_rootstore_read(struct bytes *out, struct err *err)
{
    struct bytes roots = bytes_with_limit(STORE_BYTES);
    HCERTSTORE store = open_store(L"ROOT");
    if (store == NULL) {
        return error_set(err, (uint32_t)GetLastError(), "cannot open the store of trusted roots");
    }
    HCERTSTORE disallowed = open_store(L"Disallowed");
    DWORD error = disallowed == NULL ? GetLastError() : ERROR_SUCCESS;
    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND) {
        (void)CertCloseStore(store, 0);
        return error_set(err, error, "cannot open the store of disallowed certificates");
    }
    enum status st = append_all(store, disallowed, &roots);
    (void)CertCloseStore(store, 0);
    if (disallowed != NULL) {
        (void)CertCloseStore(disallowed, 0);
    }
    if (st != ST_OK) {
        bytes_free(&roots);
        return err_set(err, st, 0, "cannot take over the store of trusted roots");
    }
    *out = roots;
    return ST_OK;
}
