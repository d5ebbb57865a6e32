/* daemon.h - put the parts together, serve, and take them apart in order.
 *
 * Effects: those of all parts                     Units:  none
 * Owns:    struct srv_daemon; srv_daemon_stop()   Errors: those of the parts; nothing is left
 *                                                         running after a failed start
 * Threads: start and stop from one thread         Source: docs/protocol.md "Command lines"
 */
#ifndef SERVER_DAEMON_H
#define SERVER_DAEMON_H

#include "base/err.h"
#include "server/app.h"
#include "server/certificate.h"
#include "server/http.h"

struct srv_settings {
    const char *folder;
    const char
        *spare_folder; /* on another file system, for what cannot be written there; or NULL */
    const char *listen;
    const char *admin_listen;
    const char *trust_file;
    const char *cert_file; /* NULL: plain HTTP, on loopback addresses only */
    const char *key_file;
    const char *user;         /* NULL: stay who we are; else we are root now, and he from then on */
    unsigned connections;     /* of agents; 0: as many as descriptors allow */
    unsigned per_address;     /* of them from one address; 0: a quarter */
    struct srv_bounds bounds; /* as in http.h */
    int64_t (*now_s)(void);   /* NULL: the system's wall clock */
    unsigned gate_pause_ms;   /* between two looks at a gate; 0: as servers do */
    unsigned simulate_ms;     /* for one simulation; 0: as servers do */
    const char *proxies;      /* see srv_networks_read() */
    uint32_t new_devices;     /* see srv_rates_open() */
    int64_t keep_s;           /* reports; 0: as servers do, both */
    int64_t keep_bytes;
};

struct srv_daemon;

enum status srv_daemon_start(const struct srv_settings *settings, struct srv_daemon **out,
                             struct err *err) MUST_USE;
const char *srv_daemon_agents_url(const struct srv_daemon *daemon);
const char *srv_daemon_admins_url(const struct srv_daemon *daemon);
/* Tokens, trust and certificate are read again, each by itself: what cannot be taken stays as it was,
 * is told in the log, and the last of it in err. Nobody notices who is connected. */
enum status srv_daemon_reload(struct srv_daemon *daemon, struct err *err) MUST_USE;
/* False without TLS. */
bool srv_daemon_look_certificate(struct srv_daemon *daemon, struct srv_certificate_facts *out);
/* See readiness.h. */
enum status srv_daemon_readiness(struct srv_daemon *daemon, struct err *err) MUST_USE;
/* Waits until the store's writer says anything, if only that it cannot write. */
void srv_daemon_ask_writer(struct srv_daemon *daemon);
/* Held polls are answered, what was submitted is written. NULL is fine. */
void srv_daemon_stop(struct srv_daemon *daemon);

#endif
