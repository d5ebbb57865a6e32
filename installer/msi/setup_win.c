#include "installer/msi/setup_win.h"

#include "agent/config_win.h"
#include "installer/msi/after_win.h"
#include "installer/msi/await_win.h"
#include "installer/msi/keep_win.h"
#include "installer/msi/leave_win.h"
#include "installer/msi/package_win.h"
#include "installer/msi/rollback_win.h"
#include "installer/msi/settings_win.h"
#include "installer/msi/upgrade_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <psa/crypto.h>

enum { VALUE_CHARS = 4096, PATH_CHARS = 1024, WORD_CHARS = 16, END_WITHIN_MS = 15 * 1000 };

/* Instead of what ONUNINSTALL says: nothing is to be taken away. */
static const char UPGRADE[] = "upgrade";

static UINT finish(MSIHANDLE package, enum status st, const struct err *err)
{
    if (st == ST_OK) {
        return ERROR_SUCCESS;
    }
    ins_package_fail(package, err);
    return ERROR_INSTALL_FAILURE;
}

/* ---- looking ------------------------------------------------------------------------------- */

static enum status read_wish(MSIHANDLE package, struct ins_wish *wish, struct err *err)
{
    enum status st = ST_OK;
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        wchar_t name[32];
        char *value = NULL;
        (void)swprintf(name, sizeof name / sizeof name[0], L"%hs", INS_PROPERTIES[i].name);
        st = ins_package_read(package, name, VALUE_CHARS, &value, err);
        if (st == ST_OK) {
            st = ins_wish_put(wish, (enum ins_property)i, value, err);
        }
        free(value);
    }
    return st;
}

/* A file without its folder is beside the package: that is where whoever deploys it puts it. */
static enum status complete_path(const char *package_path, char **path, struct err *err)
{
    const char *end = strrchr(package_path, '\\');
    if (*path == NULL || strcmp(*path, "-") == 0 || strchr(*path, ':') != NULL ||
        (*path)[0] == '\\' || end == NULL) {
        return ST_OK;
    }
    struct bytes whole = bytes_with_limit(VALUE_CHARS);
    enum status st = bytes_append(&whole, package_path, (size_t)(end - package_path) + 1);
    st = st == ST_OK ? bytes_append_text(&whole, *path) : st;
    char *copy = st == ST_OK ? text_copy(bytes_text(&whole)) : NULL;
    bytes_free(&whole);
    if (copy == NULL) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of the package is too long");
    }
    free(*path);
    *path = copy;
    return ST_OK;
}

static enum status complete_paths(MSIHANDLE package, struct ins_wish *wish, struct err *err)
{
    char *package_path = NULL;
    enum status st =
        ins_package_read(package, L"OriginalDatabase", VALUE_CHARS, &package_path, err);
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        if (INS_PROPERTIES[i].kept_as != NULL) {
            st = complete_path(package_path, &wish->values[i], err);
        }
    }
    free(package_path);
    return st;
}

static enum status hand_program(MSIHANDLE package, struct err *err)
{
    struct bytes path = bytes_with_limit(VALUE_CHARS);
    char *folder = NULL;
    enum status st = ins_package_read(package, L"INSTALLDIR", PATH_CHARS, &folder, err);
    if (st == ST_OK) {
        st = bytes_append_format(&path, "%smapi-rollout-agent.exe", folder);
        st = st == ST_OK ? ins_package_write(package, L"AwaitAgent", bytes_text(&path), err)
                         : err_set(err, st, 0, "the path of the agent is too long");
    }
    free(folder);
    bytes_free(&path);
    return st;
}

static enum status hand_over(MSIHANDLE package, const struct ins_wish *wish, struct err *err)
{
    struct bytes lines = bytes_with_limit(INS_WISH_BYTES);
    enum status st = ins_wish_write(wish, &lines);
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the properties are too long");
    } else {
        st = ins_package_write(package, L"KeepSettings", bytes_text(&lines), err);
    }
    if (st == ST_OK) {
        st = ins_package_write(package, L"CommitSettings", bytes_text(&lines), err);
    }
    bytes_free(&lines);
    return st == ST_OK ? hand_program(package, err) : st;
}

static enum status mark_upgrade(MSIHANDLE package, struct err *err)
{
    char *found = NULL;
    enum status st = ins_package_read(package, L"WIX_UPGRADE_DETECTED", VALUE_CHARS, &found, err);
    if (st == ST_OK && found[0] != '\0') {
        ins_upgrade_begin();
    }
    free(found);
    return st;
}

UINT __stdcall CheckProperties(MSIHANDLE package)
{
    struct ins_wish wish = {{NULL}};
    struct ag_config config = ag_config_defaults();
    struct err err = {.st = ST_OK};
    enum status st = psa_crypto_init() == PSA_SUCCESS
                         ? ST_OK
                         : err_set(&err, ST_BUG, 0, "the cryptographic library does not start");
    if (st == ST_OK) {
        st = ins_rollback_check(package, &err);
    }
    if (st == ST_OK) {
        st = read_wish(package, &wish, &err);
    }
    if (st == ST_OK) {
        st = complete_paths(package, &wish, &err);
    }
    if (st == ST_OK) {
        st = ag_config_win_read(&config, &err);
    }
    if (st == ST_OK) {
        st = ins_wish_check(&wish, &config, &err);
    }
    if (st == ST_OK) {
        st = ins_keep_look(&wish, config.data_dir, &err);
    }
    if (st == ST_OK) {
        st = hand_over(package, &wish, &err);
    }
    if (st == ST_OK) {
        st = mark_upgrade(package, &err);
    }
    ag_config_done(&config);
    ins_wish_done(&wish);
    return finish(package, st, &err);
}

/* "restore", "allow" or "leave": as it is asked for now, or was when the agent was installed. */
static enum status read_leaving(MSIHANDLE package, struct ins_wish *wish, struct err *err)
{
    wchar_t wide[WORD_CHARS] = L"";
    char kept[WORD_CHARS * 4];
    DWORD size = sizeof wide;
    enum status st = read_wish(package, wish, err);
    if (st == ST_OK && wish->values[INS_ONUNINSTALL] == NULL) {
        LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, INS_SETUP_KEY, INS_LEAVING_VALUE,
                                     RRF_RT_REG_SZ, NULL, wide, &size);
        (void)snprintf(kept, sizeof kept, "%ls", error == ERROR_SUCCESS ? wide : L"restore");
        st = ins_wish_put(wish, INS_ONUNINSTALL, kept, err);
    }
    return st == ST_OK ? ins_wish_check_leaving(wish, err) : st;
}

static enum status hand_leaving(MSIHANDLE package, const char *how, const char *folder,
                                struct err *err)
{
    struct bytes data = bytes_with_limit(VALUE_CHARS);
    enum status st = bytes_append_format(&data, "%s\n%smapi-rollout-agent.exe", how, folder);
    if (st == ST_OK) {
        st = ins_package_write(package, L"LeaveUsers", bytes_text(&data), err);
    } else {
        st = err_set(err, st, 0, "the path of the agent is too long");
    }
    bytes_free(&data);
    if (st == ST_OK) {
        st = ins_package_write(package, L"RemoveTraces", how, err);
    }
    return st == ST_OK ? hand_program(package, err) : st;
}

UINT __stdcall CheckLeaving(MSIHANDLE package)
{
    struct ins_wish wish = {{NULL}};
    struct err err = {.st = ST_OK};
    char *folder = NULL;
    enum status st = read_leaving(package, &wish, &err);
    if (st == ST_OK) {
        st = ins_package_read(package, L"INSTALLDIR", PATH_CHARS, &folder, &err);
    }
    if (st == ST_OK) {
        const char *how = ins_upgrade_is_running() ? UPGRADE : wish.values[INS_ONUNINSTALL];
        st = hand_leaving(package, how, folder, &err);
    }
    free(folder);
    ins_wish_done(&wish);
    return finish(package, st, &err);
}

/* Without it a restart may be asked for, and no more. */
UINT __stdcall AwaitAgent(MSIHANDLE package)
{
    struct err err = {.st = ST_OK};
    char *program = NULL;
    enum status st = ins_package_read(package, L"CustomActionData", VALUE_CHARS, &program, &err);
    if (st == ST_OK) {
        st = ins_await_end(program, END_WITHIN_MS, &err);
    }
    if (st != ST_OK) {
        ins_package_log(package, "%s", err.text);
    }
    free(program);
    return ERROR_SUCCESS;
}

/* ---- installing ---------------------------------------------------------------------------- */

static enum status take_wish(MSIHANDLE package, struct ins_wish *wish, struct err *err)
{
    char *lines = NULL;
    enum status st =
        psa_crypto_init() == PSA_SUCCESS
            ? ins_package_read(package, L"CustomActionData", INS_WISH_BYTES, &lines, err)
            : err_set(err, ST_BUG, 0, "the cryptographic library does not start");
    if (st == ST_OK) {
        st = ins_wish_read(lines, wish, err);
    }
    free(lines);
    return st;
}

UINT __stdcall KeepSettings(MSIHANDLE package)
{
    struct ins_wish wish = {{NULL}};
    struct err err = {.st = ST_OK};
    enum status st = take_wish(package, &wish, &err);
    if (st == ST_OK) {
        st = ins_keep(&wish, &err);
    }
    ins_wish_done(&wish);
    return finish(package, st, &err);
}

/* What failed is told; rolling back goes on all the same. */
UINT __stdcall UndoSettings(MSIHANDLE package)
{
    struct err err = {.st = ST_OK};
    ins_upgrade_end();
    if (ins_keep_undo(&err) != ST_OK) {
        ins_package_log(package, "what was set before could not be brought back: %s", err.text);
    }
    return ERROR_SUCCESS;
}

UINT __stdcall CommitSettings(MSIHANDLE package)
{
    struct ins_wish wish = {{NULL}};
    struct err err = {.st = ST_OK};
    ins_upgrade_end();
    enum status st = take_wish(package, &wish, &err);
    if (st == ST_OK) {
        st = ins_keep_commit(&wish, &err);
    }
    if (st != ST_OK) {
        ins_package_log(package, "the agent is installed; %s", err.text);
    }
    ins_wish_done(&wish);
    return ERROR_SUCCESS;
}

/* ---- uninstalling -------------------------------------------------------------------------- */

static void tell(void *ctx, const char *line)
{
    ins_package_log(*(MSIHANDLE *)ctx, "user %s", line);
}

static void leave(MSIHANDLE package, const char *how, const char *program)
{
    struct err err = {.st = ST_OK};
    struct ins_leave leave = {
        .program = program, .allow = strcmp(how, "allow") == 0, .tell = tell, .ctx = &package};
    if (ins_leave_users(&leave, &err) != ST_OK) {
        ins_package_log(package, "not every user was served: %s", err.text);
    }
    if (leave.allow && leave.unreached) {
        if (ins_after_order(&err) == ST_OK) {
            ins_package_log(package,
                            "who was not reached gets the value removed at the next logon");
        } else {
            ins_package_log(package, "%s", err.text);
        }
    }
}

/* One user's hive must not keep the agent on the machine: what failed is in the log. */
UINT __stdcall LeaveUsers(MSIHANDLE package)
{
    struct err err = {.st = ST_OK};
    char *data = NULL;
    if (ins_package_read(package, L"CustomActionData", VALUE_CHARS, &data, &err) != ST_OK) {
        ins_package_log(package, "%s", err.text);
        return ERROR_SUCCESS;
    }
    char *program = strchr(data, '\n');
    if (program != NULL) {
        *program++ = '\0';
    }
    if (program != NULL && strcmp(data, "leave") != 0 && strcmp(data, UPGRADE) != 0) {
        leave(package, data, program);
    } else {
        ins_package_log(package, "users keep their values");
    }
    free(data);
    return ERROR_SUCCESS;
}

static void remove_traces(MSIHANDLE package)
{
    struct ag_config config = ag_config_defaults();
    struct err err = {.st = ST_OK};
    enum status st = ag_config_win_read(&config, &err);
    if (st == ST_OK) {
        st = ins_after_remove_data(config.data_dir, &err);
    }
    if (st != ST_OK) {
        ins_package_log(package, "%s", err.text);
    }
    if (ins_after_remove_settings(&err) != ST_OK) {
        ins_package_log(package, "%s", err.text);
    }
    ag_config_done(&config);
}

/* Runs when nothing can be rolled back any more. */
UINT __stdcall RemoveTraces(MSIHANDLE package)
{
    struct err err = {.st = ST_OK};
    char *how = NULL;
    enum status st = ins_package_read(package, L"CustomActionData", WORD_CHARS, &how, &err);
    if (st == ST_OK && strcmp(how, UPGRADE) != 0) {
        remove_traces(package);
    }
    free(how);
    return ERROR_SUCCESS;
}
