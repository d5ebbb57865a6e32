#include "admin/gate_text.h"
#include "admin/status_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_BYTES = 16 * 1024, KEY_BYTES = 96 };

static void add_released(const struct adm_rollout_view *r, struct adm_facts *out)
{
    if (r->released_version == 0) {
        adm_facts_add(out, "released", "released nothing yet");
        return;
    }
    adm_facts_add_format(out, "released", "released %s, version %" PRId64 "%s%s", r->released_stage,
                         r->released_version, r->is_safe ? "  *** THE BRAKE IS ON ***" : "",
                         r->is_missing ? "  *** not at hand ***" : "");
}

static void add_hold(const struct adm_hold_view *hold, struct adm_facts *out)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    enum status st = bytes_append_text(&line, hold->held ? "the gates are held by " : "no hold");
    if (st == ST_OK && hold->held) {
        st = bytes_append_visible(&line, hold->by);
        st = st == ST_OK ? bytes_append_text(&line, ": ") : st;
        st = st == ST_OK ? bytes_append_visible(&line, hold->reason) : st;
    }
    out->st = out->st == ST_OK ? st : out->st;
    adm_facts_add(out, "hold", bytes_text(&line));
    bytes_free(&line);
}

/* Without the soak, which changes all the time. */
static void add_gate(const struct adm_gate_view *gate, struct adm_facts *out)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    if (gate->known) {
        enum status st = adm_gate_sentence(gate, &line);
        out->st = out->st == ST_OK ? st : out->st;
        adm_facts_add(out, "gate", bytes_text(&line));
        adm_facts_add_format(out, "gate numbers",
                             "reporting %" PRId64 " of %" PRId64 ", conclusive %" PRId64
                             ", healthy %" PRId64 ", failing devices %" PRId64,
                             gate->reporting, gate->subjects, gate->conclusive, gate->healthy,
                             gate->failing_devices);
    }
    bytes_free(&line);
}

static void add_states(const struct adm_compliance_view *fleet, struct adm_facts *out)
{
    for (size_t i = 0; i < POL_STATE_COUNT; i++) {
        char key[KEY_BYTES];
        (void)snprintf(key, sizeof key, "state %s", POL_STATE_WORDS[i]);
        adm_facts_add_format(out, key, "%s %" PRId64 " of %" PRId64, POL_STATE_WORDS[i],
                             fleet->state[i], fleet->users);
    }
}

void adm_status_facts(const struct adm_status_view *view, struct adm_facts *out)
{
    const struct adm_rollout_view *r = &view->rollout;
    add_released(r, out);
    adm_facts_add_format(out, "stored", "stored serial %" PRIu32, r->newest.serial);
    add_hold(&r->hold, out);
    add_gate(&r->gate, out);
    if (r->behind.behind) {
        adm_facts_add_format(out, "behind",
                             "*** machines have a newer version than is released here: %" PRId64,
                             r->behind.version);
    }
    if (view->fleet.stale_devices >= 0) {
        adm_facts_add_format(out, "stale devices", "%" PRId64 " devices are stale",
                             view->fleet.stale_devices);
    }
    add_states(&view->fleet, out);
}
