/* to_sign.h - carry what is to be signed elsewhere out into files, and the answers back in.
 *
 * A folder holds one file for each signature: DIR/ITEM, exactly the bytes to sign, and DIR/ITEM.sig,
 * the answer. A file of answers is `mapi-rollout/signatures/1`.
 * Effects: reads and writes files    Units:  bytes; paths are UTF-8
 * Owns:    nothing                   Errors: those of base/file.h and policy/detached.h
 * Threads: one thread                Source: docs/operations.md "Keys in an HSM"
 */
#ifndef ADMIN_TO_SIGN_H
#define ADMIN_TO_SIGN_H

#include "policy/detached.h"

/* Make folder if need be, and in it a file for each item. */
enum status adm_to_sign_write(const struct pol_detached *detached, const char *folder,
                              struct err *err) MUST_USE;

/* Put in the answers of a file or of a folder. Items that have none there are left as they are. */
enum status adm_to_sign_read(struct pol_detached *detached, const char *path,
                             struct err *err) MUST_USE;

/* Write a finished round to path, and what is to be signed next into folder (unless that is NULL, or
 * nothing is left to be signed). next: of the file, NULL when it was the bundle; free it with
 * pol_detached_free(). */
enum status adm_to_sign_save(struct span file, bool is_bundle, const char *path, const char *folder,
                             struct pol_detached **next, struct err *err) MUST_USE;

/* Say in out what is to be signed, by whom, and how to go on. */
enum status adm_to_sign_describe(const struct pol_detached *detached, const char *path,
                                 const char *folder, struct bytes *out) MUST_USE;
/* The same for programs: members of an object that is open. */
void adm_to_sign_json(const struct pol_detached *detached, struct pol_json_writer *w);

#endif
