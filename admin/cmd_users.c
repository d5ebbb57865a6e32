#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/user_list.h"

enum { QUERY_BYTES = 64 * 1024 };

struct wish {
    struct adm_user_filter filter;
    struct adm_watch watch;
    const char *limit;
    bool json;
};

static enum status list_users(struct adm_client *client, const struct wish *wish, struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    struct adm_listing listing = adm_user_listing(&wish->filter, wish->json);
    enum status st = adm_user_filter_query(&wish->filter, &query, err);
    if (st == ST_OK) {
        listing.query = bytes_text(&query);
        st = adm_listing_limit(wish->limit, &listing.most, err);
    }
    st = st == ST_OK ? adm_listing_show(client, &listing, &wish->watch, err) : st;
    bytes_free(&query);
    return st;
}

enum status adm_cmd_users(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        ADM_USER_FILTER_ROWS(wish.filter),
        {.name = "--limit", .value = "NUMBER", .text = &wish.limit},
        ADM_WATCH_ROW(wish.watch),
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {
        .command = "users", .options = options, .option_count = sizeof options / sizeof options[0]};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, NULL, err);
    st = st == ST_OK ? adm_user_filter_check(&wish.filter, err) : st;
    st = st == ST_OK ? adm_connect(&connection, &client, err) : st;
    st = st == ST_OK ? list_users(client, &wish, err) : st;
    adm_client_free(client);
    return st;
}
