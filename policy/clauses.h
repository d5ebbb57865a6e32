/* clauses.h - the parts that plans and policies have in common, read and written.
 *
 * Readers add problems at their places and leave defaults where something is absent.
 * Effects: none                    Units:  in the names
 * Owns:    arrays said to be so    Errors: problems; ST_NO_MEMORY
 * Threads: one thread              Source: docs/policy-format.md "The plan", "The policy"
 */
#ifndef POLICY_CLAUSES_H
#define POLICY_CLAUSES_H

#include "policy/guards.h"
#include "policy/json_read.h"
#include "policy/rings.h"

struct pol_rule_set {
    struct pol_rule *rules; /* free() frees it */
    size_t count;
};

/* A member of kind name ("rollout", a stage's name): [a-z0-9-]{1,64}. */
bool pol_read_name(const struct pol_at *at, const char *key, const char **out);
void pol_read_timing(const struct pol_at *at, struct pol_timing *out);
void pol_read_apply(const struct pol_at *at, struct pol_apply *out);
void pol_read_gate(const struct pol_at *at, struct pol_gate *out);
void pol_read_expect(const struct pol_at *at, enum pol_expect *out);
bool pol_read_set(const struct pol_at *at, const char *key, enum pol_set *out);
/* `description` and `ticket`, which may stand nearly everywhere and mean nothing to us. */
void pol_read_notes(const struct pol_at *at);
enum status pol_read_rules(const struct pol_at *at, const struct pol_ring_set *rings,
                           struct pol_rule_set *out) MUST_USE;

void pol_write_timing(struct pol_json_writer *w, const struct pol_timing *timing);
void pol_write_apply(struct pol_json_writer *w, const struct pol_apply *apply);
void pol_write_gate(struct pol_json_writer *w, const struct pol_gate *gate);

#endif
