#include "policy/report.h"

#include "policy/json_scan.h"
#include "policy/json_write.h"
#include "policy/limits.h"
#include "policy/report_machine.h"

static void write_texts(struct pol_json_writer *w, const char *key, const char *const *texts,
                        size_t count)
{
    if (texts == NULL && count == 0) {
        pol_json_null(w, key);
        return;
    }
    pol_json_array(w, key);
    for (size_t i = 0; i < count; i++) {
        pol_json_text(w, NULL, texts[i]);
    }
    pol_json_close_array(w);
}

static void write_version(struct pol_json_writer *w, const char *key, int64_t version)
{
    if (version == 0) {
        pol_json_null(w, key);
    } else {
        pol_json_integer(w, key, version);
    }
}

static void write_agent(struct pol_json_writer *w, const struct pol_report *r)
{
    pol_json_object(w, "agent");
    pol_json_text(w, "version", r->agent_version);
    pol_json_time(w, "started_at", r->agent_started_s);
    pol_json_array(w, "formats");
    pol_json_text(w, NULL, "mapi-rollout/policy/1");
    pol_json_close_array(w);
    pol_json_integer(w, "trust_version", r->trust_version);
    pol_json_close_object(w);
}

static void write_host(struct pol_json_writer *w, const struct pol_report *r)
{
    pol_json_object(w, "host");
    pol_json_text(w, "name", r->host_name);
    pol_json_text(w, "fqdn", r->host_fqdn);
    pol_json_text(w, "domain", r->host_domain);
    pol_json_text(w, "computer_ou", r->host_computer_ou);
    pol_json_text(w, "ad_site", r->host_ad_site);
    write_texts(w, "tags", r->tags, r->tag_count);
    pol_json_text(w, "os", r->host_os);
    pol_json_text(w, "arch", r->host_arch);
    if (r->host_multi_session == POL_NOT_KNOWN) {
        pol_json_null(w, "multi_session");
    } else {
        pol_json_boolean(w, "multi_session", r->host_multi_session == POL_YES);
    }
    pol_json_close_object(w);
}

static void write_failed(struct pol_json_writer *w, const struct pol_report *r)
{
    if (r->failed_code == NULL) {
        pol_json_null(w, "failed");
        return;
    }
    pol_json_object(w, "failed");
    pol_json_text(w, "code", r->failed_code);
    pol_json_text(w, "pointer", r->failed_pointer);
    pol_json_text(w, "etag", r->failed_etag);
    pol_json_time(w, "at", r->failed_at_s);
    pol_json_close_object(w);
}

static void write_pending(struct pol_json_writer *w, const struct pol_report *r)
{
    if (r->pending_code == NULL) {
        pol_json_null(w, "pending");
        return;
    }
    pol_json_object(w, "pending");
    write_version(w, "version", r->pending_version);
    pol_json_text(w, "code", r->pending_code);
    pol_json_time(w, "not_before", r->pending_not_before_s);
    pol_json_close_object(w);
}

static void write_policy(struct pol_json_writer *w, const struct pol_report *r)
{
    pol_json_object(w, "policy");
    pol_json_text(w, "rollout", r->rollout);
    write_version(w, "received", r->received_version);
    write_version(w, "effective", r->effective_version);
    pol_json_text(w, "digest", r->digest);
    write_failed(w, r);
    write_pending(w, r);
    pol_json_boolean(w, "stale", r->stale);
    pol_json_close_object(w);
}

static void write_value(struct pol_json_writer *w, const char *key,
                        const struct pol_report_value *value)
{
    if (!value->known) {
        pol_json_null(w, key);
        return;
    }
    pol_json_object(w, key);
    pol_json_boolean(w, "present", value->present);
    if (value->present) {
        size_t type = value->type < POL_VALUE_OTHER ? value->type : POL_VALUE_OTHER;
        pol_json_text(w, "type", POL_VALUE_TYPE_WORDS[type]);
    }
    if (value->present && value->type == POL_VALUE_DWORD) {
        pol_json_integer(w, "value", value->dword);
    }
    pol_json_close_object(w);
}

static void write_decision(struct pol_json_writer *w, const struct pol_report_user *u)
{
    if (u->decided && u->rule >= 0) {
        pol_json_integer(w, "rule", u->rule);
    } else {
        pol_json_null(w, "rule");
    }
    pol_json_text(w, "ring", u->decided ? u->ring : NULL);
    pol_json_text(w, "set", u->decided ? POL_SET_WORDS[u->set] : NULL);
}

static void write_outcome(struct pol_json_writer *w, const struct pol_report_user *u)
{
    pol_json_text(w, "action", POL_ACTION_WORDS[u->action]);
    pol_json_time(w, "changed_at", u->changed_at_s);
    pol_json_integer(w, "corrections", u->corrections);
    pol_json_text(w, "state", POL_STATE_WORDS[u->state]);
    pol_json_text(w, "blocked_by", POL_BLOCKED_WORDS[u->blocked_by]);
    if (u->error_code == NULL) {
        pol_json_null(w, "error");
        return;
    }
    pol_json_object(w, "error");
    pol_json_text(w, "code", u->error_code);
    pol_json_integer(w, "os_code", u->error_os_code);
    pol_json_close_object(w);
}

static void write_client(struct pol_json_writer *w, const struct pol_report_user *u)
{
    if (u->outlook_known) {
        pol_json_object(w, "outlook");
        pol_json_boolean(w, "running", u->outlook_running);
        pol_json_time(w, "started_at", u->outlook_running ? u->outlook_started_s : -1);
        pol_json_integer(w, "starts_since_change", u->starts_since_change);
        pol_json_close_object(w);
    } else {
        pol_json_null(w, "outlook");
    }
    pol_json_object(w, "protocol");
    pol_json_text(w, "observed", POL_OBSERVED_WORDS[u->observed]);
    pol_json_text(w, "confidence", POL_CONFIDENCE_WORDS[u->confidence]);
    pol_json_text(w, "mailbox", POL_MAILBOX_WORDS[u->mailbox]);
    write_texts(w, "evidence", u->evidence, u->evidence_count);
    pol_json_close_object(w);
}

static void write_user(struct pol_json_writer *w, const struct pol_report_user *u)
{
    pol_json_object(w, NULL);
    pol_json_text(w, "sid", u->sid);
    pol_json_text(w, "account", u->account);
    write_texts(w, "groups", u->groups, u->group_count);
    pol_json_text(w, "hive", u->hive_loaded ? "loaded" : "not_loaded");
    write_decision(w, u);
    pol_json_boolean(w, "ours", u->ours);
    write_value(w, "value", &u->value);
    write_value(w, "pre_image", &u->pre_image);
    write_outcome(w, u);
    write_client(w, u);
    pol_json_close_object(w);
}

static enum status write_report(const struct pol_report *r, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "format", "mapi-rollout/report/1");
    pol_json_text(&w, "report_id", r->report_id);
    pol_json_text(&w, "run_id", r->run_id);
    pol_json_integer(&w, "seq", r->seq);
    pol_json_integer(&w, "part", r->part);
    pol_json_integer(&w, "parts", r->parts);
    pol_json_boolean(&w, "full", r->full);
    pol_json_text(&w, "device_id", r->device_id);
    pol_json_time(&w, "sent_at", r->sent_at_s);
    write_agent(&w, r);
    write_host(&w, r);
    write_policy(&w, r);
    pol_report_write_outlook(&w, "outlook", r);
    pol_report_write_preflight(&w, "preflight", r);
    pol_json_array(&w, "users");
    for (size_t i = 0; i < r->user_count; i++) {
        write_user(&w, &r->users[i]);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

/* What the other side would refuse is refused here, where its cause can still be logged. */
enum status pol_report_write(const struct pol_report *report, struct bytes *out, struct err *err)
{
    struct bytes document = bytes_with_limit(LIMIT_REPORT_BYTES);
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_REPORT_BYTES);

    enum status st =
        report->user_count > LIMIT_REPORT_USERS ? ST_TOO_LARGE : write_report(report, &document);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "a report of %zu users could not be written", report->user_count);
    }
    if (st == ST_OK) {
        st = pol_json_scan(bytes_span(&document), &limits, err);
    }
    if (st == ST_OK && (st = bytes_append(out, document.data, document.size)) != ST_OK) {
        (void)err_set(err, st, 0, "no room for a report of %zu bytes", document.size);
    }
    bytes_free(&document);
    return st;
}
