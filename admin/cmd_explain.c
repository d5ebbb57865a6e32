#include "admin/commands.h"
#include "admin/options.h"
#include "admin/plan_file.h"
#include "admin/print.h"
#include "base/line_file.h"
#include "policy/explain.h"
#include "policy/facts.h"

#include <string.h>

struct explaining {
    const char *plan;
    const char *stage;
    const char *facts;
    const char *user; /* NULL: everybody */
    bool json;
};

static bool is_asked_for(const struct explaining *wish, const struct pol_facts *facts)
{
    return wish->user == NULL || (facts->sid != NULL && strcmp(facts->sid, wish->user) == 0);
}

/* Print as we go: the file may be long. */
static enum status explain_user(const struct explaining *wish, const struct pol_policy *policy,
                                const struct pol_facts *known, struct err *err)
{
    struct pol_preparation preparation = {0};
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = pol_prepare(&preparation, policy, known);
    if (st == ST_OK) {
        st = wish->json ? pol_explain_json(policy, &preparation.facts, &text)
                        : pol_explain_text(policy, &preparation.facts, &text);
    }
    if (st == ST_OK && wish->json) {
        st = bytes_append_text(&text, "\n");
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    pol_preparation_done(&preparation);
    return st;
}

static enum status explain_line(const struct explaining *wish, const struct pol_policy *policy,
                                struct span line, bool *explained, struct err *err)
{
    struct pol_fact_line *facts = NULL;
    enum status st = pol_fact_line_parse(line, &facts, err);
    if (st == ST_OK && is_asked_for(wish, pol_fact_line_facts(facts))) {
        st = explain_user(wish, policy, pol_fact_line_facts(facts), err);
        *explained = true;
    }
    pol_fact_line_free(facts);
    return st;
}

static enum status explain_lines(const struct explaining *wish, const struct pol_policy *policy,
                                 struct line_file *lines, struct err *err)
{
    struct span line;
    bool more = true;
    bool explained = false;
    enum status st = line_file_next(lines, &line, &more, err);
    while (st == ST_OK && more) {
        struct err why;
        st = explain_line(wish, policy, line, &explained, &why);
        if (st != ST_OK) {
            return line_file_refused(lines, &why, err);
        }
        st = line_file_next(lines, &line, &more, err);
    }
    if (st == ST_OK && !explained) {
        st = wish->user != NULL
                 ? err_set(err, ST_NOT_FOUND, 0, "no line of %s is about the user %s", wish->facts,
                           wish->user)
                 : err_set(err, ST_NOT_FOUND, 0, "%s has no line", wish->facts);
    }
    return st;
}

static enum status explain(const struct explaining *wish, struct err *err)
{
    struct pol_plan *plan = NULL;
    struct pol_policy policy;
    struct line_file lines = {0};
    int stage = 0;

    enum status st = adm_plan_read_quietly(wish->plan, &plan, err);
    if (st == ST_OK) {
        st = adm_plan_find_stage(plan, wish->stage, &stage, err);
    }
    if (st == ST_OK) {
        pol_plan_view(plan, stage, &policy);
        st = line_file_open(wish->facts, LIMIT_FACTS_BYTES, &lines, err);
    }
    if (st == ST_OK) {
        st = explain_lines(wish, &policy, &lines, err);
        line_file_close(&lines);
    }
    pol_plan_free(plan);
    return st;
}

enum status adm_cmd_explain(int argc, char *const *argv, struct err *err)
{
    struct explaining wish = {0};
    const struct adm_option options[] = {
        {.name = "--stage", .value = "STAGE", .needed = true, .text = &wish.stage},
        {.name = "--facts", .value = "FACTS.jsonl", .needed = true, .text = &wish.facts},
        {.name = "--user", .value = "SID", .text = &wish.user},
        {.name = "--json", .flag = &wish.json},
    };
    const struct adm_syntax syntax = {.command = "explain",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"PLAN.json"}};

    enum status st = adm_options_read(&syntax, argc, argv, &wish.plan, err);
    return st == ST_OK ? explain(&wish, err) : st;
}
