#include "agent/accepted_win.h"

#include "agent/edge_win.h"
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

enum status ag_accepted_policy(const struct ag_config *config, struct ag_accepted *a,
                               struct pol_policy **out, struct err *err)
{
    struct ag_trust trust = {0};
    char etag[AG_ETAG_BYTES] = "";
    enum status st = ag_accepted_open(config, a, err);
    if (st == ST_OK) {
        const struct ag_vault *vault = a->vault != NULL ? &a->port : NULL;
        st = ag_edge_read_trust(config, vault, false, &trust, err);
    }
    if (st == ST_OK && a->vault != NULL) {
        st = ag_policy_store_load(&a->store, trust.trust, config->rollout, out, etag, err);
    } else if (st == ST_OK) {
        st = ST_NOT_FOUND;
    }
    if (st == ST_NOT_FOUND) {
        (void)err_set(err, st, 0, "no policy was accepted yet");
    }
    ag_trust_done(&trust);
    return st;
}

void ag_accepted_close(struct ag_accepted *a)
{
    ag_policy_store_done(&a->store);
    ag_vault_win_close(a->vault);
}
