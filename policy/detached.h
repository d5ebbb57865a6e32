/* detached.h - have a bundle signed where its keys are: say what to sign, put the answers in.
 *
 * For keys that do not leave their device. A to-sign file (`mapi-rollout/to-sign/1`) holds
 * everything: who signs, what, and all that is needed to go on, so that no plan is needed again. A
 * bundle holds signed policies, and signatures of devices differ from time to time: it can be signed
 * only after them. So there are two rounds of the same steps. In the first, the policies are signed,
 * and what comes out is the to-sign file of the second; in that one the bundle is signed, and comes
 * out. Payloads are those of pol_bundle_sign(), byte for byte.
 * Effects: none                                        Units:  bytes
 * Owns:    struct pol_detached; pol_detached_free()    Errors: ST_REFUSED with code and pointer,
 *                                                              into the to-sign file
 * Threads: one thread for each                         Source: docs/operations.md "Keys in an HSM"
 */
#ifndef POLICY_DETACHED_H
#define POLICY_DETACHED_H

#include "policy/plan.h"
#include "policy/sign.h"

/* A to-sign file repeats a bundle's payload once, and has a line for each signature. */
enum { DETACHED_FILE_BYTES = LIMIT_BUNDLE_BYTES + 1024 * 1024, DETACHED_NAME_BYTES = 96 };

struct pol_detached;

/* Append the to-sign file of the first round, for 1..LIMIT_SIGNATURES distinct keys, of the plan up
 * to and including `through` (NULL: all). Equal plans and keys give equal bytes. */
enum status pol_detached_start(const struct pol_plan *plan, const char *through,
                               const struct pol_public_key *keys, size_t key_count,
                               struct bytes *out, struct err *err) MUST_USE;

enum status pol_detached_parse(struct span file, struct pol_detached **out,
                               struct err *err) MUST_USE;
void pol_detached_free(struct pol_detached *detached);

/* What this round signs: policies in the first, the bundle in the second. */
enum pol_document pol_detached_round(const struct pol_detached *detached);
const char *pol_detached_rollout(const struct pol_detached *detached);
uint32_t pol_detached_serial(const struct pol_detached *detached);
size_t pol_detached_key_count(const struct pol_detached *detached);
const char *pol_detached_kid(const struct pol_detached *detached, size_t i);

/* The signatures that are wanted. The name ("7001.KID", "bundle.KID") fits a file. */
size_t pol_detached_item_count(const struct pol_detached *detached);
const char *pol_detached_item_name(const struct pol_detached *detached, size_t i);
/* False if there is none of that name. */
bool pol_detached_find_item(const struct pol_detached *detached, struct span name, size_t *out);
/* Append the bytes to be signed. */
enum status pol_detached_item_input(const struct pol_detached *detached, size_t i,
                                    struct bytes *out, struct err *err) MUST_USE;

/* Take a signature in one of the forms of signature_form.h, if it is the item's key's and holds.
 * A second one replaces the first. */
enum status pol_detached_answer(struct pol_detached *detached, size_t i, struct span signature,
                                struct err *err) MUST_USE;

/* Append what comes out of the round: the next round's to-sign file, or the bundle. Each item must
 * have been answered; what comes out was verified and parsed as agents and the server do it. */
enum status pol_detached_finish(const struct pol_detached *detached, struct bytes *out,
                                struct err *err) MUST_USE;

#endif
