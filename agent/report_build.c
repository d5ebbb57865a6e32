#include "agent/report_build.h"

#include "base/random.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

static enum status new_id(char out[POL_ID_BYTES], struct err *err)
{
    uint8_t raw[(POL_ID_BYTES - 1) / 2];
    enum status st = random_bytes(raw, sizeof raw);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the system gives no random bytes");
    }
    hex_encode(raw, sizeof raw, out);
    return ST_OK;
}

enum status ag_reporter_init(struct ag_reporter *reporter, const struct ag_config *config,
                             const struct ag_host *host, const struct pol_trust *trust,
                             int64_t now_s, struct err *err)
{
    *reporter = (struct ag_reporter){
        .config = config,
        .host = host,
        .trust_version = pol_trust_version(trust),
        .started_s = now_s,
    };
    return new_id(reporter->run_id, err);
}

static void fill_standing(const struct ag_report_order *order, struct pol_report *report)
{
    const struct ag_standing *standing = order->standing;
    const struct pol_policy *policy = standing->policy;
    const struct ag_failed *failed = ag_standing_failure(standing);
    failed = failed != NULL ? failed : order->no_contact;
    report->received_version = standing->received_version;
    report->failed_at_s = -1;
    report->pending_not_before_s = -1;
    if (policy != NULL) {
        report->rollout = policy->rollout;
        report->effective_version = policy->version;
        report->digest = policy->digest;
        report->stale = ag_standing_is_stale(standing, order->now_s);
    }
    if (failed != NULL) {
        report->failed_code = failed->code;
        report->failed_pointer = failed->pointer;
        report->failed_etag = failed->etag[0] != '\0' ? failed->etag : NULL;
        report->failed_at_s = failed->at_s;
    }
    if (standing->pending.raw.size > 0) {
        report->pending_code = "not_yet";
        report->pending_version = standing->pending.version;
        report->pending_not_before_s = standing->pending.not_before_s;
    }
}

/* A report holds no longer text; rules see all of it. */
static const char *short_text(const char *text)
{
    return text != NULL && strlen(text) <= LIMIT_STRING_BYTES ? text : NULL;
}

static void fill_machine(const struct ag_reporter *reporter, struct pol_report *report)
{
    report->agent_version = MR_VERSION;
    report->agent_started_s = reporter->started_s;
    report->trust_version = reporter->trust_version;
    report->host_name = reporter->host->name;
    report->host_fqdn = reporter->host->fqdn;
    report->host_domain = reporter->host->domain;
    report->host_os = reporter->host->os;
    report->host_arch = reporter->host->arch;
    report->host_computer_ou = short_text(reporter->host->computer_ou);
    report->host_ad_site = short_text(reporter->host->ad_site);
    report->host_multi_session = reporter->host->multi_session;
    report->tags = (const char *const *)reporter->config->tags;
    report->tag_count = reporter->config->tag_count;
}

/* rows: room for AG_PREFLIGHT_ROWS, which the report borrows. */
static void fill_client(const struct ag_machine *machine, struct pol_report_probe *rows,
                        struct pol_report *report)
{
    report->probes = rows;
    report->probe_count = ag_preflight_rows(&machine->preflight, rows, AG_PREFLIGHT_ROWS);

    const struct ag_client *client = ag_machine_client(machine);
    report->outlook_known = client != NULL;
    if (client != NULL) {
        report->outlook_version = client->version;
        report->outlook_bitness = POL_BITNESS_WORDS[client->bitness];
        report->outlook_install = client->install;
        report->outlook_minimum = machine->minimum;
        report->dotnet_release = client->dotnet_release;
    }
}

/* One set of parts over the same rows. */
struct building {
    struct ag_reporter *reporter;
    const struct ag_report_order *order;
    const struct ag_report_sink *sink;
    const struct pol_report_user *rows;
    size_t row_count;
    size_t per_part;
    struct bytes *documents;
    size_t part_count;
};

static enum status write_part(const struct building *b, size_t part, struct bytes *out,
                              struct err *err)
{
    size_t first = part * b->per_part;
    size_t rest = b->row_count - first;
    struct pol_report_probe probes[AG_PREFLIGHT_ROWS];
    struct pol_report report = {
        .seq = b->reporter->seq + (uint32_t)part + 1,
        .part = (uint32_t)part + 1,
        .parts = (uint32_t)b->part_count,
        .full = b->order->before == NULL,
        .device_id = b->order->device_id,
        .sent_at_s = b->order->now_s,
        .users = b->rows + first,
        .user_count = rest < b->per_part ? rest : b->per_part,
    };
    for (size_t i = 0; i < sizeof report.run_id; i++) {
        report.run_id[i] = b->reporter->run_id[i];
    }
    fill_machine(b->reporter, &report);
    fill_client(b->order->machine, probes, &report);
    fill_standing(b->order, &report);
    enum status st = new_id(report.report_id, err);
    return st == ST_OK ? pol_report_write(&report, out, err) : st;
}

static void free_documents(struct building *b)
{
    for (size_t i = 0; b->documents != NULL && i < b->part_count; i++) {
        bytes_free(&b->documents[i]);
    }
    free(b->documents);
    b->documents = NULL;
}

/* All parts of a set are written before the first is handed over: each names their number. */
static enum status write_parts(struct building *b, struct err *err)
{
    b->part_count = b->row_count == 0 ? 1 : (b->row_count + b->per_part - 1) / b->per_part;
    b->documents = calloc(b->part_count, sizeof *b->documents);
    if (b->documents == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for %zu reports", b->part_count);
    }
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < b->part_count; i++) {
        b->documents[i] = bytes_with_limit(LIMIT_REPORT_BYTES);
        st = write_part(b, i, &b->documents[i], err);
    }
    return st;
}

static enum status hand_over(struct building *b, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < b->part_count; i++) {
        st = b->sink->put(b->sink->ctx, bytes_span(&b->documents[i]), err);
    }
    b->reporter->seq += (uint32_t)b->part_count; /* a number once written is never used again */
    return st;
}

/* Rows to send: all, or those that differ from the pass before. */
static size_t choose_rows(const struct ag_report_order *order, struct pol_report_user *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < order->pass->count; i++) {
        const struct ag_outcome *now = &order->pass->outcomes[i];
        const struct ag_outcome *then = ag_pass_find(order->before, now->row.sid);
        if (then == NULL || !ag_outcome_same(now, then)) {
            rows[count++] = now->row;
        }
    }
    return count;
}

enum status ag_report_build(struct ag_reporter *reporter, const struct ag_report_order *order,
                            const struct ag_report_sink *sink, struct err *err)
{
    struct pol_report_user *rows = calloc(order->pass->count + 1, sizeof *rows);
    if (rows == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for a report");
    }
    struct building b = {.reporter = reporter,
                         .order = order,
                         .sink = sink,
                         .rows = rows,
                         .per_part = LIMIT_REPORT_USERS};
    b.row_count = choose_rows(order, rows);
    enum status st = write_parts(&b, err);
    while (st == ST_TOO_LARGE && b.per_part > 1) {
        free_documents(&b);
        b.per_part /= 2;
        st = write_parts(&b, err);
    }
    if (st == ST_OK) {
        st = hand_over(&b, err);
    }
    free_documents(&b);
    free(rows);
    return st;
}
