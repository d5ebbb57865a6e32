#include "admin/json_line.h"

#include "admin/print.h"
#include "policy/json_write.h"

enum status adm_json_line_print(const struct pol_at *value, struct err *err)
{
    struct bytes line = bytes_with_limit(ADM_PRINT_BYTES);
    struct pol_json_writer w = pol_json_write_start(&line);
    pol_at_write(value, &w, NULL);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK) {
        st = bytes_append_text(&line, "\n");
    }
    st = adm_print(&line, st, err);
    bytes_free(&line);
    return st;
}
