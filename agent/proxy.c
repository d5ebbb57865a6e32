#include "agent/proxy.h"

#include "policy/text_match.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    PORT_DEFAULT = 80, /* WinHTTP's for proxies */
    HTTPS_PORT = 443,
    GOOD_FOR_MS = 30 * 60 * 1000, /* then the first of the list gets its chance again */
};

static const char BETWEEN[] = "; \t\r\n";

/* ---- the setting -------------------------------------------------------------------------- */

/* Visible ASCII behind the scheme: no credentials. */
static bool is_url(const char *text, const char *scheme)
{
    size_t length = strlen(scheme);
    if (strncasecmp(text, scheme, length) != 0 || text[length] == '\0' || text[length] == '/') {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= 0x20 || *at > 0x7e || *at == '@') {
            return false;
        }
    }
    return true;
}

bool ag_proxy_setting_read(const char *text, enum ag_proxy_kind *kind, const char **url)
{
    struct ag_proxy_list list;
    *kind = AG_PROXY_NONE;
    *url = NULL;
    if (text == NULL || text[0] == '\0' || strcasecmp(text, "none") == 0) {
        return true;
    }
    if (strcasecmp(text, "auto") == 0) {
        *kind = AG_PROXY_AUTO;
        return true;
    }
    if (strncasecmp(text, "pac:", 4) == 0) {
        *kind = AG_PROXY_PAC;
        *url = text + 4;
        return is_url(*url, "http://") || is_url(*url, "https://");
    }
    *kind = AG_PROXY_FIXED;
    *url = text;
    if (!is_url(text, "http://") || strpbrk(text, BETWEEN) != NULL) {
        return false;
    }
    ag_proxy_list_read(text, &list);
    return list.urls[0][0] != '\0';
}

/* ---- hosts and ports ---------------------------------------------------------------------- */

static bool read_port(const char *text, size_t length, uint16_t *out)
{
    unsigned long port = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || port > UINT16_MAX) {
            return false;
        }
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    *out = (uint16_t)port;
    return length > 0 && port > 0 && port <= UINT16_MAX;
}

/* "host", "host:port" or "[address]:port". Names and addresses only. */
static bool read_host(const char *text, size_t length, char host[AG_PROXY_HOST_BYTES],
                      uint16_t *port)
{
    static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    static const char ADDRESS[] = "0123456789abcdefABCDEF:.";
    const char *first = text;
    const char *end = text + length;
    const char *allowed = NAME;
    const char *rest = NULL;
    if (length > 0 && text[0] == '[') {
        first = text + 1;
        allowed = ADDRESS;
        rest = memchr(first, ']', length - 1);
        if (rest == NULL) {
            return false;
        }
    } else {
        rest = memchr(text, ':', length);
        rest = rest != NULL ? rest : end;
    }
    size_t size = (size_t)(rest - first);
    if (size == 0 || size >= AG_PROXY_HOST_BYTES) {
        return false;
    }
    memcpy(host, first, size);
    host[size] = '\0';
    rest += allowed == ADDRESS ? 1 : 0;
    bool has_port = rest < end;
    return strspn(host, allowed) == size &&
           (!has_port || (rest[0] == ':' && read_port(rest + 1, (size_t)(end - rest - 1), port)));
}

bool ag_proxy_server_of(const char *url, char host[AG_PROXY_HOST_BYTES], uint16_t *port)
{
    *port = HTTPS_PORT;
    if (strncasecmp(url, "https://", 8) != 0) {
        return false;
    }
    return read_host(url + 8, strcspn(url + 8, "/"), host, port);
}

/* ---- lists -------------------------------------------------------------------------------- */

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool begins(const char *text, size_t length, const char *with)
{
    return length >= strlen(with) && strncasecmp(text, with, strlen(with)) == 0;
}

static void add(struct ag_proxy_list *list, const char *url)
{
    if (list->count < AG_PROXY_MOST) {
        (void)snprintf(list->urls[list->count++], AG_PROXY_BYTES, "%s", url);
    }
}

/* "[scheme=][http://]host[:port][/]"; other kinds of proxy than http are none to us. */
static void add_entry(struct ag_proxy_list *list, const char *text, size_t length)
{
    char host[AG_PROXY_HOST_BYTES];
    char url[AG_PROXY_BYTES];
    uint16_t port = PORT_DEFAULT;
    const char *equals = memchr(text, '=', length);
    if (equals != NULL) {
        if (!is_word(text, (size_t)(equals - text), "https")) {
            return;
        }
        length -= (size_t)(equals + 1 - text);
        text = equals + 1;
    }
    if (begins(text, length, "http://")) {
        text += 7;
        length -= 7;
    }
    length -= length > 0 && text[length - 1] == '/' ? 1 : 0;
    if (read_host(text, length, host, &port)) {
        bool address = strchr(host, ':') != NULL;
        (void)snprintf(url, sizeof url, address ? "http://[%s]:%u" : "http://%s:%u", host, port);
        add(list, url);
    }
}

static size_t word_length(const char *text)
{
    return strcspn(text, BETWEEN);
}

/* To the next word of the same segment. */
static void skip_word(const char **text, size_t *length)
{
    size_t word = word_length(*text);
    word += strspn(*text + word, " \t\r\n");
    *text += word;
    *length -= word;
}

/* What stands between two semicolons. PAC files name the kind of proxy before the host, Windows' own
 * lists do not, and a host may be called "proxy". */
static void read_segment(struct ag_proxy_list *list, const char *text, size_t length)
{
    static const char *const OTHERS[] = {"SOCKS", "SOCKS4", "SOCKS5", "HTTPS"};
    size_t word = word_length(text);
    bool more = word < length;
    for (size_t i = 0; more && i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        if (is_word(text, word, OTHERS[i])) {
            return;
        }
    }
    if (more && (is_word(text, word, "PROXY") || is_word(text, word, "HTTP"))) {
        skip_word(&text, &length);
    }
    while (length > 0) {
        if (is_word(text, word_length(text), "DIRECT")) {
            add(list, "");
        } else {
            add_entry(list, text, word_length(text));
        }
        skip_word(&text, &length);
    }
}

void ag_proxy_list_read(const char *text, struct ag_proxy_list *out)
{
    const char *at = text != NULL ? text : "";
    *out = (struct ag_proxy_list){.count = 0};
    while (*at != '\0') {
        at += strspn(at, BETWEEN);
        size_t length = strcspn(at, ";");
        read_segment(out, at, length);
        at += length;
    }
    if (out->count == 0) {
        add(out, "");
    }
}

/* ---- bypass ------------------------------------------------------------------------------- */

/* "[https://]pattern[:port]" or "<local>". */
static bool entry_fits(const char *text, size_t length, const char *host, uint16_t port)
{
    char pattern[AG_PROXY_HOST_BYTES];
    uint16_t wanted = port;
    if (is_word(text, length, "<local>")) {
        return strpbrk(host, ".:") == NULL;
    }
    if (begins(text, length, "https://")) {
        text += 8;
        length -= 8;
    }
    const char *colon = memchr(text, ':', length);
    size_t size = colon != NULL ? (size_t)(colon - text) : length;
    if (colon != NULL && !read_port(colon + 1, length - size - 1, &wanted)) {
        size = length; /* an IPv6 address, or another scheme, which then fits nothing */
        wanted = port;
    }
    if (size == 0 || size >= sizeof pattern) {
        return false;
    }
    memcpy(pattern, text, size);
    pattern[size] = '\0';
    return wanted == port && pol_text_fits(pattern, host);
}

bool ag_proxy_is_bypassed(const char *bypass, const char *host, uint16_t port)
{
    const char *at = bypass != NULL ? bypass : "";
    while (*at != '\0') {
        at += strspn(at, BETWEEN);
        size_t length = strcspn(at, BETWEEN);
        if (length > 0 && entry_fits(at, length, host, port)) {
            return true;
        }
        at += length;
    }
    return false;
}

/* ---- which one to try --------------------------------------------------------------------- */

void ag_proxy_route_start(struct ag_proxy_route *route, const struct ag_proxy_list *list,
                          const struct ag_proxy_memory *memory, uint64_t now_ms)
{
    *route = (struct ag_proxy_route){.list = *list};
    for (size_t i = 0; i < list->count; i++) {
        if (memory->has_good && now_ms - memory->good_ms < GOOD_FOR_MS &&
            strcmp(list->urls[i], memory->good) == 0) {
            route->first = i;
        }
    }
}

const char *ag_proxy_route_url(const struct ag_proxy_route *route)
{
    return route->list.urls[(route->first + route->tried) % route->list.count];
}

bool ag_proxy_route_next(struct ag_proxy_route *route)
{
    if (route->tried + 1 >= route->list.count) {
        return false;
    }
    route->tried++;
    return true;
}

void ag_proxy_route_done(const struct ag_proxy_route *route, struct ag_proxy_memory *memory,
                         uint64_t now_ms)
{
    if (route->tried > 0) {
        (void)snprintf(memory->good, sizeof memory->good, "%s", ag_proxy_route_url(route));
        memory->good_ms = now_ms;
        memory->has_good = true;
    }
}
