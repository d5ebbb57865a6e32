/* guards.h - read and write what may be written only where it is known to work.
 *
 * Effects: none                                Units:  none
 * Owns:    nothing; texts are the document's   Errors: problems at their places: bad_url,
 *                                                      bad_version_range, duplicate_name, ...
 * Threads: one thread                          Source: docs/policy-format.md "Guards"
 */
#ifndef POLICY_GUARDS_H
#define POLICY_GUARDS_H

#include "policy/json_read.h"
#include "policy/json_write.h"
#include "policy/policy.h"

/* The member `guards` of a plan or policy; what is absent keeps its default. */
void pol_read_guards(const struct pol_at *at, struct pol_guards *out);
void pol_write_guards(struct pol_json_writer *w, const struct pol_guards *guards);

#endif
