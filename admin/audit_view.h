/* audit_view.h - where the server's audit ends, and one line for each of its entries.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: wrong members become problems of the answer
 * Threads: safe       Source: docs/protocol.md "The audit"
 */
#ifndef ADMIN_AUDIT_VIEW_H
#define ADMIN_AUDIT_VIEW_H

#include "policy/audit_chain.h"

struct adm_audit_view {
    int64_t number; /* -1: this server does not say */
    char hash[DIGEST_HEX_BYTES];
    bool pending; /* the entry of the last release is still on its way */
};

/* From the answer to GET /v1/rollout, or to a change. */
void adm_audit_view_read(const struct pol_at *root, struct adm_audit_view *out);

/* "audit head 12 4f...", for whoever keeps it elsewhere. */
enum status adm_audit_view_text(const struct adm_audit_view *view, struct bytes *out) MUST_USE;

/* The member "audit", as the server writes it; null if it does not say. */
void adm_audit_view_json(const struct adm_audit_view *view, struct pol_json_writer *w);

/* One line, control characters escaped. */
enum status adm_audit_heading_text(struct bytes *out) MUST_USE;
enum status adm_audit_entry_text(const struct pol_audit_entry *entry, struct bytes *out) MUST_USE;

#endif
