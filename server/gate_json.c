#include "server/gate_json.h"

#include "server/rollout_parts.h"

static void write_missing(struct pol_json_writer *w, uint32_t missing)
{
    pol_json_array(w, "missing");
    for (unsigned i = SRV_GATE_SOAK; i < SRV_GATE_MISSING_END; i++) {
        if ((missing >> i & 1) != 0) {
            pol_json_text(w, NULL, SRV_GATE_REASON_WORDS[i]);
        }
    }
    pol_json_close_array(w);
}

static void write_counts(struct pol_json_writer *w, const struct srv_gate_counts *c)
{
    pol_json_integer(w, "subjects", (int64_t)c->subjects);
    pol_json_integer(w, "unknown", (int64_t)c->unknown);
    pol_json_integer(w, "reporting", (int64_t)c->reporting);
    pol_json_integer(w, "conclusive", (int64_t)(c->healthy + c->failing));
    pol_json_integer(w, "healthy", (int64_t)c->healthy);
    pol_json_integer(w, "failing", (int64_t)c->failing);
    pol_json_integer(w, "devices", (int64_t)c->devices);
    pol_json_integer(w, "failing_devices", (int64_t)c->failing_devices);
    pol_json_array(w, "samples");
    for (size_t i = 0; i < c->sample_count; i++) {
        const struct srv_gate_sample *s = &c->samples[i];
        pol_json_object(w, NULL);
        pol_json_integer(w, "threshold_ppm", s->threshold_ppm);
        pol_json_integer(w, "users", (int64_t)s->users);
        pol_json_integer(w, "seen", (int64_t)s->seen);
        pol_json_boolean(w, "off", srv_gate_sample_is_off(s));
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

static void write_bounds(struct pol_json_writer *w, const struct pol_gate *gate)
{
    pol_json_text(w, "advance", POL_ADVANCE_WORDS[gate->advance]);
    pol_json_text(w, "on_fail", POL_ON_FAIL_WORDS[gate->on_fail]);
    pol_json_integer(w, "soak_s", gate->soak_s);
    pol_json_integer(w, "min_reporting_percent", gate->min_reporting_percent);
    pol_json_integer(w, "min_conclusive_percent", gate->min_conclusive_percent);
    pol_json_integer(w, "min_healthy_percent", gate->min_healthy_percent);
    pol_json_integer(w, "max_failing", gate->max_failing);
}

static void write_gate(struct pol_json_writer *w, const struct pol_policy *policy,
                       const struct srv_gate_view *gate)
{
    pol_json_object(w, "gate");
    pol_json_text(w, "stage", policy->stage);
    pol_json_integer(w, "version", gate->version);
    pol_json_text(w, "verdict", SRV_GATE_VERDICT_WORDS[gate->answer.verdict]);
    pol_json_text(w, "reason", SRV_GATE_REASON_WORDS[gate->answer.reason]);
    pol_json_text(w, "refusal", gate->refusal[0] != '\0' ? gate->refusal : NULL);
    write_missing(w, gate->answer.missing);
    pol_json_time(w, "at", gate->at_s);
    pol_json_integer(w, "soak_left_s", gate->answer.soak_left_s);
    pol_json_time(w, "failing_since", gate->answer.failing_s);
    write_counts(w, &gate->counts);
    write_bounds(w, &policy->gate);
    pol_json_close_object(w);
}

static void write_hold(struct pol_json_writer *w, const struct srv_gate_hold *hold)
{
    if (hold->at_s < 0) {
        pol_json_null(w, "hold");
        return;
    }
    pol_json_object(w, "hold");
    pol_json_text(w, "reason", hold->reason);
    pol_json_text(w, "by", hold->by);
    pol_json_time(w, "at", hold->at_s);
    pol_json_close_object(w);
}

void srv_gate_write(struct pol_json_writer *w, const struct srv_rollout_view *rollout,
                    const struct srv_gate_view *gate)
{
    const struct pol_bundle_entry *entry = srv_bundle_find(rollout->released, gate->version);
    if (entry == NULL || gate->version == 0 || gate->version != rollout->release.version) {
        pol_json_null(w, "gate");
    } else {
        write_gate(w, entry->policy, gate);
    }
    write_hold(w, &rollout->hold);
}
