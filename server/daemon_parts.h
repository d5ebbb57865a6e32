/* daemon_parts.h - what starting, stopping and reloading the daemon share.
 *
 * Effects: none        Units:  none
 * Owns:    none        Errors: those of daemon.h
 * Threads: one         Source: docs/operations-server.md
 */
#ifndef SERVER_DAEMON_PARTS_H
#define SERVER_DAEMON_PARTS_H

#include "policy/trust.h"
#include "server/control.h"
#include "server/daemon.h"

struct srv_daemon {
    struct srv_app app;
    int lock; /* of the data directory */
    bool store_is_open;
    struct pol_trust *trust;
    struct bytes trust_text;
    struct srv_networks proxies;
    struct srv_listener *agents;
    struct srv_listener *admins;
    struct srv_control *control;
    struct srv_retention *retention;
    const char *folder;
    const char *trust_file;
    int sockets[SRV_DOOR_COUNT]; /* -1 once a listener has it */
    unsigned connections;
};

/* Text and what it says; both are the caller's, whatever is returned. */
enum status srv_daemon_load_trust(const char *path, struct bytes *text, struct pol_trust **out,
                                  struct err *err) MUST_USE;

#endif
