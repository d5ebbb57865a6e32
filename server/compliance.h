/* compliance.h - tell how many users are where.
 *
 * reports -> store -> [compliance] -> administrators
 *
 * The store keeps the counts; reading them costs the same for ten users and a million.
 * Effects: reads the store       Units:  users, devices
 * Owns:    nothing               Errors: those of the store; ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                  Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_COMPLIANCE_H
#define SERVER_COMPLIANCE_H

#include "server/rollout.h"
#include "server/store.h"

/* Append the answer of GET /v1/compliance. */
enum status srv_compliance_write(const struct srv_store *store,
                                 const struct srv_rollout_view *rollout, int64_t now_s,
                                 struct bytes *out, struct err *err) MUST_USE;

#endif
