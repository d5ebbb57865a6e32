/* documents.h - plans and policies for tests, and one change at a time to them.
 *
 * Effects: fails the running test where something cannot be made
 * Owns:    what it returns; the caller frees it     Errors: none
 * Units:   none                                     Threads: one thread
 * Source:  docs/policy-format.md "The plan", "The policy"
 */
#ifndef TESTS_UNIT_POLICY_DOCUMENTS_H
#define TESTS_UNIT_POLICY_DOCUMENTS_H

#include "policy/parse.h"
#include "policy/plan.h"

/* The document's example plan; 6 stages. */
extern const char EXAMPLE_PLAN[];
/* The policy of its stage "pilot", as little as it may be: version 7003. */
extern const char EXAMPLE_POLICY[];
extern const char EXAMPLE_SAFE[];

/* text with its one occurrence of from replaced; free() frees it. */
char *with_change(const char *text, const char *from, const char *to);

/* A plan that must be good; free it with pol_plan_free(). */
struct pol_plan *plan_of(const char *text);

bool has_problem(const struct pol_problems *problems, const char *code, const char *pointer);
/* Exactly this problem and no other comes of the text; what: for the message if not. */
void assert_plan_refused(const char *text, const char *what, const char *code, const char *pointer);

/* Sign and verify the payload with a key made for it, then parse it. */
enum status policy_of(const char *payload, struct pol_policy **out, struct err *err);
/* The same, and it must be good; free it with pol_policy_free(). */
struct pol_policy *good_policy_of(const char *payload);

#endif
