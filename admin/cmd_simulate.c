#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/json_line.h"
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
    struct adm_connection_options connection;
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
    struct adm_simulated simulated;
    adm_simulated_of(plan, simulation, &simulated);
    enum status st = wish->json ? adm_simulation_json(plan, simulation, &text)
                                : adm_simulation_text(&simulated, &text);
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

/* ---- at the server ------------------------------------------------------------------------ */

/* The same reader as the server's: all problems are told here, before anything is sent. */
static enum status read_plan(const char *path, struct bytes *out, struct err *err)
{
    struct pol_plan *plan = NULL;
    enum status st = adm_plan_read_quietly(path, &plan, err);
    pol_plan_free(plan);
    return st == ST_OK ? file_read(path, LIMIT_PLAN_BYTES, out, err) : st;
}

static enum status show_fleet(const struct simulating *wish, const struct adm_fleet_counts *fleet,
                              struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    if (wish->json) {
        struct pol_at root = adm_answer_root(&fleet->answer);
        return adm_json_line_print(&root, err);
    }
    enum status st = adm_print(&text, adm_simulation_text(&fleet->simulated, &text), err);
    bytes_free(&text);
    return st;
}

static enum status simulate_fleet(const struct simulating *wish, struct err *err)
{
    struct bytes plan = {0};
    struct adm_client *client = NULL;
    struct adm_fleet_counts fleet = {.rows = NULL};

    enum status st = read_plan(wish->plan_path, &plan, err);
    if (st == ST_OK) {
        st = adm_connect(&wish->connection, &client, err);
    }
    if (st == ST_OK) {
        st = adm_fleet_counts_ask(client, bytes_span(&plan), &fleet, err);
    }
    if (st == ST_OK) {
        st = show_fleet(wish, &fleet, err);
    }
    adm_fleet_counts_done(&fleet);
    adm_client_free(client);
    bytes_free(&plan);
    return st;
}

static enum status check_wish(const struct simulating *wish, struct err *err)
{
    const struct adm_connection_options *c = &wish->connection;
    if (wish->fleet && wish->facts != NULL) {
        return adm_usage(err, "--facts and --fleet are two sources: give one of them");
    }
    if (wish->fleet && wish->changes != NULL) {
        return adm_usage(err, "--changes needs --facts: the server gives numbers, no names");
    }
    if (!wish->fleet && (c->server != NULL || c->ca != NULL || c->token_file != NULL)) {
        return adm_usage(err, "a server is asked with --fleet only");
    }
    if (!wish->fleet && wish->facts == NULL) {
        return adm_usage(err, "simulate needs --facts FACTS.jsonl or --fleet: see 'mapi-rollout "
                              "simulate --help'");
    }
    return ST_OK;
}

enum status adm_cmd_simulate(int argc, char *const *argv, struct err *err)
{
    struct simulating wish = {.tells = adm_terminal_tells()};
    const struct adm_option options[] = {
        {.name = "--facts", .value = "FACTS.jsonl", .text = &wish.facts},
        {.name = "--changes", .value = "FILE", .text = &wish.changes},
        {.name = "--fleet", .flag = &wish.fleet},
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(wish.connection),
    };
    const struct adm_syntax syntax = {.command = "simulate",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"PLAN.json"}};

    enum status st = adm_options_read(&syntax, argc, argv, &wish.plan_path, err);
    if (st == ST_OK) {
        st = check_wish(&wish, err);
    }
    if (st == ST_OK) {
        st = wish.fleet ? simulate_fleet(&wish, err) : simulate(&wish, err);
    }
    return st;
}
