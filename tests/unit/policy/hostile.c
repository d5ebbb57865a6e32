#include "tests/unit/policy/hostile.h"

#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum status st)
{
    if (st != ST_OK) {
        (void)fprintf(stderr, "hostile.c: %s\n", status_name(st));
        abort();
    }
}

static void add(struct bytes *out, const char *text)
{
    must(bytes_append_text(out, text));
}

static void repeat_count(struct bytes *out, const char *text, size_t count)
{
    char chunk[4096];
    size_t size = strlen(text);
    size_t most = count < sizeof chunk / size ? count : sizeof chunk / size;
    for (size_t i = 0; i < most; i++) {
        memcpy(chunk + i * size, text, size);
    }
    while (count > 0) {
        size_t some = count < most ? count : most;
        must(bytes_append(out, chunk, some * size));
        count -= some;
    }
}

/* As often as there is room for, but for the last room bytes. */
static void repeat(struct bytes *out, const char *text, size_t room)
{
    repeat_count(out, text, (out->limit - out->size - room) / strlen(text));
}

/* ---- one kind each ------------------------------------------------------------------------ */

static void write_nesting(struct bytes *out, const struct pol_json_limits *limits)
{
    size_t depth = limits->document_bytes / 2;
    repeat_count(out, "[", depth);
    repeat_count(out, "]", depth);
}

static void write_names(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "{\"k\":0");
    for (unsigned i = 0; out->size + 20 <= out->limit; i++) {
        must(bytes_append_format(out, ",\"%x\":0", i));
    }
    add(out, "}");
}

static void write_equal_names(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "{\"k\":0");
    repeat(out, ",\"k\":0", 1);
    add(out, "}");
}

static void write_items(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "[0");
    repeat(out, ",0", 1);
    add(out, "]");
}

static void write_string(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "\"");
    repeat(out, "a", 1);
    add(out, "\"");
}

static void write_name(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "{\"");
    repeat(out, "a", 4);
    add(out, "\":0}");
}

static void write_escapes(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "\"");
    repeat(out, "\\u00e4", 1);
    add(out, "\"");
}

static void write_escaped_name(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "{\"");
    repeat(out, "\\t", 4);
    add(out, "\":0}");
}

static void write_digits(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "[1");
    repeat(out, "0", 1);
    add(out, "]");
}

static void write_decimals(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    add(out, "[0.");
    repeat(out, "5", 1);
    add(out, "]");
}

static void write_space(struct bytes *out, const struct pol_json_limits *limits)
{
    (void)limits;
    repeat(out, "\n", 2);
    add(out, "{}");
}

/* As many names as there may be, as long as there is room for, that differ at their ends only: what
 * compares them must look at all of each. descending: in the worst order for a tree that does not
 * balance. */
static void write_alike(struct bytes *out, const struct pol_json_limits *limits, bool descending)
{
    size_t count = limits->list_items;
    size_t room = limits->document_bytes / count;
    if (room < 12) {
        room = 12;
        count = limits->document_bytes / room;
    }
    size_t size = room - 5 < LIMIT_STRING_BYTES ? room - 5 : LIMIT_STRING_BYTES;
    add(out, "{");
    for (size_t i = 0; i < count && out->size + size + 6 <= out->limit; i++) {
        add(out, i == 0 ? "\"" : ",\"");
        repeat_count(out, "a", size - 5);
        must(bytes_append_format(out, "%05zu\":0", descending ? count - i : i));
    }
    add(out, "}");
}

static void write_rising(struct bytes *out, const struct pol_json_limits *limits)
{
    write_alike(out, limits, false);
}

static void write_falling(struct bytes *out, const struct pol_json_limits *limits)
{
    write_alike(out, limits, true);
}

const struct hostile_kind HOSTILE_KINDS[] = {
    {"deep nesting", "too_large", "too_large", write_nesting, 0},
    {"many names", "too_large", "too_large", write_names, (size_t)8 * LIMIT_LIST_ITEMS},
    {"equal names", "json_duplicate_key", "json_duplicate_key", write_equal_names, 0},
    {"many elements", "too_large", "too_large", write_items, (size_t)3 * LIMIT_LIST_ITEMS},
    {"one string", "too_large", NULL, write_string, 0},
    {"one name", "too_large", "too_large", write_name, 0},
    {"one string of escapes", "too_large", NULL, write_escapes, 2048},
    {"one name of escapes", "too_large", "too_large", write_escaped_name, 2048},
    {"one whole number", "out_of_range", "out_of_range", write_digits, 0},
    {"one fraction", "out_of_range", "out_of_range", write_decimals, 0},
    {"white space", NULL, NULL, write_space, 0},
    {"names alike, rising", NULL, NULL, write_rising, 0},
    {"names alike, falling", NULL, NULL, write_falling, 0},
};
const size_t HOSTILE_KIND_COUNT = sizeof HOSTILE_KINDS / sizeof HOSTILE_KINDS[0];

struct bytes hostile_document(const struct hostile_kind *kind, const struct pol_json_limits *limits)
{
    struct bytes out = bytes_with_limit(limits->document_bytes);
    kind->write(&out, limits);
    return out;
}

void hostile_readers(struct hostile_reader out[HOSTILE_READERS])
{
    const struct hostile_reader readers[HOSTILE_READERS] = {
        {"policy", pol_json_limits_document(LIMIT_PAYLOAD_BYTES)},
        {"plan", pol_json_limits_document(LIMIT_PLAN_BYTES)},
        {"trust", pol_json_limits_document(LIMIT_TRUST_BYTES)},
        {"report", pol_json_limits_document(LIMIT_REPORT_BYTES)},
        {"facts", pol_json_limits_document(LIMIT_FACTS_BYTES)},
        {"enrolment", pol_json_limits_document(LIMIT_ENROLL_BYTES)},
        {"protected header", pol_json_limits_document(LIMIT_PROTECTED_BYTES)},
        {"envelope", pol_json_limits_envelope(LIMIT_ENVELOPE_BYTES)},
        {"bundle", pol_json_limits_envelope(LIMIT_BUNDLE_BYTES)},
    };
    memcpy(out, readers, sizeof readers);
}

/* ---- a policy at every bound -------------------------------------------------------------- */

static const char FULL_HEAD[] =
    "{\"format\":\"mapi-rollout/policy/1\",\"rollout\":\"mapihttp-2026\",\"version\":7003,"
    "\"kind\":\"stage\",\"stage\":\"pilot\",\"issued_at\":\"2026-11-22T10:00:00Z\","
    "\"expires_at\":\"2027-02-20T10:00:00Z\",\"not_before\":null,\"otherwise\":\"block\",\"rings\":{";

enum {
    HEAD_ITEMS = 11, /* the members of the whole, rings and rules too */
    DEEP_ITEMS = 14, /* below the first ring's member */
    DEEP_LEVELS = 6,
};

/* The object, "rings" and the ring are three deep; each level is an array and an object, the list of
 * texts is the last. */
static void write_deep(struct bytes *out)
{
    add(out, "\"r0\":{");
    repeat_count(out, "\"any\":[{", DEEP_LEVELS);
    add(out, "\"host\":[\"HQ-*\"]");
    repeat_count(out, "}]", DEEP_LEVELS);
    add(out, "}");
}

static void write_rules(struct bytes *out)
{
    add(out, "},\"rules\":[");
    for (int i = 0; i < LIMIT_RULES; i++) {
        must(bytes_append_format(out, "%s{\"ring\":\"r%d\",\"set\":\"allow\"}", i == 0 ? "" : ",",
                                 i % LIMIT_RINGS));
    }
    add(out, "]}");
}

/* Groups, all different: short ones, and as many of the greatest length as long_count says. */
static void write_groups(struct bytes *out, size_t text_count, size_t long_count)
{
    size_t each = text_count / (LIMIT_RINGS - 1);
    size_t left = text_count - each * (LIMIT_RINGS - 1);
    size_t number = 0;
    for (int ring = 1; ring < LIMIT_RINGS; ring++) {
        size_t count = each + ((size_t)ring <= left ? 1 : 0);
        must(bytes_append_format(out, ",\"r%d\":{\"group\":[", ring));
        for (size_t i = 0; i < count; i++, number++) {
            must(bytes_append_format(out, "%s\"%0*zu\"", i == 0 ? "" : ",",
                                     number < long_count ? LIMIT_STRING_BYTES : 5, number));
        }
        add(out, "]}");
    }
}

static void write_full(struct bytes *out, size_t text_count, size_t long_count)
{
    add(out, FULL_HEAD);
    write_deep(out);
    write_groups(out, text_count, long_count);
    write_rules(out);
}

struct bytes hostile_full_policy(size_t extra_items, size_t extra_bytes)
{
    size_t ring_items = 1 + DEEP_ITEMS + (size_t)2 * (LIMIT_RINGS - 1);
    size_t rule_items = (size_t)3 * LIMIT_RULES;
    size_t text_count = LIMIT_LIST_ITEMS - HEAD_ITEMS - ring_items - rule_items + extra_items;
    struct bytes out = bytes_with_limit((size_t)2 * LIMIT_PAYLOAD_BYTES);
    write_full(&out, text_count, 0);
    size_t long_count = (LIMIT_PAYLOAD_BYTES - out.size) / (LIMIT_STRING_BYTES - 5);
    bytes_clear(&out);
    write_full(&out, text_count, long_count);
    while (out.size < LIMIT_PAYLOAD_BYTES + extra_bytes) {
        add(&out, " ");
    }
    return out;
}
