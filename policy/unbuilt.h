/* unbuilt.h - say in one place what the programs of this version cannot keep yet.
 *
 * The library reads and explains all that a policy can say. A program that could not keep a part of
 * it refuses the whole, and `check` warns before anything is signed.
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: ST_REFUSED: unsupported
 * Threads: safe       Source: docs/decisions/0006-a-program-refuses-what-it-cannot-keep.md
 */
#ifndef POLICY_UNBUILT_H
#define POLICY_UNBUILT_H

#include "base/err.h"
#include "policy/policy.h"

/* Gates that move a rollout by themselves. */
enum status pol_unbuilt_in_server(const struct pol_policy *policy, struct err *err) MUST_USE;

#endif
