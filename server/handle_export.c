#include "base/log.h"
#include "policy/words.h"
#include "server/answer.h"
#include "server/csv.h"
#include "server/handlers.h"
#include "server/list.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Each takes its turns at the store and at the desk; more of them would only take longer each. */
enum { EXPORTS_MOST = 2 };

/* A piece ends when it is this long; a row is no longer than the report that it came in, thrice for its
 * quotes and apostrophes. */
enum { ENOUGH_BYTES = 256 * 1024, PIECE_BYTES = 2 * 1024 * 1024, ROWS = 2000, BORROWED_MOST = 5 };

/* stream is first: the listener hands it back. */
struct export
{
    struct srv_stream stream;
    struct srv_job job;
    struct srv_app *app;
    struct srv_list_request request;
    struct srv_list_search search;
    struct srv_csv csv;
    char *texts[BORROWED_MOST]; /* copies: the request's own go before the last piece */
    char id[SRV_REQUEST_ID_BYTES];
    uint64_t rows;
    uint64_t bytes;
};

static struct export *of_job(struct srv_job *job)
{
    return (struct export *)(void *)((char *)job - offsetof(struct export, job));
}

static struct export *of_search(struct srv_list_search *search)
{
    return (struct export *)(void *)((char *)search - offsetof(struct export, search));
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Names as in the JSON of a user; those of objects behind a point. */
static const char *const COLUMNS[] = {
    "sid",
    "account",
    "host",
    "device_id",
    "ring",
    "set",
    "value",
    "pre_image",
    "ours",
    "state",
    "blocked_by",
    "error",
    "hive",
    "protocol",
    "confidence",
    "mailbox",
    "evidence",
    "outlook.version",
    "outlook.running",
    "outlook.started_at",
    "outlook.starts_since_change",
    "version",
    "changed_at",
    "corrections",
    "reported_at",
};

static void write_head(struct srv_csv *w)
{
    srv_csv_mark(w);
    for (size_t i = 0; i < sizeof COLUMNS / sizeof COLUMNS[0]; i++) {
        srv_csv_text(w, COLUMNS[i]);
    }
    srv_csv_end_line(w);
}

/* A number, absent, the type of another value, or nothing if it is not known. */
static void write_value(struct srv_csv *w, struct pol_report_value v)
{
    if (!v.known) {
        srv_csv_text(w, NULL);
    } else if (!v.present) {
        srv_csv_text(w, "absent");
    } else if (v.type == POL_VALUE_DWORD) {
        srv_csv_integer(w, v.dword);
    } else {
        srv_csv_text(w, POL_VALUE_TYPE_WORDS[v.type < POL_VALUE_OTHER ? v.type : POL_VALUE_OTHER]);
    }
}

static void write_outlook(struct srv_csv *w, const struct srv_user_row *row)
{
    srv_csv_text(w, row->outlook);
    if (row->running == POL_NOT_KNOWN) {
        srv_csv_text(w, NULL);
    } else {
        srv_csv_boolean(w, row->running == POL_YES);
    }
    srv_csv_time(w, row->started_s);
    srv_csv_integer(w, row->starts);
}

static void write_row(struct srv_csv *w, const struct srv_user_row *row)
{
    srv_csv_text(w, row->sid);
    srv_csv_text(w, row->account);
    srv_csv_text(w, row->host);
    srv_csv_text(w, row->device_id);
    srv_csv_text(w, row->ring);
    srv_csv_text(w, row->set);
    write_value(w, row->value);
    write_value(w, row->pre_image);
    srv_csv_boolean(w, row->ours);
    srv_csv_text(w, row->state);
    srv_csv_text(w, row->blocked_by);
    srv_csv_text(w, row->error);
    srv_csv_text(w, row->hive_loaded ? "loaded" : "not_loaded");
    srv_csv_text(w, row->protocol);
    srv_csv_text(w, row->confidence);
    srv_csv_text(w, row->mailbox);
    srv_csv_text(w, row->evidence);
    write_outlook(w, row);
    if (row->version > 0) {
        srv_csv_integer(w, row->version);
    } else {
        srv_csv_text(w, NULL);
    }
    srv_csv_time(w, row->changed_s);
    srv_csv_integer(w, row->corrections);
    srv_csv_time(w, row->reported_s);
    srv_csv_end_line(w);
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool add_row(void *v, const struct srv_user_row *row)
{
    struct export *e = v;
    write_row(&e->csv, row);
    e->search.rows++;
    e->search.full = e->csv.st != ST_OK || e->stream.piece.size >= ENOUGH_BYTES;
    return !e->search.full;
}

static enum status find_rows(struct srv_list_search *search, const struct srv_filter *filter,
                             struct err *err)
{
    struct export *e = of_search(search);
    return e->app->store.users(e->app->store.ctx, filter, add_row, e, err);
}

/* Rows behind those that are sent. The store is asked for a page and let go. */
static enum status make_piece(struct export *e, struct err *err)
{
    e->search.rows = 0;
    e->search.full = false;
    enum status st = srv_list_walk(&e->request, &e->search, err);
    if (st == ST_OK && e->csv.st != ST_OK) {
        st = err_set(err, e->csv.st, 0, "cannot write the lines of an export");
    }
    e->rows += e->search.rows;
    e->bytes += e->stream.piece.size;
    e->request.filter.after = e->request.next;
    e->stream.state = st != ST_OK            ? SRV_STREAM_BROKEN
                      : e->request.next == 0 ? SRV_STREAM_LAST
                                             : SRV_STREAM_MORE;
    return st;
}

static void run(struct srv_job *job, bool closing)
{
    struct export *e = of_job(job);
    struct err err = {0};
    e->stream.state = SRV_STREAM_BROKEN;
    if (!closing && make_piece(e, &err) != ST_OK) {
        log_failure(LOG_ERROR, "export_failed", &err);
    }
    srv_stream_ready(&e->stream);
}

static void fetch(struct srv_stream *stream)
{
    struct export *e = (struct export *)stream;
    struct srv_desk *desk = e->app->desks[SRV_DOOR_ADMINS];
    bytes_clear(&stream->piece);
    if (desk == NULL) {
        run(&e->job, false);
    } else if (!srv_desk_take(desk, &e->job)) {
        stream->state = SRV_STREAM_BROKEN;
        srv_stream_ready(stream);
    }
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void export_free(struct export *e)
{
    for (size_t i = 0; i < BORROWED_MOST; i++) {
        free(e->texts[i]);
    }
    bytes_free(&e->stream.piece);
    atomic_fetch_sub(&e->app->meter->exports, 1);
    free(e);
}

static void drop(struct srv_stream *stream)
{
    struct export *e = (struct export *)stream;
    bool whole = stream->state == SRV_STREAM_LAST && stream->sent == stream->piece.size;
    log_write(whole ? LOG_INFO : LOG_WARNING,
              "event=export rows=%llu bytes=%llu whole=%d request=%s", (unsigned long long)e->rows,
              (unsigned long long)e->bytes, whole ? 1 : 0, e->id);
    export_free(e);
}

/* False: no memory. */
static bool own_texts(struct export *e)
{
    struct srv_filter *f = &e->request.filter;
    const char **borrowed[BORROWED_MOST] = {&f->ring, &f->device_id, &f->host, &f->sid, &f->text};
    for (size_t i = 0; i < BORROWED_MOST; i++) {
        if (*borrowed[i] == NULL) {
            continue;
        }
        e->texts[i] = text_copy(*borrowed[i]);
        if (e->texts[i] == NULL) {
            return false;
        }
        *borrowed[i] = e->texts[i];
    }
    return true;
}

/* NULL: it is answered. */
static struct export *export_new(struct srv_app *app, struct srv_request *rq)
{
    struct export *e = calloc(1, sizeof *e);
    if (e == NULL) {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
        return NULL;
    }
    e->app = app;
    e->job.run = run;
    e->search.find = find_rows;
    e->stream =
        (struct srv_stream){.piece = bytes_with_limit(PIECE_BYTES), .fetch = fetch, .drop = drop};
    (void)snprintf(e->id, sizeof e->id, "%s", rq->id);
    if (atomic_fetch_add(&app->meter->exports, 1) >= EXPORTS_MOST) {
        srv_answer_problem(rq, 429, "export_running",
                           "%d exports are running, which is all there may be: come again",
                           (int)EXPORTS_MOST);
        export_free(e);
        return NULL;
    }
    return e;
}

/* The first piece comes with the answer, so that what cannot be read is still told by its status. */
static enum status start(struct export *e, struct err *err)
{
    e->request.filter.limit = ROWS;
    e->csv = srv_csv_start(&e->stream.piece);
    write_head(&e->csv);
    return own_texts(e) ? make_piece(e, err)
                        : err_set(err, ST_NO_MEMORY, 0, "cannot keep what an export is asked for");
}

void srv_handle_export(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct export *e = export_new(app, rq);
    (void)actor;
    if (e == NULL) {
        return;
    }
    if (!srv_list_read(app, rq, SRV_LIST_EXPORT, &e->request)) {
        export_free(e);
        return;
    }
    if (start(e, &err) != ST_OK) {
        srv_answer_error(rq, &err);
        export_free(e);
        return;
    }
    srv_answer_header(rq, "Content-Disposition", "attachment; filename=\"reports.csv\"");
    srv_answer_stream(rq, "text/csv; charset=utf-8; header=present", &e->stream);
}
