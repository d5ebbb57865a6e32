#include "admin/device_list.h"

#include "admin/client_url.h"
#include "policy/limits.h"
#include "policy/words.h"

#include <stdio.h>
#include <string.h>

enum { DEVICE_COLUMNS = 10, TEXT_MOST_BYTES = 1024, PROBES_MOST = 64 };

static const char *const HEAD[DEVICE_COLUMNS] = {"DEVICE",    "HOST",   "DOMAIN",  "AGENT",
                                                 "VERSION",   "FAILED", "OUTLOOK", "PREFLIGHT",
                                                 "LAST SEEN", "REMARK"};
static const uint8_t SPARE[DEVICE_COLUMNS] = {4, 0, 3, 5, 0, 0, 2, 1, 0, 0};

static const char *read_text(const struct pol_at *at, const char *key, enum pol_need need)
{
    const char *text = NULL;
    (void)pol_read_text(at, key, need, TEXT_MOST_BYTES, &text);
    return text;
}

static bool is_object(const struct pol_at *at)
{
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "an object is expected");
        return false;
    }
    return true;
}

static const char *read_outlook(const struct pol_at *device)
{
    struct pol_at outlook = {.value = NULL};
    const char *version = NULL;
    if (pol_read_member(device, "outlook", POL_OPTIONAL, &outlook) && is_object(&outlook)) {
        version = read_text(&outlook, "version", POL_OPTIONAL);
    }
    return version != NULL && version[0] == '\0' ? "none" : version;
}

/* Nothing but "ready", or the first verdict that is not. */
static const char *read_verdict(const struct pol_at *device)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    const char *verdict = NULL;
    if (!pol_read_array(device, "preflight", POL_OPTIONAL, PROBES_MOST, &list, &count) ||
        !pol_at_is_array(&list)) {
        return NULL;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        if (is_object(&item) &&
            pol_read_text(&item, "verdict", POL_REQUIRED, TEXT_MOST_BYTES, &verdict) &&
            strcmp(verdict, POL_VERDICT_WORDS[POL_VERDICT_READY]) != 0) {
            break;
        }
    }
    return verdict;
}

/* Why it does not count as others do; NULL: it does. */
static const char *read_remark(const struct pol_at *device)
{
    bool stale = false;
    if (read_text(device, "retired_at", POL_OPTIONAL) != NULL) {
        return "retired";
    }
    if (read_text(device, "duplicate_of", POL_OPTIONAL) != NULL) {
        return "duplicate";
    }
    (void)pol_read_boolean(device, "stale", POL_OPTIONAL, &stale);
    return stale ? "stale" : NULL;
}

static void add_row(struct adm_table *table, const struct pol_at *item)
{
    int64_t effective = 0;
    const char *failed = read_text(item, "failed", POL_OPTIONAL);
    const char *remark = read_remark(item);
    (void)pol_read_integer(item, "effective", POL_OPTIONAL, 0, VERSION_MOST, &effective);
    adm_table_cell(table, read_text(item, "device_id", POL_REQUIRED));
    adm_table_cell(table, read_text(item, "name", POL_OPTIONAL));
    adm_table_cell(table, read_text(item, "domain", POL_OPTIONAL));
    adm_table_cell(table, read_text(item, "agent", POL_OPTIONAL));
    adm_table_number(table, effective);
    adm_table_cell_in(table, failed != NULL ? ADM_STYLE_BAD : ADM_STYLE_PLAIN, failed);
    adm_table_cell(table, read_outlook(item));
    adm_table_cell(table, read_verdict(item));
    adm_table_cell(table, read_text(item, "seen_at", POL_OPTIONAL));
    adm_table_cell_in(table, ADM_STYLE_PENDING, remark);
}

static void name_row(const struct pol_at *item, char out[ADM_LIST_KEY_BYTES])
{
    const char *id = read_text(item, "device_id", POL_OPTIONAL);
    const char *name = read_text(item, "name", POL_OPTIONAL);
    (void)snprintf(out, ADM_LIST_KEY_BYTES, "%.200s (%.200s)", id != NULL ? id : "?",
                   name != NULL ? name : "?");
}

/* A server that does not know a filter answers with all of them. */
static enum status check(const void *ctx, const struct pol_at *item, struct err *err)
{
    const struct adm_device_filter *filter = ctx;
    bool stale = false;
    (void)pol_read_boolean(item, "stale", POL_OPTIONAL, &stale);
    bool duplicate = read_text(item, "duplicate_of", POL_OPTIONAL) != NULL;
    bool failed = read_text(item, "failed", POL_OPTIONAL) != NULL;
    bool retired = read_text(item, "retired_at", POL_OPTIONAL) != NULL;
    const char *unknown = filter->stale && !stale           ? "--stale"
                          : filter->duplicate && !duplicate ? "--duplicate"
                          : filter->failed && !failed       ? "--failed"
                          : filter->retired && !retired     ? "--retired"
                                                            : NULL;
    return unknown == NULL
               ? ST_OK
               : err_refuse(err, "unsupported", NULL,
                            "this server does not know %s: it answers with others, too", unknown);
}

struct adm_listing adm_device_listing(const struct adm_device_filter *filter, bool json)
{
    return (struct adm_listing){.path = "/v1/devices",
                                .query = "",
                                .list = "devices",
                                .head = HEAD,
                                .spare = SPARE,
                                .columns = DEVICE_COLUMNS,
                                .add_row = add_row,
                                .name_row = name_row,
                                .check = check,
                                .ctx = filter,
                                .json = json};
}

enum status adm_device_query(const struct adm_device_filter *f, struct bytes *out)
{
    const struct {
        const char *key;
        const char *value;
    } KEYS[] = {
        {"host", f->host},
        {"q", f->text},
        {"stage", f->stage},
        {"version", f->version},
        {"seen_before", f->seen_before},
        {"seen_after", f->seen_after},
        {"stale", f->stale ? "1" : NULL},
        {"duplicate", f->duplicate ? "1" : NULL},
        {"failed", f->failed ? "1" : NULL},
        {"retired", f->retired ? "1" : NULL},
    };
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < sizeof KEYS / sizeof KEYS[0]; i++) {
        st = adm_query_add(out, KEYS[i].key, KEYS[i].value);
    }
    return st;
}
