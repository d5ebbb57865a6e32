/* machines.h - machines that enroll, report and show their tokens at the server of a test.
 *
 * Effects: those of conversation.h          Units:  seconds since 1970 UTC
 * Owns:    nothing                          Errors: fail the test
 * Threads: one                              Source: docs/protocol.md "Agents"
 */
#ifndef TESTS_UNIT_SERVER_MACHINES_H
#define TESTS_UNIT_SERVER_MACHINES_H

#include "tests/unit/server/conversation.h"

/* What each of them says of itself. */
extern const char MACHINE_HOST[];

struct machine {
    char id[POL_ID_BYTES];
    char token[SRV_SECRET_BYTES];
};

/* The time of their server; machines_setup() makes it that of the clock, for bundles are signed now. */
extern int64_t machines_now_s;
int machines_setup(void **state);
/* The server anew, with other settings: see struct srv_settings. */
void machines_restart(struct place *p, const char *proxies, uint32_t new_devices);

void machine_enroll(const struct place *p, const char *headers, struct machine *out);
/* The header that shows the old token; good until the next call. */
const char *old_token(const char *token);
int machine_report(const struct place *p, const struct machine *d, char id);

#endif
