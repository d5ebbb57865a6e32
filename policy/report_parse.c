#include "policy/report.h"

#include "policy/json_read.h"
#include "policy/limits.h"
#include "policy/report_machine.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A report and what it points into. The texts live in the JSON document. */
struct memory {
    struct pol_report report;
    struct pol_json *json;
    struct pol_report_user
        *users; /* as many as it has: most name one, and zeroing all costs more */
    struct pol_report_probe probes[POL_PROBES_MOST];
    struct pol_shape_room room; /* of texts */
    const char *texts[];
};

static enum status no_memory(struct err *err)
{
    return err_set(err, ST_NO_MEMORY, 0, "no memory to read a report");
}

/* ---- values ------------------------------------------------------------------------------- */

static void read_version(const struct pol_at *at, const char *key, int64_t *out)
{
    (void)pol_read_integer(at, key, POL_OPTIONAL, 1, VERSION_MOST, out);
}

static void read_id(const struct pol_at *at, const char *key, char out[POL_ID_BYTES])
{
    struct pol_at member;
    const char *text = NULL;
    if (!pol_read_member(at, key, POL_REQUIRED, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &text)) {
        return;
    }
    if (strlen(text) != POL_ID_BYTES - 1 || strspn(text, "0123456789abcdef") != POL_ID_BYTES - 1) {
        pol_at_problem(&member, "out_of_range", "%d digits 0-9, a-f are expected",
                       POL_ID_BYTES - 1);
        return;
    }
    memcpy(out, text, POL_ID_BYTES);
}

static void read_digest(const struct pol_at *at, const char **out)
{
    struct pol_at member;
    const char *text = NULL;
    if (!pol_read_member(at, "digest", POL_OPTIONAL, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &text)) {
        return;
    }
    if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64) {
        pol_at_problem(&member, "out_of_range", "64 digits 0-9, a-f are expected");
        return;
    }
    *out = text;
}

/* ---- the device --------------------------------------------------------------------------- */

static void read_head(const struct pol_at *at, struct pol_report *r)
{
    static const char *const FORMATS[] = {"mapi-rollout/report/1"};
    size_t format = 0;
    int64_t parts = 1;
    int64_t part = 1;
    (void)pol_read_word(at, "format", POL_REQUIRED, FORMATS, COUNT(FORMATS), &format);
    read_id(at, "report_id", r->report_id);
    read_id(at, "run_id", r->run_id);
    pol_shape_count(at, "seq", POL_REQUIRED, &r->seq);
    if (pol_read_integer(at, "parts", POL_REQUIRED, 1, LIMIT_LIST_ITEMS, &parts)) {
        r->parts = (uint32_t)parts;
    }
    if (pol_read_integer(at, "part", POL_REQUIRED, 1, parts, &part)) {
        r->part = (uint32_t)part;
    }
    (void)pol_read_boolean(at, "full", POL_REQUIRED, &r->full);
    (void)pol_read_text(at, "device_id", POL_REQUIRED, LIMIT_NAME_BYTES, &r->device_id);
    (void)pol_read_time(at, "sent_at", POL_REQUIRED, &r->sent_at_s);
}

static void read_agent(const struct pol_at *root, struct memory *memory)
{
    struct pol_report *r = &memory->report;
    const char *const *formats = NULL; /* nobody asks for them yet */
    size_t format_count = 0;
    static const char *const KEYS[] = {"version", "started_at", "formats", "trust_version"};
    struct pol_at at;
    if (!pol_shape_object(root, "agent", POL_REQUIRED, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    (void)pol_read_text(&at, "version", POL_OPTIONAL, LIMIT_NAME_BYTES, &r->agent_version);
    (void)pol_read_time(&at, "started_at", POL_OPTIONAL, &r->agent_started_s);
    pol_shape_count(&at, "trust_version", POL_OPTIONAL, &r->trust_version);
    pol_shape_texts(&at, "formats", &memory->room, &formats, &format_count);
}

static void read_host(const struct pol_at *root, struct memory *memory)
{
    static const char *const KEYS[] = {"name", "fqdn", "domain", "computer_ou",  "ad_site",
                                       "tags", "os",   "arch",   "multi_session"};
    struct pol_report *r = &memory->report;
    struct pol_at at;
    if (!pol_shape_object(root, "host", POL_REQUIRED, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    (void)pol_read_text(&at, "name", POL_REQUIRED, LIMIT_STRING_BYTES, &r->host_name);
    (void)pol_read_text(&at, "fqdn", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_fqdn);
    (void)pol_read_text(&at, "domain", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_domain);
    (void)pol_read_text(&at, "computer_ou", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_computer_ou);
    (void)pol_read_text(&at, "ad_site", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_ad_site);
    (void)pol_read_text(&at, "os", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_os);
    (void)pol_read_text(&at, "arch", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->host_arch);
    pol_shape_texts(&at, "tags", &memory->room, &r->tags, &r->tag_count);
    r->host_multi_session = pol_shape_answer(&at, "multi_session");
}

static void read_failed(const struct pol_at *policy, struct pol_report *r)
{
    static const char *const KEYS[] = {"code", "pointer", "etag", "at"};
    struct pol_at at;
    r->failed_at_s = -1;
    if (!pol_shape_object(policy, "failed", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    (void)pol_read_text(&at, "code", POL_REQUIRED, LIMIT_NAME_BYTES, &r->failed_code);
    (void)pol_read_text(&at, "pointer", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->failed_pointer);
    (void)pol_read_text(&at, "etag", POL_OPTIONAL, LIMIT_STRING_BYTES, &r->failed_etag);
    (void)pol_read_time(&at, "at", POL_OPTIONAL, &r->failed_at_s);
}

static void read_pending(const struct pol_at *policy, struct pol_report *r)
{
    static const char *const KEYS[] = {"version", "code", "not_before"};
    struct pol_at at;
    r->pending_not_before_s = -1;
    if (!pol_shape_object(policy, "pending", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    (void)pol_read_text(&at, "code", POL_REQUIRED, LIMIT_NAME_BYTES, &r->pending_code);
    read_version(&at, "version", &r->pending_version);
    (void)pol_read_time(&at, "not_before", POL_OPTIONAL, &r->pending_not_before_s);
}

static void read_policy(const struct pol_at *root, struct pol_report *r)
{
    static const char *const KEYS[] = {"rollout", "received", "effective", "digest",
                                       "failed",  "pending",  "stale"};
    struct pol_at at;
    if (!pol_shape_object(root, "policy", POL_REQUIRED, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    (void)pol_read_text(&at, "rollout", POL_OPTIONAL, LIMIT_NAME_BYTES, &r->rollout);
    read_version(&at, "received", &r->received_version);
    read_version(&at, "effective", &r->effective_version);
    read_digest(&at, &r->digest);
    read_failed(&at, r);
    read_pending(&at, r);
    (void)pol_read_boolean(&at, "stale", POL_OPTIONAL, &r->stale);
}

/* ---- the users ---------------------------------------------------------------------------- */

static void read_sid(const struct pol_at *at, const struct memory *memory, size_t before,
                     const char **out)
{
    struct pol_at member;
    const char *sid = NULL;
    if (!pol_read_member(at, "sid", POL_REQUIRED, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &sid)) {
        return;
    }
    if (!pol_shape_is_sid(sid)) {
        pol_at_problem(&member, "out_of_range", "a SID like S-1-5-21-1-2-3-1001 is expected");
        return;
    }
    for (size_t i = 0; i < before; i++) {
        if (memory->users[i].sid != NULL && strcmp(memory->users[i].sid, sid) == 0) {
            pol_at_problem(&member, "duplicate_name", "this user stands here twice");
            return;
        }
    }
    *out = sid;
}

static void read_decision(const struct pol_at *at, struct pol_report_user *u)
{
    int64_t rule = -1;
    size_t set = 0;
    (void)pol_read_integer(at, "rule", POL_OPTIONAL, 0, LIMIT_RULES - 1, &rule);
    u->rule = (int)rule;
    (void)pol_read_text(at, "ring", POL_OPTIONAL, LIMIT_NAME_BYTES, &u->ring);
    u->decided = pol_read_word(at, "set", POL_OPTIONAL, POL_SET_WORDS, POL_SET_COUNT, &set);
    u->set = (enum pol_set)set;
    (void)pol_read_boolean(at, "ours", POL_OPTIONAL, &u->ours);
}

static void read_value(const struct pol_at *user, const char *key, struct pol_report_value *out)
{
    static const char *const KEYS[] = {"present", "type", "value"};
    struct pol_at at;
    struct pol_at member;
    size_t type = POL_VALUE_NONE;
    if (!pol_shape_object(user, key, POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    out->known = pol_read_boolean(&at, "present", POL_REQUIRED, &out->present);
    enum pol_need need = out->present ? POL_REQUIRED : POL_OPTIONAL;
    bool typed =
        pol_read_word(&at, "type", need, POL_VALUE_TYPE_WORDS, POL_VALUE_TYPE_COUNT, &type);
    out->type = (uint32_t)type;
    if (out->present && typed && type == POL_VALUE_DWORD) {
        pol_shape_count(&at, "value", POL_REQUIRED, &out->dword);
    } else if (pol_read_member(&at, "value", POL_OPTIONAL, &member)) {
        pol_at_problem(&member, "unknown_field", "only a \"dword\" that is present has a value");
    }
}

static void read_outcome(const struct pol_at *user, struct pol_report_user *u)
{
    static const char *const KEYS[] = {"code", "os_code"};
    struct pol_at at;
    size_t action = POL_ACTION_NONE;
    size_t state = 0;
    size_t blocked = POL_BLOCKED_NOT;
    u->changed_at_s = -1;
    (void)pol_read_word(user, "action", POL_OPTIONAL, POL_ACTION_WORDS, POL_ACTION_COUNT, &action);
    (void)pol_read_word(user, "state", POL_REQUIRED, POL_STATE_WORDS, POL_STATE_COUNT, &state);
    (void)pol_read_word(user, "blocked_by", POL_OPTIONAL, POL_BLOCKED_WORDS, POL_BLOCKED_COUNT,
                        &blocked);
    u->action = (enum pol_action)action;
    u->state = (enum pol_state)state;
    u->blocked_by = (enum pol_blocked)blocked;
    (void)pol_read_time(user, "changed_at", POL_OPTIONAL, &u->changed_at_s);
    pol_shape_count(user, "corrections", POL_OPTIONAL, &u->corrections);
    if (pol_shape_object(user, "error", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        (void)pol_read_text(&at, "code", POL_REQUIRED, LIMIT_NAME_BYTES, &u->error_code);
        pol_shape_count(&at, "os_code", POL_OPTIONAL, &u->error_os_code);
    }
}

static void read_outlook(const struct pol_at *user, struct pol_report_user *u)
{
    static const char *const KEYS[] = {"running", "started_at", "starts_since_change"};
    struct pol_at at;
    u->outlook_started_s = -1;
    if (!pol_shape_object(user, "outlook", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        return;
    }
    u->outlook_known = pol_read_boolean(&at, "running", POL_REQUIRED, &u->outlook_running);
    (void)pol_read_time(&at, "started_at", POL_OPTIONAL, &u->outlook_started_s);
    pol_shape_count(&at, "starts_since_change", POL_OPTIONAL, &u->starts_since_change);
}

static void read_protocol(const struct pol_at *user, struct memory *memory,
                          struct pol_report_user *u)
{
    static const char *const KEYS[] = {"observed", "confidence", "mailbox", "evidence"};
    struct pol_at at;
    size_t observed = POL_OBSERVED_UNKNOWN;
    size_t confidence = POL_CONFIDENCE_NONE;
    size_t mailbox = POL_MAILBOX_UNKNOWN;
    if (pol_shape_object(user, "protocol", POL_OPTIONAL, KEYS, COUNT(KEYS), &at)) {
        (void)pol_read_word(&at, "observed", POL_OPTIONAL, POL_OBSERVED_WORDS, POL_OBSERVED_COUNT,
                            &observed);
        (void)pol_read_word(&at, "confidence", POL_OPTIONAL, POL_CONFIDENCE_WORDS,
                            POL_CONFIDENCE_COUNT, &confidence);
        (void)pol_read_word(&at, "mailbox", POL_OPTIONAL, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT,
                            &mailbox);
        pol_shape_texts(&at, "evidence", &memory->room, &u->evidence, &u->evidence_count);
    }
    u->observed = (enum pol_observed)observed;
    u->confidence = (enum pol_confidence)confidence;
    u->mailbox = (enum pol_mailbox)mailbox;
}

static void read_user(const struct pol_at *at, struct memory *memory, size_t index)
{
    static const char *const KEYS[] = {
        "sid",   "account",    "groups",      "hive",      "rule",    "ring",
        "set",   "ours",       "value",       "pre_image", "action",  "changed_at",
        "state", "blocked_by", "corrections", "error",     "outlook", "protocol"};
    static const char *const HIVES[] = {"not_loaded", "loaded"};
    struct pol_report_user *u = &memory->users[index];
    size_t hive = 0;
    if (!pol_read_object(at, KEYS, COUNT(KEYS))) {
        return;
    }
    read_sid(at, memory, index, &u->sid);
    (void)pol_read_text(at, "account", POL_OPTIONAL, LIMIT_STRING_BYTES, &u->account);
    pol_shape_texts(at, "groups", &memory->room, &u->groups, &u->group_count);
    (void)pol_read_word(at, "hive", POL_REQUIRED, HIVES, COUNT(HIVES), &hive);
    u->hive_loaded = hive == 1;
    read_decision(at, u);
    read_value(at, "value", &u->value);
    read_value(at, "pre_image", &u->pre_image);
    read_outcome(at, u);
    read_outlook(at, u);
    read_protocol(at, memory, u);
}

static enum status read_users(const struct pol_at *root, struct memory *memory, struct err *err)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_shape_list(root, "users", LIMIT_REPORT_USERS, &list, &count) || count == 0) {
        return ST_OK;
    }
    memory->users = calloc(count, sizeof *memory->users);
    if (memory->users == NULL) {
        return no_memory(err);
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_user(&item, memory, item.index);
    }
    memory->report.users = memory->users;
    memory->report.user_count = count;
    return ST_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status read_report(struct memory *memory, struct err *err)
{
    static const char *const KEYS[] = {"format", "report_id", "run_id",    "seq",   "part",
                                       "parts",  "full",      "device_id", "host",  "sent_at",
                                       "agent",  "policy",    "outlook",   "users", "preflight"};
    struct pol_problems problems; /* 15 KB that nobody looks at, if none is found */
    struct pol_at root = pol_json_root(memory->json, &problems);
    problems.count = 0;
    problems.found = 0;
    enum status st = ST_OK;
    memory->report.agent_started_s = -1;
    if (pol_read_object(&root, KEYS, COUNT(KEYS))) {
        read_head(&root, &memory->report);
        read_agent(&root, memory);
        read_host(&root, memory);
        read_policy(&root, &memory->report);
        pol_report_read_outlook(&root, &memory->report);
        pol_report_read_preflight(&root, memory->probes, &memory->room, &memory->report);
        st = read_users(&root, memory, err);
    }
    return st == ST_OK ? pol_problems_status(&problems, err) : st;
}

enum status pol_report_parse(struct span document, struct pol_report **out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_REPORT_BYTES);
    struct pol_json *json = NULL;
    struct memory *memory = NULL;

    enum status st = pol_json_parse(document, &limits, &json, err);
    if (st == ST_OK) {
        /* A text in a list takes at least three bytes: two quotes, and a comma or bracket. */
        memory = calloc(1, sizeof *memory + (document.size / 3 + 1) * sizeof memory->texts[0]);
        if (memory == NULL) {
            pol_json_free(json);
            return no_memory(err);
        }
        memory->json = json;
        memory->room.texts = memory->texts;
        memory->report.memory = memory;
        st = read_report(memory, err);
    }
    if (st == ST_OK) {
        *out = &memory->report;
        memory = NULL; /* handed over */
    }
    pol_report_free(memory == NULL ? NULL : &memory->report);
    return st;
}

void pol_report_free(struct pol_report *report)
{
    if (report != NULL) {
        struct memory *memory = report->memory;
        pol_json_free(memory->json);
        free(memory->users);
        free(memory);
    }
}
