#include "server/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024, PORT_DIGITS = 5, PORT_MAX = 65535, HOST_BYTES = 64 };

static bool read_port(const char *text, uint16_t *out)
{
    size_t length = strlen(text);
    if (length == 0 || length > PORT_DIGITS || strspn(text, "0123456789") != length) {
        return false;
    }
    unsigned long port = strtoul(text, NULL, 10);
    *out = (uint16_t)port;
    return port <= PORT_MAX;
}

/* "[::1]:80" is an IPv6 address, "127.0.0.1:80" an IPv4 one. */
static bool split(const char *text, char host[HOST_BYTES], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !read_port(colon + 1, port)) {
        return false;
    }
    size_t length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= HOST_BYTES) {
        return false;
    }
    memcpy(host, text, length);
    host[length] = '\0';
    return true;
}

enum status srv_address_read(const char *text, struct sockaddr_storage *out, socklen_t *out_size,
                             struct err *err)
{
    char host[HOST_BYTES];
    uint16_t port = 0;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (!split(text, host, &port)) {
        return err_refuse(err, "out_of_range", "",
                          "%s is no address: write ADDR:PORT, such as 127.0.0.1:8443", text);
    }
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        v4.sin_port = htons(port);
        memcpy(out, &v4, sizeof v4);
        *out_size = sizeof v4;
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        v6.sin6_port = htons(port);
        memcpy(out, &v6, sizeof v6);
        *out_size = sizeof v6;
    } else {
        return err_refuse(err, "out_of_range", "",
                          "%s is no numeric address: names are not looked up here", host);
    }
    return ST_OK;
}

bool srv_address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, address, sizeof v6);
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

static enum status fail(const char *text, struct err *err)
{
    int error = errno;
    return err_set(err, error == EADDRINUSE ? ST_EXISTS : ST_IO, (uint32_t)error,
                   "cannot listen on %s: %s", text, strerror(error));
}

enum status srv_socket_bind(const char *text, bool plain, int *out, struct err *err)
{
    struct sockaddr_storage address;
    socklen_t size = 0;
    int on = 1;
    enum status st = srv_address_read(text, &address, &size, err);
    if (st != ST_OK) {
        return st;
    }
    if (plain && !srv_address_is_loopback((const struct sockaddr *)&address)) {
        return err_refuse(err, "out_of_range", "",
                          "%s is no loopback address: give --tls-cert and --tls-key", text);
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, size) != 0) {
        st = fail(text, err);
        if (fd >= 0) {
            (void)close(fd);
        }
        return st;
    }
    *out = fd;
    return ST_OK;
}

enum status srv_socket_listen(int fd, const char *text, struct err *err)
{
    return listen(fd, BACKLOG) == 0 ? ST_OK : fail(text, err);
}

void srv_socket_url(int fd, bool tls, char *out, size_t size)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    unsigned port = 0;
    if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
        address.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &address, sizeof v4);
        (void)inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host); /* the buffer is large enough */
        port = ntohs(v4.sin_port);
    } else {
        struct sockaddr_in6 v6;
        memcpy(&v6, &address, sizeof v6);
        (void)inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        port = ntohs(v6.sin6_port);
    }
    (void)snprintf(out, size, strchr(host, ':') != NULL ? "%s://[%s]:%u" : "%s://%s:%u",
                   tls ? "https" : "http", host, port);
}
