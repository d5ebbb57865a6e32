#include "admin/user_list.h"

#include "admin/state_part.h"
#include "admin/user_view.h"

#include <stdio.h>

enum { USER_COLUMNS = 9, TEXT_MOST_BYTES = 1024 };

static const char *const HEAD[USER_COLUMNS] = {"SID",   "ACCOUNT", "HOST",     "SET",    "VALUE",
                                               "STATE", "WHY",     "OBSERVED", "VERSION"};
/* Who has an account is known by it; what he has and how it is stays to the last. */
static const uint8_t SPARE[USER_COLUMNS] = {5, 0, 0, 2, 3, 0, 0, 1, 4};

static void add_row(struct adm_table *table, const struct pol_at *item)
{
    struct adm_user_view user;
    adm_user_read(item, &user);
    adm_table_cell(table, user.sid);
    adm_table_cell(table, user.account != NULL ? user.account : user.sid);
    adm_table_cell(table, user.host);
    adm_table_cell(table, user.set);
    adm_table_cell(table, user.value);
    adm_table_cell_in(table, adm_state_style(user.state), user.state);
    adm_table_cell(table, adm_user_why(&user));
    adm_table_cell(table, user.observed);
    adm_table_number(table, user.version);
}

static void name_row(const struct pol_at *item, char out[ADM_LIST_KEY_BYTES])
{
    const char *sid = "?";
    const char *device = "?";
    (void)pol_read_text(item, "sid", POL_OPTIONAL, TEXT_MOST_BYTES, &sid);
    (void)pol_read_text(item, "device_id", POL_OPTIONAL, TEXT_MOST_BYTES, &device);
    (void)snprintf(out, ADM_LIST_KEY_BYTES, "%.200s on %.200s", sid, device);
}

static enum status check(const void *ctx, const struct pol_at *item, struct err *err)
{
    return adm_user_filter_holds(ctx, item, err);
}

struct adm_listing adm_user_listing(const struct adm_user_filter *filter, bool json)
{
    return (struct adm_listing){.path = "/v1/users",
                                .query = "",
                                .list = "users",
                                .head = HEAD,
                                .spare = SPARE,
                                .columns = USER_COLUMNS,
                                .add_row = add_row,
                                .name_row = name_row,
                                .check = filter != NULL ? check : NULL,
                                .ctx = filter,
                                .json = json};
}
