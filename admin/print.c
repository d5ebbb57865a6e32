#include "admin/print.h"

#include "admin/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WARNING_MOST_BYTES = 4096 };

enum status adm_print(const struct bytes *text, enum status st, struct err *err)
{
    if (st != ST_OK) {
        return err_set(err, st, 0, "the answer is too large to show");
    }
    if (fwrite(bytes_text(text), 1, text->size, stdout) != text->size || fflush(stdout) != 0) {
        int error = errno;
        return err_set(err, ST_IO, (uint32_t)error, "cannot write the output: %s", strerror(error));
    }
    return ST_OK;
}

void adm_print_warning(const char *text)
{
    struct bytes line = bytes_with_limit(WARNING_MOST_BYTES);
    if (bytes_append_visible(&line, text) == ST_OK) {
        (void)fprintf(stderr, "mapi-rollout: warning: %s\n", bytes_text(&line));
    }
    bytes_free(&line);
}
