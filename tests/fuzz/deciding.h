/* deciding.h - hold decisions to what must be true of each, whatever the policy and the facts are.
 *
 * Effects: ends the program where something is wrong    Units:  none
 * Owns:    nothing                                      Errors: none
 * Threads: one thread                                   Source: docs/policy-format.md "Decision"
 */
#ifndef TESTS_FUZZ_DECIDING_H
#define TESTS_FUZZ_DECIDING_H

#include "policy/facts.h"

/* Prepare and evaluate: with and without a listener, with and without marks, and with each fact
 * forgotten in turn. */
void fuzz_decide(const struct pol_policy *policy, const struct pol_facts *known);

#endif
