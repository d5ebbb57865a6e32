/* proxy.h - understand what is said about proxies, and choose which to try.
 *
 * Knows the Proxy setting and the lists that Windows and PAC files give. Proxies get CONNECT only, and
 * no credentials ever.
 * Effects: none                            Units:  bytes
 * Owns:    nothing (fixed arrays)          Errors: none: what is malformed is left out
 * Threads: safe                            Source: WinHTTP "WINHTTP_PROXY_INFO"; the PAC format's
 *                                                  "PROXY host:port; DIRECT"
 */
#ifndef AGENT_PROXY_H
#define AGENT_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AG_PROXY_MOST = 8, AG_PROXY_BYTES = 280, AG_PROXY_HOST_BYTES = 256 };

enum ag_proxy_kind {
    AG_PROXY_NONE,  /* "none", or nothing at all */
    AG_PROXY_FIXED, /* "http://host:port" */
    AG_PROXY_AUTO,  /* "auto": as this machine is set up, else WPAD */
    AG_PROXY_PAC,   /* "pac:http://host/proxy.pac" */
};

/* What the setting Proxy means; text may be NULL. *url: where the proxy or the PAC file is, within
 * text; NULL for the other kinds. False: it means nothing. */
bool ag_proxy_setting_read(const char *text, enum ag_proxy_kind *kind, const char **url);

/* Proxies in the order to be tried. */
struct ag_proxy_list {
    size_t count;                             /* at least 1 after reading */
    char urls[AG_PROXY_MOST][AG_PROXY_BYTES]; /* "http://host:port"; "": no proxy, straight on */
};

/* Read a list such as "a:8080;b", "http=a:80;https=b:8080" or "PROXY a:8080; DIRECT": what of it is
 * for https. Without a usable entry, and for NULL: straight on. Entries beyond the room are left
 * out. */
void ag_proxy_list_read(const char *text, struct ag_proxy_list *out);

/* Does the bypass list say to go straight on to this host? "*.corp;10.*;<local>"; may be NULL. */
bool ag_proxy_is_bypassed(const char *bypass, const char *host, uint16_t port);

/* Host and port out of "https://host:port/..."; false if there are none. An IPv6 address comes
 * without its brackets. */
bool ag_proxy_server_of(const char *url, char host[AG_PROXY_HOST_BYTES], uint16_t *port);

/* Where lists come from when they must be looked up, which takes seconds and happens elsewhere. */
struct ag_proxy_source {
    void *ctx;
    /* False: not known yet; http is woken when it is. NULL: nothing is looked up. */
    bool (*list)(void *ctx, struct ag_proxy_list *out);
    /* None of them led anywhere, or the network changed: look again by and by. */
    void (*doubt)(void *ctx);
};

/* ---- which one to try ----------------------------------------------------------------------- */

/* What was learned of them by trying; one for all lanes. */
struct ag_proxy_memory {
    char good[AG_PROXY_BYTES]; /* the last that led on after one before it did not */
    uint64_t good_ms;
    bool has_good;
};

/* One exchange's way through a list. */
struct ag_proxy_route {
    struct ag_proxy_list list;
    size_t first; /* begun with */
    size_t tried; /* so many that led nowhere */
};

void ag_proxy_route_start(struct ag_proxy_route *route, const struct ag_proxy_list *list,
                          const struct ag_proxy_memory *memory, uint64_t now_ms);
/* The one to try now. */
const char *ag_proxy_route_url(const struct ag_proxy_route *route);
/* It led nowhere. False: it was the last. */
bool ag_proxy_route_next(struct ag_proxy_route *route);
/* It led on. */
void ag_proxy_route_done(const struct ag_proxy_route *route, struct ag_proxy_memory *memory,
                         uint64_t now_ms);

#endif
