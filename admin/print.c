#include "admin/print.h"

#include "admin/terminal.h"

#include <stdio.h>

enum { WARNING_MOST_BYTES = 4096 };

enum status adm_print(const struct bytes *text, enum status st, struct err *err)
{
    if (st != ST_OK) {
        return err_set(err, st, 0, "the answer is too large to show");
    }
    return adm_terminal_write(bytes_span(text), err);
}

void adm_print_warning(const char *text)
{
    struct bytes line = bytes_with_limit(WARNING_MOST_BYTES);
    if (bytes_append_visible(&line, text) == ST_OK) {
        (void)fprintf(stderr, "mapi-rollout: warning: %s\n", bytes_text(&line));
    }
    bytes_free(&line);
}
