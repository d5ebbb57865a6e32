#include "agent/setting_win.h"

#include "agent/registry_win.h"
#include "base/error_win.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const wchar_t AG_SETTING_KEY[] = L"Software\\Microsoft\\Exchange";
const wchar_t AG_MARKER_KEY[] = L"Software\\MapiRollout";

static const wchar_t SETTING_VALUE[] = L"MapiHttpDisabled";
static const wchar_t *const MARKER_VALUES[AG_MARKER_PARTS] = {
    [AG_MARKER_PRE_IMAGE] = L"PreImage",
    [AG_MARKER_WRITTEN] = L"Written",
    [AG_MARKER_PREVIOUS] = L"Previous",
    [AG_MARKER_ROLLOUT] = L"Rollout",
};

/* One key of the user. It is not opened for writing before the first write, so that looking takes no
 * more than the right to look. */
struct hive_key {
    const wchar_t *path;
    HKEY read; /* both may be NULL */
    HKEY write;
};

/* Keys and token are held for one user of one pass, from their first use to the end. */
struct ag_hive {
    char sid[AG_USER_SID_BYTES];
    struct hive_key setting;
    struct hive_key marker;
    bool no_marker;          /* its key was not there when one of its parts was read */
    struct ag_identity user; /* with whose rights all writing is done */
};

static void close_key(struct hive_key *key)
{
    ag_user_key_close(key->read);
    ag_user_key_close(key->write);
    key->read = NULL;
    key->write = NULL;
}

static void close_hive(void *ctx, struct ag_hive *hive)
{
    if (hive != NULL) {
        close_key(&hive->setting);
        close_key(&hive->marker);
        ag_identity_done(ctx, &hive->user);
        free(hive);
    }
}

static enum status expect_hive(const char *sid, struct err *err)
{
    HKEY root = NULL;
    enum status st = ag_user_key_open(sid, L"", AG_KEY_READ, &root, err);
    ag_user_key_close(root);
    return st;
}

static enum status open_hive(void *ctx, const char *sid, struct ag_hive **out, struct err *err)
{
    (void)ctx;
    enum status st = expect_hive(sid, err);
    if (st != ST_OK) {
        return st;
    }
    struct ag_hive *hive = calloc(1, sizeof *hive);
    if (hive == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the hive of %s", sid);
    }
    (void)snprintf(hive->sid, sizeof hive->sid, "%s", sid);
    hive->setting.path = AG_SETTING_KEY;
    hive->marker.path = AG_MARKER_KEY;
    *out = hive;
    return ST_OK;
}

/* Walk to the key, which was not opened yet, or is not what it was. *there is false if it is absent;
 * a hive that is not there is a failure. */
static enum status open_to_read(const struct ag_hive *hive, struct hive_key *key, bool *there,
                                struct err *err)
{
    ag_user_key_close(key->read);
    key->read = NULL;
    enum status st = ag_user_key_open(hive->sid, key->path, AG_KEY_READ, &key->read, err);
    *there = st == ST_OK;
    return st == ST_NOT_FOUND ? expect_hive(hive->sid, err) : st;
}

/* A key that is not there is an absent value. A handle tells when its key was removed: then there
 * may be another one in its place. */
static enum status read_value(const struct ag_hive *hive, struct hive_key *key, const wchar_t *name,
                              struct ag_value *out, struct err *err)
{
    bool there = false;
    if (key->write != NULL) {
        return ag_user_value_read(key->write, name, out, err);
    }
    if (key->read != NULL && ag_user_value_read(key->read, name, out, NULL) == ST_OK) {
        return ST_OK;
    }
    enum status st = open_to_read(hive, key, &there, err);
    if (st == ST_OK && there) {
        st = ag_user_value_read(key->read, name, out, err);
    } else if (st == ST_OK) {
        *out = (struct ag_value){.present = false};
    }
    return st;
}

/* Removing what has no key makes no key. */
static enum status write_value(const struct ag_hive *hive, struct hive_key *key,
                               const wchar_t *name, const struct ag_value *value, struct err *err)
{
    struct ag_value now = {0};
    enum status st = ST_OK;
    if (!value->present && key->write == NULL) {
        st = read_value(hive, key, name, &now, err);
        if (st != ST_OK || !now.present) {
            return st;
        }
    }
    if (key->write == NULL) {
        st = ag_user_key_open(hive->sid, key->path, AG_KEY_WRITE, &key->write, err);
    }
    return st == ST_OK ? ag_user_value_write(key->write, name, value, err) : st;
}

static enum status read_setting(void *ctx, struct ag_hive *hive, struct ag_value *out,
                                struct err *err)
{
    (void)ctx;
    return read_value(hive, &hive->setting, SETTING_VALUE, out, err);
}

static enum status write_setting(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                                 struct err *err)
{
    enum status st = ag_identity_take(ctx, hive->sid, &hive->user, err);
    if (st == ST_OK) {
        st = write_value(hive, &hive->setting, SETTING_VALUE, value, err);
        ag_identity_drop(ctx, &hive->user);
    }
    return st;
}

/* Text is UTF-8 to the core, and UTF-16 with a final NUL in the registry. */
static enum status text_for_registry(const struct ag_value *text, struct ag_value *out,
                                     struct err *err)
{
    char utf8[AG_VALUE_BYTES + 1] = "";
    struct ag_value value = {.present = true, .type = REG_SZ};
    wchar_t *wide = NULL;

    memcpy(utf8, text->data, text->size <= AG_VALUE_BYTES ? text->size : AG_VALUE_BYTES);
    enum status st = text_to_wide(utf8, &wide);
    size_t size = st == ST_OK ? (wcslen(wide) + 1) * sizeof *wide : 0;
    if (st == ST_OK && size > AG_VALUE_BYTES) {
        st = ST_TOO_LARGE;
    }
    if (st == ST_OK) {
        memcpy(value.data, wide, size);
        value.size = (uint32_t)size;
        *out = value;
    }
    free(wide);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "the marker's text cannot be kept");
}

/* What is no text of ours (another type, half a character) is handed on as it is. */
static void text_for_core(struct ag_value *value)
{
    wchar_t wide[AG_VALUE_BYTES / sizeof(wchar_t)];
    size_t chars = value->size / sizeof *wide;
    char *utf8 = NULL;
    if (!value->present || value->truncated || value->type != REG_SZ) {
        return;
    }
    memcpy(wide, value->data, chars * sizeof *wide);
    chars = wcsnlen(wide, chars);
    if (text_from_wide(wide, chars, &utf8) == ST_OK && strlen(utf8) <= AG_VALUE_BYTES) {
        value->size = (uint32_t)strlen(utf8);
        memcpy(value->data, utf8, value->size);
    }
    free(utf8);
}

static enum status read_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                               struct ag_value *out, struct err *err)
{
    (void)ctx;
    if (hive->no_marker) {
        *out = (struct ag_value){.present = false};
        return ST_OK;
    }
    enum status st = read_value(hive, &hive->marker, MARKER_VALUES[part], out, err);
    hive->no_marker = st == ST_OK && hive->marker.read == NULL && hive->marker.write == NULL;
    if (st == ST_OK && part == AG_MARKER_ROLLOUT) {
        text_for_core(out);
    }
    return st;
}

static enum status write_marker(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                                const struct ag_value *value, struct err *err)
{
    struct ag_value text = {.present = false};
    enum status st = ST_OK;
    if (part == AG_MARKER_ROLLOUT && value->present) {
        st = text_for_registry(value, &text, err);
        value = &text;
    }
    if (st == ST_OK) {
        st = ag_identity_take(ctx, hive->sid, &hive->user, err);
    }
    if (st == ST_OK) {
        hive->no_marker = false;
        st = write_value(hive, &hive->marker, MARKER_VALUES[part], value, err);
        ag_identity_drop(ctx, &hive->user);
    }
    return st;
}

static enum status flush(void *ctx, struct ag_hive *hive, struct err *err)
{
    (void)ctx;
    LSTATUS error = hive->marker.write != NULL ? RegFlushKey(hive->marker.write) : ERROR_SUCCESS;
    return error == ERROR_SUCCESS
               ? ST_OK
               : error_set(err, (uint32_t)error, "cannot flush the marker of %s", hive->sid);
}

/* The user put keys of his own below the marker's: those stay, our values go. The pre-image last: a
 * kill in between must not look as if it had been lost while the value is still ours. */
static enum status forget_values(const struct ag_hive *hive, struct err *err)
{
    static const enum ag_marker_part ORDER[AG_MARKER_PARTS] = {
        AG_MARKER_PREVIOUS, AG_MARKER_WRITTEN, AG_MARKER_ROLLOUT, AG_MARKER_PRE_IMAGE};
    const struct ag_value absent = {.present = false};
    HKEY key = NULL;
    enum status st = ag_user_key_open(hive->sid, AG_MARKER_KEY, AG_KEY_WRITE, &key, err);
    for (int i = 0; i < AG_MARKER_PARTS && st == ST_OK; i++) {
        st = ag_user_value_write(key, MARKER_VALUES[ORDER[i]], &absent, err);
    }
    ag_user_key_close(key);
    return st;
}

static enum status remove_marker(const struct ag_hive *hive, struct err *err)
{
    enum status st = ag_user_key_remove(hive->sid, AG_MARKER_KEY, err);
    if (st == ST_EXISTS) {
        st = forget_values(hive, err);
    } else if (st == ST_NOT_FOUND) {
        st = expect_hive(hive->sid, err);
    }
    return st;
}

static enum status forget_marker(void *ctx, struct ag_hive *hive, struct err *err)
{
    close_key(&hive->marker);
    hive->no_marker = false;
    enum status st = ag_identity_take(ctx, hive->sid, &hive->user, err);
    if (st == ST_OK) {
        st = remove_marker(hive, err);
        ag_identity_drop(ctx, &hive->user);
    }
    return st;
}

struct ag_setting ag_setting_win(struct ag_sessions *sessions)
{
    return (struct ag_setting){
        .ctx = sessions,
        .open = open_hive,
        .close = close_hive,
        .read = read_setting,
        .write = write_setting,
        .read_marker = read_marker,
        .write_marker = write_marker,
        .flush = flush,
        .forget_marker = forget_marker,
    };
}
