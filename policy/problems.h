/* problems.h - collect all that is wrong with a document, not only the first mistake.
 *
 * pol_at_problem() (json_read.h) adds to them.
 * Effects: none                      Units:  none
 * Owns:    nothing (fixed arrays)    Errors: none
 * Threads: one thread                Source: docs/policy-format.md "JSON is strict"
 */
#ifndef POLICY_PROBLEMS_H
#define POLICY_PROBLEMS_H

#include "base/err.h"
#include "policy/limits.h"

#include <stddef.h>

struct pol_problem {
    const char *code;
    char pointer[ERR_POINTER_BYTES];
    char text[ERR_TEXT_BYTES];
};

struct pol_problems {
    struct pol_problem items[LIMIT_PROBLEMS];
    size_t count; /* kept */
    size_t found; /* all, also those that did not fit */
};

/* Add a refusal that stands in err. */
void pol_problems_add(struct pol_problems *problems, const struct err *err);

/* ST_OK without a problem, else err becomes the first of them and ST_REFUSED comes back. */
enum status pol_problems_status(const struct pol_problems *problems, struct err *err) MUST_USE;

#endif
