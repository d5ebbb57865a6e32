#include "agent/accepted_win.h"

#include "agent/vault_win.h"
#include "base/text_win.h"

#include <stdlib.h>

#include <windows.h>

static bool is_there(const char *folder)
{
    wchar_t *wide = NULL;
    bool there =
        text_to_wide(folder, &wide) == ST_OK && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return there;
}

enum status ag_accepted_open(const struct ag_config *config, struct ag_accepted *a, struct err *err)
{
    if (!is_there(config->data_dir)) {
        return ST_OK;
    }
    enum status st = ag_vault_win_open(config->data_dir, &a->vault, err);
    if (st == ST_OK) {
        a->port = ag_vault_win_port(a->vault);
        st = ag_policy_store_open(&a->store, &a->port, err);
    }
    return st;
}

void ag_accepted_close(struct ag_accepted *a)
{
    ag_policy_store_done(&a->store);
    ag_vault_win_close(a->vault);
}
