/* listen_socket.h - open the sockets that clients come to.
 *
 * Addresses are numeric: what a server listens on must not depend on a name service.
 * Effects: opens sockets       Units:  bytes
 * Owns:    *out, to be closed  Errors: ST_REFUSED for a bad address; ST_EXISTS (in use), ST_IO
 * Threads: safe                Source: docs/protocol.md "Command lines"
 */
#ifndef SERVER_LISTEN_SOCKET_H
#define SERVER_LISTEN_SOCKET_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* "ADDR:PORT" or "[ADDR]:PORT". */
enum status srv_address_read(const char *text, struct sockaddr_storage *out, socklen_t *out_size,
                             struct err *err) MUST_USE;
enum { SRV_ADDRESS_BYTES = 48 }; /* of an address without its port, as text */
bool srv_address_is_loopback(const struct sockaddr *address);

/* plain: without TLS, which only loopback addresses may speak. Nobody can connect yet. */
enum status srv_socket_bind(const char *text, bool plain, int *out, struct err *err) MUST_USE;
enum status srv_socket_listen(int fd, const char *text, struct err *err) MUST_USE;

/* "https://127.0.0.1:8443": where the socket really listens. */
void srv_socket_url(int fd, bool tls, char *out, size_t size);

#endif
