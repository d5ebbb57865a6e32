/* compliance.h - tell how many users are where.
 *
 * reports -> store -> [compliance] -> administrators
 *
 * The store keeps the counts; reading them costs the same for ten users and a million.
 * Effects: reads the store       Units:  users, devices; seconds since 1970 UTC
 * Owns:    nothing               Errors: those of the store; ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                  Source: docs/protocol.md "Compliance"
 */
#ifndef SERVER_COMPLIANCE_H
#define SERVER_COMPLIANCE_H

#include "policy/json_write.h"
#include "server/rollout.h"
#include "server/store.h"

/* A device is stale, and looked at by no gate, that was not heard from for so many of the intervals
 * in which the released policy wants reports. In whole minutes. */
enum { SRV_REPORTS_AWAY = 3 };
int64_t srv_compliance_silent_since(const struct srv_rollout_view *rollout, int64_t now_s);

/* Append the members of GET /v1/compliance to an object that is open. */
enum status srv_compliance_write(const struct srv_store *store,
                                 const struct srv_rollout_view *rollout, int64_t now_s,
                                 struct pol_json_writer *json, struct err *err) MUST_USE;

/* Append the counts of this moment as one JSON object: what a series is made of. */
enum status srv_compliance_sample(const struct srv_store *store, int64_t now_s, struct bytes *out,
                                  struct err *err) MUST_USE;

#endif
