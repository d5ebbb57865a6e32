#include "agent/rootstore_win.h"

#include "base/error_win.h"

#include <stdlib.h>

#include <windows.h>

#include <wincrypt.h>

enum {
    STORE_BYTES = 8 * 1024 * 1024, /* some 4,000 roots; Windows itself brings fewer than 500 */
    PEM_CHARS = 64 * 1024,         /* one certificate */
};

static enum status append_certificate(const CERT_CONTEXT *certificate, char *pem, struct bytes *out)
{
    DWORD chars = PEM_CHARS; /* bytes, too: PEM is ASCII, and the TLS library wants it so */
    if (!CryptBinaryToStringA(certificate->pbCertEncoded, certificate->cbCertEncoded,
                              CRYPT_STRING_BASE64HEADER | CRYPT_STRING_NOCR, pem, &chars)) {
        return ST_OK; /* larger than any real root: as if it were not trusted */
    }
    return bytes_append(out, pem, chars);
}

static enum status append_all(HCERTSTORE store, struct bytes *out)
{
    char *pem = malloc(PEM_CHARS);
    const CERT_CONTEXT *certificate = NULL;
    enum status st = pem != NULL ? ST_OK : ST_NO_MEMORY;
    while (st == ST_OK && (certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        st = append_certificate(certificate, pem, out);
    }
    if (certificate != NULL) {
        (void)CertFreeCertificateContext(certificate); /* else the enumeration freed it */
    }
    free(pem);
    return st;
}

enum status ag_rootstore_read(struct bytes *out, struct err *err)
{
    struct bytes roots = bytes_with_limit(STORE_BYTES);
    HCERTSTORE store =
        CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                      CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG, L"ROOT");
    if (store == NULL) {
        return error_set(err, (uint32_t)GetLastError(), "cannot open the store of trusted roots");
    }
    enum status st = append_all(store, &roots);
    (void)CertCloseStore(store, 0);
    if (st != ST_OK) {
        bytes_free(&roots);
        return err_set(err, st, 0, "cannot take over the store of trusted roots");
    }
    *out = roots;
    return ST_OK;
}
