/* conversation.h - a whole server in this process, and talking to it over real sockets.
 *
 * Effects: a server on free loopback ports and a directory of its own for each test
 * Units:   none                          Owns:    struct place, from place_setup() on
 * Errors:  fail the test                 Threads: one
 * Source:  docs/protocol.md
 */
#ifndef TESTS_UNIT_SERVER_CONVERSATION_H
#define TESTS_UNIT_SERVER_CONVERSATION_H

#include "policy/report.h"
#include "server/daemon.h"
#include "tests/unit/server/scratch.h"

enum { ANSWER_BYTES = 256 * 1024, PATIENCE_S = 30 };

struct place {
    char folder[SCRATCH_PATH_BYTES];
    char trust_file[SCRATCH_PATH_BYTES + 16];
    struct signer signer;
    struct srv_daemon *daemon;
    int64_t (*now_s)(void); /* see struct srv_settings; good from the next start on */
    unsigned gate_pause_ms;
    unsigned connections; /* these four, too */
    const char *cert_file;
    const char *key_file;
    struct srv_bounds bounds;
    unsigned simulate_ms;
    const char *proxies; /* the same */
    uint32_t new_devices;
    char secret[SRV_SECRET_BYTES];
    char tokens[SRV_ROLE_COUNT][SRV_SECRET_BYTES];
    char device_token[SRV_SECRET_BYTES];
    char device_id[POL_ID_BYTES];
};

/* One answer, and what of it the tests ask for. */
struct answer {
    int status;
    char text[ANSWER_BYTES];
};

/* Fixtures of cmocka: a server without a policy, one token of each role, one enroll secret. */
int place_setup(void **state);
int place_teardown(void **state);
void place_start(struct place *p); /* again, on the same directory */
void place_stop(struct place *p);
const char *agents_url(const struct place *p);
const char *admins_url(const struct place *p);

/* A connection that waits PATIENCE_S at the most. */
int connect_to(const char *url);
/* Send a request and keep the connection; headers each with their line end. */
int ask(const char *url, const char *line, const char *headers, struct span body);
/* Read its answer to the end, and close. */
void hear(int fd, struct answer *out);
/* Both. */
void say(const char *url, const char *line, const char *headers, const char *body,
         struct answer *out);
/* Headers with a token; good until the next call. */
const char *bearer(const char *token, const char *more);
void take_member(const struct answer *a, const char *key, char *out, size_t size);
/* Fails the test unless the status and a part of the answer are as wanted. */
void expect(const struct answer *a, int status, const char *part);

/* A device, by the secret; a bundle of that serial; a stage; the brake. */
void place_enroll(struct place *p);
void place_publish(struct place *p, uint32_t serial, const char *if_match);
void place_release(struct place *p, const char *stage, const char *if_match);
void place_pull_brake(struct place *p);
/* A change by another program, of which the server is told, as commands do it. */
enum status place_write(struct place *p, struct srv_write *w);
/* The same, and the server does not know yet. */
enum status place_write_untold(struct place *p, struct srv_write *w);
/* A credential with its bounds; its digest is filled in. */
void place_add_credential(struct place *p, struct srv_credential *c, char out[SRV_SECRET_BYTES]);
void place_revoke(struct place *p, enum srv_role role, const char *name);
void place_retire(struct place *p, const char *device_id);
/* A report of that one-character id and number, about one user. */
void place_report(const struct place *p, char id, const char *user_state, char *out, size_t size);
/* A poll of the device that waits for a first policy, to be heard. */
int place_hold(const struct place *p, const char *wait);
/* Until the server says that it holds one poll. */
void place_await_held_poll(struct place *p);

#endif
