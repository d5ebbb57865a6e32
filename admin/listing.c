#include "admin/listing.h"

#include "admin/print.h"

enum status adm_listing_print(struct adm_client *client, struct adm_pages pages,
                              const char *const *head, size_t columns, struct err *err)
{
    struct adm_table table = adm_table_with(columns);
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    pages.ctx = &table;
    for (size_t i = 0; i < columns; i++) {
        adm_table_cell(&table, head[i]);
    }
    enum status st = adm_pages_walk(client, &pages, err);
    if (st == ST_OK) {
        st = adm_print(&text, adm_table_write(&table, &text), err);
    }
    bytes_free(&text);
    adm_table_done(&table);
    return st;
}
