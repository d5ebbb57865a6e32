#include "admin/gate_view.h"

#include "base/visible.h"

enum { NOTE_BYTES = 4096, SAMPLES_MOST = LIMIT_LIST_ITEMS }; /* texts are shown cut */

static void copy_text(const struct pol_at *at, const char *key, enum pol_need need, char *out,
                      size_t room)
{
    const char *text = "";
    (void)pol_read_text(at, key, need, NOTE_BYTES, &text);
    (void)visible_copy(text, out, room); /* it is printed */
}

static bool read_object(const struct pol_at *at, const char *key, struct pol_at *out)
{
    if (!pol_read_member(at, key, POL_OPTIONAL, out)) {
        return false;
    }
    if (!pol_at_is_object(out)) {
        pol_at_problem(out, "wrong_type", "an object was expected");
        return false;
    }
    return true;
}

static void read_sample(const struct pol_at *at, struct adm_gate_view *out)
{
    struct adm_sample_view sample = {0};
    bool off = false;
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "an object was expected");
        return;
    }
    (void)pol_read_boolean(at, "off", POL_REQUIRED, &off);
    (void)pol_read_integer(at, "threshold_ppm", POL_REQUIRED, 0, 1000000, &sample.threshold_ppm);
    (void)pol_read_integer(at, "users", POL_REQUIRED, 0, VERSION_MOST, &sample.users);
    (void)pol_read_integer(at, "seen", POL_REQUIRED, 0, VERSION_MOST, &sample.seen);
    if (off && !out->sample_off) {
        out->sample_off = true;
        out->sample = sample;
    }
}

static void read_samples(const struct pol_at *gate, struct adm_gate_view *out)
{
    struct pol_at samples = {.value = NULL};
    struct pol_at one = {.value = NULL};
    size_t count = 0;
    if (!pol_read_array(gate, "samples", POL_REQUIRED, SAMPLES_MOST, &samples, &count)) {
        return;
    }
    for (bool more = pol_first(&samples, &one); more; more = pol_next(&one)) {
        read_sample(&one, out);
    }
}

static void read_numbers(const struct pol_at *gate, struct adm_gate_view *out)
{
    const struct {
        const char *key;
        int64_t *value;
    } NUMBERS[] = {
        {"soak_left_s", &out->soak_left_s},
        {"subjects", &out->subjects},
        {"unknown", &out->unknown},
        {"reporting", &out->reporting},
        {"conclusive", &out->conclusive},
        {"healthy", &out->healthy},
        {"devices", &out->devices},
        {"failing_devices", &out->failing_devices},
        {"soak_s", &out->soak_s},
        {"min_reporting_percent", &out->min_reporting_percent},
        {"min_conclusive_percent", &out->min_conclusive_percent},
        {"min_healthy_percent", &out->min_healthy_percent},
        {"max_failing", &out->max_failing},
    };
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        (void)pol_read_integer(gate, NUMBERS[i].key, POL_REQUIRED, 0, VERSION_MOST,
                               NUMBERS[i].value);
    }
}

void adm_gate_read(const struct pol_at *rollout, struct adm_gate_view *gate,
                   struct adm_hold_view *hold)
{
    struct pol_at at = {.value = NULL};
    *gate = (struct adm_gate_view){.failing_since_s = -1};
    *hold = (struct adm_hold_view){.at_s = -1};
    if (read_object(rollout, "gate", &at)) {
        gate->known = true;
        copy_text(&at, "stage", POL_REQUIRED, gate->stage, sizeof gate->stage);
        copy_text(&at, "verdict", POL_REQUIRED, gate->verdict, sizeof gate->verdict);
        copy_text(&at, "reason", POL_REQUIRED, gate->reason, sizeof gate->reason);
        copy_text(&at, "refusal", POL_OPTIONAL, gate->refusal, sizeof gate->refusal);
        copy_text(&at, "advance", POL_OPTIONAL, gate->advance, sizeof gate->advance);
        copy_text(&at, "on_fail", POL_OPTIONAL, gate->on_fail, sizeof gate->on_fail);
        (void)pol_read_time(&at, "failing_since", POL_OPTIONAL, &gate->failing_since_s);
        read_numbers(&at, gate);
        read_samples(&at, gate);
    }
    if (read_object(rollout, "hold", &at)) {
        hold->held = true;
        (void)pol_read_time(&at, "at", POL_OPTIONAL, &hold->at_s);
        copy_text(&at, "by", POL_OPTIONAL, hold->by, sizeof hold->by);
        copy_text(&at, "reason", POL_OPTIONAL, hold->reason, sizeof hold->reason);
    }
}

void adm_behind_read(const struct pol_at *rollout, struct adm_behind_view *out)
{
    struct pol_at at = {.value = NULL};
    *out = (struct adm_behind_view){.behind = false, .devices = -1, .seen_s = -1};
    if (!pol_read_member(rollout, "behind_fleet", POL_OPTIONAL, &at)) {
        return;
    }
    if (pol_at_is_object(&at)) {
        out->behind = true;
        (void)pol_read_integer(&at, "version", POL_OPTIONAL, 0, VERSION_MOST, &out->version);
        copy_text(&at, "stage", POL_OPTIONAL, out->stage, sizeof out->stage);
        copy_text(&at, "device_id", POL_OPTIONAL, out->device, sizeof out->device);
        (void)pol_read_integer(&at, "devices", POL_OPTIONAL, 0, INT64_MAX, &out->devices);
        (void)pol_read_integer(&at, "version_count", POL_OPTIONAL, 0, INT64_MAX, &out->versions);
        (void)pol_read_time(&at, "seen_at", POL_OPTIONAL, &out->seen_s);
    } else {
        (void)pol_read_boolean(rollout, "behind_fleet", POL_OPTIONAL, &out->behind);
    }
}
