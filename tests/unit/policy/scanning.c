#include "tests/cmocka_all.h"

#include "tests/unit/policy/scanning.h"

#include <stdlib.h>
#include <string.h>

enum status scan_document(struct span document, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_BUNDLE_BYTES);
    return pol_json_scan(document, &limits, err);
}

void assert_scan_takes(const char *text)
{
    struct err err = {0};
    if (scan_document(span_text(text), &err) != ST_OK) {
        fail_msg("%.60s was refused: %s at \"%s\": %s", text, err.code, err.pointer, err.text);
    }
}

void assert_scan_refuses_span(struct span document, const char *code, const char *pointer)
{
    struct err err = {0};
    if (scan_document(document, &err) != ST_REFUSED) {
        fail_msg("%.*s was not refused", (int)(document.size < 60 ? document.size : 60),
                 (const char *)document.data);
    }
    if (strcmp(err.code, code) != 0 || strcmp(err.pointer, pointer) != 0) {
        fail_msg("%.*s: %s at \"%s\" instead of %s at \"%s\"",
                 (int)(document.size < 60 ? document.size : 60), (const char *)document.data,
                 err.code, err.pointer, code, pointer);
    }
    assert_memory_equal(err.text, "line ", 5);
}

void assert_scan_refuses(const char *text, const char *code, const char *pointer)
{
    /* A copy without a NUL behind it, so that the sanitizer sees whoever reads beyond the end. */
    size_t size = strlen(text);
    uint8_t *exact = malloc(size + (size == 0));
    assert_non_null(exact);
    memcpy(exact, text, size);
    assert_scan_refuses_span((struct span){exact, size}, code, pointer);
    free(exact);
}
