#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/json_line.h"
#include "admin/listing.h"
#include "admin/options.h"
#include "admin/table.h"
#include "admin/user_view.h"

enum { QUERY_BYTES = 8 * 1024, USER_COLUMNS = 9 };

struct filter {
    const char *state;
    const char *ring;
    const char *host;
    const char *sid;
};

static enum status append_filter(struct bytes *query, const char *key, const char *value)
{
    if (value == NULL) {
        return ST_OK;
    }
    enum status st = bytes_append_format(query, "%s%s=", query->size > 0 ? "&" : "", key);
    return st == ST_OK ? adm_query_append(query, value) : st;
}

static enum status write_query(const struct filter *filter, struct bytes *out)
{
    enum status st = append_filter(out, "state", filter->state);
    if (st == ST_OK) {
        st = append_filter(out, "ring", filter->ring);
    }
    if (st == ST_OK) {
        st = append_filter(out, "host", filter->host);
    }
    return st == ST_OK ? append_filter(out, "sid", filter->sid) : st;
}

static enum status print_line(void *ctx, const struct pol_at *item, struct err *err)
{
    (void)ctx;
    return adm_json_line_print(item, err);
}

/* The most telling of what is said: what failed, what held it back, what may be wrong. */
static const char *why(const struct adm_user_view *user)
{
    if (user->error != NULL) {
        return user->error;
    }
    return user->blocked_by != NULL ? user->blocked_by : user->hint;
}

static enum status add_row(void *ctx, const struct pol_at *item, struct err *err)
{
    struct adm_table *table = ctx;
    struct adm_user_view user;

    adm_user_read(item, &user);
    adm_table_cell(table, user.sid);
    adm_table_cell(table, user.account);
    adm_table_cell(table, user.host);
    adm_table_cell(table, user.set);
    adm_table_cell(table, user.value);
    adm_table_cell(table, user.state);
    adm_table_cell(table, why(&user));
    adm_table_cell(table, user.observed);
    adm_table_number(table, user.version);
    return table->st == ST_OK ? ST_OK : err_set(err, table->st, 0, "too many users for a table");
}

static enum status print_table(struct adm_client *client, const char *query, struct err *err)
{
    static const char *const HEAD[USER_COLUMNS] = {
        "SID", "ACCOUNT", "HOST", "SET", "VALUE", "STATE", "WHY", "OBSERVED", "VERSION"};
    const struct adm_pages pages = {
        .path = "/v1/users", .query = query, .list = "users", .visit = add_row};
    return adm_listing_print(client, pages, HEAD, USER_COLUMNS, err);
}

static enum status list_users(struct adm_client *client, const struct filter *filter, bool json,
                              struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    enum status st = write_query(filter, &query);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the filters are too long");
    } else if (json) {
        const struct adm_pages pages = {
            .path = "/v1/users", .query = bytes_text(&query), .list = "users", .visit = print_line};
        st = adm_pages_walk(client, &pages, err);
    } else {
        st = print_table(client, bytes_text(&query), err);
    }
    bytes_free(&query);
    return st;
}

enum status adm_cmd_users(int argc, char *const *argv, struct err *err)
{
    struct filter filter = {0};
    bool json = false;
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--state", .value = "STATE", .text = &filter.state},
        {.name = "--ring", .value = "RING", .text = &filter.ring},
        {.name = "--host", .value = "HOST", .text = &filter.host},
        {.name = "--sid", .value = "SID", .text = &filter.sid},
        {.name = "--json", .flag = &json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {
        .command = "users", .options = options, .option_count = sizeof options / sizeof options[0]};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    if (st == ST_OK) {
        st = adm_connect(&connection, &client, err);
    }
    if (st == ST_OK) {
        st = list_users(client, &filter, json, err);
    }
    adm_client_free(client);
    return st;
}
