#include "admin/commands.h"
#include "admin/completion.h"
#include "admin/options.h"
#include "admin/print.h"

#include <string.h>

enum status adm_cmd_completion(int argc, char *const *argv, struct err *err)
{
    const struct adm_syntax syntax = {.command = "completion", .operands = {"bash"}};
    const char *shell = NULL;
    struct bytes text = bytes_with_limit(ADM_PRINT_BYTES);

    enum status st = adm_options_read(&syntax, argc, argv, &shell, err);
    if (st == ST_OK && strcmp(shell, "bash") != 0) {
        st = adm_usage(err, "completion is there for bash only, not for \"%s\"", shell);
    }
    if (st == ST_OK) {
        st = adm_print(&text, adm_completion_bash(&text), err);
    }
    bytes_free(&text);
    return st;
}
