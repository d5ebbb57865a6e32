/* refusal.h - know the devices that ask; turn away whoever proves nothing, and whoever comes too often.
 *
 * The answer says the same to everybody; which token or secret it was, and what is wrong with it, is
 * for the log.
 * Effects: logs                             Units:  none
 * Owns:    nothing                          Errors: become answers
 * Threads: safe                             Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_REFUSAL_H
#define SERVER_REFUSAL_H

#include "server/app.h"
#include "server/http.h"

/* The device whose token the request shows. False: none, or not good any more; out is unchanged. */
bool srv_know_device(struct srv_app *app, const struct srv_request *rq, struct srv_device *out);

/* 401, or 429 when too many of that address proved nothing. name: whose it was; "" if nobody knows. */
void srv_refuse_proof(struct srv_app *app, struct srv_request *rq, enum srv_credential_state why,
                      const char *name, const char *sentence);

/* True if one more is within the limit; else it is answered: 429, with when to come again. */
bool srv_within(struct srv_rate *rate, uint64_t key, struct srv_request *rq, const char *sentence);
/* The same for something that counts as several. */
bool srv_within_many(struct srv_rate *rate, uint64_t key, uint32_t count, struct srv_request *rq,
                     const char *sentence);

#endif
