/* signed_file.h - open a signed file, whichever it is: a bundle or a single policy.
 *
 * Effects: reads the file                              Units:  none
 * Owns:    struct adm_signed; adm_signed_done()        Errors: those of base/file.h, policy/verify.h,
 *                                                              policy/bundle.h
 * Threads: one thread                                  Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_SIGNED_FILE_H
#define ADMIN_SIGNED_FILE_H

#include "policy/bundle.h"

struct adm_signed {
    struct pol_bundle *bundle; /* NULL: a single policy, in the two below */
    struct pol_verified *verified;
    struct pol_policy *policy;
};

enum status adm_signed_open(const struct pol_trust *trust, const char *path, struct adm_signed *out,
                            struct err *err) MUST_USE;
void adm_signed_done(struct adm_signed *file);

/* Who signed the file as a whole. */
const struct pol_verified *adm_signed_whole(const struct adm_signed *file);

/* Its policies: stages in order, in a bundle with the safe policy behind them. */
size_t adm_signed_count(const struct adm_signed *file);
size_t adm_signed_stage_count(const struct adm_signed *file);
const struct pol_policy *adm_signed_policy(const struct adm_signed *file, size_t i);
const struct pol_verified *adm_signed_verified(const struct adm_signed *file, size_t i);

#endif
