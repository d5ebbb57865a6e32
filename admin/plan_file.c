#include "admin/plan_file.h"

#include "admin/print.h"
#include "base/file.h"
#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What sign writes begins so, and no plan does. As a plan its longest text alone would be told. */
static bool is_signed(const struct bytes *document)
{
    static const char BEGINNING[] = "{\"payload\":";
    return document->size >= sizeof BEGINNING - 1 &&
           memcmp(document->data, BEGINNING, sizeof BEGINNING - 1) == 0;
}

static void tell_signed(struct pol_problems *problems, struct err *err)
{
    (void)err_refuse(err, "type_mismatch", NULL,
                     "this was signed already: give the plan that it was made of");
    *problems = (struct pol_problems){.count = 0};
    pol_problems_add(problems, err);
}

static enum status read_plan(const char *path, struct adm_findings *findings, struct pol_plan **out,
                             struct err *err)
{
    struct bytes document = {0};

    *findings = (struct adm_findings){0};
    enum status st = file_read(path, LIMIT_PLAN_BYTES, &document, err);
    if (st == ST_OK) {
        st = pol_plan_parse(bytes_span(&document), out, &findings->problems, &findings->warnings,
                            err);
    }
    if (st == ST_REFUSED && is_signed(&document)) {
        tell_signed(&findings->problems, err);
    }
    if (st == ST_REFUSED) {
        print_problems(&findings->problems, err);
    }
    bytes_free(&document);
    return st;
}

enum status adm_plan_read(const char *path, struct adm_findings *findings, struct pol_plan **out,
                          struct err *err)
{
    enum status st = read_plan(path, findings, out, err);
    print_warnings(&findings->warnings);
    return st;
}

enum status adm_plan_read_quietly(const char *path, struct pol_plan **out, struct err *err)
{
    struct adm_findings *findings = malloc(sizeof *findings);
    if (findings == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read the plan");
    }
    enum status st = read_plan(path, findings, out, err);
    free(findings);
    return st;
}

enum status adm_plan_find_stage(const struct pol_plan *plan, const char *name, int *out,
                                struct err *err)
{
    size_t found = 0;
    char names[ERR_TEXT_BYTES / 2] = "";
    size_t used = 0;
    if (strcmp(name, "safe") == 0) {
        *out = POL_PLAN_SAFE;
        return ST_OK;
    }
    if (pol_plan_find_stage(plan, name, &found)) {
        *out = (int)found;
        return ST_OK;
    }
    for (size_t i = 0; i < pol_plan_stage_count(plan) && used < sizeof names; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s, ",
                                 pol_plan_stage_name(plan, i));
    }
    return err_refuse(err, "stage_unknown", NULL, "the plan has no stage \"%s\": there are %ssafe",
                      name, used < sizeof names ? names : "many, and ");
}
