/* plan_file.h - read a plan from a file and tell every mistake in it.
 *
 * Effects: reads the file; writes warnings and problems to standard error    Units:  none
 * Owns:    the plan; pol_plan_free()                                         Errors: ST_REFUSED
 *                                                                            with the last problem:
 *                                                                            those before it are
 *                                                                            printed already
 * Threads: one thread                                  Source: docs/policy-format.md "The plan"
 */
#ifndef ADMIN_PLAN_FILE_H
#define ADMIN_PLAN_FILE_H

#include "policy/plan.h"

/* What was found, good or bad, stays in the caller's lists. */
struct adm_findings {
    struct pol_problems problems;
    struct pol_problems warnings;
};

enum status adm_plan_read(const char *path, struct adm_findings *findings, struct pol_plan **out,
                          struct err *err) MUST_USE;

/* The same for who wants the plan only: warnings are not printed. */
enum status adm_plan_read_quietly(const char *path, struct pol_plan **out,
                                  struct err *err) MUST_USE;

/* The stage of that name, or POL_PLAN_SAFE for "safe"; ST_REFUSED stage_unknown names those there
 * are. */
enum status adm_plan_find_stage(const struct pol_plan *plan, const char *name, int *out,
                                struct err *err) MUST_USE;

#endif
