#include "agent/preflight_here_win.h"

#include "agent/accepted_win.h"
#include "agent/preflight.h"
#include "agent/preflight_ask_win.h"
#include "agent/preflight_print.h"
#include "policy/parse.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_BYTES = 16 * 1024 };

struct wanted {
    const char *url;
    bool for_allow;
    bool for_block;
};

/* What there is to probe, and how it went. */
struct probing {
    struct wanted urls[AG_PREFLIGHT_URLS];
    size_t count;
    bool all_ready;
    bool allow_ready;
    bool block_ready;
};

static enum status print(const struct ag_preflight_shown *shown, bool json, struct err *err)
{
    struct bytes text = bytes_with_limit(OUTPUT_BYTES);
    enum status st = json ? ag_preflight_json(shown, &text) : ag_preflight_text(shown, &text);
    if (st == ST_OK) {
        bool done = fwrite(bytes_text(&text), 1, text.size, stdout) == text.size;
        st = done && fflush(stdout) == 0 ? ST_OK : ST_IO;
    }
    bytes_free(&text);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot print what came of probing");
}

/* Each is printed at once: one that hangs takes half a minute. */
static enum status probe_all(struct probing *p, bool json, struct err *err)
{
    enum status st = ST_OK;
    p->all_ready = true;
    for (size_t i = 0; st == ST_OK && i < p->count; i++) {
        const struct wanted *wanted = &p->urls[i];
        struct ag_preflight_shown shown = {
            .url = wanted->url, .for_allow = wanted->for_allow, .for_block = wanted->for_block};
        st = ag_preflight_ask(wanted->url, NULL, &shown.result, &shown.list, err);
        if (st == ST_OK) {
            bool ready = shown.result.verdict == POL_VERDICT_READY;
            p->all_ready = p->all_ready && ready;
            p->allow_ready = p->allow_ready || (ready && wanted->for_allow);
            p->block_ready = p->block_ready || (ready && wanted->for_block);
            st = print(&shown, json, err);
        }
    }
    return st;
}

/* ---- what is named on the command line ----------------------------------------------------- */

/* All are looked at before the first is asked. */
static enum status take_arguments(struct probing *p, char *const *urls, size_t count,
                                  struct err *err)
{
    struct ag_probe_target target;
    if (count > AG_PREFLIGHT_URLS) {
        return err_refuse(err, "too_large", "", "at most %d URLs at a time", AG_PREFLIGHT_URLS);
    }
    for (size_t i = 0; i < count; i++) {
        if (!ag_probe_target_of(urls[i], &target)) {
            return err_refuse(err, "bad_url", "",
                              "%s is no URL like https://mapi.example.com/mapi/healthcheck.htm",
                              urls[i]);
        }
        p->urls[p->count++] = (struct wanted){.url = urls[i]};
    }
    return ST_OK;
}

/* ---- what the policy names ----------------------------------------------------------------- */

static void take_list(struct probing *p, const struct pol_preflight *list, bool for_block)
{
    for (size_t i = 0; i < list->count; i++) {
        struct wanted *place = NULL;
        for (size_t k = 0; k < p->count && place == NULL; k++) {
            place = strcmp(p->urls[k].url, list->urls[i]) == 0 ? &p->urls[k] : NULL;
        }
        if (place == NULL) {
            place = &p->urls[p->count++];
            *place = (struct wanted){.url = list->urls[i]};
        }
        place->for_allow = place->for_allow || !for_block;
        place->for_block = place->for_block || for_block;
    }
}

static enum status probe_policy(const struct pol_policy *policy, bool json, bool *ready,
                                struct err *err)
{
    struct probing p = {.count = 0};
    const struct pol_guards *guards = &policy->guards;
    take_list(&p, &guards->allow, false);
    take_list(&p, &guards->block, true);
    if (p.count == 0) {
        return err_set(err, ST_NOT_FOUND, 0,
                       "the policy in force has no preflight: name a URL to probe");
    }
    enum status st = probe_all(&p, json, err);
    *ready =
        (guards->allow.count == 0 || p.allow_ready) && (guards->block.count == 0 || p.block_ready);
    return st;
}

enum status ag_preflight_here(const struct ag_config *config, char *const *urls, size_t count,
                              bool json, bool *ready, struct err *err)
{
    struct ag_accepted accepted = {0};
    struct pol_policy *policy = NULL;
    struct probing p = {.count = 0};
    enum status st = ST_OK;
    if (count > 0) {
        st = take_arguments(&p, urls, count, err);
        st = st == ST_OK ? probe_all(&p, json, err) : st;
        *ready = p.all_ready;
        return st;
    }
    st = ag_accepted_policy(config, &accepted, &policy, err);
    if (st == ST_NOT_FOUND) {
        (void)err_set(err, st, 0, "no policy was accepted yet: name a URL to probe");
    }
    st = st == ST_OK ? probe_policy(policy, json, ready, err) : st;
    pol_policy_free(policy);
    ag_accepted_close(&accepted);
    return st;
}
