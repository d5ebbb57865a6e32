#include "server/row_json.h"

#include "policy/words.h"

static void write_value(struct pol_json_writer *w, const char *key, struct pol_report_value v)
{
    if (!v.known) {
        pol_json_null(w, key);
        return;
    }
    pol_json_object(w, key);
    pol_json_boolean(w, "present", v.present);
    if (v.present) {
        pol_json_text(w, "type",
                      POL_VALUE_TYPE_WORDS[v.type < POL_VALUE_OTHER ? v.type : POL_VALUE_OTHER]);
    }
    if (v.present && v.type == POL_VALUE_DWORD) {
        pol_json_integer(w, "value", v.dword);
    }
    pol_json_close_object(w);
}

static void write_outlook(struct pol_json_writer *w, const struct srv_user_row *row)
{
    pol_json_object(w, "outlook");
    pol_json_text(w, "version", row->outlook);
    if (row->running == POL_NOT_KNOWN) {
        pol_json_null(w, "running");
    } else {
        pol_json_boolean(w, "running", row->running == POL_YES);
    }
    pol_json_time(w, "started_at", row->started_s);
    pol_json_integer(w, "starts_since_change", row->starts);
    pol_json_close_object(w);
}

void srv_user_write(struct pol_json_writer *w, const struct srv_user_row *row)
{
    pol_json_object(w, NULL);
    pol_json_text(w, "sid", row->sid);
    pol_json_text(w, "account", row->account);
    pol_json_text(w, "host", row->host);
    pol_json_text(w, "device_id", row->device_id);
    pol_json_text(w, "ring", row->ring);
    pol_json_text(w, "set", row->set);
    write_value(w, "value", row->value);
    write_value(w, "pre_image", row->pre_image);
    pol_json_boolean(w, "ours", row->ours);
    pol_json_text(w, "state", row->state);
    pol_json_text(w, "blocked_by", row->blocked_by);
    pol_json_text(w, "error", row->error);
    pol_json_text(w, "hive", row->hive_loaded ? "loaded" : "not_loaded");
    pol_json_text(w, "protocol", row->protocol);
    pol_json_text(w, "confidence", row->confidence);
    pol_json_text(w, "mailbox", row->mailbox);
    pol_json_raw(w, "evidence", span_text(row->evidence));
    write_outlook(w, row);
    if (row->version > 0) {
        pol_json_integer(w, "version", row->version);
    } else {
        pol_json_null(w, "version");
    }
    pol_json_time(w, "changed_at", row->changed_s);
    pol_json_integer(w, "corrections", row->corrections);
    pol_json_time(w, "reported_at", row->reported_s);
    pol_json_close_object(w);
}

static void write_part(struct pol_json_writer *w, const char *key, const char *json)
{
    if (json == NULL) {
        pol_json_null(w, key);
    } else {
        pol_json_raw(w, key, span_text(json));
    }
}

static void write_version(struct pol_json_writer *w, const char *key, int64_t version)
{
    if (version > 0) {
        pol_json_integer(w, key, version);
    } else {
        pol_json_null(w, key);
    }
}

static void write_answer(struct pol_json_writer *w, const char *key, enum pol_answer answer)
{
    if (answer == POL_NOT_KNOWN) {
        pol_json_null(w, key);
    } else {
        pol_json_boolean(w, key, answer == POL_YES);
    }
}

/* In service, and silent. */
static bool is_stale(const struct srv_device_row *row, int64_t silent_since_s)
{
    int64_t heard_s = row->seen_s >= 0 ? row->seen_s : row->enrolled_s;
    return row->retired_s < 0 && heard_s < silent_since_s;
}

void srv_device_write(struct pol_json_writer *w, const struct srv_device_row *row,
                      int64_t silent_since_s)
{
    pol_json_text(w, "device_id", row->device_id);
    pol_json_text(w, "name", row->name);
    pol_json_text(w, "fqdn", row->fqdn);
    pol_json_text(w, "domain", row->domain);
    pol_json_text(w, "computer_ou", row->computer_ou);
    pol_json_text(w, "ad_site", row->ad_site);
    write_part(w, "tags", row->tags);
    pol_json_text(w, "os", row->os);
    pol_json_text(w, "arch", row->arch);
    write_answer(w, "multi_session", row->multi_session);
    pol_json_text(w, "agent", row->agent);
    pol_json_text(w, "duplicate_of", row->duplicate_of);
    write_version(w, "received", row->received);
    write_version(w, "effective", row->effective);
    pol_json_text(w, "digest", row->digest);
    pol_json_text(w, "failed", row->failed_code);
    pol_json_text(w, "failed_pointer", row->failed_pointer);
    pol_json_boolean(w, "policy_stale", row->policy_stale);
    pol_json_boolean(w, "stale", is_stale(row, silent_since_s));
    write_part(w, "outlook", row->outlook);
    write_part(w, "preflight", row->preflight);
    pol_json_time(w, "enrolled_at", row->enrolled_s);
    pol_json_time(w, "seen_at", row->seen_s);
    pol_json_time(w, "retired_at", row->retired_s);
}
