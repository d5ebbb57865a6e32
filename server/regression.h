/* regression.h - count whom another policy would push back, by the fleet's last facts.
 *
 * Effects: reads the store       Units:  users
 * Owns:    nothing               Errors: those of the store; ST_NO_MEMORY
 * Threads: safe                  Source: docs/protocol.md "Administrators"; docs/policy-format.md
 *                                        "Rules" (what the server cannot know is unknown)
 */
#ifndef SERVER_REGRESSION_H
#define SERVER_REGRESSION_H

#include "policy/policy.h"
#include "server/store.h"

struct srv_regression {
    uint64_t users;      /* looked at */
    uint64_t regressing; /* from `allow` to `block` */
    uint64_t unknown;    /* whose outcome hangs on a fact that the server has not */
};

/* known: the policies whose reports may be asked for groups. from may be NULL: nothing is released
 * yet, so nobody can go back. */
struct srv_regression_question {
    const struct pol_policy *from;
    const struct pol_policy *to;
    const struct pol_policy *const *known;
    size_t known_count;
};

enum status srv_regression_count(const struct srv_store *store,
                                 const struct srv_regression_question *question,
                                 struct srv_regression *out, struct err *err) MUST_USE;

#endif
