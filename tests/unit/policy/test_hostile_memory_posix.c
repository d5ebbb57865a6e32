/* test_hostile_memory_posix.c - documents at the bounds and beyond: what is taken, what is refused, how far
 * they are read and how much memory they take. How long they take: tests/bench/limits.sh. */
#include "tests/cmocka_all.h"

#include "policy/parse.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/hostile.h"
#include "tests/unit/policy/signing.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_POLICY_BYTES = 32 * 1024 * 1024, MOST_SCAN_FACTOR = 4, NAME_BYTES = 64 };

/* ---- within the bounds -------------------------------------------------------------------- */

static enum status verify_and_parse(const struct bytes *payload, struct pol_policy **out,
                                    size_t *peak, struct err *err)
{
    struct pol_key *key = signing_key();
    const struct pol_key *const keys[] = {key};
    struct pol_trust *trust = signing_trust(keys, 1, 1);
    struct bytes envelope = signing_envelope(bytes_text(payload), POL_DOCUMENT_POLICY, keys, 1);
    struct pol_verified *verified = NULL;
    allocation_watch_start();
    enum status st = pol_verify(trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified, err);
    if (st == ST_OK) {
        st = pol_parse(verified, out, err);
    }
    *peak = allocation_watch_peak_bytes();
    pol_verified_free(verified);
    bytes_free(&envelope);
    pol_trust_free(trust);
    pol_key_free(key);
    return st;
}

static void policy__at_every_bound__taken_within_32_mib(void **state)
{
    (void)state;
    struct bytes payload = hostile_full_policy(0, 0);
    struct pol_policy *policy = NULL;
    struct err err = {0};
    size_t peak = 0;
    assert_int_equal(payload.size, LIMIT_PAYLOAD_BYTES);
    if (verify_and_parse(&payload, &policy, &peak, &err) != ST_OK) {
        fail_msg("%s at %s: %s", err.code, err.pointer, err.text);
    }
    assert_int_equal(policy->ring_count, LIMIT_RINGS);
    assert_int_equal(policy->rule_count, LIMIT_RULES);
    assert_true(peak <= MOST_POLICY_BYTES);
    print_message("a policy at every bound takes %zu KiB at the most\n", peak / 1024);
    pol_policy_free(policy);
    bytes_free(&payload);
}

static void policy__one_item_beyond__too_large(void **state)
{
    (void)state;
    struct bytes payload = hostile_full_policy(1, 0);
    struct pol_policy *policy = NULL;
    struct err err = {0};
    size_t peak = 0;
    assert_int_equal(payload.size, LIMIT_PAYLOAD_BYTES);
    assert_int_equal(verify_and_parse(&payload, &policy, &peak, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    assert_null(policy);
    bytes_free(&payload);
}

static void policy__one_byte_beyond__too_large(void **state)
{
    (void)state;
    struct bytes payload = hostile_full_policy(0, 1);
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    struct err err = {0};
    assert_int_equal(pol_json_scan(bytes_span(&payload), &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, "too_large");
    bytes_free(&payload);
}

/* ---- hostile documents -------------------------------------------------------------------- */

static void check_kind(const struct hostile_kind *kind, const struct hostile_reader *reader)
{
    struct bytes document = hostile_document(kind, &reader->limits);
    bool envelope = reader->limits.string_bytes > LIMIT_STRING_BYTES;
    const char *code = envelope ? kind->envelope_code : kind->code;
    struct err err = {0};
    allocation_watch_start();
    enum status st = pol_json_scan(bytes_span(&document), &reader->limits, &err);
    size_t peak = allocation_watch_peak_bytes();
    if (st != (code == NULL ? ST_OK : ST_REFUSED) ||
        (code != NULL && strcmp(err.code, code) != 0)) {
        fail_msg("%s for a %s: %s, %s (%s)", kind->name, reader->name, status_name(st),
                 err.code != NULL ? err.code : "-", err.text);
    }
    size_t names = reader->limits.list_items * NAME_BYTES;
    assert_true(peak <= document.size * MOST_SCAN_FACTOR + names * MOST_SCAN_FACTOR);
    bytes_free(&document);
}

static void hostile__every_kind_and_reader__told_by_its_bound(void **state)
{
    (void)state;
    struct hostile_reader readers[HOSTILE_READERS];
    size_t checked = 0;
    hostile_readers(readers);
    for (size_t r = 0; r < HOSTILE_READERS; r++) {
        for (size_t k = 0; k < HOSTILE_KIND_COUNT; k++) {
            if (readers[r].limits.document_bytes >= HOSTILE_KINDS[k].least_bytes) {
                check_kind(&HOSTILE_KINDS[k], &readers[r]);
                checked++;
            }
        }
    }
    assert_true(checked >= HOSTILE_READERS * (HOSTILE_KIND_COUNT - 1));
}

/* ---- read no further ---------------------------------------------------------------------- */

/* The text in front of a page that nobody may read. */
struct fence {
    uint8_t *pages;
    size_t readable; /* whole pages */
    size_t page;
};

static struct fence fence_before(size_t most)
{
    struct fence f = {.page = (size_t)sysconf(_SC_PAGESIZE)};
    f.readable = (most / f.page + 1) * f.page;
    f.pages =
        mmap(NULL, f.readable + f.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f.pages != MAP_FAILED);
    assert_int_equal(mprotect(f.pages + f.readable, f.page, PROT_NONE), 0);
    return f;
}

static void fence_remove(const struct fence *f)
{
    assert_int_equal(munmap(f->pages, f->readable + f->page), 0);
}

/* Refused with that code, and not a byte was read behind text: as if there were many more. */
static void assert_refused_at_once(const struct bytes *text, size_t size, const char *code)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    struct fence f = fence_before(text->size);
    struct err err = {0};
    uint8_t *start = f.pages + f.readable - text->size;
    if (text->size > 0) {
        memcpy(start, text->data, text->size);
    }
    assert_int_equal(pol_json_scan((struct span){start, size}, &limits, &err), ST_REFUSED);
    assert_string_equal(err.code, code);
    fence_remove(&f);
}

static struct bytes repeated(const char *head, const char *text, size_t count, const char *tail)
{
    struct bytes out = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    assert_int_equal(bytes_append_text(&out, head), ST_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(bytes_append_text(&out, text), ST_OK);
    }
    assert_int_equal(bytes_append_text(&out, tail), ST_OK);
    return out;
}

static void beyond_a_bound__more_follows__not_read(void **state)
{
    (void)state;
    const struct {
        const char *head, *text;
        size_t count;
        const char *tail, *code;
    } CASES[] = {
        {"[", "0,", LIMIT_LIST_ITEMS, "0", "too_large"},
        {"{\"k\":[", "0,", LIMIT_LIST_ITEMS - 1, "\"", "too_large"},
        {"", "[", LIMIT_NESTING + 1, "", "too_large"},
        {"[\"", "a", LIMIT_STRING_BYTES + 1, "", "too_large"},
        {"{\"", "a", LIMIT_STRING_BYTES + 1, "", "too_large"},
        {"[\"", "\\u0061", LIMIT_STRING_BYTES + 1, "", "too_large"},
        {"{\"a\":0,\"", "a", 1, "\"", "json_duplicate_key"},
        {"[9", "9", 32, "", "out_of_range"},
        {"[0.", "9", 33, "", "out_of_range"},
        {"[\"a", "", 0, "\n", "json_syntax"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct bytes text = repeated(CASES[i].head, CASES[i].text, CASES[i].count, CASES[i].tail);
        assert_refused_at_once(&text, LIMIT_PAYLOAD_BYTES, CASES[i].code);
        bytes_free(&text);
    }
}

static void larger_than_the_bound__not_a_byte_read(void **state)
{
    (void)state;
    struct bytes nothing = bytes_with_limit(1);
    assert_refused_at_once(&nothing, LIMIT_PAYLOAD_BYTES + 1, "too_large");
    bytes_free(&nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy__at_every_bound__taken_within_32_mib),
        cmocka_unit_test(policy__one_item_beyond__too_large),
        cmocka_unit_test(policy__one_byte_beyond__too_large),
        cmocka_unit_test(hostile__every_kind_and_reader__told_by_its_bound),
        cmocka_unit_test(beyond_a_bound__more_follows__not_read),
        cmocka_unit_test(larger_than_the_bound__not_a_byte_read),
    };
    return cmocka_run_group_tests(tests, signing_start, NULL);
}
