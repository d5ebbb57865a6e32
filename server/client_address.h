/* client_address.h - tell from where a request comes, behind proxies, too.
 *
 * X-Forwarded-For is believed from proxies that the server was told of, and from right to left only as
 * far as such proxies wrote it: what stands further left is anybody's word.
 * Effects: none                                      Units:  bits of a prefix
 * Owns:    nothing                                   Errors: ST_REFUSED and one sentence
 * Threads: safe                                      Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_CLIENT_ADDRESS_H
#define SERVER_CLIENT_ADDRESS_H

#include "base/err.h"
#include "server/listen_socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRV_IP_BYTES = 16, SRV_NETWORKS_MAX = 32, SRV_FORWARDED_LINES_MAX = 8 };

/* An IPv4 address is ::ffff:a.b.c.d (RFC 4291 2.5.5.2); nobody known is ::. */
struct srv_ip {
    uint8_t bytes[SRV_IP_BYTES];
};

struct srv_networks {
    struct {
        struct srv_ip ip;
        unsigned bits;
    } items[SRV_NETWORKS_MAX];
    size_t count;
};

/* "10.0.0.0/8,2001:db8::1": addresses and prefixes between commas; NULL is none. */
enum status srv_networks_read(const char *text, struct srv_networks *out, struct err *err) MUST_USE;
/* NULL is none. */
bool srv_networks_have(const struct srv_networks *networks, const struct srv_ip *ip);

/* address may be NULL. */
struct srv_ip srv_ip_of(const struct sockaddr *address);
void srv_ip_write(const struct srv_ip *ip, char out[SRV_ADDRESS_BYTES]); /* "" for nobody known */
/* What rates go by: an IPv4 address, the /64 of an IPv6 one. */
uint64_t srv_ip_key(const struct srv_ip *ip);

/* Whose request it is: the peer's; if that is a trusted proxy, the last address of the header's lines
 * that is none. What cannot be read leaves it with the peer. */
struct srv_ip srv_client_of(const struct srv_networks *trusted, const struct srv_ip *peer,
                            const char *const *lines, size_t line_count);

#endif
