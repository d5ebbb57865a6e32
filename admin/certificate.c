#include "admin/certificate.h"

#include "base/random.h"
#include "base/time_text.h"
#include "policy/keys.h"
#include "policy/limits.h"

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/x509_crt.h>
#include <string.h>

enum {
    SERIAL_BYTES = 16, /* RFC 5280 allows 20; so many random ones never meet */
    DAY_S = 86400,
    CA_DAYS = 3650,
    SERVER_DAYS = 730,
    VALIDITY_BYTES = 15, /* "20261122100000" */
    IPV4_BYTES = 4,
    NAMES_MOST = 3,
};

static const char CA_NAME[] = "CN=mapi-rollout CA";
static const char SERVER_NAME[] = "CN=mapi-rollout server";

/* One certificate on its way; issuer is itself for the CA. */
struct draft {
    const char *subject;
    const char *issuer;
    mbedtls_pk_context *subject_key;
    mbedtls_pk_context *issuer_key;
    int64_t from_s;
    int64_t until_s;
    const char *host; /* NULL: the CA */
};

bool adm_is_host(const char *host)
{
    size_t length = strlen(host);
    return length > 0 && length <= ADM_HOST_BYTES && host[0] != '-' && host[0] != '.' &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
               length;
}

/* The digits of an RFC 3339 time, as the writer takes it. */
static void write_validity(int64_t wall_s, char out[VALIDITY_BYTES])
{
    char text[TIME_TEXT_BYTES];
    size_t length = 0;
    time_text_write(wall_s, text);
    for (const char *p = text; *p != '\0' && length + 1 < VALIDITY_BYTES; p++) {
        if (*p >= '0' && *p <= '9') {
            out[length++] = *p;
        }
    }
    out[length] = '\0';
}

static int set_serial(mbedtls_x509write_cert *cert)
{
    unsigned char serial[SERIAL_BYTES];
    if (random_bytes(serial, sizeof serial) != ST_OK) {
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    }
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, and never short */
    return mbedtls_x509write_crt_set_serial_raw(cert, serial, sizeof serial);
}

/* Chain the entry before *list. text must live until the certificate is written. */
static void add_name(mbedtls_x509_san_list *entry, int type, unsigned char *text, size_t size,
                     mbedtls_x509_san_list **list)
{
    *entry = (mbedtls_x509_san_list){.next = *list};
    entry->node.type = type;
    entry->node.san.unstructured_name.p = text;
    entry->node.san.unstructured_name.len = size;
    *list = entry;
}

static int set_names(mbedtls_x509write_cert *cert, const char *host)
{
    mbedtls_x509_san_list entries[NAMES_MOST];
    mbedtls_x509_san_list *list = NULL;
    unsigned char loopback[IPV4_BYTES] = {127, 0, 0, 1};
    unsigned char local_name[] = "localhost";
    unsigned char address[sizeof(uint32_t) * 4]; /* the parser may write an IPv6 address */
    unsigned char name[ADM_HOST_BYTES + 1];

    add_name(&entries[0], MBEDTLS_X509_SAN_IP_ADDRESS, loopback, sizeof loopback, &list);
    add_name(&entries[1], MBEDTLS_X509_SAN_DNS_NAME, local_name, sizeof local_name - 1, &list);
    size_t length = strlen(host);
    memcpy(name, host, length);
    if (mbedtls_x509_crt_parse_cn_inet_pton(host, address) == IPV4_BYTES) {
        add_name(&entries[2], MBEDTLS_X509_SAN_IP_ADDRESS, address, IPV4_BYTES, &list);
    } else if (strcmp(host, "localhost") != 0) {
        add_name(&entries[2], MBEDTLS_X509_SAN_DNS_NAME, name, length, &list);
    }
    return mbedtls_x509write_crt_set_subject_alternative_name(cert, list);
}

static int set_purpose(mbedtls_x509write_cert *cert, const char *host)
{
    if (host == NULL) {
        int code = mbedtls_x509write_crt_set_basic_constraints(cert, 1, 0);
        return code != 0 ? code
                         : mbedtls_x509write_crt_set_key_usage(cert, MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                                         MBEDTLS_X509_KU_CRL_SIGN);
    }
    static const char SERVER_AUTH[] = MBEDTLS_OID_SERVER_AUTH;
    mbedtls_asn1_sequence server_auth = {
        .buf = {.tag = MBEDTLS_ASN1_OID, .len = sizeof SERVER_AUTH - 1}};
    unsigned char oid[sizeof SERVER_AUTH];
    memcpy(oid, SERVER_AUTH, sizeof oid);
    server_auth.buf.p = oid;

    int code = mbedtls_x509write_crt_set_basic_constraints(cert, 0, -1);
    if (code == 0) {
        code = mbedtls_x509write_crt_set_key_usage(cert, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_ext_key_usage(cert, &server_auth);
    }
    return code == 0 ? set_names(cert, host) : code;
}

static int fill(mbedtls_x509write_cert *cert, const struct draft *draft)
{
    char from[VALIDITY_BYTES];
    char until[VALIDITY_BYTES];

    mbedtls_x509write_crt_set_version(cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(cert, draft->subject_key);
    mbedtls_x509write_crt_set_issuer_key(cert, draft->issuer_key);
    write_validity(draft->from_s, from);
    write_validity(draft->until_s, until);
    int code = mbedtls_x509write_crt_set_validity(cert, from, until);
    if (code == 0) {
        code = mbedtls_x509write_crt_set_subject_name(cert, draft->subject);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_issuer_name(cert, draft->issuer);
    }
    if (code == 0) {
        code = set_serial(cert);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_subject_key_identifier(cert);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_authority_key_identifier(cert);
    }
    return code == 0 ? set_purpose(cert, draft->host) : code;
}

static enum status library_failed(int code, const char *what, struct err *err)
{
    return err_set(err, code == MBEDTLS_ERR_X509_ALLOC_FAILED ? ST_NO_MEMORY : ST_IO,
                   (uint32_t)-code, "cannot make %s: the crypto library says -0x%04x", what,
                   (unsigned)-code);
}

static enum status write_certificate(const struct draft *draft, struct bytes *out, struct err *err)
{
    unsigned char pem[ADM_CERTIFICATE_BYTES];
    mbedtls_x509write_cert cert;

    mbedtls_x509write_crt_init(&cert);
    int code = fill(&cert, draft);
    if (code == 0) {
        code = mbedtls_x509write_crt_pem(&cert, pem, sizeof pem, mbedtls_psa_get_random,
                                         MBEDTLS_PSA_RANDOM_STATE);
    }
    mbedtls_x509write_crt_free(&cert);
    if (code != 0) {
        return library_failed(code, "a certificate", err);
    }
    enum status st = bytes_append_text(out, (const char *)pem);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no room for a certificate");
}

/* A fresh key, as PEM to be kept and as the writer takes it. */
static enum status make_key(struct bytes *pem, mbedtls_pk_context *out, struct err *err)
{
    struct pol_key *key = NULL;

    enum status st = pol_key_generate(&key, err);
    if (st == ST_OK) {
        st = pol_key_write_private(key, (struct span){0}, pem, err);
    }
    if (st == ST_OK) {
        /* The library wants the NUL counted. */
        int code = mbedtls_pk_parse_key(out, pem->data, pem->size + 1, NULL, 0,
                                        mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
        st = code == 0 ? ST_OK : library_failed(code, "a key", err);
    }
    pol_key_free(key);
    return st;
}

static enum status make_both(const char *host, int64_t now_s, mbedtls_pk_context *ca_key,
                             mbedtls_pk_context *server_key, struct adm_certificates *out,
                             struct err *err)
{
    /* A day back: clocks of clients may be late. */
    struct draft ca = {.subject = CA_NAME,
                       .issuer = CA_NAME,
                       .subject_key = ca_key,
                       .issuer_key = ca_key,
                       .from_s = now_s - DAY_S,
                       .until_s = now_s + (int64_t)CA_DAYS * DAY_S};
    struct draft server = {.subject = SERVER_NAME,
                           .issuer = CA_NAME,
                           .subject_key = server_key,
                           .issuer_key = ca_key,
                           .from_s = now_s - DAY_S,
                           .until_s = now_s + (int64_t)SERVER_DAYS * DAY_S,
                           .host = host};
    enum status st = make_key(&out->ca_key, ca_key, err);
    if (st == ST_OK) {
        st = make_key(&out->server_key, server_key, err);
    }
    if (st == ST_OK) {
        st = write_certificate(&ca, &out->ca, err);
    }
    if (st == ST_OK) {
        st = write_certificate(&server, &out->server, err);
    }
    return st;
}

enum status adm_certificates_make(const char *host, int64_t now_s, struct adm_certificates *out,
                                  struct err *err)
{
    struct adm_certificates made = {.ca = bytes_with_limit(ADM_CERTIFICATE_BYTES),
                                    .ca_key = bytes_with_limit(LIMIT_KEY_FILE_BYTES),
                                    .server = bytes_with_limit(ADM_CERTIFICATE_BYTES),
                                    .server_key = bytes_with_limit(LIMIT_KEY_FILE_BYTES)};
    mbedtls_pk_context ca_key;
    mbedtls_pk_context server_key;

    if (!adm_is_host(host)) {
        return err_refuse(err, "out_of_range", NULL,
                          "\"%s\" is no host name: letters, digits, \"-\" and \".\" only", host);
    }
    mbedtls_pk_init(&ca_key);
    mbedtls_pk_init(&server_key);
    enum status st = make_both(host, now_s, &ca_key, &server_key, &made, err);
    if (st == ST_OK) {
        *out = made;
        made = (struct adm_certificates){0};
    }
    mbedtls_pk_free(&ca_key);
    mbedtls_pk_free(&server_key);
    adm_certificates_done(&made);
    return st;
}

void adm_certificates_done(struct adm_certificates *certificates)
{
    bytes_free(&certificates->ca);
    bytes_wipe(&certificates->ca_key);
    bytes_free(&certificates->server);
    bytes_wipe(&certificates->server_key);
}
