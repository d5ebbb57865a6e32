/* outlook_vectors.h - one row of tests/data/outlook.json: what a user's machine looks like, and what is to
 * be made of it.
 *
 * Each test program has its own: these are definitions. Where a row makes no sense the test fails.
 */
#ifndef TESTS_UNIT_AGENT_OUTLOOK_VECTORS_H
#define TESTS_UNIT_AGENT_OUTLOOK_VECTORS_H

#include "tests/cmocka_all.h"

#include "agent/outlook_classify.h"
#include "base/file.h"
#include "policy/json_read.h"
#include "policy/outlook_version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOW_S = 1795000000,
    YEAR_S = 365 * 86400,
    LIST_MOST = 64,
    EXPECTED_MOST = 8,
};

struct outlook_vector {
    const char *name;
    struct ag_sight sight;
    bool looked;
    struct ag_client client;
    struct ag_classify_question question; /* points to neither of the two above: rows are copied */
    enum pol_blocked guard;
    struct {
        enum pol_observed observed;
        enum pol_confidence confidence;
        enum pol_mailbox mailbox;
        enum pol_state state;
        enum pol_blocked blocked_by;
        const char *hint; /* NULL: none */
        const char *evidence[EXPECTED_MOST];
        size_t evidence_count;
        const char *without[EXPECTED_MOST]; /* what must not be among the evidence */
        size_t without_count;
    } expected;
};

/* A stored file of tests/data, by its path below it. */
static inline struct bytes outlook_stored(const char *path)
{
    struct bytes out = {0};
    struct err err = {0};
    char whole[1024];
    const char *folder = getenv("MR_TEST_DATA");
    (void)snprintf(whole, sizeof whole, "%s/%s", folder != NULL ? folder : "tests/data", path);
    if (file_read(whole, LIMIT_PLAN_BYTES, &out, &err) != ST_OK) {
        fail_msg("%s: %s", whole, err.text);
    }
    return out;
}

/* ---- registry values ---------------------------------------------------------------------- */

struct raw {
    uint8_t data[AG_PROFILE_VALUE_BYTES + 64];
    size_t size;
};

static inline void put(struct raw *raw, const void *data, size_t size)
{
    assert_true(raw->size + size <= sizeof raw->data);
    memcpy(raw->data + raw->size, data, size);
    raw->size += size;
}

static inline void put_unit(struct raw *raw, uint32_t unit)
{
    put(raw, (const uint8_t[]){(uint8_t)unit, (uint8_t)(unit >> 8)}, 2);
}

static inline void put_number(struct raw *raw, uint32_t number)
{
    put_unit(raw, number & 0xffff);
    put_unit(raw, number >> 16);
}

/* One code point of text that the JSON reader has found to be good UTF-8. */
static inline uint32_t next(const char **at)
{
    const uint8_t *s = (const uint8_t *)*at;
    size_t more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    static const uint8_t MASKS[] = {0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = s[0] & MASKS[more];
    for (size_t i = 1; i <= more; i++) {
        point = point << 6 | (s[i] & 0x3f);
    }
    *at += 1 + more;
    return point;
}

static inline void put_text(struct raw *raw, const char *text, int64_t nuls)
{
    while (*text != '\0') {
        uint32_t point = next(&text);
        if (point >= 0x10000) {
            put_unit(raw, 0xd800 + ((point - 0x10000) >> 10));
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        put_unit(raw, point);
    }
    for (; nuls > 0; nuls--) {
        put_unit(raw, 0);
    }
}

static inline void put_list(struct raw *raw, const struct pol_at *list, size_t count)
{
    const char *texts[LIST_MOST];
    struct pol_at item;
    size_t filled = 0;
    for (bool more = pol_first(list, &item); more; more = pol_next(&item)) {
        assert_true(filled < LIST_MOST && pol_at_text(&item, LIMIT_STRING_BYTES, &texts[filled]));
        filled++;
    }
    put_number(raw, (uint32_t)count);
    size_t offset = 4 + 4 * count;
    for (size_t i = 0; i < count; i++) {
        put_number(raw, (uint32_t)offset);
        offset += strlen(texts[i]) + 1;
    }
    for (size_t i = 0; i < count; i++) {
        put(raw, texts[i], strlen(texts[i]) + 1);
    }
}

static inline void put_hex(struct raw *raw, const char *hex)
{
    uint8_t data[LIMIT_STRING_BYTES];
    size_t size = strlen(hex) / 2;
    assert_true(strlen(hex) % 2 == 0 && hex_decode(hex, data, size));
    put(raw, data, size);
}

static inline void read_raw(const struct pol_at *value, struct raw *out)
{
    const char *text = NULL;
    int64_t number = 1;
    struct pol_at list;
    size_t count = 0;
    out->size = 0;
    if (pol_read_text(value, "text", POL_OPTIONAL, LIMIT_STRING_BYTES, &text)) {
        (void)pol_read_integer(value, "nuls", POL_OPTIONAL, 0, 8, &number);
        put_text(out, text, number);
    } else if (pol_read_text(value, "hex", POL_OPTIONAL, LIMIT_STRING_BYTES, &text)) {
        put_hex(out, text);
    } else if (pol_read_integer(value, "number", POL_OPTIONAL, 0, UINT32_MAX, &number)) {
        put_number(out, (uint32_t)number);
    } else if (pol_read_array(value, "list", POL_OPTIONAL, LIST_MOST, &list, &count)) {
        put_list(out, &list, count);
    } else {
        assert_true(pol_read_integer(value, "size", POL_REQUIRED, 0, sizeof out->data, &number));
        memset(out->data, 'x', sizeof out->data);
        out->size = (size_t)number;
    }
}

static inline void read_value(const struct pol_at *at, struct ag_profile *profile)
{
    size_t which = 0;
    size_t type = 0;
    struct raw raw;
    assert_true(pol_read_word(at, "name", POL_REQUIRED, AG_PROFILE_VALUE_NAMES,
                              AG_PROFILE_VALUE_COUNT, &which));
    assert_true(
        pol_read_word(at, "type", POL_REQUIRED, POL_VALUE_TYPE_WORDS, POL_VALUE_OTHER, &type));
    read_raw(at, &raw);
    uint8_t *copy =
        malloc(raw.size > 0 ? raw.size : 1); /* so that the sanitizer sees who reads on */
    assert_non_null(copy);
    memcpy(copy, raw.data, raw.size);
    ag_profile_take(profile, (enum ag_profile_value)which, (uint32_t)type,
                    (struct span){.data = copy, .size = raw.size});
    free(copy);
}

/* ---- profiles ----------------------------------------------------------------------------- */

static inline void read_profile(const struct pol_at *at, struct ag_profile *out)
{
    static const char *const LAYOUTS[] = {"16", "15", "14"};
    struct pol_at sections;
    struct pol_at section;
    struct pol_at value;
    size_t layout = 0;
    assert_true(pol_read_word(at, "layout", POL_REQUIRED, LAYOUTS, AG_LAYOUT_COUNT, &layout));
    out->layout = (enum ag_layout)layout;
    (void)pol_read_boolean(at, "default", POL_OPTIONAL, &out->is_default);
    (void)pol_read_boolean(at, "cut_short", POL_OPTIONAL, &out->cut_short);
    assert_true(pol_read_member(at, "sections", POL_REQUIRED, &sections));
    for (bool more = pol_first(&sections, &section); more; more = pol_next(&section)) {
        for (bool v = pol_first(&section, &value); v; v = pol_next(&value)) {
            read_value(&value, out);
        }
    }
}

static inline void read_profiles(const struct pol_at *row, struct ag_profiles *out)
{
    struct pol_at profiles;
    struct pol_at item;
    size_t count = 0;
    (void)pol_read_boolean(row, "profiles_cut_short", POL_OPTIONAL, &out->cut_short);
    (void)pol_read_boolean(row, "profiles_unreadable", POL_OPTIONAL, &out->unreadable);
    assert_true(pol_read_array(row, "profiles", POL_REQUIRED, AG_PROFILES_MOST, &profiles, &count));
    for (bool more = pol_first(&profiles, &item); more; more = pol_next(&item)) {
        read_profile(&item, &out->list[out->count++]);
    }
}

/* ---- Autodiscover's answers --------------------------------------------------------------- */

static inline void read_answer(const struct pol_at *at, struct ag_autodiscover_file *out)
{
    const char *name = NULL;
    int64_t ago_s = 0;
    char path[200];
    assert_true(pol_read_text(at, "file", POL_REQUIRED, LIMIT_NAME_BYTES, &name));
    assert_true(pol_read_integer(at, "ago_s", POL_REQUIRED, -YEAR_S, YEAR_S, &ago_s));
    (void)snprintf(path, sizeof path, "autodiscover/%s.xml", name);
    struct bytes xml = outlook_stored(path);
    ag_autodiscover_read(bytes_span(&xml), &out->answer);
    out->modified_s = NOW_S - ago_s;
    bytes_free(&xml);
}

static inline void read_answers(const struct pol_at *row, struct ag_autodiscover_files *out)
{
    static const char *const TROUBLES[] = {"fine", "not_asked", "no_session", "not_local",
                                           "unreadable"};
    struct pol_at files;
    struct pol_at item;
    size_t count = 0;
    size_t trouble = 0;
    (void)pol_read_word(row, "autodiscover_trouble", POL_OPTIONAL, TROUBLES, 5, &trouble);
    out->trouble = (enum ag_files_trouble)trouble;
    if (pol_read_array(row, "autodiscover", POL_OPTIONAL, AG_AUTODISCOVER_FILES, &files, &count)) {
        for (bool more = pol_first(&files, &item); more; more = pol_next(&item)) {
            read_answer(&item, &out->list[out->count++]);
        }
    }
}

/* ---- the question ------------------------------------------------------------------------- */

static inline int64_t read_ago(const struct pol_at *row, const char *key)
{
    int64_t ago_s = 0;
    return pol_read_integer(row, key, POL_OPTIONAL, 0, YEAR_S, &ago_s) ? NOW_S - ago_s : -1;
}

static inline void read_client(const struct pol_at *row, struct outlook_vector *out)
{
    const char *text = NULL;
    uint64_t version = 0;
    out->client.known = pol_read_text(row, "outlook", POL_OPTIONAL, LIMIT_NAME_BYTES, &text);
    if (out->client.known) {
        (void)snprintf(out->client.version, sizeof out->client.version, "%s", text);
    }
    if (out->client.known && pol_outlook_version_read(text, &version)) {
        bool enough =
            pol_outlook_is_new_enough(POL_OUTLOOK_MAPI_HTTP, POL_OUTLOOK_MAPI_HTTP_COUNT, version);
        out->question.minimum = enough ? POL_YES : POL_NO;
    }
}

static inline void read_question(const struct pol_at *row, struct outlook_vector *out)
{
    struct ag_classify_question *q = &out->question;
    size_t set = 0;
    size_t expect = POL_EXPECT_MAPI_HTTP;
    size_t guard = POL_BLOCKED_NOT;
    int64_t starts = 0;
    assert_true(pol_read_word(row, "set", POL_REQUIRED, POL_SET_WORDS, POL_SET_COUNT, &set));
    (void)pol_read_word(row, "expect", POL_OPTIONAL, POL_EXPECT_WORDS, POL_EXPECT_COUNT, &expect);
    if (pol_read_word(row, "guard", POL_OPTIONAL, POL_BLOCKED_WORDS + 1, POL_BLOCKED_COUNT - 1,
                      &guard)) {
        guard++;
    }
    assert_true(pol_read_integer(row, "starts", POL_REQUIRED, 0, 100, &starts));
    q->processes_known = true;
    (void)pol_read_boolean(row, "processes_known", POL_OPTIONAL, &q->processes_known);
    q->set = (enum pol_set)set;
    q->expect = (enum pol_expect)expect;
    q->starts = (uint32_t)starts;
    q->now_s = NOW_S;
    q->written_at_s = read_ago(row, "written_ago_s");
    q->started_s = read_ago(row, "started_ago_s");
    q->running = q->started_s >= 0;
    out->guard = (enum pol_blocked)guard;
}

/* ---- what is expected --------------------------------------------------------------------- */

static inline size_t read_texts(const struct pol_at *at, const char *key, enum pol_need need,
                                const char *out[EXPECTED_MOST])
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    size_t filled = 0;
    if (pol_read_array(at, key, need, EXPECTED_MOST, &list, &count)) {
        for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
            assert_true(pol_at_text(&item, AG_EVIDENCE_BYTES - 1, &out[filled]));
            filled++;
        }
    }
    return filled;
}

static inline size_t read_word(const struct pol_at *at, const char *key, const char *const *words,
                               size_t count)
{
    size_t word = 0;
    assert_true(pol_read_word(at, key, POL_REQUIRED, words, count, &word));
    return word;
}

static inline void read_expected(const struct pol_at *row, struct outlook_vector *out)
{
    struct pol_at at;
    size_t blocked_by = POL_BLOCKED_NOT;
    assert_true(pol_read_member(row, "expected", POL_REQUIRED, &at));
    out->expected.observed =
        (enum pol_observed)read_word(&at, "observed", POL_OBSERVED_WORDS, POL_OBSERVED_COUNT);
    out->expected.confidence = (enum pol_confidence)read_word(
        &at, "confidence", POL_CONFIDENCE_WORDS, POL_CONFIDENCE_COUNT);
    out->expected.mailbox =
        (enum pol_mailbox)read_word(&at, "mailbox", POL_MAILBOX_WORDS, POL_MAILBOX_COUNT);
    out->expected.state = (enum pol_state)read_word(&at, "state", POL_STATE_WORDS, POL_STATE_COUNT);
    if (pol_read_word(&at, "blocked_by", POL_OPTIONAL, POL_BLOCKED_WORDS + 1, POL_BLOCKED_COUNT - 1,
                      &blocked_by)) {
        blocked_by++;
    }
    out->expected.blocked_by = (enum pol_blocked)blocked_by;
    (void)pol_read_text(&at, "hint", POL_OPTIONAL, AG_EVIDENCE_BYTES - 1, &out->expected.hint);
    out->expected.evidence_count =
        read_texts(&at, "evidence", POL_REQUIRED, out->expected.evidence);
    out->expected.without_count = read_texts(&at, "without", POL_OPTIONAL, out->expected.without);
}

/* row: an element of "rows". What it should not have is among its problems afterwards. */
static inline void outlook_vector_read(const struct pol_at *row, struct outlook_vector *out)
{
    static const char *const MEMBERS[] = {"name",
                                          "set",
                                          "expect",
                                          "outlook",
                                          "written_ago_s",
                                          "started_ago_s",
                                          "starts",
                                          "processes_known",
                                          "guard",
                                          "looked",
                                          "timed_out",
                                          "policy_value",
                                          "profiles_cut_short",
                                          "profiles_unreadable",
                                          "profiles",
                                          "autodiscover_trouble",
                                          "autodiscover",
                                          "expected"};
    *out = (struct outlook_vector){.sight = {.at_s = NOW_S}, .looked = true};
    assert_true(pol_read_object(row, MEMBERS, sizeof MEMBERS / sizeof MEMBERS[0]));
    assert_true(pol_read_text(row, "name", POL_REQUIRED, LIMIT_STRING_BYTES, &out->name));
    (void)pol_read_boolean(row, "looked", POL_OPTIONAL, &out->looked);
    (void)pol_read_boolean(row, "timed_out", POL_OPTIONAL, &out->sight.timed_out);
    (void)pol_read_boolean(row, "policy_value", POL_OPTIONAL, &out->sight.policy_value);
    read_profiles(row, &out->sight.profiles);
    read_answers(row, &out->sight.files);
    read_question(row, out);
    read_client(row, out);
    read_expected(row, out);
}

#endif
