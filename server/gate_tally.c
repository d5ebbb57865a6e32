#include "server/gate_tally.h"

bool srv_state_is_failing(enum pol_state state)
{
    return state == POL_STATE_ERROR || state == POL_STATE_MISMATCH;
}

/* Whoever is out of what this version manages leaves all numbers. */
static bool has_left(const struct srv_gate_subject *s, bool reports)
{
    return s->gone ||
           (reports && (s->state == POL_STATE_PAUSED || s->state == POL_STATE_UNMANAGED));
}

/* For long enough, and not from before the release on. */
static bool fails_now(const struct srv_gate_tally *t, const struct srv_gate_subject *s)
{
    return srv_state_is_failing(s->state) && s->failing_since_s >= t->released_s &&
           t->now_s - s->failing_since_s >= SRV_GATE_FAILING_AFTER_S;
}

static void enter_device(struct srv_gate_tally *t, int64_t device)
{
    if (t->device != device) {
        t->device = device;
        t->device_counts = false;
        t->device_fails = false;
    }
}

void srv_gate_tally_add(struct srv_gate_tally *t, const struct srv_gate_subject *s)
{
    bool reports = s->version == t->version;
    enter_device(t, s->device);
    if (has_left(s, reports)) {
        return;
    }
    bool fails = reports && fails_now(t, s);
    t->counts.subjects++;
    t->counts.reporting += reports ? 1 : 0;
    t->counts.healthy += reports && s->state == POL_STATE_COMPLIANT ? 1 : 0;
    t->counts.failing += fails ? 1 : 0;
    t->counts.devices += t->device_counts ? 0 : 1;
    t->counts.failing_devices += fails && !t->device_fails ? 1 : 0;
    t->device_counts = true;
    t->device_fails = t->device_fails || fails;
}
