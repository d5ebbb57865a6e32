#include "admin/preview.h"

#include "admin/counts_read.h"
#include "admin/problem.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BODY_BYTES = 4096, NUMBER_BYTES = 32, DETAIL_MOST_BYTES = 4096 };

/* ---- asking ------------------------------------------------------------------------------- */

/* Of these the release itself need not hear: it can be done without knowing, and the server still
 * looks for regressions. */
static bool is_only_not_known(const struct err *err)
{
    static const char *const CODES[] = {"simulation_running", "timed_out",   "unsupported",
                                        "not_found",          "unavailable", "rate_limited"};
    for (size_t i = 0; err->code != NULL && i < sizeof CODES / sizeof CODES[0]; i++) {
        if (strcmp(err->code, CODES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum status write_body(const char *stage, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    if (stage != NULL) {
        pol_json_text(&w, "stage", stage);
    } else {
        pol_json_boolean(&w, "advance", true);
    }
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

static void explain_age(struct err *why)
{
    if (strcmp(why->code, "unsupported") == 0 || strcmp(why->code, "not_found") == 0) {
        (void)err_refuse(why, "unsupported", NULL, "this server is too old to say it");
    }
}

enum status adm_preview_get(struct adm_client *client, const char *stage, struct adm_answer *answer,
                            struct adm_preview *out, struct err *err)
{
    struct bytes body = bytes_with_limit(BODY_BYTES);
    struct err cause = {0};
    *out = (struct adm_preview){.known = false};
    enum status st = write_body(stage, &body);
    if (st != ST_OK) {
        st = err_set(&cause, st, 0, "the name of the stage is too long");
    } else {
        const struct adm_request request = {
            .method = "POST", .path = "/v1/simulate", .body = bytes_span(&body)};
        st = adm_answer_ask(client, &request, answer, &cause);
    }
    bytes_free(&body);
    if (st == ST_OK) {
        return adm_preview_read(answer, out, err);
    }
    if (is_only_not_known(&cause)) {
        explain_age(&cause);
        out->why = cause;
        return ST_OK;
    }
    *err = cause;
    return st;
}

/* ---- reading ------------------------------------------------------------------------------ */

static void read_to(const struct pol_at *root, struct adm_preview *out)
{
    struct pol_at to;
    const char *stage = "";
    if (!pol_read_member(root, "to", POL_REQUIRED, &to)) {
        return;
    }
    if (!pol_at_is_object(&to)) {
        pol_at_problem(&to, "wrong_type", "an object is expected");
        return;
    }
    (void)pol_read_text(&to, "stage", POL_REQUIRED, LIMIT_NAME_BYTES, &stage);
    (void)snprintf(out->stage, sizeof out->stage, "%s", stage);
    (void)pol_read_integer(&to, "version", POL_REQUIRED, 0, VERSION_MOST, &out->version);
}

static void read_refusal(const struct pol_at *root, struct adm_preview *out)
{
    struct pol_at refusal;
    const char *code = "";
    const char *detail = "";
    if (!pol_read_member(root, "refusal", POL_OPTIONAL, &refusal)) {
        return;
    }
    if (!pol_at_is_object(&refusal)) {
        pol_at_problem(&refusal, "wrong_type", "an object is expected");
    } else if (pol_read_text(&refusal, "code", POL_REQUIRED, LIMIT_NAME_BYTES, &code) &&
               pol_read_text(&refusal, "detail", POL_REQUIRED, DETAIL_MOST_BYTES, &detail)) {
        (void)err_refuse(&out->why, adm_problem_code(code), NULL, "%s", detail);
    }
}

enum status adm_preview_read(const struct adm_answer *answer, struct adm_preview *out,
                             struct err *err)
{
    struct pol_at root = adm_answer_root(answer);
    *out = (struct adm_preview){.known = true};
    if (!pol_at_is_object(&root)) {
        pol_at_problem(&root, "wrong_type", "an object was expected");
    } else {
        read_to(&root, out);
        out->users = adm_users_read(&root, "users");
        out->unchanged = adm_users_read(&root, "unchanged");
        out->regressing = adm_users_read(&root, "regressing");
        out->unknown = adm_users_read(&root, "unknown");
        adm_moves_read(&root, "changes", out->counts.moves);
        adm_stage_counts_read(&root, &out->counts);
        read_refusal(&root, out);
    }
    return adm_answer_check(answer, err);
}

/* ---- for people --------------------------------------------------------------------------- */

/* 12,431 */
static const char *grouped(uint64_t number, char out[NUMBER_BYTES])
{
    char digits[NUMBER_BYTES];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

/* Numbers stand one above the other: as wide as the number of all users. */
struct lines {
    struct bytes *out;
    int width;
    enum status st;
};

static void put_line(struct lines *l, const char *mark, uint64_t users, const char *words)
{
    char number[NUMBER_BYTES];
    if (l->st == ST_OK) {
        l->st = bytes_append_format(l->out, "%-7s%*s  %s\n", mark, l->width, grouped(users, number),
                                    words);
    }
}

static void put_moves(struct lines *l, const struct adm_preview *p)
{
    char words[BODY_BYTES];
    for (unsigned i = 0; i < POL_OUTCOME_COUNT * POL_OUTCOME_COUNT; i++) {
        unsigned from = i / POL_OUTCOME_COUNT;
        unsigned to = i % POL_OUTCOME_COUNT;
        bool back = pol_outcome_regresses(from, to);
        if (p->counts.moves[from][to] > 0) {
            (void)snprintf(words, sizeof words, "%s -> %s%s", pol_outcome_word(from),
                           pol_outcome_word(to),
                           back ? ": taken back, which --confirm-regression confirms" : "");
            put_line(l, back ? "!" : "", p->counts.moves[from][to], words);
        }
    }
}

static void put_unknown(struct lines *l, const struct adm_preview *p)
{
    if (p->unknown == 0) {
        return;
    }
    put_line(l, "", p->unknown, "not known to the server; their machines decide");
    for (size_t i = 0; i < POL_FACT_COUNT && l->st == ST_OK; i++) {
        char number[NUMBER_BYTES];
        if (p->counts.missing[i] > 0) {
            l->st =
                bytes_append_format(l->out, "%-7s%*s  (of %s \"%s\" is not known)\n", "", l->width,
                                    "", grouped(p->counts.missing[i], number), POL_FACT_WORDS[i]);
        }
    }
}

enum status adm_preview_text(const struct adm_preview *p, struct bytes *out)
{
    char number[NUMBER_BYTES];
    struct lines l = {.out = out, .width = (int)strlen(grouped(p->users, number))};
    if (!p->known) {
        return bytes_append_format(out, "!      how many users change is not known: %s (%s)\n",
                                   p->why.text, p->why.code);
    }
    put_moves(&l, p);
    put_line(&l, "", p->unchanged, "stay as they are");
    put_unknown(&l, p);
    if (l.st == ST_OK && p->why.st != ST_OK) {
        l.st = bytes_append_format(out, "!      the server would refuse it now: %s (%s)\n",
                                   p->why.text, p->why.code);
    }
    return l.st;
}
