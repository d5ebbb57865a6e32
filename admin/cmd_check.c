#include "admin/commands.h"
#include "admin/options.h"
#include "admin/plan_file.h"
#include "admin/print.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdlib.h>

static void write_findings(struct pol_json_writer *w, const char *key,
                           const struct pol_problems *findings)
{
    pol_json_array(w, key);
    for (size_t i = 0; i < findings->count; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "code", findings->items[i].code);
        pol_json_text(w, "pointer", findings->items[i].pointer);
        pol_json_text(w, "text", findings->items[i].text);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

/* plan: NULL if it was refused. */
static enum status write_json(const struct pol_plan *plan, const struct adm_findings *findings,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_boolean(&w, "good", plan != NULL);
    if (plan != NULL) {
        pol_json_text(&w, "rollout", pol_plan_rollout(plan));
        pol_json_integer(&w, "serial", pol_plan_serial(plan));
        pol_json_array(&w, "stages");
        for (size_t i = 0; i < pol_plan_stage_count(plan); i++) {
            pol_json_text(&w, NULL, pol_plan_stage_name(plan, i));
        }
        pol_json_close_array(&w);
    }
    write_findings(&w, "problems", &findings->problems);
    pol_json_integer(&w, "problems_found", (int64_t)findings->problems.found);
    write_findings(&w, "warnings", &findings->warnings);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status write_text(const char *path, const struct pol_plan *plan,
                              const struct adm_findings *findings, struct bytes *out)
{
    if (plan == NULL) {
        size_t found = findings->problems.found;
        return bytes_append_format(out, "%s: %zu problem%s, %zu shown\n", path, found,
                                   found == 1 ? "" : "s", findings->problems.count);
    }
    enum status st = bytes_append_format(out, "%s is good: rollout %s, serial %" PRIu32 ", stages",
                                         path, pol_plan_rollout(plan), pol_plan_serial(plan));
    for (size_t i = 0; st == ST_OK && i < pol_plan_stage_count(plan); i++) {
        st = bytes_append_format(out, "%s %s", i > 0 ? "," : "", pol_plan_stage_name(plan, i));
    }
    size_t warnings = findings->warnings.found;
    if (st == ST_OK) {
        st = bytes_append_format(out, " (%zu warning%s)\n", warnings, warnings == 1 ? "" : "s");
    }
    return st;
}

static enum status show(const char *path, const struct pol_plan *plan,
                        const struct adm_findings *findings, bool json, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st =
        json ? write_json(plan, findings, &text) : write_text(path, plan, findings, &text);
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

enum status adm_cmd_check(int argc, char *const *argv, struct err *err)
{
    const char *path = NULL;
    bool json = false;
    const struct adm_option options[] = {{.name = "--json", .flag = &json}};
    const struct adm_syntax syntax = {
        .command = "check", .options = options, .option_count = 1, .operands = {"PLAN.json"}};
    struct pol_plan *plan = NULL;
    struct adm_findings *findings = calloc(1, sizeof *findings);

    enum status st = adm_options_read(&syntax, argc, argv, &path, err);
    if (st == ST_OK && findings == NULL) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory to check the plan");
    }
    if (st == ST_OK) {
        st = adm_plan_read(path, findings, &plan, err);
        if (st == ST_OK || st == ST_REFUSED) {
            struct err unwritten;
            enum status shown = show(path, plan, findings, json, &unwritten);
            if (st == ST_OK && shown != ST_OK) {
                *err = unwritten;
                st = shown;
            }
        }
    }
    pol_plan_free(plan);
    free(findings);
    return st;
}
