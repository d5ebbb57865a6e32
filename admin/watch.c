#include "admin/watch.h"

#include "admin/interrupt.h"
#include "admin/options.h"
#include "admin/print.h"
#include "admin/terminal.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/time_text.h"
#include "policy/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    EVERY_MOST_S = 3600,
    REST_MOST_S = 60,
    JITTER_PERCENT = 20,
    SHARE_OF_TIME = 10 /* a look that takes long is taken seldom */
};

struct watching {
    const struct adm_watched *watched;
    struct adm_screen screen;
    int64_t every_s;
    struct adm_facts facts;  /* of the look before */
    struct bytes last;       /* the last picture that was drawn */
    unsigned looks;          /* that went well */
    unsigned failures;       /* in a row */
    uint64_t took_ms;        /* the last look */
    enum status st_of_visit; /* printing from within a comparison */
    struct err *err;
};

int64_t adm_watch_rest_s(int64_t every_s, unsigned failures)
{
    int64_t rest_s = every_s;
    for (unsigned i = 0; i < failures && rest_s < REST_MOST_S; i++) {
        rest_s *= 2;
    }
    return failures > 0 && rest_s > REST_MOST_S && every_s <= REST_MOST_S ? REST_MOST_S : rest_s;
}

/* What waiting may put right. A server behind something else may be refused for a moment. */
static bool passes(enum status st, const struct err *err)
{
    static const char *const CODES[] = {"unavailable", "rate_limited", "internal"};
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (st == ST_REFUSED && err->code != NULL && strcmp(err->code, CODES[i]) == 0) {
            return true;
        }
    }
    return status_class(st) == STATUS_TRY_LATER;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static enum status print_line(const char *text, struct err *err)
{
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    char time[TIME_TEXT_BYTES];
    time_text_write(clock_wall_s(), time);
    enum status st = bytes_append_format(&line, "%s  %s\n", time, text);
    st = adm_print(&line, st, err);
    bytes_free(&line);
    return st;
}

static enum status print_json_of(const char *key, const char *value, struct err *err)
{
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    struct pol_json_writer w = pol_json_write_start(&line);
    pol_json_object(&w, NULL);
    pol_json_time(&w, "at", clock_wall_s());
    pol_json_text(&w, key, value);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    st = st == ST_OK ? bytes_append_text(&line, "\n") : st;
    st = adm_print(&line, st, err);
    bytes_free(&line);
    return st;
}

static enum status print_raw(const char *text, struct err *err)
{
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = adm_print(&line, bytes_append_format(&line, "%s\n", text), err);
    bytes_free(&line);
    return st;
}

static enum status print_change(void *ctx, const char *key, const char *text)
{
    struct watching *w = ctx;
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;
    if (w->watched->json) {
        st = text != NULL ? print_raw(text, w->err) : print_json_of("gone", key, w->err);
    } else if (text != NULL) {
        st = print_line(text, w->err);
    } else {
        st = bytes_append_text(&line, "gone: ");
        st = st == ST_OK ? bytes_append_visible(&line, key) : st;
        st = st == ST_OK ? print_line(bytes_text(&line), w->err)
                         : err_set(w->err, st, 0, "a line is too long to show");
    }
    w->st_of_visit = st;
    bytes_free(&line);
    return st;
}

static enum status print_changes(struct watching *w, struct adm_facts *now)
{
    w->st_of_visit = ST_OK;
    enum status st = adm_facts_compare(&w->facts, now, print_change, w);
    if (st != ST_OK && w->st_of_visit == ST_OK) {
        st = err_set(w->err, st, 0, "too much to compare: narrow it down by a filter");
    }
    adm_facts_done(&w->facts);
    w->facts = *now;
    *now = adm_facts_new();
    return st;
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* One line above the picture, then the picture. */
static enum status draw(struct watching *w, const char *line)
{
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    struct bytes cut = bytes_with_limit(ADM_PRINT_BYTES);
    struct bytes frame = bytes_with_limit(ADM_PRINT_BYTES);
    const struct adm_look *look = &w->screen.look;
    enum status st = adm_look_append_cut(look, line, look->columns, &cut);
    st = st == ST_OK ? adm_look_append(look, w->failures > 0 ? ADM_STYLE_BAD : ADM_STYLE_FAINT,
                                       bytes_text(&cut), &text)
                     : st;
    st = st == ST_OK ? bytes_append_format(&text, "\n%s", bytes_text(&w->last)) : st;
    st = st == ST_OK ? adm_screen_append_frame(&w->screen, bytes_text(&text), &frame) : st;
    st = adm_print(&frame, st, w->err);
    bytes_free(&frame);
    bytes_free(&cut);
    bytes_free(&text);
    return st;
}

static enum status draw_well(struct watching *w)
{
    char time[TIME_TEXT_BYTES];
    char line[TIME_TEXT_BYTES + 64];
    time_text_write(clock_wall_s(), time);
    (void)snprintf(line, sizeof line, "%s, every %" PRId64 " s; Ctrl-C ends", time, w->every_s);
    return draw(w, line);
}

static bool draws(const struct watching *w)
{
    return w->screen.draws && !w->watched->json;
}

/* ---- one look after the other ---------------------------------------------------------------- */

static enum status show_well(struct watching *w, struct adm_sight *sight)
{
    bool only_changes = w->watched->json && w->watched->only_changes;
    bool whole = w->looks == 0 || w->watched->json;
    enum status st = ST_OK;
    if (draws(w)) {
        bytes_free(&w->last);
        w->last = sight->picture;
        sight->picture = (struct bytes){0};
        return draw_well(w);
    }
    if (w->failures > 0 && !w->watched->json) {
        st = print_line("*** the server answers again", w->err);
    }
    if (st == ST_OK && whole && !only_changes) {
        st = adm_print(&sight->picture, ST_OK, w->err);
    }
    if (st == ST_OK && sight->facts != NULL && w->looks == 0 && !only_changes) {
        adm_facts_done(&w->facts);
        w->facts = *sight->facts; /* all of it is in the picture */
        *sight->facts = adm_facts_new();
    } else if (st == ST_OK && sight->facts != NULL) {
        st = print_changes(w, sight->facts);
    }
    return st;
}

/* Said once for each time it goes away; in place, for each try. */
static enum status show_failure(struct watching *w, const struct err *failed)
{
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = bytes_append_text(&line, "*** no answer: ");
    st = st == ST_OK ? bytes_append_visible(&line, failed->text) : st;
    if (st != ST_OK) {
        st = err_set(w->err, st, 0, "a line is too long to show");
    } else if (draws(w)) {
        st = draw(w, bytes_text(&line));
    } else if (w->failures == 1) {
        st = w->watched->json ? print_json_of("error", failed->text, w->err)
                              : print_line(bytes_text(&line), w->err);
    }
    bytes_free(&line);
    return st;
}

/* ST_CANCELLED: Ctrl-C came meanwhile. */
static enum status look_once(struct watching *w)
{
    struct err failed = {.st = ST_OK};
    struct adm_facts facts = adm_facts_new();
    bool wants_facts = w->watched->json ? w->watched->only_changes : !draws(w);
    adm_screen_measure(&w->screen);
    struct adm_sight sight = {.look = w->screen.look,
                              .picture = bytes_with_limit(ADM_PRINT_BYTES),
                              .facts = wants_facts ? &facts : NULL};
    uint64_t started_ms = clock_monotonic_ms();
    enum status st = w->watched->look(w->watched->ctx, &sight, &failed);
    w->took_ms = clock_monotonic_ms() - started_ms;
    if (st == ST_OK) {
        st = show_well(w, &sight);
        w->failures = 0;
        w->looks++;
    } else if (w->looks > 0 && st != ST_CANCELLED && passes(st, &failed)) {
        w->failures++;
        st = show_failure(w, &failed);
    } else if (w->err != NULL) {
        *w->err = failed;
    }
    bytes_free(&sight.picture);
    adm_facts_done(&facts);
    return st;
}

static void rest(const struct watching *w)
{
    uint64_t rest_ms = (uint64_t)adm_watch_rest_s(w->every_s, w->failures) * 1000;
    uint32_t chance = 0;
    if (w->failures > 0 && random_bytes(&chance, sizeof chance) == ST_OK) {
        /* Many who watch do not come back in the same moment. */
        rest_ms += rest_ms * (chance % JITTER_PERCENT) / 100;
    }
    uint64_t least_ms = w->took_ms * SHARE_OF_TIME;
    adm_interrupt_wait((uint32_t)(rest_ms > least_ms ? rest_ms : least_ms));
}

static enum status watch_on(struct watching *w)
{
    static const char CLEAR[] = "\x1b[2J";
    enum status st = adm_interrupt_catch(w->err);
    if (st == ST_OK && draws(w)) {
        st = adm_terminal_write(span_text(CLEAR), w->err);
    }
    while (st == ST_OK && !adm_interrupt_came()) {
        st = look_once(w);
        if (st == ST_OK) {
            rest(w);
        }
    }
    if (adm_interrupt_came() && draws(w)) {
        /* The terminal has put a ^C below the picture. */
        st = adm_terminal_write(span_text("\r\x1b[K"), w->err);
    }
    return st == ST_CANCELLED && adm_interrupt_came() ? ST_OK : st;
}

static enum status show_once(struct watching *w)
{
    struct adm_sight sight = {.look = w->screen.look, .picture = bytes_with_limit(ADM_PRINT_BYTES)};
    enum status st = w->watched->look(w->watched->ctx, &sight, w->err);
    st = st == ST_OK ? adm_print(&sight.picture, ST_OK, w->err) : st;
    bytes_free(&sight.picture);
    return st;
}

enum status adm_watch_run(const struct adm_watch *watch, const struct adm_watched *watched,
                          struct err *err)
{
    struct watching w = {
        .watched = watched, .every_s = watched->usual_s, .facts = adm_facts_new(), .err = err};
    enum status st = ST_OK;
    if (watch->every != NULL) {
        st = adm_option_number("--watch", watch->every, 1, EVERY_MOST_S, &w.every_s, err);
    }
    if (st == ST_OK) {
        adm_screen_open(&w.screen);
        st = watch->on ? watch_on(&w) : show_once(&w);
        adm_screen_close(&w.screen);
    }
    bytes_free(&w.last);
    adm_facts_done(&w.facts);
    return st;
}
