/* policy_store.h - keep the last good policy and how far we have come, over restarts.
 *
 * The floor (version and digest accepted last, for each rollout) stands in two places; the higher
 * counts. What is loaded is verified again. Trust is kept beside the policy, so that a policy stays
 * in force after its keys were replaced, until a new one comes.
 * Effects: reads and writes the vault              Units:  bytes
 * Owns:    the trust that was stored;              Errors: those of the vault. A stored policy that
 *          ag_policy_store_done() frees                    is damaged or older than the floor is
 *                                                          ST_REFUSED: there is none then
 * Threads: one thread                              Source: docs/policy-format.md "Acceptance on the
 *                                                          agent", "Trust"
 */
#ifndef AGENT_POLICY_STORE_H
#define AGENT_POLICY_STORE_H

#include "agent/ports.h"
#include "policy/freshness.h"
#include "policy/limits.h"
#include "policy/parse.h"

enum { AG_STORE_ROLLOUTS = 16, AG_ETAG_BYTES = 128 };

struct ag_floor_line {
    char rollout[LIMIT_NAME_BYTES + 1];
    struct pol_floor floor;
};

struct ag_policy_store {
    const struct ag_vault *vault;
    struct ag_floor_line lines[AG_STORE_ROLLOUTS];
    size_t line_count;
    struct pol_trust *trust; /* of the stored policy; NULL: not known */
};

/* Load the floors and the stored trust. Damage in one place is made good by the other; in both it is
 * told, and the store can be used all the same. */
enum status ag_policy_store_open(struct ag_policy_store *store, const struct ag_vault *vault,
                                 struct err *err) MUST_USE;
void ag_policy_store_done(struct ag_policy_store *store);

/* Version 0 if nothing of that rollout was ever accepted. */
struct pol_floor ag_policy_store_floor(const struct ag_policy_store *store, const char *rollout);

/* The stored policy, verified by trust or, if that no longer will, by the trust it came with.
 * rollout: only that one, NULL: any. etag: the server's name for these bytes, "" if not known.
 * ST_NOT_FOUND: nothing was ever stored. */
enum status ag_policy_store_load(struct ag_policy_store *store, const struct pol_trust *trust,
                                 const char *rollout, struct pol_policy **out,
                                 char etag[AG_ETAG_BYTES], struct err *err) MUST_USE;

/* Make an accepted policy durable: the bytes first, then the floor in both places. */
enum status ag_policy_store_save(struct ag_policy_store *store, const struct pol_trust *trust,
                                 const struct pol_policy *policy, struct span raw, int64_t now_s,
                                 struct err *err) MUST_USE;

/* When that version was accepted. If nobody remembers, or by the clock it is still to come, it was
 * now, and *out stays that: it is written down. */
enum status ag_policy_store_accepted_at(const struct ag_policy_store *store, int64_t version,
                                        int64_t now_s, int64_t *out, struct err *err) MUST_USE;

/* Keep the server's name for the stored bytes; "" forgets it. */
enum status ag_policy_store_save_etag(struct ag_policy_store *store, const char *etag,
                                      struct err *err) MUST_USE;

#endif
