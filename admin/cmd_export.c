#include "admin/answer.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/interrupt.h"
#include "admin/out_file.h"
#include "admin/print.h"
#include "admin/progress.h"
#include "admin/terminal.h"
#include "admin/user_filter.h"

#include <inttypes.h>
#include <string.h>

enum { QUERY_BYTES = 64 * 1024, PATH_BYTES = 64 * 1024, LINE_BYTES = 1024 * 1024 };

struct exporting {
    const char *path;
    const char *format;
    bool force;
    bool json;
    struct adm_user_filter filter;
    struct adm_out_file out;
    struct adm_progress progress;
    int64_t rows; /* of CSV with its heading */
    bool quoted;  /* inside of a field in quotes, where a line end ends no row */
};

/* RFC 4180: quotes are doubled inside of quotes, so each one turns it round. */
static void count_rows(struct exporting *e, struct span part)
{
    for (size_t i = 0; i < part.size; i++) {
        e->quoted = part.data[i] == '"' ? !e->quoted : e->quoted;
        e->rows += part.data[i] == '\n' && !e->quoted ? 1 : 0;
    }
}

static enum status take_csv(void *ctx, struct span part, struct err *err)
{
    struct exporting *e = ctx;
    enum status st = adm_out_write(&e->out, part, err);
    count_rows(e, part);
    adm_progress_tell(&e->progress, e->rows > 0 ? e->rows - 1 : 0, e->out.bytes);
    return st;
}

static enum status export_csv(struct exporting *e, struct adm_client *client, const char *query,
                              struct err *err)
{
    struct bytes path = bytes_with_limit(PATH_BYTES);
    const struct adm_sink sink = {.take = take_csv, .ctx = e};
    enum status st =
        bytes_append_format(&path, "/v1/reports.csv%s%s", query[0] != '\0' ? "?" : "", query);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the filters are too long");
    } else {
        const struct adm_request request = {.method = "GET", .path = bytes_text(&path)};
        st = adm_client_fetch(client, &request, "text/csv", &sink, err);
    }
    e->rows -= e->rows > 0 ? 1 : 0;
    bytes_free(&path);
    return st;
}

static enum status take_user(void *ctx, const struct pol_at *item, struct err *err)
{
    struct exporting *e = ctx;
    struct bytes line = bytes_with_limit(LINE_BYTES);
    struct pol_json_writer w = pol_json_write_start(&line);
    pol_at_write(item, &w, NULL);
    enum status st = pol_json_write_end(&w);
    st = st == ST_OK ? bytes_append_text(&line, "\n") : st;
    st = st == ST_OK ? adm_user_filter_holds(&e->filter, item, err)
                     : err_set(err, st, 0, "a user is too large to write");
    st = st == ST_OK ? adm_out_write(&e->out, bytes_span(&line), err) : st;
    if (st == ST_OK && adm_interrupt_came()) {
        st = err_set(err, ST_CANCELLED, 0, "interrupted");
    }
    e->rows += st == ST_OK ? 1 : 0;
    adm_progress_tell(&e->progress, e->rows, e->out.bytes);
    bytes_free(&line);
    return st;
}

static enum status export_all(struct exporting *e, struct adm_client *client, struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    enum status st = adm_user_filter_query(&e->filter, &query, err);
    if (st == ST_OK && strcmp(e->format, "jsonl") == 0) {
        const struct adm_pages pages = {.path = "/v1/users",
                                        .query = bytes_text(&query),
                                        .list = "users",
                                        .visit = take_user,
                                        .ctx = e};
        st = adm_pages_walk(client, &pages, err);
    } else if (st == ST_OK) {
        st = export_csv(e, client, bytes_text(&query), err);
    }
    bytes_free(&query);
    return st;
}

/* Standard output has the export itself: then nothing is said beside it. */
static enum status tell(const struct exporting *e, struct err *err)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (strcmp(e->path, "-") == 0) {
        return ST_OK;
    }
    if (e->json) {
        struct pol_json_writer w = pol_json_write_start(&text);
        pol_json_object(&w, NULL);
        pol_json_text(&w, "file", e->path);
        pol_json_text(&w, "format", e->format);
        pol_json_integer(&w, "users", e->rows);
        pol_json_integer(&w, "bytes", e->out.bytes);
        pol_json_close_object(&w);
        st = pol_json_write_end(&w);
        st = st == ST_OK ? bytes_append_text(&text, "\n") : st;
    } else {
        st = bytes_append_format(&text, "exported %" PRId64 " users (%" PRId64 " bytes) to %s\n",
                                 e->rows, e->out.bytes, e->path);
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

/* Ctrl-C must not leave half a file of people's names behind. */
static enum status run(struct exporting *e, const struct adm_connection_options *connection,
                       struct err *err)
{
    struct adm_client *client = NULL;
    enum status st = adm_interrupt_catch(err);
    st = st == ST_OK ? adm_connect(connection, &client, err) : st;
    st = st == ST_OK ? adm_out_open(&e->out, e->path, e->force, err) : st;
    if (st == ST_OK) {
        bool shows = strcmp(e->path, "-") == 0 && adm_terminal_shows();
        e->progress = adm_progress_start(shows ? NULL : "users");
        st = export_all(e, client, err);
        adm_progress_end(&e->progress);
        st = st == ST_OK ? adm_out_keep(&e->out, e->force, err) : st;
    }
    if (st == ST_OK) {
        st = tell(e, err);
    }
    adm_out_done(&e->out);
    adm_client_free(client);
    return st;
}

enum status adm_cmd_export(int argc, char *const *argv, struct err *err)
{
    struct exporting e = {.out = {.path = "-"}};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--out", .value = "FILE", .needed = true, .text = &e.path},
        {.name = "--format", .value = "csv|jsonl", .text = &e.format},
        {.name = "--force", .flag = &e.force},
        ADM_USER_FILTER_ROWS(e.filter),
        {.name = "--json", .flag = &e.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "export",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    e.format = e.format != NULL ? e.format : "csv";
    if (st == ST_OK && strcmp(e.format, "csv") != 0 && strcmp(e.format, "jsonl") != 0) {
        st = adm_usage(err, "--format takes csv or jsonl, not \"%s\"", e.format);
    }
    st = st == ST_OK ? adm_user_filter_check(&e.filter, err) : st;
    return st == ST_OK ? run(&e, &connection, err) : st;
}
