#include "admin/device_list.h"
#include "policy/limits.h"
#include "policy/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MOST_BYTES = 1024, PROBES_MOST = 64, LINE_BYTES = 4096, NUMBER_BYTES = 24 };

static const char *read_text(const struct pol_at *at, const char *key)
{
    const char *text = NULL;
    (void)pol_read_text(at, key, POL_OPTIONAL, TEXT_MOST_BYTES, &text);
    return text;
}

static void add(struct adm_table *table, enum adm_style style, const char *name, const char *value)
{
    if (value != NULL) {
        adm_table_cell_in(table, ADM_STYLE_HEAD, name);
        adm_table_cell_in(table, style, value);
    }
}

static void add_outlook(struct adm_table *table, const struct pol_at *device)
{
    char line[LINE_BYTES];
    struct pol_at outlook = {.value = NULL};
    if (!pol_read_member(device, "outlook", POL_OPTIONAL, &outlook) ||
        !pol_at_is_object(&outlook)) {
        add(table, ADM_STYLE_PLAIN, "outlook", "not known");
        return;
    }
    const char *version = read_text(&outlook, "version");
    const char *bitness = read_text(&outlook, "bitness");
    const char *install = read_text(&outlook, "install");
    (void)snprintf(line, sizeof line, "%s%s%s%s%s",
                   version == NULL      ? "of a version not known"
                   : version[0] == '\0' ? "none"
                                        : version,
                   bitness != NULL ? " " : "", bitness != NULL ? bitness : "",
                   install != NULL ? ", " : "", install != NULL ? install : "");
    add(table, ADM_STYLE_PLAIN, "outlook", line);
}

static void add_policy(struct adm_table *table, const struct pol_at *device)
{
    char number[NUMBER_BYTES];
    int64_t effective = 0;
    const char *failed = read_text(device, "failed");
    (void)pol_read_integer(device, "effective", POL_OPTIONAL, 0, VERSION_MOST, &effective);
    (void)snprintf(number, sizeof number, "version %" PRId64, effective);
    add(table, ADM_STYLE_PLAIN, "policy", effective > 0 ? number : "none in force");
    if (failed != NULL) {
        char line[LINE_BYTES];
        const char *pointer = read_text(device, "failed_pointer");
        (void)snprintf(line, sizeof line, "%s%s%s", failed, pointer != NULL ? " at " : "",
                       pointer != NULL ? pointer : "");
        add(table, ADM_STYLE_BAD, "refused", line);
    }
}

static void add_times(struct adm_table *table, const struct pol_at *device)
{
    bool stale = false;
    (void)pol_read_boolean(device, "stale", POL_OPTIONAL, &stale);
    add(table, ADM_STYLE_PLAIN, "enrolled", read_text(device, "enrolled_at"));
    add(table, stale ? ADM_STYLE_PENDING : ADM_STYLE_PLAIN, "last seen",
        read_text(device, "seen_at"));
    add(table, ADM_STYLE_PENDING, "remark", stale ? "stale: not heard from for long" : NULL);
    add(table, ADM_STYLE_PENDING, "duplicate", read_text(device, "duplicate_of"));
    add(table, ADM_STYLE_PENDING, "retired", read_text(device, "retired_at"));
}

static void add_probe(struct adm_table *table, const struct pol_at *probe)
{
    char number[NUMBER_BYTES] = "-";
    int64_t http = 0;
    const char *verdict = read_text(probe, "verdict");
    bool ready = verdict != NULL && strcmp(verdict, POL_VERDICT_WORDS[POL_VERDICT_READY]) == 0;
    if (pol_read_integer(probe, "http", POL_OPTIONAL, 0, 999, &http)) {
        (void)snprintf(number, sizeof number, "%" PRId64, http);
    }
    adm_table_cell(table, read_text(probe, "url"));
    adm_table_cell(table, read_text(probe, "for"));
    adm_table_cell_in(table, ready ? ADM_STYLE_GOOD : ADM_STYLE_BAD, verdict);
    adm_table_cell(table, number);
    adm_table_cell(table, read_text(probe, "server"));
    adm_table_cell(table, read_text(probe, "at"));
}

static enum status append_probes(const struct pol_at *device, const struct adm_look *look,
                                 struct bytes *out)
{
    static const char *const HEAD[] = {"PREFLIGHT", "FOR", "VERDICT", "HTTP", "SERVER", "AT"};
    static const uint8_t SPARE[] = {0, 0, 0, 2, 1, 3};
    struct adm_table table = adm_table_with(sizeof HEAD / sizeof HEAD[0]);
    struct pol_at list = {.value = NULL};
    struct pol_at item = {.value = NULL};
    size_t count = 0;
    enum status st = ST_OK;

    table.look = *look;
    memcpy(table.spare, SPARE, sizeof SPARE);
    adm_table_heading(&table, HEAD);
    if (pol_read_array(device, "preflight", POL_OPTIONAL, PROBES_MOST, &list, &count) &&
        pol_at_is_array(&list)) {
        for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
            if (pol_at_is_object(&item)) {
                add_probe(&table, &item);
            }
        }
    }
    if (table.count > table.columns) {
        st = bytes_append_text(out, "\n");
        st = st == ST_OK ? adm_table_write(&table, out) : st;
    }
    adm_table_done(&table);
    return st;
}

enum status adm_device_text(const struct pol_at *device, const struct adm_look *look,
                            struct bytes *out)
{
    struct adm_table table = adm_table_with(2);
    table.look = *look;
    add(&table, ADM_STYLE_PLAIN, "device", read_text(device, "device_id"));
    add(&table, ADM_STYLE_PLAIN, "host", read_text(device, "name"));
    add(&table, ADM_STYLE_PLAIN, "full name", read_text(device, "fqdn"));
    add(&table, ADM_STYLE_PLAIN, "domain", read_text(device, "domain"));
    add(&table, ADM_STYLE_PLAIN, "unit", read_text(device, "computer_ou"));
    add(&table, ADM_STYLE_PLAIN, "site", read_text(device, "ad_site"));
    add(&table, ADM_STYLE_PLAIN, "windows", read_text(device, "os"));
    add(&table, ADM_STYLE_PLAIN, "agent", read_text(device, "agent"));
    add_policy(&table, device);
    add_outlook(&table, device);
    add_times(&table, device);
    enum status st = adm_table_write(&table, out);
    adm_table_done(&table);
    return st == ST_OK ? append_probes(device, look, out) : st;
}
