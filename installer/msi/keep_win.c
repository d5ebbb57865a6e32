#include "installer/msi/keep_win.h"

#include "agent/config_win.h"
#include "agent/vault_win.h"
#include "base/file.h"
#include "base/text_win.h"
#include "installer/msi/after_win.h"
#include "installer/msi/before_win.h"
#include "installer/msi/named_win.h"
#include "installer/msi/settings_win.h"
#include "installer/msi/wipe_win.h"
#include "policy/limits.h"
#include "policy/trust.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 1024 };

static const char SEALED_FILE[] = "enroll.sealed"; /* the agent's own copy of the secret */

/* ---- files --------------------------------------------------------------------------------- */

/* The same rule as the agent's: what it took before counts, also where an older file is offered. */
static enum status check_rollback(const struct ag_vault *vault, struct span next, struct err *err)
{
    struct bytes kept = {0};
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    enum status st = vault->read(vault->ctx, "trust.kept", LIMIT_TRUST_BYTES, &kept, err);
    if (st == ST_OK) {
        st = pol_trust_check_change(bytes_span(&kept), next, &change, err);
    } else if (st == ST_NOT_FOUND || st == ST_TOO_LARGE) {
        st = ST_OK; /* nothing was taken yet, or nothing of use is kept */
    }
    bytes_free(&kept);
    return st;
}

/* Who is no administrator yet cannot see the data directory: then it is looked at when he is. */
static enum status look_at_trust(const struct ins_wish *wish, const char *folder, struct err *err)
{
    char path[PATH_BYTES];
    struct bytes kept = {0};
    struct bytes next = {0};
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    (void)snprintf(path, sizeof path, "%s\\trust.kept", folder);
    enum status st = ST_OK;
    if (file_read(path, LIMIT_TRUST_BYTES, &kept, NULL) == ST_OK) {
        st = ins_named_read(wish, INS_TRUSTFILE, &next, err);
        if (st == ST_OK) {
            st = pol_trust_check_change(bytes_span(&kept), bytes_span(&next), &change, err);
        }
    }
    bytes_free(&kept);
    bytes_free(&next);
    return st;
}

enum status ins_keep_look(const struct ins_wish *wish, const char *folder, struct err *err)
{
    enum status st = ins_named_look(wish, err);
    return st == ST_OK && ins_wish_is_given(wish, INS_TRUSTFILE) ? look_at_trust(wish, folder, err)
                                                                 : st;
}

static enum status keep_file(const struct ag_vault *vault, const struct ins_wish *wish,
                             enum ins_property property, struct err *err)
{
    struct bytes content = {0};
    enum status st = ins_named_read(wish, property, &content, err);
    if (st == ST_OK && property == INS_TRUSTFILE) {
        st = check_rollback(vault, bytes_span(&content), err);
    }
    if (st == ST_OK) {
        st = property == INS_ENROLLSECRETFILE
                 ? vault->write_secret(vault->ctx, SEALED_FILE, bytes_span(&content), err)
                 : vault->write(vault->ctx, INS_PROPERTIES[property].kept_as, bytes_span(&content),
                                err);
    }
    bytes_wipe(&content);
    return st;
}

static enum status drop_file(const struct ag_vault *vault, enum ins_property property,
                             struct err *err)
{
    const char *name =
        property == INS_ENROLLSECRETFILE ? SEALED_FILE : INS_PROPERTIES[property].kept_as;
    enum status st = vault->remove(vault->ctx, name, err);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status keep_files(const struct ag_vault *vault, const struct ins_wish *wish,
                              struct err *err)
{
    enum status st = ST_OK;
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        enum ins_property property = (enum ins_property)i;
        if (INS_PROPERTIES[i].kept_as == NULL) {
            continue;
        }
        if (ins_wish_is_given(wish, property)) {
            st = keep_file(vault, wish, property, err);
        } else if (ins_wish_takes_away(wish, property)) {
            st = drop_file(vault, property, err);
        }
    }
    return st;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* The data directory and what the agent is set to now. */
struct place {
    struct ag_config config;
    struct ag_vault_win *folder;
    struct ag_vault vault;
};

static enum status place_open(struct place *place, struct err *err)
{
    enum status st = ag_vault_win_open(place->config.data_dir, &place->folder, err);
    if (st == ST_OK) {
        place->vault = ag_vault_win_port(place->folder);
    }
    return st;
}

static void place_close(struct place *place)
{
    ag_vault_win_close(place->folder);
    ag_config_done(&place->config);
}

static bool is_there(const char *path)
{
    wchar_t *wide = NULL;
    bool found =
        text_to_wide(path, &wide) == ST_OK && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return found;
}

enum status ins_keep(const struct ins_wish *wish, struct err *err)
{
    struct place place = {.config = ag_config_defaults()};
    enum status st = ag_config_win_read(&place.config, err);
    if (st == ST_OK) {
        st = ins_before_settings(!is_there(place.config.data_dir), err);
    }
    if (st == ST_OK) {
        st = place_open(&place, err);
    }
    if (st == ST_OK) {
        st = ins_before_files(&place.vault, err);
    }
    if (st == ST_OK) {
        st = keep_files(&place.vault, wish, err);
    }
    if (st == ST_OK) {
        st = ins_settings_keep(place.config.data_dir, wish, err);
    }
    if (st == ST_OK) {
        st = ins_after_cancel(err);
    }
    place_close(&place);
    if (st != ST_OK) {
        struct err undoing;
        enum status undone = ins_keep_undo(&undoing);
        (void)undone; /* what failed first is what is told; rolling back tries once more */
    }
    return st;
}

static enum status undo_files(bool fresh, struct err *err)
{
    struct place place = {.config = ag_config_defaults()};
    enum status st = ag_config_win_read(&place.config, err);
    if (st == ST_OK && is_there(place.config.data_dir)) {
        st = place_open(&place, err);
        if (st == ST_OK && !fresh) {
            st = ins_before_bring_files(&place.vault, err);
        }
    }
    if (st == ST_OK && fresh) {
        st = ins_after_remove_data(place.config.data_dir, err);
    }
    place_close(&place);
    return st;
}

/* Settings come back whatever becomes of the files; what failed first is told. */
enum status ins_keep_undo(struct err *err)
{
    bool fresh = false;
    if (!ins_before_is_there(&fresh)) {
        return ST_OK;
    }
    struct err why = {.st = ST_OK};
    enum status files = undo_files(fresh, err);
    enum status st = ins_before_bring_settings(fresh, files == ST_OK, &why);
    if (files == ST_OK && st != ST_OK) {
        *err = why;
    }
    return files != ST_OK ? files : st;
}

/* What is sealed is what was in it. */
static enum status wipe_named(const struct ag_vault *vault, const struct ins_wish *wish,
                              struct err *err)
{
    struct bytes secret = {0};
    enum status st = vault->read_secret(vault->ctx, SEALED_FILE, &secret, err);
    if (st == ST_OK) {
        st = ins_wipe_secret(wish->values[INS_ENROLLSECRETFILE], bytes_span(&secret), err);
    }
    bytes_wipe(&secret);
    return st;
}

enum status ins_keep_commit(const struct ins_wish *wish, struct err *err)
{
    struct place place = {.config = ag_config_defaults()};
    enum status st = ag_config_win_read(&place.config, err);
    if (st == ST_OK) {
        st = place_open(&place, err);
    }
    if (st == ST_OK) {
        st = ins_before_forget(&place.vault, err);
    }
    if (st == ST_OK && ins_wish_is_given(wish, INS_ENROLLSECRETFILE)) {
        st = wipe_named(&place.vault, wish, err);
    }
    place_close(&place);
    return st;
}
