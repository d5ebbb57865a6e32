/* explain.h - write down why a decision came out as it did, for people and for programs.
 *
 * The command and the agent print the same words, because they are made here.
 * Effects: none                            Units:  parts per million in JSON, percent in text
 * Owns:    nothing; text is appended       Errors: ST_TOO_LARGE, ST_NO_MEMORY of the buffer
 * Threads: one thread                      Source: docs/policy-format.md "Decision";
 *                                                  docs/protocol.md "Command lines"
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "base/bytes.h"
#include "policy/evaluate.h"

/* Both take facts that were prepared (facts.h) and append the decision with its trace.
 *
 * text   some lines: who, each rule tried with its conditions, the guards, the outcome; nothing in
 *        them moves a cursor.
 * JSON   one object, without a line end. */
enum status pol_explain_text(const struct pol_policy *policy, const struct pol_facts *facts,
                             struct bytes *out) MUST_USE;
enum status pol_explain_json(const struct pol_policy *policy, const struct pol_facts *facts,
                             struct bytes *out) MUST_USE;

#endif
