#include "admin/gate_text.h"

#include "admin/table.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    CONCLUSIVE_LEAST = 20,
    CELL_BYTES = 96,
    LINE_BYTES = 16 * 1024,
    INDENT = 10,
    PPM_PER_PERCENT = 10000,
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400
};

static const struct {
    const char *reason;
    const char *sentence;
} SENTENCES[] = {
    {"passed", "passed"},
    {"soak", "waits until the soak time is over"},
    {"reporting", "holds: too few have reported"},
    {"conclusive", "holds: of too few it is known whether they are healthy"},
    {"conclusive_percent", "holds: of too few it is known whether they are healthy"},
    {"healthy", "holds: too few are healthy"},
    {"failing", "HOLDS: too many machines fail"},
    {"sample_ratio", "HOLDS: those who report are not a fair share of a percentage"},
    {"manual", "passed: 'mapi-rollout advance' goes on"},
    {"not_before", "passed: the next stage is not due yet"},
    {"no_next_stage", "passed: this is the last signed stage"},
    {"never_automatic", "passed: release and restore are entered by hand: 'mapi-rollout advance'"},
    {"held", "holds: see hold"},
    {"refused", "HOLDS: "},
    {"behind_fleet", "HOLDS: machines have a version that is not released here"},
    {"behind_fleet", "HOLDS: machines have a newer version than is released here"},
    {"not_fixed", "holds: whom to look at was not fixed at its release: go on by hand"},
};

/* A reason that a newer server has is shown as its word. */
static const char *sentence_of(const char *reason)
{
    for (size_t i = 0; i < sizeof SENTENCES / sizeof SENTENCES[0]; i++) {
        if (strcmp(SENTENCES[i].reason, reason) == 0) {
            return SENTENCES[i].sentence;
        }
    }
    return reason;
}

enum status adm_hold_text(const struct adm_hold_view *hold, const struct adm_look *look,
                          struct bytes *out)
{
    char time[TIME_TEXT_BYTES] = "";
    struct bytes line = bytes_with_limit(LINE_BYTES);
    if (!hold->held) {
        return ST_OK;
    }
    if (hold->at_s >= 0) {
        time_text_write(hold->at_s, time);
    }
    enum status st = bytes_append_format(&line, "hold      the gates are held, %s by ", time);
    st = st == ST_OK ? bytes_append_visible(&line, hold->by) : st;
    st = st == ST_OK ? bytes_append_text(&line, ": ") : st;
    st = st == ST_OK ? bytes_append_visible(&line, hold->reason) : st;
    st = st == ST_OK ? adm_look_append_line(look, ADM_STYLE_PENDING, INDENT, bytes_text(&line), out)
                     : st;
    bytes_free(&line);
    return st;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void write_duration(int64_t s, char out[CELL_BYTES])
{
    if (s >= DAY_S) {
        (void)snprintf(out, CELL_BYTES, "%" PRId64 " d %" PRId64 " h", s / DAY_S,
                       s % DAY_S / HOUR_S);
    } else if (s >= HOUR_S) {
        (void)snprintf(out, CELL_BYTES, "%" PRId64 " h %" PRId64 " min", s / HOUR_S,
                       s % HOUR_S / MINUTE_S);
    } else {
        (void)snprintf(out, CELL_BYTES, "%" PRId64 " min %" PRId64 " s", s / MINUTE_S,
                       s % MINUTE_S);
    }
}

static void add_row(struct adm_table *table, bool missing, const char *number, const char *is,
                    const char *needs)
{
    adm_table_cell_in(table, ADM_STYLE_BAD, missing ? "!" : " ");
    adm_table_cell(table, number);
    adm_table_cell_in(table, missing ? ADM_STYLE_BAD : ADM_STYLE_PLAIN, is);
    adm_table_cell(table, needs);
}

static bool reaches(int64_t part, int64_t whole, int64_t percent)
{
    return part * 100 >= whole * percent;
}

static void add_share(struct adm_table *table, const char *number, int64_t part, int64_t whole,
                      int64_t percent)
{
    char is[CELL_BYTES];
    char needs[CELL_BYTES];
    (void)snprintf(is, sizeof is, "%" PRId64 " of %" PRId64, part, whole);
    (void)snprintf(needs, sizeof needs, "%" PRId64 " %%", percent);
    add_row(table, !reaches(part, whole, percent), number, is, needs);
}

static void add_soak(struct adm_table *table, const struct adm_gate_view *g)
{
    char left[CELL_BYTES];
    char is[CELL_BYTES + 8];
    char needs[CELL_BYTES];
    write_duration(g->soak_left_s, left);
    (void)snprintf(is, sizeof is, "%s left", left);
    write_duration(g->soak_s, needs);
    add_row(table, g->soak_left_s > 0, "soak", g->soak_left_s > 0 ? is : "over", needs);
}

static void add_conclusive(struct adm_table *table, const struct adm_gate_view *g)
{
    char is[CELL_BYTES];
    char needs[CELL_BYTES];
    int64_t least = g->subjects < CONCLUSIVE_LEAST ? g->subjects : CONCLUSIVE_LEAST;
    bool missing =
        g->conclusive < least || !reaches(g->conclusive, g->subjects, g->min_conclusive_percent);
    (void)snprintf(is, sizeof is, "%" PRId64 " of %" PRId64, g->conclusive, g->subjects);
    (void)snprintf(needs, sizeof needs, "%" PRId64 " %%, and %" PRId64, g->min_conclusive_percent,
                   least);
    add_row(table, missing, "conclusive", is, needs);
}

static void add_failing(struct adm_table *table, const struct adm_gate_view *g)
{
    char is[CELL_BYTES];
    char needs[CELL_BYTES];
    (void)snprintf(is, sizeof is, "%" PRId64 " of %" PRId64, g->failing_devices, g->devices);
    (void)snprintf(needs, sizeof needs, "at most %" PRId64, g->max_failing);
    add_row(table, strcmp(g->reason, "failing") == 0, "failing devices", is, needs);
}

static void add_sample(struct adm_table *table, const struct adm_sample_view *s)
{
    char is[CELL_BYTES];
    char needs[CELL_BYTES];
    (void)snprintf(is, sizeof is, "%" PRId64 " of %" PRId64, s->seen, s->users);
    (void)snprintf(needs, sizeof needs, "about %" PRId64 ".%04" PRId64 " %%",
                   s->threshold_ppm / PPM_PER_PERCENT, s->threshold_ppm % PPM_PER_PERCENT);
    add_row(table, true, "in a percentage", is, needs);
}

static enum status append_numbers(const struct adm_gate_view *g, const struct adm_look *look,
                                  struct bytes *out)
{
    static const char *const HEAD[] = {" ", "NUMBER", "IS", "NEEDS"};
    struct adm_table table = adm_table_with(sizeof HEAD / sizeof HEAD[0]);
    table.look = *look;
    adm_table_heading(&table, HEAD);
    add_soak(&table, g);
    add_share(&table, "reporting", g->reporting, g->subjects, g->min_reporting_percent);
    add_conclusive(&table, g);
    add_share(&table, "healthy", g->healthy, g->conclusive, g->min_healthy_percent);
    add_failing(&table, g);
    if (g->sample_off) {
        add_sample(&table, &g->sample);
    }
    enum status st = adm_table_write(&table, out);
    adm_table_done(&table);
    return st;
}

/* What comes of it, either way. */
static enum status append_plan(const struct adm_gate_view *g, const struct adm_look *look,
                               struct bytes *out)
{
    char line[CELL_BYTES * 2];
    if (g->advance[0] == '\0' || g->on_fail[0] == '\0') {
        return ST_OK;
    }
    (void)snprintf(line, sizeof line, "passed, it %s; failed, it %s",
                   strcmp(g->advance, "auto") == 0 ? "goes on by itself"
                                                   : "waits for 'mapi-rollout advance'",
                   strcmp(g->on_fail, "safe") == 0 ? "pulls the brake" : "holds");
    return adm_look_append_line(look, ADM_STYLE_FAINT, 0, line, out);
}

static enum status append_notes(const struct adm_gate_view *g, const struct adm_look *look,
                                struct bytes *out)
{
    char time[TIME_TEXT_BYTES];
    char line[CELL_BYTES * 2];
    enum status st = ST_OK;
    if (g->failing_since_s >= 0) {
        time_text_write(g->failing_since_s, time);
        (void)snprintf(line, sizeof line,
                       "*** the brake goes on 15 minutes after %s, unless this ends or "
                       "the gates are held ***",
                       time);
        st = adm_look_append_line(look, ADM_STYLE_BAD, 0, line, out);
    }
    if (st == ST_OK && g->unknown > 0) {
        (void)snprintf(line, sizeof line,
                       "of %" PRId64 " users the server cannot tell what changes", g->unknown);
        st = adm_look_append_line(look, ADM_STYLE_PENDING, 0, line, out);
    }
    return st;
}

enum status adm_gate_sentence(const struct adm_gate_view *gate, struct bytes *out)
{
    enum status st = bytes_append_format(out, "gate of %s ", gate->stage);
    st = st == ST_OK ? bytes_append_visible(out, sentence_of(gate->reason)) : st;
    return st == ST_OK ? bytes_append_visible(out, gate->refusal) : st;
}

enum status adm_gate_text(const struct adm_gate_view *gate, const struct adm_look *look,
                          struct bytes *out)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    if (!gate->known) {
        return ST_OK;
    }
    enum status st = adm_gate_sentence(gate, &line);
    st = st == ST_OK ? bytes_append_text(out, "\n") : st;
    st = st == ST_OK ? adm_look_append_line(look, ADM_STYLE_HEAD, 0, bytes_text(&line), out) : st;
    st = st == ST_OK ? append_numbers(gate, look, out) : st;
    st = st == ST_OK ? append_plan(gate, look, out) : st;
    bytes_free(&line);
    return st == ST_OK ? append_notes(gate, look, out) : st;
}
