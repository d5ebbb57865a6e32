/* Reports: what the server takes can be written again, and says the same. */
#include "tests/fuzz/fuzzing.h"

#include "policy/report.h"

#include <string.h>

static void check_report(const struct pol_report *report)
{
    HOLDS(report->user_count <= LIMIT_REPORT_USERS);
    HOLDS(report->part >= 1 && report->part <= report->parts);
    HOLDS(strlen(report->report_id) == POL_ID_BYTES - 1);
    HOLDS(report->device_id != NULL && report->host_name != NULL);
    for (size_t i = 0; i < report->user_count; i++) {
        const struct pol_report_user *u = &report->users[i];
        HOLDS(u->sid != NULL && fuzz_is_utf8(u->sid));
        HOLDS(u->group_count == 0 || u->groups != NULL);
        HOLDS(u->decided || u->set == POL_SET_BLOCK);
        for (size_t k = 0; k < u->group_count; k++) {
            HOLDS(u->groups[k] != NULL && fuzz_is_utf8(u->groups[k]));
        }
        for (size_t k = 0; k < i; k++) {
            HOLDS(strcmp(u->sid, report->users[k].sid) != 0);
        }
    }
}

/* The writer's form has members that were absent, so a long report may have grown too long. */
static bool write_again(const struct pol_report *report, struct bytes *out)
{
    struct err err = {0};
    enum status st = pol_report_write(report, out, &err);
    if (st == ST_TOO_LARGE) {
        HOLDS(out->size == 0 && err.st == st && fuzz_is_utf8(err.text));
        return false;
    }
    return fuzz_taken(st, &err);
}

static void check_again(struct bytes *once)
{
    struct bytes twice = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct pol_report *again = NULL;
    struct err err = {0};
    HOLDS(fuzz_taken(pol_report_parse(bytes_span(once), &again, &err), &err));
    HOLDS(write_again(again, &twice));
    HOLDS(span_equal(bytes_span(once), bytes_span(&twice)));
    pol_report_free(again);
    bytes_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span document = {.data = data, .size = size};
    struct bytes once = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct pol_report *report = NULL;
    struct err err = {0};
    if (fuzz_taken(pol_report_parse(document, &report, &err), &err)) {
        check_report(report);
        if (write_again(report, &once)) {
            check_again(&once);
        }
    }
    HOLDS((err.st == ST_OK) == (report != NULL));
    pol_report_free(report);
    bytes_free(&once);
    return 0;
}
