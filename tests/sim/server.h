/* server.h - a model of the server: devices, held polls, releases, reports; and its bad days.
 *
 * It answers as docs/protocol.md says, at once; the wire (wire.h) brings the answers.
 * Effects: counts on paper                        Units:  _ms of virtual time
 * Owns:    devices; sim_server_done()             Errors: a report that does not parse is a fault
 * Threads: one thread                             Source: docs/protocol.md "Agents"
 */
#ifndef TESTS_SIM_SERVER_H
#define TESTS_SIM_SERVER_H

#include "policy/report.h"
#include "tests/sim/exchange.h"
#include "tests/sim/hives.h"
#include "tests/sim/paper.h"

/* One signed policy, as the server hands it out. */
struct sim_release {
    int64_t version;
    const char *stage;
    struct bytes envelope;
    char etag[48];
};

/* A user as last reported. */
struct sim_row {
    char sid[SIM_SID_BYTES];
    bool loaded;
    bool present;
    uint32_t dword;
    enum pol_set set;
    enum pol_state state;
};

struct sim_device {
    unsigned machine;            /* that enrolled it */
    uint32_t generation;         /* of the token that holds */
    uint64_t old_until_ms;       /* so long the one before it holds, too */
    struct sim_exchange *holder; /* its held poll */
    int64_t effective;
    int64_t received;
    bool failed; /* the last policy offered was refused */
    bool full;   /* a full report came */
    uint64_t full_ms;
    struct sim_row rows[SIM_USERS];
    size_t row_count;
};

struct sim_server {
    struct sim_world *world;
    struct sim_paper *paper;
    struct sim_dice dice;
    struct sim_device *devices;
    size_t count;
    size_t capacity;
    unsigned epoch; /* of the table of devices: tokens of an older one say nothing */
    const struct sim_release *released; /* NULL: nothing yet */
    bool down;

    uint32_t put_off_policy_s; /* answers 429 with this Retry-After; 0: does not */
    uint32_t put_off_report_s; /* the same with 503 */
};

void sim_server_init(struct sim_server *server, struct sim_world *world, struct sim_paper *paper,
                     uint64_t seed);
void sim_server_done(struct sim_server *server);

/* A request arrived; fills the exchange's answer and time. */
void sim_server_serve(struct sim_server *server, enum ag_lane lane,
                      const struct ag_request *request, struct sim_exchange *exchange);

/* The caller is gone. */
void sim_server_hung_up(struct sim_server *server, struct sim_exchange *exchange);

/* Hand this out from now on; whoever is held gets it. Returns how many were. */
size_t sim_server_release(struct sim_server *server, const struct sim_release *release);

/* All devices are forgotten (an old backup, a new machine). */
void sim_server_forget_devices(struct sim_server *server);

/* The device of that id, or NULL. */
const struct sim_device *sim_server_find(const struct sim_server *server, const char *device_id);

#endif
