#include "server/client_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEM_BYTES = 64, /* of one address with its prefix or port */
    HOPS_MAX = 32,
    V4_BITS = 32,
    V6_BITS = 128,
    PORT_DIGITS = 5
};

static const uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const struct srv_ip *ip)
{
    return memcmp(ip->bytes, V4_PREFIX, sizeof V4_PREFIX) == 0;
}

static struct srv_ip from_v4(const void *four)
{
    struct srv_ip ip;
    memcpy(ip.bytes, V4_PREFIX, sizeof V4_PREFIX);
    memcpy(ip.bytes + sizeof V4_PREFIX, four, sizeof ip.bytes - sizeof V4_PREFIX);
    return ip;
}

struct srv_ip srv_ip_of(const struct sockaddr *address)
{
    struct srv_ip ip = {{0}};
    if (address != NULL && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        ip = from_v4(&v4.sin_addr);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        memcpy(ip.bytes, &v6.sin6_addr, sizeof ip.bytes);
    }
    return ip;
}

void srv_ip_write(const struct srv_ip *ip, char out[SRV_ADDRESS_BYTES])
{
    static const struct srv_ip NOBODY = {{0}};
    const char *text = NULL;
    if (is_v4(ip)) {
        text = inet_ntop(AF_INET, ip->bytes + sizeof V4_PREFIX, out, SRV_ADDRESS_BYTES);
    } else if (memcmp(ip, &NOBODY, sizeof NOBODY) != 0) {
        text = inet_ntop(AF_INET6, ip->bytes, out, SRV_ADDRESS_BYTES);
    }
    if (text == NULL) {
        out[0] = '\0';
    }
}

/* No IPv6 address in use begins as the keys of IPv4 ones do: ::/8 is reserved (RFC 4291 2.4). */
uint64_t srv_ip_key(const struct srv_ip *ip)
{
    uint64_t key = 0;
    size_t from = is_v4(ip) ? SRV_IP_BYTES - sizeof key : 0;
    for (size_t i = 0; i < sizeof key; i++) {
        key = key << 8 | ip->bytes[from + i];
    }
    return key;
}

static bool read_ip(const char *text, struct srv_ip *out)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        *out = from_v4(&v4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &v6) == 1) {
        memcpy(out->bytes, &v6, sizeof out->bytes);
        return true;
    }
    return false;
}

/* ---- networks -------------------------------------------------------------------------------- */

static bool has_prefix(const struct srv_ip *ip, const struct srv_ip *prefix, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(ip->bytes, prefix->bytes, whole) != 0) {
        return false;
    }
    unsigned rest = bits % 8;
    return rest == 0 || (ip->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

bool srv_networks_have(const struct srv_networks *networks, const struct srv_ip *ip)
{
    for (size_t i = 0; networks != NULL && i < networks->count; i++) {
        if (has_prefix(ip, &networks->items[i].ip, networks->items[i].bits)) {
            return true;
        }
    }
    return false;
}

static bool has_bits_behind(const struct srv_ip *ip, unsigned bits)
{
    for (unsigned i = bits; i < V6_BITS; i++) {
        if ((ip->bytes[i / 8] >> (7 - i % 8) & 1) != 0) {
            return true;
        }
    }
    return false;
}

/* "10.0.0.0/8"; the text is changed. */
static bool read_network(char *text, struct srv_ip *ip, unsigned *bits)
{
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    if (!read_ip(text, ip)) {
        return false;
    }
    unsigned offset = is_v4(ip) && strchr(text, ':') == NULL ? V6_BITS - V4_BITS : 0;
    *bits = V6_BITS;
    if (slash != NULL) {
        size_t digits = strspn(slash + 1, "0123456789");
        if (digits == 0 || digits > 3 || slash[1 + digits] != '\0') {
            return false;
        }
        *bits = offset + (unsigned)strtoul(slash + 1, NULL, 10);
    }
    return *bits > offset && *bits <= V6_BITS && !has_bits_behind(ip, *bits);
}

static bool add_network(const char *text, size_t length, struct srv_networks *networks)
{
    char item[ITEM_BYTES];
    if (length == 0 || length >= sizeof item || networks->count == SRV_NETWORKS_MAX) {
        return false;
    }
    memcpy(item, text, length);
    item[length] = '\0';
    size_t i = networks->count;
    networks->count++;
    return read_network(item, &networks->items[i].ip, &networks->items[i].bits);
}

enum status srv_networks_read(const char *text, struct srv_networks *out, struct err *err)
{
    struct srv_networks networks = {.count = 0};
    while (text != NULL) {
        size_t blank = strspn(text, " \t");
        size_t length = strcspn(text + blank, ", \t");
        const char *item = text + blank;
        const char *end = item + length + strspn(item + length, " \t");
        if ((*end != ',' && *end != '\0') || !add_network(item, length, &networks)) {
            return err_refuse(err, "out_of_range", "",
                              "--trusted-proxy takes at most %d addresses or networks between "
                              "commas, such as 10.1.2.3,10.2.0.0/16: not %.*s",
                              SRV_NETWORKS_MAX, (int)strcspn(item, ","), item);
        }
        text = *end == ',' ? end + 1 : NULL;
    }
    *out = networks;
    return ST_OK;
}

/* ---- X-Forwarded-For ------------------------------------------------------------------------- */

/* Some proxies add the port: "192.0.2.1:4711", "[2001:db8::1]:4711". */
static bool strip_port(char *text)
{
    char *colon = strrchr(text, ':');
    if (text[0] == '[') {
        char *close = strchr(text, ']');
        if (close == NULL || (close[1] != '\0' && close + 1 != colon)) {
            return false;
        }
        *close = '\0';
        if (colon < close) {
            colon = NULL;
        }
    } else if (colon == NULL || strchr(text, ':') != colon) {
        return true; /* no port, or an IPv6 address */
    } else {
        *colon = '\0';
    }
    size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    return colon == NULL || (digits > 0 && digits <= PORT_DIGITS && colon[1 + digits] == '\0');
}

static bool read_hop(const char *from, size_t length, struct srv_ip *out)
{
    char item[ITEM_BYTES];
    while (length > 0 && (from[0] == ' ' || from[0] == '\t')) {
        from++;
        length--;
    }
    while (length > 0 && (from[length - 1] == ' ' || from[length - 1] == '\t')) {
        length--;
    }
    if (length == 0 || length >= sizeof item) {
        return false;
    }
    memcpy(item, from, length);
    item[length] = '\0';
    bool bracket = item[0] == '[';
    return strip_port(item) && read_ip(bracket ? item + 1 : item, out) &&
           (!bracket || strchr(item + 1, ':') != NULL);
}

enum walk { WALK_ON, WALK_FOUND, WALK_BROKEN };

/* From the right end of one line. */
static enum walk walk_line(const struct srv_networks *trusted, const char *line, size_t *hops,
                           struct srv_ip *client)
{
    size_t end = strlen(line);
    for (;;) {
        size_t start = end;
        while (start > 0 && line[start - 1] != ',') {
            start--;
        }
        *hops += 1;
        if (*hops > HOPS_MAX || !read_hop(line + start, end - start, client)) {
            return WALK_BROKEN;
        }
        if (!srv_networks_have(trusted, client)) {
            return WALK_FOUND;
        }
        if (start == 0) {
            return WALK_ON;
        }
        end = start - 1;
    }
}

struct srv_ip srv_client_of(const struct srv_networks *trusted, const struct srv_ip *peer,
                            const char *const *lines, size_t line_count)
{
    struct srv_ip client = *peer;
    size_t hops = 0;
    enum walk walk = WALK_ON;
    if (!srv_networks_have(trusted, peer)) {
        return *peer;
    }
    for (size_t i = line_count; i > 0 && walk == WALK_ON; i--) {
        walk = walk_line(trusted, lines[i - 1], &hops, &client);
    }
    return walk == WALK_BROKEN ? *peer : client;
}
