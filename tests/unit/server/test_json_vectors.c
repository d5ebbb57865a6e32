/* test_json_vectors.c - the documents of tests/data/json as bodies of reports: docs/protocol.md
 * "Agents", with the codes and places that the library's reader gives. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"
#include "tests/vectors/json_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the documents of the folder "report" have; the server knows each device and report once. */
static const char DEVICE_ID[] = "d-0042";
static const char REPORT_ID[] = "00112233445566778899aabbccddeeff";

/* The status that goes with the code of a refused body. */
static int status_of(const char *code)
{
    if (strcmp(code, "json_syntax") == 0 || strcmp(code, "json_duplicate_key") == 0) {
        return 400;
    }
    return strcmp(code, "too_large") == 0 ? 413 : 422;
}

/* Put `to` in the place of `from`, if that is there; the size stays where blanks at the end allow. */
static void put_in_place(struct bytes *document, const char *from, const char *to)
{
    struct bytes out = bytes_with_limit(JSON_VECTOR_MOST_BYTES);
    const char *text = bytes_text(document);
    const char *at = strstr(text, from);
    if (at == NULL) {
        return;
    }
    const char *behind = at + strlen(from);
    size_t size = document->size;
    assert_int_equal(bytes_append(&out, text, (size_t)(at - text)), ST_OK);
    assert_int_equal(bytes_append_text(&out, to), ST_OK);
    assert_int_equal(bytes_append(&out, behind, document->size - (size_t)(behind - text)), ST_OK);
    while (out.size > size && out.data[out.size - 1] == ' ') {
        out.size--;
    }
    bytes_free(document);
    *document = out;
}

static struct bytes body_of(const struct place *p, const struct json_vector *vector, size_t number)
{
    char report_id[POL_ID_BYTES];
    size_t size = 0;
    uint8_t *document = json_vector_document(vector, &size);
    struct bytes out = bytes_with_limit(JSON_VECTOR_MOST_BYTES);
    assert_int_equal(bytes_append(&out, document, size), ST_OK);
    free(document);
    (void)snprintf(report_id, sizeof report_id, "%032zx", number);
    put_in_place(&out, REPORT_ID, report_id);
    put_in_place(&out, DEVICE_ID, p->device_id);
    return out;
}

static struct answer *post(const struct place *p, const struct json_vector *vector, size_t number)
{
    struct answer *a = malloc(sizeof *a);
    struct bytes body = body_of(p, vector, number);
    assert_non_null(a);
    hear(ask(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), bytes_span(&body)), a);
    bytes_free(&body);
    return a;
}

/* Does the answer hold "key":"value"? No value here has a character that JSON escapes. */
static bool has_member(const struct answer *a, const char *key, const char *value)
{
    char member[512];
    (void)snprintf(member, sizeof member, "\"%s\":\"%s\"", key, value);
    return strstr(a->text, member) != NULL;
}

static bool is_refused_as_wanted(const struct answer *a, const struct json_vector *vector)
{
    bool right_place = vector->pointer[0] == '\0' ? strstr(a->text, "\"pointer\"") == NULL
                                                  : has_member(a, "pointer", vector->pointer);
    return a->status == status_of(vector->expected) && has_member(a, "code", vector->expected) &&
           right_place && strstr(a->text, "application/problem+json") != NULL;
}

/* Strict JSON that is no report: no fault of the JSON. */
static bool is_no_report(const struct answer *a)
{
    return a->status == 422 && !has_member(a, "code", "json_syntax") &&
           !has_member(a, "code", "json_duplicate_key");
}

static bool is_stored(const struct answer *a)
{
    return a->status == 204;
}

static void post_all(struct place *p, const char *reader, bool (*is_taken)(const struct answer *))
{
    struct json_vectors vectors;
    size_t tried = 0;
    size_t bad = 0;
    json_vectors_read(&vectors);
    place_enroll(p);
    for (size_t i = 0; i < vectors.count; i++) {
        const struct json_vector *vector = &vectors.items[i];
        if (strcmp(vector->reader, reader) != 0) {
            continue;
        }
        struct answer *a = post(p, vector, i);
        bool good =
            strcmp(vector->expected, "ok") == 0 ? is_taken(a) : is_refused_as_wanted(a, vector);
        if (!good) {
            print_error("%s/%s: wanted %s at \"%s\", got: %s\n", reader, vector->file,
                        vector->expected, vector->pointer, a->text);
            bad++;
        }
        tried++;
        free(a);
    }
    json_vectors_free(&vectors);
    if (bad > 0) {
        fail_msg("%zu of %zu %s documents are not answered as the manifest says", bad, tried,
                 reader);
    }
    assert_true(tried > 0);
}

static void reports__of_every_report_document__are_answered_as_the_manifest_says(void **state)
{
    post_all(*state, "report", is_stored);
}

static void reports__of_every_scanned_document__are_answered_as_the_manifest_says(void **state)
{
    post_all(*state, "scan", is_no_report);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(reports__of_every_report_document__are_answered_as_the_manifest_says),
        TEST(reports__of_every_scanned_document__are_answered_as_the_manifest_says),
    };
    return cmocka_run_group_tests_name("json_vectors", tests, NULL, NULL);
}
