#include "admin/commands.h"
#include "admin/options.h"
#include "admin/plan_file.h"
#include "admin/print.h"
#include "admin/simulation_view.h"
#include "admin/terminal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/line_file.h"
#include "policy/facts.h"
#include "policy/json_write.h"

#include <errno.h>
#include <inttypes.h>

enum { CHANGE_BYTES = 4096, TELL_EVERY_MS = 250, LOOK_EVERY_LINES = 1024 };

struct simulating {
    const char *plan_path;
    const char *facts;
    const char *changes;
    bool fleet;
    bool json;

    FILE *changed; /* NULL: nobody wants to know who */
    struct bytes line;
    bool tells; /* progress */
    uint64_t told_ms;
};

/* ---- who changes -------------------------------------------------------------------------- */

static enum status write_move(void *ctx, const char *stage, const struct pol_facts *facts,
                              unsigned from, unsigned to)
{
    struct simulating *wish = ctx;
    struct pol_json_writer w = pol_json_write_start(&wish->line);
    bytes_clear(&wish->line);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "stage", stage);
    pol_json_text(&w, "sid", facts->sid);
    pol_json_text(&w, "account", facts->account);
    pol_json_text(&w, "host", facts->host);
    pol_json_text(&w, "from", pol_outcome_word(from));
    pol_json_text(&w, "to", pol_outcome_word(to));
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        st = bytes_append_text(&wish->line, "\n");
    }
    if (st == ST_OK &&
        fwrite(wish->line.data, 1, wish->line.size, wish->changed) != wish->line.size) {
        st = ST_IO;
    }
    return st;
}

/* A new file: nothing that is there is lost. */
static enum status open_changes(struct simulating *wish, struct err *err)
{
    if (wish->changes == NULL) {
        return ST_OK;
    }
    wish->line = bytes_with_limit(CHANGE_BYTES);
    enum status st = file_create(wish->changes, (struct span){0}, FILE_FOR_ALL, err);
    return st == ST_OK ? file_open_to_append(wish->changes, &wish->changed, err) : st;
}

/* A list that is not whole is worse than none. */
static enum status close_changes(struct simulating *wish, enum status st, struct err *err)
{
    if (wish->changed == NULL) {
        return st;
    }
    if (fclose(wish->changed) != 0 && st == ST_OK) {
        st = err_set(err, ST_IO, (uint32_t)errno, "cannot write %s", wish->changes);
    }
    if (st != ST_OK && file_remove(wish->changes, NULL) != ST_OK) {
        adm_print_warning("the list of changes is not whole, and could not be removed");
    }
    wish->changed = NULL;
    bytes_free(&wish->line);
    return st;
}

/* ---- the users ---------------------------------------------------------------------------- */

/* One line that is written over again, where somebody sees it. */
static void tell_progress(struct simulating *wish, const struct line_file *lines)
{
    if (!wish->tells || lines->line % LOOK_EVERY_LINES != 0) {
        return;
    }
    uint64_t now_ms = clock_monotonic_ms();
    if (now_ms - wish->told_ms >= TELL_EVERY_MS) {
        wish->told_ms = now_ms;
        (void)fprintf(stderr, "\r%" PRIu64 " users, %.1f MB ", lines->line,
                      (double)lines->read_bytes / 1e6);
        (void)fflush(stderr);
    }
}

static void end_progress(const struct simulating *wish)
{
    if (wish->tells && wish->told_ms != 0) {
        (void)fprintf(stderr, "\r%*s\r", 40, "");
    }
}

static enum status add_line(struct simulating *wish, struct pol_simulation *simulation,
                            struct span line, struct err *err)
{
    struct pol_fact_line *facts = NULL;
    enum status st = pol_fact_line_parse(line, &facts, err);
    if (st == ST_OK) {
        st = pol_simulation_add(simulation, pol_fact_line_facts(facts));
        if (st == ST_IO) {
            st = err_set(err, st, (uint32_t)errno, "cannot write %s", wish->changes);
        } else if (st != ST_OK) {
            st = err_set(err, st, 0, "this user cannot be evaluated");
        }
    }
    pol_fact_line_free(facts);
    return st;
}

static enum status add_lines(struct simulating *wish, struct pol_simulation *simulation,
                             struct line_file *lines, struct err *err)
{
    struct span line;
    bool more = true;
    enum status st = line_file_next(lines, &line, &more, err);
    while (st == ST_OK && more) {
        struct err why;
        st = add_line(wish, simulation, line, &why);
        if (st != ST_OK) {
            end_progress(wish);
            return line_file_refused(lines, &why, err);
        }
        tell_progress(wish, lines);
        st = line_file_next(lines, &line, &more, err);
    }
    end_progress(wish);
    if (st == ST_OK && pol_simulation_users(simulation) == 0) {
        st = err_set(err, ST_NOT_FOUND, 0, "%s has no line", wish->facts);
    }
    return st;
}

static enum status show(const struct simulating *wish, const struct pol_plan *plan,
                        const struct pol_simulation *simulation, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = wish->json ? adm_simulation_json(plan, simulation, &text)
                                : adm_simulation_text(plan, simulation, &text);
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

static enum status simulate(struct simulating *wish, struct err *err)
{
    struct pol_plan *plan = NULL;
    struct pol_simulation *simulation = NULL;
    struct line_file lines = {0};
    const struct pol_move_sink sink = {.ctx = wish, .moved = write_move};

    enum status st = adm_plan_read_quietly(wish->plan_path, &plan, err);
    if (st == ST_OK) {
        st = line_file_open(wish->facts, LIMIT_FACTS_BYTES, &lines, err);
    }
    if (st == ST_OK) {
        st = open_changes(wish, err);
    }
    if (st == ST_OK) {
        st = pol_simulation_new(plan, wish->changed != NULL ? &sink : NULL, &simulation, err);
    }
    if (st == ST_OK) {
        st = add_lines(wish, simulation, &lines, err);
    }
    st = close_changes(wish, st, err);
    if (st == ST_OK) {
        st = show(wish, plan, simulation, err);
    }
    line_file_close(&lines);
    pol_simulation_free(simulation);
    pol_plan_free(plan);
    return st;
}

enum status adm_cmd_simulate(int argc, char *const *argv, struct err *err)
{
    struct simulating wish = {.tells = adm_terminal_tells()};
    const struct adm_option options[] = {
        {.name = "--facts", .value = "FACTS.jsonl", .text = &wish.facts},
        {.name = "--changes", .value = "FILE", .text = &wish.changes},
        {.name = "--fleet", .flag = &wish.fleet},
        {.name = "--json", .flag = &wish.json},
    };
    const struct adm_syntax syntax = {.command = "simulate",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"PLAN.json"}};

    enum status st = adm_options_read(&syntax, argc, argv, &wish.plan_path, err);
    if (st == ST_OK && wish.fleet) {
        st = err_refuse(err, "unsupported", NULL,
                        "simulating at the server is not built yet: give --facts FACTS.jsonl");
    }
    if (st == ST_OK && wish.facts == NULL) {
        st = adm_usage(err, "simulate needs --facts FACTS.jsonl: see 'mapi-rollout simulate "
                            "--help'");
    }
    return st == ST_OK ? simulate(&wish, err) : st;
}
