/* test_json_vectors.c - every document of tests/data/json, read by who is to read it: the code and
 * the place of what is wrong with it, as the manifest there says. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "policy/json_scan.h"
#include "policy/parse.h"
#include "policy/plan.h"
#include "policy/report.h"
#include "tests/unit/policy/signing.h"
#include "tests/vectors/json_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What a document's reader can answer: docs/policy-format.md "JSON is strict". */
static const char *const CODES[] = {
    "json_syntax",  "json_duplicate_key", "unknown_field", "missing_field", "wrong_type",
    "out_of_range", "too_large",          "unknown_ring",  "ring_circle",   "duplicate_name",
    "bad_time",     "bad_version_range",  "bad_url",       "kind_mismatch",
};
static const char *const READERS[] = {"scan", "plan", "policy", "trust", "report"};
enum { LEAST_OF_A_CODE = 2, WHOLE_NAME_BYTES = 128 };

/* Who signs the policies of one test. */
struct signing {
    struct pol_key *key;
    struct pol_trust *trust;
};

struct outcome {
    enum status st;
    struct err err;
    size_t found; /* problems in all */
};

typedef void reading(const struct signing *signing, struct span document, struct outcome *out);

/* ---- readers ----------------------------------------------------------------------------------- */

/* By the bounds of documents; the size is that of reports and payloads. */
static void read_scan(const struct signing *signing, struct span document, struct outcome *out)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_REPORT_BYTES);
    (void)signing;
    out->st = pol_json_scan(document, &limits, &out->err);
}

static void read_plan(const struct signing *signing, struct span document, struct outcome *out)
{
    struct pol_problems *found = calloc(2, sizeof *found);
    struct pol_plan *plan = NULL;
    (void)signing;
    assert_non_null(found);
    out->st = pol_plan_parse(document, &plan, &found[0], &found[1], &out->err);
    out->found = found[0].found;
    assert_int_equal(found[0].count, out->found < LIMIT_PROBLEMS ? out->found : LIMIT_PROBLEMS);
    if (out->st == ST_OK) {
        assert_int_equal(out->found, 0);
        assert_non_null(plan);
    } else {
        assert_null(plan);
        assert_string_equal(found[0].items[0].code, out->err.code);
        assert_string_equal(found[0].items[0].pointer, out->err.pointer);
    }
    pol_plan_free(plan);
    free(found);
}

static void append_base64url(struct bytes *out, struct span data)
{
    struct bytes text = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    assert_int_equal(pol_base64url_encode(data, &text), ST_OK);
    assert_int_equal(bytes_append_text(out, bytes_text(&text)), ST_OK);
    bytes_free(&text);
}

/* pol_sign() signs nothing that is too large; somebody else's program may. */
static struct bytes signed_anyhow(const struct signing *signing, struct span payload)
{
    struct bytes header = bytes_with_limit(LIMIT_PROTECTED_BYTES);
    struct bytes input = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    struct bytes out = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    uint8_t signature[SIGNATURE_BYTES];
    assert_int_equal(bytes_append_format(
                         &header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"%s\"}",
                         pol_key_public(signing->key)->kid, pol_document_type(POL_DOCUMENT_POLICY)),
                     ST_OK);
    append_base64url(&input, bytes_span(&header));
    assert_int_equal(bytes_append_text(&input, "."), ST_OK);
    append_base64url(&input, payload);
    assert_int_equal(pol_key_sign(signing->key, bytes_span(&input), signature, NULL), ST_OK);

    const char *dot = strchr(bytes_text(&input), '.');
    assert_int_equal(bytes_append_format(&out, "{\"payload\":\"%s\",\"signatures\":[{", dot + 1),
                     ST_OK);
    assert_int_equal(bytes_append_format(&out, "\"protected\":\"%.*s\",\"signature\":\"",
                                         (int)(dot - bytes_text(&input)), bytes_text(&input)),
                     ST_OK);
    append_base64url(&out, (struct span){signature, sizeof signature});
    assert_int_equal(bytes_append_text(&out, "\"}]}"), ST_OK);
    bytes_free(&input);
    bytes_free(&header);
    return out;
}

static void read_policy(const struct signing *signing, struct span document, struct outcome *out)
{
    struct bytes envelope = signed_anyhow(signing, document);
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    out->st = pol_verify(signing->trust, bytes_span(&envelope), POL_DOCUMENT_POLICY, &verified,
                         &out->err);
    if (out->st == ST_OK) {
        out->st = pol_parse(verified, &policy, &out->err);
    }
    assert_true((out->st == ST_OK) == (policy != NULL));
    pol_policy_free(policy);
    pol_verified_free(verified);
    bytes_free(&envelope);
}

static void read_trust(const struct signing *signing, struct span document, struct outcome *out)
{
    struct pol_trust *trust = NULL;
    (void)signing;
    out->st = pol_trust_parse(document, &trust, &out->err);
    assert_true((out->st == ST_OK) == (trust != NULL));
    pol_trust_free(trust);
}

static void read_report(const struct signing *signing, struct span document, struct outcome *out)
{
    struct pol_report *report = NULL;
    (void)signing;
    out->st = pol_report_parse(document, &report, &out->err);
    assert_true((out->st == ST_OK) == (report != NULL));
    pol_report_free(report);
}

/* ---- what comes of it -------------------------------------------------------------------------- */

static bool is_as_wanted(const struct json_vector *vector, const struct outcome *outcome)
{
    if (strcmp(vector->expected, "ok") == 0) {
        return outcome->st == ST_OK;
    }
    return outcome->st == ST_REFUSED && strcmp(outcome->err.code, vector->expected) == 0 &&
           strcmp(outcome->err.pointer, vector->pointer) == 0 && outcome->err.text[0] != '\0' &&
           strstr(outcome->err.text, vector->says) != NULL;
}

static bool goes_well(const struct json_vector *vector, const struct signing *signing,
                      reading *read)
{
    size_t size = 0;
    uint8_t *document = json_vector_document(vector, &size);
    struct outcome outcome = {0};
    read(signing, (struct span){document, size}, &outcome);
    free(document);
    bool good = is_as_wanted(vector, &outcome);
    if (!good) {
        json_vector_print(vector, outcome.st == ST_OK ? NULL : outcome.err.code,
                          outcome.err.pointer, outcome.err.text);
    } else if (read == read_plan && outcome.st != ST_OK && outcome.found != vector->problems) {
        print_error("%s/%s: %u problems are found instead of %u\n", vector->reader, vector->file,
                    (unsigned)outcome.found, (unsigned)vector->problems);
        good = false;
    }
    return good;
}

static void read_all(void **state, const char *reader, reading *read)
{
    const struct json_vectors *vectors = *state;
    struct signing signing = {.key = signing_key()};
    const struct pol_key *const keys[] = {signing.key};
    size_t tried = 0;
    size_t bad = 0;
    signing.trust = signing_trust(keys, 1, 1);
    for (size_t i = 0; i < vectors->count; i++) {
        if (strcmp(vectors->items[i].reader, reader) == 0) {
            tried++;
            bad += goes_well(&vectors->items[i], &signing, read) ? 0 : 1;
        }
    }
    pol_trust_free(signing.trust);
    pol_key_free(signing.key);
    if (bad > 0) {
        fail_msg("%zu of %zu %s documents are not answered as the manifest says", bad, tried,
                 reader);
    }
    assert_true(tried > 0);
}

static void scan__of_every_document__answers_as_the_manifest_says(void **state)
{
    read_all(state, "scan", read_scan);
}

static void plan__of_every_document__answers_as_the_manifest_says(void **state)
{
    read_all(state, "plan", read_plan);
}

static void policy__of_every_document__answers_as_the_manifest_says(void **state)
{
    read_all(state, "policy", read_policy);
}

static void trust__of_every_document__answers_as_the_manifest_says(void **state)
{
    read_all(state, "trust", read_trust);
}

static void report__of_every_document__answers_as_the_manifest_says(void **state)
{
    read_all(state, "report", read_report);
}

/* ---- manifest and folder ----------------------------------------------------------------------- */

struct listing {
    const struct json_vectors *vectors;
    const char *reader;
    size_t files;
    size_t without_row;
};

static bool has_row(const struct listing *listing, const char *file)
{
    for (size_t i = 0; i < listing->vectors->count; i++) {
        const struct json_vector *vector = &listing->vectors->items[i];
        if (strcmp(vector->reader, listing->reader) == 0 && strcmp(vector->file, file) == 0) {
            return true;
        }
    }
    return false;
}

static bool look_up(void *ctx, const char *file)
{
    struct listing *listing = ctx;
    listing->files++;
    if (!has_row(listing, file)) {
        print_error("%s/%s has no row in expected.tsv\n", listing->reader, file);
        listing->without_row++;
    }
    return true;
}

/* A row without its file fails where its document is read, and in the sum here. */
static void manifest__beside_the_folder__has_a_row_for_each_file(void **state)
{
    const struct json_vectors *vectors = *state;
    char folder[WHOLE_NAME_BYTES * 8];
    size_t files = 0;
    for (size_t i = 0; i < COUNT(READERS); i++) {
        struct listing listing = {.vectors = vectors, .reader = READERS[i]};
        json_vectors_folder(READERS[i], folder, sizeof folder);
        assert_int_equal(file_list(folder, look_up, &listing, NULL), ST_OK);
        assert_int_equal(listing.without_row, 0);
        assert_true(listing.files > 0);
        files += listing.files;
    }
    assert_int_equal(files, vectors->count);
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Sorted, so that no row can stand there twice. */
static void manifest__row_by_row__is_sorted_and_knows_its_words(void **state)
{
    const struct json_vectors *vectors = *state;
    char before[WHOLE_NAME_BYTES] = "";
    for (size_t i = 0; i < vectors->count; i++) {
        const struct json_vector *vector = &vectors->items[i];
        char name[WHOLE_NAME_BYTES];
        bool good = strcmp(vector->expected, "ok") == 0;
        (void)snprintf(name, sizeof name, "%s\t%s", vector->reader, vector->file);
        if (strcmp(before, name) >= 0 || !is_one_of(vector->reader, READERS, COUNT(READERS)) ||
            (!good && !is_one_of(vector->expected, CODES, COUNT(CODES))) ||
            (good && vector->pointer[0] != '\0')) {
            fail_msg("%s/%s: this row is not as README.md says", vector->reader, vector->file);
        }
        memcpy(before, name, sizeof before);
    }
}

static void manifest__by_code__has_two_documents_or_more_of_each(void **state)
{
    const struct json_vectors *vectors = *state;
    assert_true(vectors->count >= JSON_VECTORS_LEAST);
    for (size_t code = 0; code < COUNT(CODES); code++) {
        size_t count = 0;
        for (size_t i = 0; i < vectors->count; i++) {
            count += strcmp(vectors->items[i].expected, CODES[code]) == 0 ? 1 : 0;
        }
        if (count < LEAST_OF_A_CODE) {
            fail_msg("%s: %zu documents", CODES[code], count);
        }
    }
}

static int start(void **state)
{
    static struct json_vectors vectors;
    int st = signing_start(state);
    json_vectors_read(&vectors);
    *state = &vectors;
    return st;
}

static int end(void **state)
{
    json_vectors_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest__beside_the_folder__has_a_row_for_each_file),
        cmocka_unit_test(manifest__row_by_row__is_sorted_and_knows_its_words),
        cmocka_unit_test(manifest__by_code__has_two_documents_or_more_of_each),
        cmocka_unit_test(scan__of_every_document__answers_as_the_manifest_says),
        cmocka_unit_test(plan__of_every_document__answers_as_the_manifest_says),
        cmocka_unit_test(policy__of_every_document__answers_as_the_manifest_says),
        cmocka_unit_test(trust__of_every_document__answers_as_the_manifest_says),
        cmocka_unit_test(report__of_every_document__answers_as_the_manifest_says),
    };
    return cmocka_run_group_tests_name("json_vectors", tests, start, end);
}
