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

struct srv_settings {
    const char *folder;
    const char *listen;
    const char *admin_listen;
    const char *trust_file;
    const char *cert_file; /* NULL: plain HTTP, on loopback addresses only */
    const char *key_file;
    int64_t (*now_s)(void); /* NULL: the system's wall clock */
    uint32_t new_devices;   /* see srv_rates_open() */
    unsigned gate_pause_ms; /* between two looks at a gate; 0: as servers do */
    unsigned simulate_ms;   /* for one simulation; 0: as servers do */
};

struct srv_daemon;

enum status srv_daemon_start(const struct srv_settings *settings, struct srv_daemon **out,
                             struct err *err) MUST_USE;
const char *srv_daemon_agents_url(const struct srv_daemon *daemon);
const char *srv_daemon_admins_url(const struct srv_daemon *daemon);
/* Held polls are answered, what was submitted is written. NULL is fine. */
void srv_daemon_stop(struct srv_daemon *daemon);

#endif
