#include "server/certificate.h"

#include "base/file.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PEM_BYTES = 256 * 1024, SERIAL_MAX = (SRV_SERIAL_BYTES - 1) / 2 };

struct srv_pair {
    atomic_uint users;
    struct bytes cert;
    struct bytes key;
    gnutls_certificate_credentials_t credentials;
    struct srv_certificate_facts facts;
};

struct srv_certificate {
    const char *cert_file;
    const char *key_file;
    pthread_mutex_t lock;
    struct srv_pair *pair;
};

static void pair_free(struct srv_pair *pair)
{
    if (pair->credentials != NULL) {
        gnutls_certificate_free_credentials(pair->credentials);
    }
    bytes_free(&pair->cert);
    bytes_wipe(&pair->key);
    free(pair);
}

void srv_pair_drop(struct srv_pair *pair)
{
    if (pair != NULL && atomic_fetch_sub(&pair->users, 1) == 1) {
        pair_free(pair);
    }
}

static gnutls_datum_t datum_of(struct bytes *b)
{
    return (gnutls_datum_t){.data = b->data, .size = (unsigned)b->size};
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take_facts(gnutls_x509_crt_t const *chain, unsigned count, struct srv_pair *pair)
{
    uint8_t serial[SERIAL_MAX];
    size_t size = sizeof serial;
    struct srv_certificate_facts *f = &pair->facts;
    if (gnutls_x509_crt_get_serial(chain[0], serial, &size) == GNUTLS_E_SUCCESS) {
        hex_encode(serial, size, f->serial);
    }
    f->starts_s = gnutls_x509_crt_get_activation_time(chain[0]);
    f->expires_s = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 1; i < count; i++) {
        int64_t ends_s = gnutls_x509_crt_get_expiration_time(chain[i]);
        f->expires_s = ends_s < f->expires_s ? ends_s : f->expires_s;
    }
}

static enum status read_chain(struct srv_pair *pair, const char *file, struct err *err)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned count = 0;
    gnutls_datum_t pem = datum_of(&pair->cert);
    int code = gnutls_x509_crt_list_import2(&chain, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    if (code < 0 || count == 0) {
        return err_refuse(err, "certificate_refused", "", "%s holds no certificate in PEM: %s",
                          file, gnutls_strerror(code));
    }
    take_facts(chain, count, pair);
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
    return ST_OK;
}

static enum status join(struct srv_pair *pair, const char *key_file, struct err *err)
{
    gnutls_datum_t cert = datum_of(&pair->cert);
    gnutls_datum_t key = datum_of(&pair->key);
    int code = gnutls_certificate_allocate_credentials(&pair->credentials);
    if (code >= 0) {
        code = gnutls_certificate_set_x509_key_mem2(pair->credentials, &cert, &key,
                                                    GNUTLS_X509_FMT_PEM, NULL, 0);
    }
    return code >= 0 ? ST_OK
                     : err_refuse(err, "certificate_refused", "",
                                  "certificate and key do not fit, or %s holds no key in PEM: %s",
                                  key_file, gnutls_strerror(code));
}

static enum status pair_read(const struct srv_certificate *c, struct srv_pair **out,
                             struct err *err)
{
    struct srv_pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot keep the certificate");
    }
    atomic_init(&pair->users, 1);
    enum status st = file_read(c->cert_file, PEM_BYTES, &pair->cert, err);
    if (st == ST_OK) {
        st = file_read(c->key_file, PEM_BYTES, &pair->key, err);
    }
    if (st == ST_OK) {
        st = read_chain(pair, c->cert_file, err);
    }
    if (st == ST_OK) {
        st = join(pair, c->key_file, err);
    }
    if (st != ST_OK) {
        pair_free(pair);
        return st;
    }
    *out = pair;
    return ST_OK;
}

/* ---- holding --------------------------------------------------------------------------------- */

enum status srv_certificate_open(const char *cert_file, const char *key_file,
                                 struct srv_certificate **out, struct err *err)
{
    struct srv_certificate *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot keep the certificate");
    }
    c->cert_file = cert_file;
    c->key_file = key_file;
    (void)pthread_mutex_init(&c->lock, NULL); /* cannot fail on Linux */
    enum status st = pair_read(c, &c->pair, err);
    if (st != ST_OK) {
        srv_certificate_free(c);
        return st;
    }
    *out = c;
    return ST_OK;
}

void srv_certificate_free(struct srv_certificate *c)
{
    if (c != NULL) {
        srv_pair_drop(c->pair);
        (void)pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

enum status srv_certificate_reload(struct srv_certificate *c, struct err *err)
{
    struct srv_pair *next = NULL;
    enum status st = pair_read(c, &next, err);
    if (st == ST_OK) {
        pthread_mutex_lock(&c->lock);
        struct srv_pair *old = c->pair;
        c->pair = next;
        pthread_mutex_unlock(&c->lock);
        srv_pair_drop(old);
    }
    return st;
}

struct srv_pair *srv_certificate_take(struct srv_certificate *c)
{
    pthread_mutex_lock(&c->lock);
    struct srv_pair *pair = c->pair;
    atomic_fetch_add(&pair->users, 1);
    pthread_mutex_unlock(&c->lock);
    return pair;
}

void srv_certificate_look(struct srv_certificate *c, struct srv_certificate_facts *out)
{
    pthread_mutex_lock(&c->lock);
    *out = c->pair->facts;
    pthread_mutex_unlock(&c->lock);
}

const char *srv_pair_cert_pem(const struct srv_pair *pair)
{
    return bytes_text(&pair->cert);
}

const char *srv_pair_key_pem(const struct srv_pair *pair)
{
    return bytes_text(&pair->key);
}

bool srv_pair_attach(struct srv_pair *pair, void *session)
{
    return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, pair->credentials) ==
           GNUTLS_E_SUCCESS;
}
