#include "admin/answer.h"
#include "admin/audit_view.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/options.h"
#include "admin/print.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One entry: six texts of 1,024 bytes, each byte of which may take six. */
enum { LINE_BYTES = 64 * 1024 };

struct listing {
    const char *path; /* NULL: standard output */
    FILE *file;
    bool json;
};

static enum status put(struct listing *l, const struct bytes *line, enum status st, struct err *err)
{
    if (l->file == NULL) {
        return adm_print(line, st, err);
    }
    if (st != ST_OK) {
        return err_set(err, st, 0, "an entry is too large to write");
    }
    if (fwrite(bytes_text(line), 1, line->size, l->file) != line->size) {
        int error = errno;
        return err_set(err, ST_IO, (uint32_t)error, "cannot write %s: %s", l->path,
                       strerror(error));
    }
    return ST_OK;
}

static enum status write_line(const struct listing *l, const struct pol_at *item, struct bytes *out)
{
    struct pol_audit_entry entry = {.number = 0};
    uint8_t hash[DIGEST_BYTES] = {0};
    if (l->json) {
        struct pol_json_writer w = pol_json_write_start(out);
        pol_at_write(item, &w, NULL);
        enum status st = pol_json_write_end(&w);
        return st == ST_OK ? bytes_append_text(out, "\n") : st;
    }
    pol_audit_read(item, &entry, hash);
    return entry.number > 0 ? adm_audit_entry_text(&entry, out) : ST_OK; /* told with the page */
}

static enum status list_entry(void *ctx, const struct pol_at *item, struct err *err)
{
    struct listing *l = ctx;
    struct bytes line = bytes_with_limit(LINE_BYTES);
    enum status st = put(l, &line, write_line(l, item, &line), err);
    bytes_free(&line);
    return st;
}

/* Page by page, nothing of it is kept. */
static enum status list_all(struct listing *l, const struct adm_connection_options *connection,
                            struct err *err)
{
    struct adm_client *client = NULL;
    struct bytes head = bytes_with_limit(LINE_BYTES);
    const struct adm_pages pages = {
        .path = "/v1/audit", .query = "", .list = "entries", .visit = list_entry, .ctx = l};
    enum status st = adm_connect(connection, &client, err);
    if (st == ST_OK && !l->json) {
        st = put(l, &head, adm_audit_heading_text(&head), err);
    }
    if (st == ST_OK) {
        st = adm_pages_walk(client, &pages, err);
    }
    adm_client_free(client);
    bytes_free(&head);
    return st;
}

static enum status close_file(struct listing *l, enum status st, struct err *err)
{
    if (fclose(l->file) != 0 && st == ST_OK) {
        int error = errno;
        st = err_set(err, ST_IO, (uint32_t)error, "cannot write %s: %s", l->path, strerror(error));
    }
    if (st != ST_OK) {
        struct err ignored;
        /* Half an audit must not look like a short one. */
        if (file_remove(l->path, &ignored) != ST_OK) {
            adm_print_warning("the file is not whole, and cannot be removed");
        }
    }
    return st;
}

static enum status list_to_file(struct listing *l, const struct adm_connection_options *connection,
                                struct err *err)
{
    enum status st = file_create(l->path, (struct span){.data = NULL}, FILE_FOR_OWNER, err);
    if (st == ST_OK) {
        st = file_open_to_append(l->path, &l->file, err);
    }
    if (st == ST_OK) {
        st = close_file(l, list_all(l, connection, err), err);
    }
    return st;
}

enum status adm_cmd_audit(int argc, char *const *argv, struct err *err)
{
    struct listing listing = {.file = NULL};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--out", .value = "FILE", .text = &listing.path},
        {.name = "--json", .flag = &listing.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {
        .command = "audit", .options = options, .option_count = sizeof options / sizeof options[0]};

    if (argc > 0 && strcmp(argv[0], "verify") == 0) {
        return adm_cmd_audit_verify(argc - 1, argv + 1, err);
    }
    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st != ST_OK) {
        return st;
    }
    return listing.path != NULL ? list_to_file(&listing, &connection, err)
                                : list_all(&listing, &connection, err);
}
