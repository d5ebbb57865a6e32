#include "admin/plan_file.h"

#include "admin/print.h"
#include "base/file.h"
#include "policy/limits.h"

#include <stdio.h>

enum { WARNING_BYTES = ERR_POINTER_BYTES + ERR_TEXT_BYTES + 16 };

static void print_warnings(const struct pol_problems *warnings)
{
    for (size_t i = 0; i < warnings->count; i++) {
        const struct pol_problem *item = &warnings->items[i];
        char text[WARNING_BYTES];
        (void)snprintf(text, sizeof text, "%s%s%s", item->pointer,
                       item->pointer[0] != '\0' ? ": " : "", item->text);
        adm_print_warning(text);
    }
}

/* All but the last, which goes out as the error. */
static void print_problems(const struct pol_problems *problems, struct err *err)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct pol_problem *item = &problems->items[i];
        (void)err_refuse(err, item->code, item->pointer, "%s", item->text);
        if (i + 1 < problems->count) {
            err_print("mapi-rollout", err);
        }
    }
}

enum status adm_plan_read(const char *path, struct adm_findings *findings, struct pol_plan **out,
                          struct err *err)
{
    struct bytes document = {0};

    *findings = (struct adm_findings){0};
    enum status st = file_read(path, LIMIT_PLAN_BYTES, &document, err);
    if (st == ST_OK) {
        st = pol_plan_parse(bytes_span(&document), out, &findings->problems, &findings->warnings,
                            err);
        print_warnings(&findings->warnings);
    }
    if (st == ST_REFUSED) {
        print_problems(&findings->problems, err);
    }
    bytes_free(&document);
    return st;
}
