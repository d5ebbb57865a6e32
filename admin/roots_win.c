#include "admin/roots.h"

#include "base/error_win.h"

#include <stdlib.h>
#include <windows.h>
/* after windows.h, which it needs */
#include <wincrypt.h>

enum { CERTIFICATE_MOST_CHARS = 64 * 1024 };

/* A certificate that is too large to be one is left out: a store may hold anything. */
static enum status append_certificate(const CERT_CONTEXT *certificate, char *text,
                                      struct bytes *out)
{
    DWORD chars = CERTIFICATE_MOST_CHARS;
    if (!CryptBinaryToStringA(certificate->pbCertEncoded, certificate->cbCertEncoded,
                              CRYPT_STRING_BASE64HEADER | CRYPT_STRING_NOCR, text, &chars)) {
        return ST_OK;
    }
    return bytes_append(out, text, chars);
}

enum status adm_roots_read(struct bytes *out, struct err *err)
{
    const CERT_CONTEXT *certificate = NULL;
    HCERTSTORE store = CertOpenSystemStoreW(0, L"ROOT");
    if (store == NULL) {
        return error_set(err, GetLastError(), "cannot open the store of trusted authorities");
    }
    char *text = malloc(CERTIFICATE_MOST_CHARS);
    enum status st = text != NULL ? ST_OK : ST_NO_MEMORY;
    while (st == ST_OK && (certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        st = append_certificate(certificate, text, out);
    }
    /* The walk frees each on going on; this is the one it stopped at. */
    if (certificate != NULL) {
        (void)CertFreeCertificateContext(certificate);
    }
    free(text);
    (void)CertCloseStore(store, 0);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot read the store of authorities");
}
