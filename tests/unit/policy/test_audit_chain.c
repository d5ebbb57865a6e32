/* test_audit_chain.c - the chain of tests/data/audit.jsonl (made by Python), and what is done to it. */
#include "tests/cmocka_all.h"

#include "policy/audit_chain.h"
#include "tests/unit/policy/signing.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>

enum { ENTRIES = 7, TEXTS = 6, LINE_MOST = 64 * 1024, FILE_MOST = 64 * 1024 };

static const char LAST_HASH[] = "9ac2485eca87ad7cc06753d5d1273f8cc3b4fafb9f1ccb8bd409b61c7d0c0c14";

struct row {
    struct pol_json *json;
    struct pol_audit_entry entry;
    uint8_t hash[DIGEST_BYTES];
};

struct chain {
    struct bytes text;
    struct row rows[ENTRIES + 1];
    size_t count;
};

static enum status read_row(struct span line, struct row *out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LINE_MOST);
    struct pol_problems problems = {.count = 0};
    limits.string_bytes = POL_AUDIT_TEXT_MOST;
    enum status st = pol_json_parse(line, &limits, &out->json, err);
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(out->json, &problems);
        pol_audit_read(&root, &out->entry, out->hash);
        st = pol_problems_status(&problems, err);
    }
    return st;
}

static int chain_setup(void **state)
{
    static struct chain c;
    struct err err = {0};
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    c = (struct chain){.count = 0};
    c.text = signing_stored("audit.jsonl");
    const char *at = bytes_text(&c.text);
    for (const char *end = NULL; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        assert_true(c.count < ENTRIES);
        struct span line = {.data = (const uint8_t *)at, .size = (size_t)(end - at)};
        assert_int_equal(read_row(line, &c.rows[c.count++], &err), ST_OK);
    }
    assert_int_equal(c.count, ENTRIES);
    *state = &c;
    return 0;
}

static int chain_teardown(void **state)
{
    struct chain *c = *state;
    for (size_t i = 0; i < ENTRIES + 1; i++) {
        pol_json_free(c->rows[i].json);
    }
    bytes_free(&c->text);
    return 0;
}

/* The first entry that does not fit, 0 if all do. */
static int64_t first_misfit(const struct chain *c, struct pol_audit_head *head)
{
    struct err err = {0};
    *head = (struct pol_audit_head){.number = 0};
    for (size_t i = 0; i < c->count; i++) {
        struct pol_audit_head before = *head;
        enum status st = pol_audit_follow(head, &c->rows[i].entry, c->rows[i].hash, &err);
        if (st != ST_OK) {
            assert_int_equal(st, ST_REFUSED);
            assert_string_equal(err.code, "chain_broken");
            assert_memory_equal(&before, head, sizeof before);
            return (int64_t)i + 1;
        }
    }
    return 0;
}

static void chain__made_by_python__fits_to_its_last_hash(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    char hex[DIGEST_HEX_BYTES];
    assert_int_equal(first_misfit(c, &head), 0);
    assert_int_equal(head.number, ENTRIES);
    hex_encode(head.hash, DIGEST_BYTES, hex);
    assert_string_equal(hex, LAST_HASH);
}

static void chain__written_by_us__is_byte_for_byte_what_was_read(void **state)
{
    struct chain *c = *state;
    struct bytes out = bytes_with_limit(FILE_MOST);
    for (size_t i = 0; i < c->count; i++) {
        struct pol_json_writer w = pol_json_write_start(&out);
        pol_audit_write(&w, &c->rows[i].entry, c->rows[i].hash);
        assert_int_equal(pol_json_write_end(&w), ST_OK);
        assert_int_equal(bytes_append_text(&out, "\n"), ST_OK);
    }
    assert_string_equal(bytes_text(&out), bytes_text(&c->text));
    bytes_free(&out);
}

static const char **text_of(struct pol_audit_entry *e, size_t i)
{
    const char **const texts[TEXTS] = {&e->who,  &e->name,   &e->address,
                                       &e->what, &e->before, &e->after};
    return texts[i];
}

static void chain__any_field_of_any_entry_changed__breaks_there(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    for (size_t i = 0; i < c->count; i++) {
        struct row *row = &c->rows[i];
        struct pol_audit_entry was = row->entry;
        for (size_t text = 0; text < TEXTS; text++) {
            *text_of(&row->entry, text) = "other";
            assert_int_equal(first_misfit(c, &head), i + 1);
            row->entry = was;
        }
        row->entry.at_s++;
        assert_int_equal(first_misfit(c, &head), i + 1);
        row->entry = was;
        row->entry.number++;
        assert_int_equal(first_misfit(c, &head), i + 1);
        row->entry = was;
        for (size_t byte = 0; byte < DIGEST_BYTES; byte++) {
            row->hash[byte] ^= 1;
            assert_int_equal(first_misfit(c, &head), i + 1);
            row->hash[byte] ^= 1;
        }
    }
    assert_int_equal(first_misfit(c, &head), 0);
}

static void chain__text_moved_from_one_field_to_the_next__breaks(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    c->rows[0].entry.before = c->rows[0].entry.after;
    c->rows[0].entry.after = "";
    assert_int_equal(first_misfit(c, &head), 1);
    c->rows[0].entry.before = "name=alice ";
    c->rows[0].entry.after = "role=publisher";
    assert_int_equal(first_misfit(c, &head), 1);
}

static void drop(struct chain *c, size_t i)
{
    pol_json_free(c->rows[i].json);
    memmove(&c->rows[i], &c->rows[i + 1], (c->count - i) * sizeof c->rows[0]);
    c->rows[c->count - 1].json = NULL;
    c->count--;
}

static void chain__entry_dropped__breaks_at_the_next(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    drop(c, 2);
    assert_int_equal(first_misfit(c, &head), 3);
    for (size_t i = 2; i < c->count; i++) {
        c->rows[i].entry.number--; /* numbered anew, the hashes tell */
    }
    assert_int_equal(first_misfit(c, &head), 3);
    drop(c, 0);
    assert_int_equal(first_misfit(c, &head), 1);
}

static void chain__two_swapped__breaks_at_the_first_of_them(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    struct row row = c->rows[3];
    int64_t number = row.entry.number;
    c->rows[3] = c->rows[4];
    c->rows[4] = row;
    assert_int_equal(first_misfit(c, &head), 4);
    c->rows[4].entry.number = c->rows[3].entry.number;
    c->rows[3].entry.number = number;
    assert_int_equal(first_misfit(c, &head), 4);
}

/* Whoever inserts can take a right hash of his own; the entry behind gives him away. */
static void chain__one_inserted__breaks_behind_it(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head head;
    memmove(&c->rows[4], &c->rows[3], (c->count - 3) * sizeof c->rows[0]);
    c->count++;
    c->rows[3].json = NULL;
    c->rows[3].entry.number = 4;
    c->rows[3].entry.what = "hold";
    assert_int_equal(pol_audit_hash(c->rows[2].hash, &c->rows[3].entry, c->rows[3].hash), ST_OK);
    for (size_t i = 4; i < c->count; i++) {
        c->rows[i].entry.number++;
    }
    assert_int_equal(first_misfit(c, &head), 5);
}

/* In itself a shorter chain is one, too: only its head differs. */
static void chain__cut_off__has_another_head(void **state)
{
    struct chain *c = *state;
    struct pol_audit_head whole;
    struct pol_audit_head cut;
    assert_int_equal(first_misfit(c, &whole), 0);
    c->count--;
    assert_int_equal(first_misfit(c, &cut), 0);
    assert_memory_not_equal(whole.hash, cut.hash, DIGEST_BYTES);
}

static void entry__too_long_or_not_ours__is_refused(void **state)
{
    static const char *const BAD[] = {
        "[]",
        "{\"number\":1}",
        "{\"number\":0,\"at\":\"2026-11-22T10:00:00Z\",\"who\":\"\",\"name\":\"\",\"address\":\"\","
        "\"what\":\"\",\"before\":\"\",\"after\":\"\",\"hash\":\"00\"}",
        "{\"number\":1,\"at\":\"2026-11-22T10:00:00Z\",\"who\":\"\",\"name\":\"\",\"address\":\"\","
        "\"what\":\"\",\"before\":null,\"after\":\"\",\"hash\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"}",
        "{\"number\":1,\"at\":\"2026-11-22T10:00:00Z\",\"who\":\"\",\"name\":\"\",\"address\":\"\","
        "\"what\":\"\",\"before\":\"\",\"after\":\"\",\"more\":1,\"hash\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"}",
    };
    struct chain *c = *state;
    char longer[POL_AUDIT_TEXT_BYTES + 1];
    uint8_t hash[DIGEST_BYTES];
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct row row = {.json = NULL};
        struct err err = {0};
        assert_int_equal(read_row(span_text(BAD[i]), &row, &err), ST_REFUSED);
        pol_json_free(row.json);
    }
    memset(longer, 'a', sizeof longer);
    longer[POL_AUDIT_TEXT_MOST + 1] = '\0';
    c->rows[0].entry.after = longer;
    assert_int_equal(pol_audit_hash(c->rows[1].hash, &c->rows[0].entry, hash), ST_TOO_LARGE);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, chain_setup, chain_teardown)
    const struct CMUnitTest tests[] = {
        TEST(chain__made_by_python__fits_to_its_last_hash),
        TEST(chain__written_by_us__is_byte_for_byte_what_was_read),
        TEST(chain__any_field_of_any_entry_changed__breaks_there),
        TEST(chain__text_moved_from_one_field_to_the_next__breaks),
        TEST(chain__entry_dropped__breaks_at_the_next),
        TEST(chain__two_swapped__breaks_at_the_first_of_them),
        TEST(chain__one_inserted__breaks_behind_it),
        TEST(chain__cut_off__has_another_head),
        TEST(entry__too_long_or_not_ours__is_refused),
    };
    return cmocka_run_group_tests_name("audit chain", tests, NULL, NULL);
}
