#include "admin/audit_view.h"
#include "admin/commands.h"
#include "admin/options.h"
#include "admin/print.h"
#include "base/line_file.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <string.h>

enum { LINE_BYTES = 64 * 1024, TEXT_BYTES = 4096 };

struct verifying {
    const char *path;
    const char *head; /* as it was printed; NULL: none */
    uint8_t wanted[DIGEST_BYTES];
    struct pol_audit_head at;
    int64_t found; /* the entry whose hash is the wanted one; -1: not met yet */
    int64_t first_s;
    int64_t last_s;
};

static enum status read_head(struct verifying *v, struct err *err)
{
    v->found = -1;
    if (v->head == NULL) {
        return ST_OK;
    }
    if (strlen(v->head) != DIGEST_HEX_BYTES - 1 || !hex_decode(v->head, v->wanted, DIGEST_BYTES)) {
        return adm_usage(err, "--head takes the 64 hexadecimal digits that were printed behind"
                              " \"audit head NUMBER\"");
    }
    v->found = memcmp(v->wanted, v->at.hash, DIGEST_BYTES) == 0 ? 0 : -1; /* an empty audit's */
    return ST_OK;
}

static enum status follow(struct verifying *v, const struct pol_json *json, struct err *err)
{
    struct pol_problems problems = {.count = 0};
    struct pol_audit_entry entry = {.number = 0};
    uint8_t hash[DIGEST_BYTES] = {0};
    struct pol_at root = pol_json_root(json, &problems);
    pol_audit_read(&root, &entry, hash);
    enum status st = pol_problems_status(&problems, err);
    if (st == ST_OK) {
        st = pol_audit_follow(&v->at, &entry, hash, err);
    }
    if (st == ST_OK) {
        v->first_s = entry.number == 1 ? entry.at_s : v->first_s;
        v->last_s = entry.at_s;
        if (v->head != NULL && memcmp(v->wanted, v->at.hash, DIGEST_BYTES) == 0) {
            v->found = v->at.number;
        }
    }
    return st;
}

static enum status follow_line(struct verifying *v, struct span line, struct err *err)
{
    struct pol_json *json = NULL;
    struct pol_json_limits limits = pol_json_limits_document(LINE_BYTES);
    limits.string_bytes = POL_AUDIT_TEXT_MOST;
    enum status st = pol_json_parse(line, &limits, &json, err);
    if (st == ST_OK) {
        st = follow(v, json, err);
    }
    pol_json_free(json);
    return st;
}

static enum status follow_file(struct verifying *v, struct err *err)
{
    struct line_file lines = {0};
    struct span line;
    bool more = true;
    enum status st = line_file_open(v->path, LINE_BYTES, &lines, err);
    if (st == ST_OK) {
        st = line_file_next(&lines, &line, &more, err);
    }
    while (st == ST_OK && more) {
        struct err why;
        st = follow_line(v, line, &why);
        if (st != ST_OK) {
            st = line_file_refused(&lines, &why, err);
        } else {
            st = line_file_next(&lines, &line, &more, err);
        }
    }
    line_file_close(&lines);
    return st;
}

/* What was there when the head was printed must be there still, and be the same. */
static enum status check_head(const struct verifying *v, struct err *err)
{
    return v->head == NULL || v->found >= 0
               ? ST_OK
               : err_refuse(err, "chain_truncated", "",
                            "%s ends with entry %" PRId64 " and does not have that head: it was cut"
                            " off, or is another audit",
                            v->path, v->at.number);
}

static enum status write_text(const struct verifying *v, struct bytes *out)
{
    char first[TIME_TEXT_BYTES] = "";
    char last[TIME_TEXT_BYTES] = "";
    enum status st = ST_OK;
    if (v->at.number == 0) {
        st = bytes_append_text(out, "the audit is empty\n");
    } else {
        time_text_write(v->first_s, first);
        time_text_write(v->last_s, last);
        st =
            bytes_append_format(out, "%" PRId64 " entries, %s to %s: each fits the one before it\n",
                                v->at.number, first, last);
    }
    if (st == ST_OK && v->head == NULL) {
        st = bytes_append_text(out, "whether entries are missing at the end, only --head tells\n");
    } else if (st == ST_OK) {
        st = bytes_append_format(
            out, "the head that was given is entry %" PRId64 "; %" PRId64 " came after it\n",
            v->found, v->at.number - v->found);
    }
    return st;
}

static enum status write_json(const struct verifying *v, const struct adm_audit_view *end,
                              struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_integer(&w, "number", end->number);
    pol_json_text(&w, "hash", end->hash);
    if (v->found >= 0) {
        pol_json_integer(&w, "head_number", v->found);
    } else {
        pol_json_null(&w, "head_number");
    }
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

static enum status show(const struct verifying *v, bool json, struct err *err)
{
    struct bytes text = bytes_with_limit(TEXT_BYTES);
    struct adm_audit_view end = {.number = v->at.number};
    hex_encode(v->at.hash, DIGEST_BYTES, end.hash);
    enum status st = json ? write_json(v, &end, &text) : write_text(v, &text);
    if (st == ST_OK && !json) {
        st = adm_audit_view_text(&end, &text);
    }
    st = adm_print(&text, st, err);
    bytes_free(&text);
    return st;
}

enum status adm_cmd_audit_verify(int argc, char *const *argv, struct err *err)
{
    struct verifying v = {.head = NULL};
    bool json = false;
    const struct adm_option options[] = {
        {.name = "--head", .value = "HASH", .text = &v.head},
        {.name = "--json", .flag = &json},
    };
    const struct adm_syntax syntax = {.command = "audit verify",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"FILE"}};

    enum status st = adm_options_read(&syntax, argc, argv, &v.path, err);
    if (st == ST_OK) {
        st = read_head(&v, err);
    }
    if (st == ST_OK) {
        st = follow_file(&v, err);
    }
    if (st == ST_OK) {
        st = check_head(&v, err);
    }
    return st == ST_OK ? show(&v, json, err) : st;
}
