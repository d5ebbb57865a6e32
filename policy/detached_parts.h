/* detached_parts.h - what a to-sign file is made of, for the files detached*.c only.
 *
 * Effects: none                      Units:  bytes
 * Owns:    said at each structure    Errors: those of detached.h
 * Threads: one thread for each       Source: detached.h
 */
#ifndef POLICY_DETACHED_PARTS_H
#define POLICY_DETACHED_PARTS_H

#include "policy/detached.h"
#include "policy/digest.h"
#include "policy/trust.h"

enum { DETACHED_DOCUMENTS = LIMIT_STAGES + 1, DETACHED_NUMBER_BYTES = 24 };

/* The head of a to-sign file; borrows all. */
struct pol_detached_head {
    enum pol_document round;
    const char *rollout;
    uint32_t serial;
    const struct pol_public_key *keys;
    size_t key_count;
};

/* One document that is to be signed by each key. */
struct pol_detached_document {
    char name[DETACHED_NUMBER_BYTES]; /* "7001", "bundle" */
    const char *what;                 /* for people: "stage observe" */
    struct span payload_text;         /* base64url */
};

struct pol_detached {
    struct pol_json *json; /* what the texts point into */
    struct pol_detached_head head;
    struct pol_public_key keys[LIMIT_SIGNATURES];
    struct pol_detached_document documents[DETACHED_DOCUMENTS];
    size_t document_count;
    /* Item i is of document i / key_count and key i % key_count. */
    char names[DETACHED_DOCUMENTS * LIMIT_SIGNATURES][DETACHED_NAME_BYTES];
    struct pol_signature signatures[DETACHED_DOCUMENTS * LIMIT_SIGNATURES];
    bool answered[DETACHED_DOCUMENTS * LIMIT_SIGNATURES];
    enum status st; /* while it is read: not ST_OK when that failed for no fault of the file's */
};

/* SHA-256 of the bytes to be signed, for devices that take only that. */
enum status pol_detached_digest(const char *header, struct span payload_text,
                                char out[DIGEST_HEX_BYTES]) MUST_USE;
void pol_detached_name(const char *document, const char *kid, char out[DETACHED_NAME_BYTES]);

enum status pol_detached_write(const struct pol_detached_head *head,
                               const struct pol_detached_document *documents, size_t count,
                               struct bytes *out, struct err *err) MUST_USE;

extern const char POL_DETACHED_FORMAT[];
extern const char *const POL_DETACHED_ROUNDS[2]; /* by enum pol_document */

/* Trust in exactly these keys, all of which must have signed; pol_trust_free() frees it. */
enum status pol_detached_trust(const struct pol_detached_head *head, struct pol_trust **out,
                               struct err *err) MUST_USE;

#endif
