#include "agent/preflight_print.h"

#include "policy/json_write.h"

/* ---- for people ---------------------------------------------------------------------------- */

static const char *use_of(const struct ag_preflight_shown *shown)
{
    if (shown->for_allow) {
        return shown->for_block ? " (for allow and block)" : " (for allow)";
    }
    return shown->for_block ? " (for block)" : "";
}

/* "virtual_directory" is "virtual directory" to people. */
static enum status append_words(struct bytes *out, const char *word, int width)
{
    enum status st = ST_OK;
    for (; st == ST_OK && *word != '\0'; word++, width--) {
        st = bytes_append(out, *word == '_' ? " " : word, 1);
    }
    for (; st == ST_OK && width > 0; width--) {
        st = bytes_append_text(out, " ");
    }
    return st;
}

static enum status append_step(const struct ag_preflight_shown *shown, size_t step,
                               struct bytes *out)
{
    enum { STATE_WIDTH = 13, STEP_WIDTH = 19 };
    enum status st = bytes_append_text(out, "  ");
    if (st == ST_OK) {
        st = append_words(out, AG_STEP_STATE_WORDS[shown->list.steps[step].state], STATE_WIDTH);
    }
    if (st == ST_OK) {
        st = append_words(out, AG_STEP_WORDS[step], STEP_WIDTH);
    }
    return st == ST_OK ? bytes_append_format(out, "%s\n", shown->list.steps[step].sentence) : st;
}

enum status ag_preflight_text(const struct ag_preflight_shown *shown, struct bytes *out)
{
    enum status st = bytes_append_format(out, "%s%s: %s\n", shown->url, use_of(shown),
                                         POL_VERDICT_WORDS[shown->result.verdict]);
    for (size_t i = 0; st == ST_OK && i < AG_STEP_COUNT; i++) {
        st = append_step(shown, i, out);
    }
    return st == ST_OK ? bytes_append_format(out, "  next: %s\n", shown->list.next) : st;
}

/* ---- as JSON ------------------------------------------------------------------------------- */

static void write_result(struct pol_json_writer *w, const struct ag_probe_result *result)
{
    const char *words[AG_SCHEME_COUNT];
    size_t count = ag_scheme_words(result->schemes, words);
    pol_json_text(w, "verdict", POL_VERDICT_WORDS[result->verdict]);
    if (result->http != 0) {
        pol_json_integer(w, "http", result->http);
    } else {
        pol_json_null(w, "http");
    }
    pol_json_text(w, "server", result->server[0] != '\0' ? result->server : NULL);
    pol_json_array(w, "auth");
    for (size_t i = 0; i < count; i++) {
        pol_json_text(w, NULL, words[i]);
    }
    pol_json_close_array(w);
}

static void write_steps(struct pol_json_writer *w, const struct ag_checklist *list)
{
    pol_json_array(w, "steps");
    for (size_t i = 0; i < AG_STEP_COUNT; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "step", AG_STEP_WORDS[i]);
        pol_json_text(w, "state", AG_STEP_STATE_WORDS[list->steps[i].state]);
        pol_json_text(w, "says", list->steps[i].sentence);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
    pol_json_text(w, "next", list->next);
}

enum status ag_preflight_json(const struct ag_preflight_shown *shown, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "url", shown->url);
    pol_json_array(&w, "for");
    if (shown->for_allow) {
        pol_json_text(&w, NULL, "allow");
    }
    if (shown->for_block) {
        pol_json_text(&w, NULL, "block");
    }
    pol_json_close_array(&w);
    write_result(&w, &shown->result);
    write_steps(&w, &shown->list);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}
