#include "admin/audit_view.h"

#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WHO_BYTES = 64, LINE_BYTES = 16 * 1024 };

void adm_audit_view_read(const struct pol_at *root, struct adm_audit_view *out)
{
    struct pol_at audit = {.value = NULL};
    uint8_t raw[DIGEST_BYTES];
    const char *hash = "";

    *out = (struct adm_audit_view){.number = -1};
    if (!pol_read_member(root, "audit", POL_OPTIONAL, &audit)) {
        return;
    }
    if (!pol_at_is_object(&audit)) {
        pol_at_problem(&audit, "wrong_type", "the audit must be an object");
        return;
    }
    (void)pol_read_boolean(&audit, "pending", POL_OPTIONAL, &out->pending);
    if (pol_read_integer(&audit, "number", POL_REQUIRED, 0, INT64_MAX, &out->number) &&
        pol_read_text(&audit, "hash", POL_REQUIRED, DIGEST_HEX_BYTES - 1, &hash) &&
        !hex_decode(hash, raw, DIGEST_BYTES)) {
        pol_at_problem(&audit, "out_of_range", "a hash has 64 hexadecimal digits");
    } else {
        (void)snprintf(out->hash, sizeof out->hash, "%s", hash);
    }
}

enum status adm_audit_view_text(const struct adm_audit_view *view, struct bytes *out)
{
    if (view->number < 0) {
        return ST_OK;
    }
    return bytes_append_format(out, "audit head %" PRId64 " %s%s\n", view->number, view->hash,
                               view->pending ? " (an entry is still on its way: ask again)" : "");
}

void adm_audit_view_json(const struct adm_audit_view *view, struct pol_json_writer *w)
{
    if (view->number < 0) {
        pol_json_null(w, "audit");
        return;
    }
    pol_json_object(w, "audit");
    pol_json_integer(w, "number", view->number);
    pol_json_text(w, "hash", view->hash);
    pol_json_boolean(w, "pending", view->pending);
    pol_json_close_object(w);
}

enum status adm_audit_heading_text(struct bytes *out)
{
    return bytes_append_format(out, "%-8s  %-20s  %-32s  %-15s  %-17s  %s\n", "NUMBER", "AT", "WHO",
                               "ADDRESS", "WHAT", "BEFORE -> AFTER");
}

static enum status append_change(const struct pol_audit_entry *entry, struct bytes *out)
{
    enum status st = bytes_append_visible(out, entry->before);
    if (st == ST_OK && entry->before[0] != '\0') {
        st = bytes_append_text(out, " ");
    }
    if (st == ST_OK && (entry->before[0] != '\0' || entry->after[0] != '\0')) {
        st = bytes_append_text(out, "->");
    }
    if (st == ST_OK && entry->after[0] != '\0') {
        st = bytes_append_text(out, " ");
    }
    st = st == ST_OK ? bytes_append_visible(out, entry->after) : st;
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

enum status adm_audit_entry_text(const struct pol_audit_entry *entry, struct bytes *out)
{
    char time[TIME_TEXT_BYTES];
    struct bytes fields = bytes_with_limit(LINE_BYTES);
    char who[POL_AUDIT_TEXT_BYTES + WHO_BYTES];
    time_text_write(entry->at_s, time);
    (void)snprintf(who, sizeof who, "%.32s %s", entry->who, entry->name);
    enum status st = bytes_append_format(
        &fields, "%-8" PRId64 "  %-20s  %-32s  %-15s  %-17s  ", entry->number, time, who,
        entry->address[0] != '\0' ? entry->address : "-", entry->what);
    if (st == ST_OK) {
        st = bytes_append_visible(out, bytes_text(&fields));
    }
    bytes_free(&fields);
    return st == ST_OK ? append_change(entry, out) : st;
}
