/* The scanner, and what may rely on it: what it takes, the parser takes, and writes back the same. */
#include "tests/fuzz/fuzzing.h"

#include "policy/json_read.h"

#include <string.h>

/* An escape may be six characters for one; commas and quotes stay what they are. */
enum { GROWTH = 6 };

static void write_back(struct span document, const struct pol_json_limits *limits,
                       struct bytes *out)
{
    struct pol_problems problems = {0};
    struct pol_json *json = NULL;
    struct err err = {0};
    HOLDS(fuzz_taken(pol_json_parse(document, limits, &json, &err), &err));
    struct pol_at root = pol_json_root(json, &problems);
    struct pol_json_writer w = pol_json_write_start(out);
    pol_at_write(&root, &w, NULL);
    HOLDS(pol_json_write_end(&w) == ST_OK);
    pol_json_free(json);
}

static void check_taken(struct span document, struct pol_json_limits limits)
{
    struct bytes once = bytes_with_limit(document.size * GROWTH);
    struct bytes twice = bytes_with_limit(document.size * GROWTH);
    write_back(document, &limits, &once);
    limits.document_bytes = document.size * GROWTH;
    write_back(bytes_span(&once), &limits, &twice);
    HOLDS(span_equal(bytes_span(&once), bytes_span(&twice)));
    bytes_free(&twice);
    bytes_free(&once);
}

static bool ends_container(struct span document)
{
    while (document.size > 0 && strchr(" \t\r\n", document.data[document.size - 1]) != NULL) {
        document.size--;
    }
    return document.size > 0 && strchr("]}", document.data[document.size - 1]) != NULL;
}

/* Without its last bracket it is no document any more. */
static void check_cut(struct span document, const struct pol_json_limits *limits)
{
    static const char *const CUT[] = {"json_syntax"};
    struct err err = {0};
    while (strchr("]}", document.data[document.size - 1]) == NULL) {
        document.size--;
    }
    document.size--;
    HOLDS(!fuzz_taken(pol_json_scan(document, limits, &err), &err));
    HOLDS(fuzz_refused_with(&err, CUT, 1));
}

/* The first byte chooses the bounds, the others are the document. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const CODES[] = {"json_syntax", "json_duplicate_key", "out_of_range",
                                        "too_large"};
    struct err err = {0};
    if (size == 0) {
        return -1;
    }
    bool envelope = data[0] == 'e';
    struct span document = {.data = data + 1, .size = size - 1};
    struct pol_json_limits limits = envelope ? pol_json_limits_envelope(LIMIT_ENVELOPE_BYTES)
                                             : pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    if (!fuzz_taken(pol_json_scan(document, &limits, &err), &err)) {
        HOLDS(fuzz_refused_with(&err, CODES, 4));
        return 0;
    }
    HOLDS(err.st == ST_OK && err.text[0] == '\0');
    check_taken(document, limits);
    if (ends_container(document)) {
        check_cut(document, &limits);
    }
    return 0;
}
