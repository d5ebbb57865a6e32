#include "tests/cmocka_all.h"

#include "tests/unit/server/wire.h"

#include "base/file.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 30, LITTLE_BYTES = 4096 };

/* ---- talking --------------------------------------------------------------------------------- */

static int dial(const char *url, int receive_bytes)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (receive_bytes > 0) {
        assert_int_equal(
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes), 0);
    }
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

int wire_dial(const char *url)
{
    return dial(url, 0);
}

int wire_dial_little(const char *url)
{
    return dial(url, LITTLE_BYTES);
}

bool wire_put(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t put = send(fd, text, left, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        text += put;
        left -= (size_t)put;
    }
    return true;
}

size_t wire_drain(int fd, char *out, size_t room)
{
    size_t used = 0;
    ssize_t got = 0;
    while (used < room - 1 && (got = recv(fd, out + used, room - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    out[used] = '\0';
    return used;
}

void wire_answer(int fd, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    const char *body = NULL;
    size_t wanted = SIZE_MAX;
    while (used < wanted) {
        assert_true(used < room - 1);
        ssize_t got = recv(fd, out + used, 1, 0);
        if (got != 1) {
            fail_msg("the connection ended in: %s", out);
        }
        out[++used] = '\0';
        if (body == NULL && (body = strstr(out, "\r\n\r\n")) != NULL) {
            const char *length = strstr(out, "Content-Length: ");
            wanted = used + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
}

/* A reset is an end as well. */
bool wire_ends(int fd)
{
    char some[4096];
    ssize_t got = 0;
    struct timespec begin;
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &begin), 0);
    while ((got = recv(fd, some, sizeof some, 0)) > 0) {
    }
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return now.tv_sec - begin.tv_sec < PATIENCE_S - 1;
}

void wire_close(int fd)
{
    assert_int_equal(close(fd), 0);
}

/* ---- certificates ---------------------------------------------------------------------------- */

static void save(const char *file, gnutls_datum_t *pem)
{
    struct span text = {.data = pem->data, .size = pem->size};
    assert_int_equal(file_write(file, text, FILE_FOR_OWNER, NULL), ST_OK);
    gnutls_free(pem->data);
}

void wire_make_pair(const char *cert_file, const char *key_file, uint8_t serial, int64_t seconds)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t cert;
    gnutls_datum_t pem = {0};
    time_t now = time(NULL);
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_EC, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&cert), 0);
    assert_int_equal(gnutls_x509_crt_set_version(cert, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(cert, &serial, 1), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(cert, "CN=localhost", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(cert, now - 60), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(cert, now + seconds), 0);
    assert_int_equal(gnutls_x509_crt_set_key(cert, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0), 0);
    assert_int_equal(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem), 0);
    save(cert_file, &pem);
    assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), 0);
    save(key_file, &pem);
    gnutls_x509_crt_deinit(cert);
    gnutls_x509_privkey_deinit(key);
}

uint8_t wire_serial(const char *url)
{
    return wire_serial_of(wire_dial(url));
}

uint8_t wire_serial_of(int fd)
{
    gnutls_session_t session;
    gnutls_certificate_credentials_t nobody;
    gnutls_x509_crt_t cert;
    unsigned count = 0;
    uint8_t serial[20];
    size_t size = sizeof serial;
    assert_int_equal(gnutls_certificate_allocate_credentials(&nobody), 0);
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_set_default_priority(session), 0);
    assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody), 0);
    gnutls_transport_set_int(session, fd);
    assert_int_equal(gnutls_handshake(session), 0);
    const gnutls_datum_t *der = gnutls_certificate_get_peers(session, &count);
    assert_true(count > 0);
    assert_int_equal(gnutls_x509_crt_init(&cert), 0);
    assert_int_equal(gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(cert, serial, &size), 0);
    gnutls_x509_crt_deinit(cert);
    (void)gnutls_bye(session, GNUTLS_SHUT_WR); /* the server may be gone */
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(nobody);
    wire_close(fd);
    return serial[size - 1];
}
