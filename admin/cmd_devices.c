#include "admin/client_url.h"
#include "admin/commands.h"
#include "admin/connection.h"
#include "admin/device_list.h"
#include "admin/print.h"
#include "admin/user_list.h"

#include <stdio.h>
#include <string.h>

enum { QUERY_BYTES = 64 * 1024, ID_DIGITS = 32, SAME_NAME_MOST = 2, ID_BYTES = 64 };

struct wish {
    const char *one; /* an id or a host name; NULL: all of them */
    struct adm_device_filter filter;
    struct adm_watch watch;
    const char *limit;
    bool json;
};

/* ---- one of them ----------------------------------------------------------------------------- */

struct named {
    size_t count;
    char id[ID_BYTES];
};

static enum status note_id(void *ctx, const struct pol_at *item, struct err *err)
{
    struct named *named = ctx;
    const char *id = "";
    (void)err;
    if (pol_at_is_object(item) &&
        pol_read_text(item, "device_id", POL_REQUIRED, ID_BYTES - 1, &id)) {
        (void)snprintf(named->id, sizeof named->id, "%s", id);
        named->count++;
    }
    return ST_OK;
}

/* People know machines by name. */
static enum status find_by_name(struct adm_client *client, const char *name, struct named *out,
                                struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    const struct adm_device_filter filter = {.host = name};
    enum status st = adm_device_query(&filter, &query);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the name is too long");
    } else {
        const struct adm_pages pages = {.path = "/v1/devices",
                                        .query = bytes_text(&query),
                                        .list = "devices",
                                        .most = SAME_NAME_MOST,
                                        .visit = note_id,
                                        .ctx = out};
        st = adm_pages_walk(client, &pages, err);
    }
    if (st == ST_OK && out->count == 0) {
        st = err_set(err, ST_NOT_FOUND, 0, "there is no device of the name \"%s\"", name);
    } else if (st == ST_OK && out->count > 1) {
        st = err_set(err, ST_NOT_FOUND, 0,
                     "there are several devices of the name \"%s\": 'mapi-rollout devices --host"
                     " %s' shows their ids",
                     name, name);
    }
    bytes_free(&query);
    return st;
}

static bool is_id(const char *text)
{
    return strlen(text) == ID_DIGITS && strspn(text, "0123456789abcdef") == ID_DIGITS;
}

static enum status get_device(struct adm_client *client, const char *one, struct adm_answer *out,
                              struct err *err)
{
    struct bytes path = bytes_with_limit(QUERY_BYTES);
    struct named named = {.count = 0};
    enum status st = ST_OK;
    if (is_id(one)) {
        (void)snprintf(named.id, sizeof named.id, "%s", one);
    } else {
        st = find_by_name(client, one, &named, err);
    }
    if (st == ST_OK) {
        st = bytes_append_text(&path, "/v1/devices/");
        st = st == ST_OK ? adm_query_append(&path, named.id) : st;
        st = st == ST_OK ? adm_answer_get(client, bytes_text(&path), out, err)
                         : err_set(err, st, 0, "the id is too long");
    }
    bytes_free(&path);
    return st;
}

static enum status add_user(void *ctx, const struct pol_at *item, struct err *err)
{
    struct pol_json_writer *w = ctx;
    pol_at_write(item, w, NULL);
    return w->st == ST_OK ? ST_OK : err_set(err, w->st, 0, "too many users to show at once");
}

/* {"device": ..., "users": [...]}: all that the server knows of it. */
static enum status write_json(struct adm_client *client, const struct pol_at *device,
                              const char *query, struct bytes *out, struct err *err)
{
    struct pol_json_writer w = pol_json_write_start(out);
    const struct adm_pages pages = {
        .path = "/v1/users", .query = query, .list = "users", .visit = add_user, .ctx = &w};
    pol_json_object(&w, NULL);
    pol_at_write(device, &w, "device");
    pol_json_array(&w, "users");
    enum status st = adm_pages_walk(client, &pages, err);
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    if (st == ST_OK) {
        st = pol_json_write_end(&w);
        st = st == ST_OK ? bytes_append_text(out, "\n") : st;
        st = st == ST_OK ? ST_OK : err_set(err, st, 0, "too many users to show at once");
    }
    return st;
}

static enum status write_text(struct adm_client *client, const struct pol_at *device,
                              const char *query, struct adm_sight *sight, struct err *err)
{
    struct adm_listing users = adm_user_listing(NULL, false);
    users.query = query;
    enum status st = adm_device_text(device, &sight->look, &sight->picture);
    st = st == ST_OK ? bytes_append_text(&sight->picture, "\n") : st;
    return st == ST_OK ? adm_listing_append(client, &users, &sight->look, &sight->picture, err)
                       : err_set(err, st, 0, "too much to show");
}

struct watched_device {
    struct adm_client *client;
    const struct wish *wish;
};

/* Line by line, where it is not drawn in place. */
static void add_lines(struct adm_facts *facts, const struct bytes *text)
{
    struct bytes copy = bytes_with_limit(text->size);
    facts->st = bytes_append(&copy, bytes_text(text), text->size);
    char *line = (char *)copy.data;
    while (facts->st == ST_OK && line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        if (line[0] != '\0') {
            adm_facts_add(facts, line, line);
        }
        line = end != NULL ? end + 1 : NULL;
    }
    bytes_free(&copy);
}

static enum status look(void *ctx, struct adm_sight *sight, struct err *err)
{
    const struct watched_device *watched = ctx;
    struct adm_answer answer = {.json = NULL};
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    const char *id = "";
    enum status st = get_device(watched->client, watched->wish->one, &answer, err);
    if (st == ST_OK) {
        struct pol_at device = adm_answer_root(&answer);
        bool good = pol_at_is_object(&device) &&
                    pol_read_text(&device, "device_id", POL_REQUIRED, ID_BYTES, &id);
        st = good ? bytes_append_text(&query, "device=") : ST_REFUSED;
        st = st == ST_OK ? adm_query_append(&query, id) : st;
        if (st != ST_OK) {
            st = err_set(err, ST_IO, 0, "that is no answer of a mapi-rollout server");
        } else if (watched->wish->json) {
            st = write_json(watched->client, &device, bytes_text(&query), &sight->picture, err);
        } else {
            st = write_text(watched->client, &device, bytes_text(&query), sight, err);
        }
        st = st == ST_OK ? adm_answer_check(&answer, err) : st;
    }
    if (st == ST_OK && sight->facts != NULL) {
        add_lines(sight->facts, &sight->picture);
    }
    bytes_free(&query);
    adm_answer_done(&answer);
    return st;
}

static enum status show_one(struct adm_client *client, const struct wish *wish, struct err *err)
{
    struct watched_device watched_device = {.client = client, .wish = wish};
    const struct adm_watched watched = {
        .look = look, .ctx = &watched_device, .json = wish->json, .usual_s = 5};
    return adm_watch_run(&wish->watch, &watched, err);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static enum status list_devices(struct adm_client *client, const struct wish *wish, struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    struct adm_listing listing = adm_device_listing(&wish->filter, wish->json);
    enum status st = adm_device_query(&wish->filter, &query);
    if (st == ST_OK) {
        listing.query = bytes_text(&query);
        st = adm_listing_limit(wish->limit, &listing.most, err);
    } else {
        st = err_set(err, st, 0, "the filters are too long");
    }
    st = st == ST_OK ? adm_listing_show(client, &listing, &wish->watch, err) : st;
    bytes_free(&query);
    return st;
}

static enum status check(const struct wish *wish, struct err *err)
{
    struct bytes query = bytes_with_limit(QUERY_BYTES);
    bool filtered = adm_device_query(&wish->filter, &query) != ST_OK || query.size > 0;
    bytes_free(&query);
    return wish->one != NULL && (filtered || wish->limit != NULL)
               ? adm_usage(err, "devices takes one device or filters, not both")
               : ST_OK;
}

enum status adm_cmd_devices(int argc, char *const *argv, struct err *err)
{
    struct wish wish = {0};
    struct adm_connection_options connection = {0};
    const struct adm_option options[] = {
        {.name = "--host", .value = "HOST", .text = &wish.filter.host},
        {.name = "--text", .value = "TEXT", .text = &wish.filter.text},
        {.name = "--stage", .value = "STAGE", .text = &wish.filter.stage},
        {.name = "--version", .value = "VERSION", .text = &wish.filter.version},
        {.name = "--seen-before", .value = "TIME", .text = &wish.filter.seen_before},
        {.name = "--seen-after", .value = "TIME", .text = &wish.filter.seen_after},
        {.name = "--stale", .flag = &wish.filter.stale},
        {.name = "--duplicate", .flag = &wish.filter.duplicate},
        {.name = "--failed", .flag = &wish.filter.failed},
        {.name = "--retired", .flag = &wish.filter.retired},
        {.name = "--limit", .value = "NUMBER", .text = &wish.limit},
        ADM_WATCH_ROW(wish.watch),
        {.name = "--json", .flag = &wish.json},
        ADM_CONNECTION_ROWS(connection),
    };
    const struct adm_syntax syntax = {.command = "devices",
                                      .options = options,
                                      .option_count = sizeof options / sizeof options[0],
                                      .operands = {"[ID|HOST]"}};
    struct adm_client *client = NULL;

    enum status st = adm_options_read(&syntax, argc, argv, &wish.one, err);
    st = st == ST_OK ? check(&wish, err) : st;
    st = st == ST_OK ? adm_connect(&connection, &client, err) : st;
    if (st == ST_OK) {
        st = wish.one != NULL ? show_one(client, &wish, err) : list_devices(client, &wish, err);
    }
    adm_client_free(client);
    return st;
}
