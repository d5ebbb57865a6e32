#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/json_line.h"
#include "admin/listing.h"
#include "admin/options.h"
#include "admin/table.h"
#include "policy/limits.h"
#include "policy/words.h"

#include <string.h>

enum { DEVICE_COLUMNS = 9, TEXT_MOST_BYTES = 1024, PROBES_MOST = 64 };

static enum status print_line(void *ctx, const struct pol_at *item, struct err *err)
{
    (void)ctx;
    return adm_json_line_print(item, err);
}

static void add_text(struct adm_table *table, const struct pol_at *device, const char *key,
                     enum pol_need need)
{
    const char *text = NULL;
    (void)pol_read_text(device, key, need, TEXT_MOST_BYTES, &text);
    adm_table_cell(table, text);
}

static bool is_object(const struct pol_at *at)
{
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "an object is expected");
        return false;
    }
    return true;
}

static void add_outlook(struct adm_table *table, const struct pol_at *device)
{
    struct pol_at outlook = {.value = NULL};
    const char *version = NULL;
    if (pol_read_member(device, "outlook", POL_OPTIONAL, &outlook) && is_object(&outlook)) {
        (void)pol_read_text(&outlook, "version", POL_OPTIONAL, TEXT_MOST_BYTES, &version);
    }
    adm_table_cell(table, version != NULL && version[0] == '\0' ? "none" : version);
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

static enum status add_row(void *ctx, const struct pol_at *item, struct err *err)
{
    struct adm_table *table = ctx;
    int64_t effective = 0;

    if (!pol_at_is_object(item)) {
        pol_at_problem(item, "wrong_type", "a device must be an object");
        return ST_OK; /* told with the page's other problems */
    }
    add_text(table, item, "device_id", POL_REQUIRED);
    add_text(table, item, "name", POL_OPTIONAL);
    add_text(table, item, "domain", POL_OPTIONAL);
    add_text(table, item, "agent", POL_OPTIONAL);
    (void)pol_read_integer(item, "effective", POL_OPTIONAL, 0, VERSION_MOST, &effective);
    adm_table_number(table, effective);
    add_text(table, item, "failed", POL_OPTIONAL);
    add_outlook(table, item);
    adm_table_cell(table, read_verdict(item));
    add_text(table, item, "seen_at", POL_OPTIONAL);
    return table->st == ST_OK ? ST_OK : err_set(err, table->st, 0, "too many devices for a table");
}

static enum status print_table(struct adm_client *client, struct err *err)
{
    static const char *const HEAD[DEVICE_COLUMNS] = {"DEVICE",  "HOST",      "DOMAIN",
                                                     "AGENT",   "VERSION",   "FAILED",
                                                     "OUTLOOK", "PREFLIGHT", "LAST SEEN"};
    const struct adm_pages pages = {
        .path = "/v1/devices", .query = "", .list = "devices", .visit = add_row};
    return adm_listing_print(client, pages, HEAD, DEVICE_COLUMNS, err);
}

enum status adm_cmd_devices(int argc, char *const *argv, struct err *err)
{
    bool json = false;
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--json", .flag = &json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "devices",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0]};
    const struct adm_pages lines = {
        .path = "/v1/devices", .query = "", .list = "devices", .visit = print_line};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = json ? adm_pages_walk(client, &lines, err) : print_table(client, err);
    }
    adm_client_free(client);
    return st;
}
