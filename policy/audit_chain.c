#include "policy/audit_chain.h"

#include <inttypes.h>
#include <string.h>

enum { TEXTS = 6, NUMBER_BYTES = 8, LENGTH_BYTES = 4, FIXED_BYTES = 256 };

static const char DOMAIN_LINE[] = "mapi-rollout/audit/1\n";

static const char *const MEMBERS[] = {"number", "at",     "who",   "name", "address",
                                      "what",   "before", "after", "hash"};
static const char *const TEXT_NAMES[TEXTS] = {"who", "name", "address", "what", "before", "after"};

static void list_texts(const struct pol_audit_entry *e, const char *out[TEXTS])
{
    const char *const texts[TEXTS] = {e->who, e->name, e->address, e->what, e->before, e->after};
    memcpy(out, texts, sizeof texts);
}

static enum status append_number(struct bytes *out, uint64_t value, size_t size)
{
    uint8_t raw[NUMBER_BYTES];
    for (size_t i = 0; i < size; i++) {
        raw[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    return bytes_append(out, raw, size);
}

static enum status append_text(struct bytes *out, const char *text)
{
    size_t length = strlen(text);
    if (length > POL_AUDIT_TEXT_MOST) {
        return ST_TOO_LARGE;
    }
    enum status st = append_number(out, length, LENGTH_BYTES);
    return st == ST_OK ? bytes_append(out, text, length) : st;
}

static enum status append_entry(struct bytes *out, const uint8_t before[DIGEST_BYTES],
                                const struct pol_audit_entry *e)
{
    const char *texts[TEXTS];
    list_texts(e, texts);
    enum status st = bytes_append_text(out, DOMAIN_LINE);
    if (st == ST_OK) {
        st = bytes_append(out, before, DIGEST_BYTES);
    }
    if (st == ST_OK) {
        st = append_number(out, (uint64_t)e->number, NUMBER_BYTES);
    }
    if (st == ST_OK) {
        st = append_number(out, (uint64_t)e->at_s, NUMBER_BYTES);
    }
    for (size_t i = 0; i < TEXTS && st == ST_OK; i++) {
        st = append_text(out, texts[i]);
    }
    return st;
}

enum status pol_audit_hash(const uint8_t before[DIGEST_BYTES], const struct pol_audit_entry *entry,
                           uint8_t out[DIGEST_BYTES])
{
    struct bytes whole =
        bytes_with_limit(FIXED_BYTES + TEXTS * (LENGTH_BYTES + POL_AUDIT_TEXT_MOST));
    enum status st = append_entry(&whole, before, entry);
    if (st == ST_OK) {
        st = pol_digest(bytes_span(&whole), out);
    }
    bytes_free(&whole);
    return st;
}

enum status pol_audit_follow(struct pol_audit_head *head, const struct pol_audit_entry *entry,
                             const uint8_t hash[DIGEST_BYTES], struct err *err)
{
    uint8_t wanted[DIGEST_BYTES];
    if (entry->number != head->number + 1) {
        return err_refuse(err, "chain_broken", "/number",
                          "entry %" PRId64 " stands where entry %" PRId64 " should", entry->number,
                          head->number + 1);
    }
    enum status st = pol_audit_hash(head->hash, entry, wanted);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot take the hash of entry %" PRId64, entry->number);
    }
    if (memcmp(wanted, hash, DIGEST_BYTES) != 0) {
        return err_refuse(err, "chain_broken", "/hash",
                          "entry %" PRId64 " does not fit: it, or the entry before it, is not what "
                          "was written",
                          entry->number);
    }
    head->number = entry->number;
    memcpy(head->hash, wanted, DIGEST_BYTES);
    return ST_OK;
}

void pol_audit_write(struct pol_json_writer *w, const struct pol_audit_entry *entry,
                     const uint8_t hash[DIGEST_BYTES])
{
    char hex[DIGEST_HEX_BYTES];
    const char *texts[TEXTS];
    list_texts(entry, texts);
    hex_encode(hash, DIGEST_BYTES, hex);
    pol_json_object(w, NULL);
    pol_json_integer(w, "number", entry->number);
    pol_json_time(w, "at", entry->at_s);
    for (size_t i = 0; i < TEXTS; i++) {
        pol_json_text(w, TEXT_NAMES[i], texts[i]);
    }
    pol_json_text(w, "hash", hex);
    pol_json_close_object(w);
}

void pol_audit_read(const struct pol_at *at, struct pol_audit_entry *out,
                    uint8_t hash[DIGEST_BYTES])
{
    const char *texts[TEXTS] = {"", "", "", "", "", ""};
    const char *hex = NULL;
    struct pol_audit_entry entry = {.number = 0};
    if (!pol_read_object(at, MEMBERS, sizeof MEMBERS / sizeof MEMBERS[0])) {
        return;
    }
    (void)pol_read_integer(at, "number", POL_REQUIRED, 1, INT64_MAX, &entry.number);
    (void)pol_read_time(at, "at", POL_REQUIRED, &entry.at_s);
    for (size_t i = 0; i < TEXTS; i++) {
        (void)pol_read_text(at, TEXT_NAMES[i], POL_REQUIRED, POL_AUDIT_TEXT_MOST, &texts[i]);
    }
    if (pol_read_text(at, "hash", POL_REQUIRED, DIGEST_HEX_BYTES - 1, &hex) &&
        !hex_decode(hex, hash, DIGEST_BYTES)) {
        pol_at_problem(at, "out_of_range", "a hash has 64 hexadecimal digits");
    }
    entry.who = texts[0];
    entry.name = texts[1];
    entry.address = texts[2];
    entry.what = texts[3];
    entry.before = texts[4];
    entry.after = texts[5];
    *out = entry;
}
