#include "policy/report_machine.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const USES[] = {"allow", "block"};

/* ---- Outlook ------------------------------------------------------------------------------ */

static void write_count(struct pol_json_writer *w, const char *key, uint32_t count)
{
    if (count == 0) {
        pol_json_null(w, key);
    } else {
        pol_json_integer(w, key, count);
    }
}

void pol_report_write_outlook(struct pol_json_writer *w, const char *key,
                              const struct pol_report *r)
{
    if (!r->outlook_known) {
        pol_json_null(w, key);
        return;
    }
    pol_json_object(w, key);
    pol_json_text(w, "version", r->outlook_version);
    pol_json_text(w, "bitness", r->outlook_bitness);
    pol_json_text(w, "install", POL_INSTALL_WORDS[r->outlook_install]);
    if (r->outlook_minimum == POL_NOT_KNOWN) {
        pol_json_null(w, "minimum");
    } else {
        pol_json_boolean(w, "minimum", r->outlook_minimum == POL_YES);
    }
    write_count(w, "dotnet_release", r->dotnet_release);
    pol_json_close_object(w);
}

void pol_report_read_outlook(const struct pol_at *root, struct pol_report *r)
{
    static const char *const KEYS[] = {"version", "bitness", "install", "minimum",
                                       "dotnet_release"};
    struct pol_at at;
    size_t install = POL_INSTALL_UNKNOWN;
    r->outlook_known = pol_shape_object(root, "outlook", POL_OPTIONAL, KEYS, COUNT(KEYS), &at);
    if (r->outlook_known) {
        (void)pol_read_text(&at, "version", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->outlook_version);
        (void)pol_read_text(&at, "bitness", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->outlook_bitness);
        (void)pol_read_word(&at, "install", POL_OPTIONAL, POL_INSTALL_WORDS, POL_INSTALL_COUNT,
                            &install);
        r->outlook_minimum = pol_shape_answer(&at, "minimum");
        pol_shape_count(&at, "dotnet_release", POL_OPTIONAL, &r->dotnet_release);
    }
    r->outlook_install = (enum pol_install)install;
}

/* ---- preflight ---------------------------------------------------------------------------- */

static void write_probe(struct pol_json_writer *w, const struct pol_report_probe *probe)
{
    pol_json_object(w, NULL);
    pol_json_text(w, "url", probe->url);
    pol_json_text(w, "for", USES[probe->for_block ? 1 : 0]);
    pol_json_text(w, "verdict", POL_VERDICT_WORDS[probe->verdict]);
    write_count(w, "http", probe->http);
    pol_json_text(w, "server", probe->server);
    pol_json_array(w, "auth");
    for (size_t i = 0; i < probe->auth_count; i++) {
        pol_json_text(w, NULL, probe->auth[i]);
    }
    pol_json_close_array(w);
    pol_json_time(w, "at", probe->at_s);
    pol_json_close_object(w);
}

/* No list where nothing is asked for: most policies have no such guard. */
void pol_report_write_preflight(struct pol_json_writer *w, const char *key,
                                const struct pol_report *r)
{
    if (r->probe_count == 0) {
        pol_json_null(w, key);
        return;
    }
    pol_json_array(w, key);
    for (size_t i = 0; i < r->probe_count; i++) {
        write_probe(w, &r->probes[i]);
    }
    pol_json_close_array(w);
}

static void read_probe(const struct pol_at *at, struct pol_shape_room *room,
                       struct pol_report_probe *out)
{
    static const char *const KEYS[] = {"url", "for", "verdict", "http", "server", "auth", "at"};
    size_t use = 0;
    size_t verdict = 0;
    *out = (struct pol_report_probe){.at_s = -1};
    if (!pol_read_object(at, KEYS, COUNT(KEYS))) {
        return;
    }
    (void)pol_read_text(at, "url", POL_REQUIRED, LIMIT_STRING_BYTES, &out->url);
    (void)pol_read_word(at, "for", POL_REQUIRED, USES, COUNT(USES), &use);
    (void)pol_read_word(at, "verdict", POL_REQUIRED, POL_VERDICT_WORDS, POL_VERDICT_COUNT,
                        &verdict);
    out->for_block = use == 1;
    out->verdict = (enum pol_verdict)verdict;
    pol_shape_count(at, "http", POL_OPTIONAL, &out->http);
    (void)pol_read_text(at, "server", POL_OPTIONAL, LIMIT_STRING_BYTES, &out->server);
    pol_shape_texts(at, "auth", room, &out->auth, &out->auth_count);
    (void)pol_read_time(at, "at", POL_OPTIONAL, &out->at_s);
}

void pol_report_read_preflight(const struct pol_at *root, struct pol_report_probe *probes,
                               struct pol_shape_room *room, struct pol_report *r)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_shape_list(root, "preflight", POL_PROBES_MOST, &list, &count)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_probe(&item, room, &probes[item.index]);
    }
    r->probes = probes;
    r->probe_count = count;
}
