#include "admin/rollout_show.h"

#include "admin/json_line.h"
#include "admin/print.h"

enum status adm_rollout_show(const struct adm_answer *answer, bool json,
                             enum status (*write)(const struct adm_rollout_view *now,
                                                  struct bytes *out),
                             struct err *err)
{
    struct adm_rollout_view now;
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);
    enum status st = ST_OK;

    if (json) {
        struct pol_at root = adm_answer_root(answer);
        st = adm_json_line_print(&root, err);
    } else {
        st = adm_rollout_read(answer, &now, err);
        if (st == ST_OK) {
            enum status written = write(&now, &text);
            written = written == ST_OK ? adm_audit_view_text(&now.audit, &text) : written;
            st = adm_print(&text, written, err);
        }
    }
    bytes_free(&text);
    return st;
}
