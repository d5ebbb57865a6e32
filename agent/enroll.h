/* enroll.h - get a device id and token from the server, and keep them.
 *
 * The enroll secret is read from its file, sealed in the vault and kept for enrolling again. A copy
 * of this machine (a clone, a golden image) notices that it is another machine and starts afresh.
 * Effects: reads the secret's file; reads and writes the vault
 * Owns:    the secrets, wiped by ag_enroll_done()    Errors: those of the vault; ST_REFUSED for an
 *                                                            answer or a secret that is malformed
 * Threads: one thread                                Units:  seconds since 1970 UTC
 * Source:  docs/protocol.md "Enrollment"
 */
#ifndef AGENT_ENROLL_H
#define AGENT_ENROLL_H

#include "agent/ports.h"

enum { AG_DEVICE_ID_BYTES = 65, AG_TOKEN_MOST_BYTES = 256 };

struct ag_enroll {
    const struct ag_vault *vault;
    const struct ag_host *host;
    char device_id[AG_DEVICE_ID_BYTES]; /* "": not enrolled */
    struct bytes token;
    struct bytes secret; /* empty: none was given */
    int64_t enrolled_at_s;
    bool is_copy;        /* of another machine, whose device was dropped at this start */
    bool token_refused;  /* by the server: enroll again */
    bool proof_refused;  /* as X-Device-Token, too: only the secret is left */
    bool by_token;       /* what the request on its way shows */
    unsigned generation; /* of the token: rises with each new one */
};

enum ag_enroll_result {
    AG_ENROLL_NEW_DEVICE,
    AG_ENROLL_SAME_DEVICE,
    AG_ENROLL_REFUSED, /* with what was shown; *err tells */
    AG_ENROLL_LATER,   /* no answer, or one that says so */
};

/* Load what is there. secret_file may be NULL. *why tells of a secret or a device that could not be
 * loaded, or of a clone; why->st is ST_OK if there is nothing to tell. */
enum status ag_enroll_open(struct ag_enroll *enroll, const struct ag_vault *vault,
                           const struct ag_host *host, const char *secret_file,
                           struct err *why) MUST_USE;
void ag_enroll_done(struct ag_enroll *enroll);

/* Should the server be asked, and is there something to show? held_ms: how long this run has had
 * its token, by the clock that does not jump: a wall clock that does must not rotate tokens in a
 * circle. */
bool ag_enroll_is_wanted(const struct ag_enroll *enroll, int64_t now_s, uint64_t held_ms);

/* The token to use, NULL while there is none that holds. */
const char *ag_enroll_token(const struct ag_enroll *enroll);

/* The server refused the token, or asked for enrolling. */
void ag_enroll_refuse_token(struct ag_enroll *enroll);

/* Fill a request; its texts belong to enroll, its body to *body. */
enum status ag_enroll_request(struct ag_enroll *enroll, struct bytes *body, struct ag_request *out,
                              struct err *err) MUST_USE;

/* Take the server's answer. If the new token cannot be stored it is used all the same, and *err
 * tells; err->st is ST_OK if there is nothing to tell. */
enum ag_enroll_result ag_enroll_take(struct ag_enroll *enroll, const struct ag_answer *answer,
                                     int64_t now_s, struct err *err);

#endif
