/* fake_server.h - a server without sockets: the real parts behind the real routes, for tests that drive
 * it by tests/fakes/fake_listener.h from one process.
 *
 * Secrets and ids are always the same, so that a stored input means the same in every run.
 * Effects: files in the given folder       Units:  _s wall seconds since 1970 UTC, _ms
 * Owns:    the parts; fake_server_close()  Errors: ends the program: no test goes on without a server
 * Threads: opening and closing run alone   Source: server/daemon.c, which starts the same parts
 */
#ifndef TESTS_FAKES_FAKE_SERVER_H
#define TESTS_FAKES_FAKE_SERVER_H

#include "server/app.h"
#include "server/routes.h"

/* Who asks, by the token that is shown. */
enum fake_who {
    FAKE_NOBODY,
    FAKE_STRANGER, /* a token that nobody gave out */
    FAKE_DEVICE_A,
    FAKE_DEVICE_B,
    FAKE_ENROLLER,
    FAKE_VIEWER,
    FAKE_OPERATOR,
    FAKE_PUBLISHER,
    FAKE_WHO_COUNT
};

struct fake_server_options {
    const char *folder;
    const struct pol_trust *trust;
    int64_t (*now_s)(void);
    int64_t (*keeper_now_s)(void); /* NULL: the same */
    unsigned gate_pause_ms;
    size_t held_most;
    unsigned desk_threads; /* 0: no desk, all is handled by whoever asks */
    uint32_t burst;        /* that each rate allows; 0: more than any test asks for */
};

struct fake_server {
    struct srv_app app;
    struct srv_handler doors[SRV_DOOR_COUNT];
};

void fake_secret(enum fake_who who, char out[SRV_SECRET_BYTES]);
/* "Bearer ..." */
enum { FAKE_BEARER_BYTES = SRV_SECRET_BYTES + 8 };
void fake_bearer(enum fake_who who, char out[FAKE_BEARER_BYTES]);
/* FAKE_DEVICE_A and _B. */
void fake_device_id(enum fake_who who, char out[POL_ID_BYTES]);

/* A folder in memory where there is such a place: nothing here is about power cuts. */
enum { FAKE_FOLDER_BYTES = 128 };
void fake_folder_make(char out[FAKE_FOLDER_BYTES]);
/* Its plain files. */
void fake_folder_empty(const char *folder);
void fake_folder_remove(const char *folder);

/* Make the store of a folder: all credentials, both devices. */
void fake_server_make(const char *folder, int64_t now_s);
void fake_server_open(struct fake_server *out, const struct fake_server_options *options);
/* Wakes all that is parked: the talks must be finished before fake_server_close(). */
void fake_server_stop(struct fake_server *server);
void fake_server_close(struct fake_server *server);

#endif
