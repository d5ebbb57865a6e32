/* audit_chain.h - entries of the audit, and the hash that binds each to the one before.
 *
 * store -> [audit_chain] -> GET /v1/audit -> file -> [audit_chain] of the command
 *
 * hash = SHA-256 over these bytes, one after the other:
 *
 *     "mapi-rollout/audit/1" and a line feed    21 bytes
 *     the hash of the entry before              32 bytes; zeros before the first entry
 *     number                                    8 bytes, big-endian; 1, 2, 3 ... without a gap
 *     at                                        8 bytes, big-endian; seconds since 1970 UTC
 *     who, name, address, what, before, after   each: its length, 4 bytes big-endian, then its UTF-8
 *
 * Texts are what visible_copy() makes of them, at most POL_AUDIT_TEXT_MOST bytes; one that is not
 * there is empty. So an entry has one spelling, and survives JSON as it is.
 * Effects: none                           Units:  _s wall seconds since 1970 UTC
 * Owns:    nothing; texts are borrowed    Errors: ST_REFUSED chain_broken; ST_NO_MEMORY, ST_BUG
 * Threads: safe                           Source: docs/protocol.md "The audit"; FIPS 180-4
 */
#ifndef POLICY_AUDIT_CHAIN_H
#define POLICY_AUDIT_CHAIN_H

#include "policy/digest.h"
#include "policy/json_read.h"

enum { POL_AUDIT_TEXT_MOST = 1024, POL_AUDIT_TEXT_BYTES = POL_AUDIT_TEXT_MOST + 1 };

struct pol_audit_entry {
    int64_t number;
    int64_t at_s;
    const char *who;     /* what kind of somebody: "token", "device", "gate", ... */
    const char *name;    /* of the token, the secret, the device, the local account */
    const char *address; /* where the request came from; "": from no network */
    const char *what;
    const char *before;
    const char *after;
};

/* Where a chain ends. */
struct pol_audit_head {
    int64_t number; /* 0: before the first entry; hash is zeros then */
    uint8_t hash[DIGEST_BYTES];
};

/* The hash of an entry behind that one. ST_TOO_LARGE for a text beyond its bound. */
enum status pol_audit_hash(const uint8_t before[DIGEST_BYTES], const struct pol_audit_entry *entry,
                           uint8_t out[DIGEST_BYTES]) MUST_USE;

/* Does the entry with this hash come next? Then *head becomes it, else it stays. */
enum status pol_audit_follow(struct pol_audit_head *head, const struct pol_audit_entry *entry,
                             const uint8_t hash[DIGEST_BYTES], struct err *err) MUST_USE;

/* An entry as an object, and back; wrong members are problems, and out is then not to be used. */
void pol_audit_write(struct pol_json_writer *w, const struct pol_audit_entry *entry,
                     const uint8_t hash[DIGEST_BYTES]);
void pol_audit_read(const struct pol_at *at, struct pol_audit_entry *out,
                    uint8_t hash[DIGEST_BYTES]);

#endif
