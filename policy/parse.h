/* parse.h - turn a verified payload into a policy.
 *
 * fetch -> verify -> [parse] -> evaluate -> apply -> observe -> report
 *
 * Effects: none                                    Units:  none
 * Owns:    struct pol_policy; pol_policy_free()    Errors: ST_REFUSED with code and pointer;
 *                                                          ST_NO_MEMORY
 * Threads: safe                                    Source: docs/policy-format.md "The policy"
 */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "policy/policy.h"
#include "policy/verify.h"

enum status pol_parse(const struct pol_verified *verified, struct pol_policy **out,
                      struct err *err) MUST_USE;
void pol_policy_free(struct pol_policy *policy);

#endif
