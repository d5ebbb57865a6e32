#include "agent/registry_win.h"

#include "agent/marker.h"
#include "base/error_win.h"

#include <string.h>
#include <wchar.h>

#include <winternl.h>

enum {
    KEY_PATH_CHARS = 256,
    KEY_INFORMATION_NAME = 3, /* KeyNameInformation of KEY_INFORMATION_CLASS */
};
_Static_assert(AG_TYPE_DWORD == REG_DWORD, "ports.h must name Windows' own type");

/* Documented, but in the driver kit's headers only. */
NTSTATUS NTAPI NtQueryKey(HANDLE key, int information_class, void *out, ULONG size, ULONG *need);
NTSTATUS NTAPI NtDeleteKey(HANDLE key);

/* Skip 1 to 10 digits; NULL if there are none or more. */
static const char *skip_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 10 ? text + digits : NULL;
}

bool ag_sid_is_user(const char *sid)
{
    const char *rest = NULL;
    if (strncmp(sid, "S-1-5-21-", 9) == 0) {
        rest = sid + 9;
    } else if (strncmp(sid, "S-1-12-1-", 9) == 0) {
        rest = sid + 9;
    }
    for (int part = 0; part < 4 && rest != NULL; part++) {
        rest = skip_number(rest);
        if (rest != NULL && part < 3) {
            rest = *rest == '-' ? rest + 1 : NULL;
        }
    }
    return rest != NULL && *rest == '\0';
}

static enum status wide_sid(const char *sid, wchar_t out[AG_USER_SID_BYTES], struct err *err)
{
    if (!ag_sid_is_user(sid)) {
        return err_set(err, ST_BUG, 0, "%.80s is not the SID of a user", sid);
    }
    size_t size = strlen(sid) + 1; /* all ASCII, at most 9 + 4 * 10 + 3 */
    for (size_t i = 0; i < size; i++) {
        out[i] = (wchar_t)sid[i];
    }
    return ST_OK;
}

static bool is_link(HKEY key)
{
    DWORD type = REG_NONE;
    return RegQueryValueExW(key, L"SymbolicLinkValue", NULL, &type, NULL, NULL) == ERROR_SUCCESS &&
           type == REG_LINK;
}

/* One step down. With REG_OPTION_OPEN_LINK a link is opened itself, never followed, even if it was
 * planted between looking and making. */
static LSTATUS step(HKEY parent, const wchar_t *name, REGSAM access, bool make, HKEY *out)
{
    LSTATUS error = RegOpenKeyExW(parent, name, REG_OPTION_OPEN_LINK, access, out);
    if (error == ERROR_FILE_NOT_FOUND && make) {
        error =
            RegCreateKeyExW(parent, name, 0, NULL, REG_OPTION_OPEN_LINK, access, NULL, out, NULL);
    }
    return error;
}

/* Where we are going, and what for. */
struct walk {
    const char *sid;
    const wchar_t *path;
    REGSAM access; /* to the last key */
    bool make;
    bool link_is_fine; /* as the last key: it is opened to be removed */
};

static REGSAM access_at(const struct walk *walk, const wchar_t *rest)
{
    return *rest == L'\0' ? walk->access : (REGSAM)KEY_QUERY_VALUE;
}

/* Take the first name off a path. */
static const wchar_t *split_name(const wchar_t *path, wchar_t name[KEY_PATH_CHARS])
{
    size_t chars = wcscspn(path, L"\\");
    if (chars >= KEY_PATH_CHARS) {
        chars = KEY_PATH_CHARS - 1; /* our own paths are short; the name check would refuse it */
    }
    memcpy(name, path, chars * sizeof *name);
    name[chars] = L'\0';
    return path[chars] == L'\\' ? path + chars + 1 : path + chars;
}

static enum status refuse_link(const struct walk *walk, HKEY key, const wchar_t *rest,
                               struct err *err)
{
    if ((*rest == L'\0' && walk->link_is_fine) || !is_link(key)) {
        return ST_OK;
    }
    return err_set(err, ST_DENIED, 0, "a part of %ls of %s is a registry link", walk->path,
                   walk->sid);
}

/* The kernel's own name of the key must be the one that we meant. */
static enum status check_name(const struct walk *walk, HKEY key, const wchar_t *sid,
                              struct err *err)
{
    struct {
        ULONG name_bytes;
        wchar_t name[KEY_PATH_CHARS + AG_USER_SID_BYTES];
    } info = {0};
    wchar_t meant[KEY_PATH_CHARS + AG_USER_SID_BYTES] = L"";
    ULONG need = 0;

    NTSTATUS result = NtQueryKey(key, KEY_INFORMATION_NAME, &info, sizeof info, &need);
    size_t chars = info.name_bytes / sizeof(wchar_t);
    int length = swprintf(meant, sizeof meant / sizeof meant[0], L"\\REGISTRY\\USER\\%ls%ls%ls",
                          sid, *walk->path != L'\0' ? L"\\" : L"", walk->path);
    if (length < 0) {
        return err_set(err, ST_BUG, 0, "the key %ls is too long", walk->path);
    }
    if (result < 0) { /* gone, if the hive is being unloaded; or a name that does not fit */
        return error_set(err, RtlNtStatusToDosError(result), "cannot tell where %ls of %s leads",
                         walk->path, walk->sid);
    }
    if (CompareStringOrdinal(info.name, (int)chars, meant, -1, TRUE) != CSTR_EQUAL) {
        return err_set(err, ST_DENIED, 0, "%ls of %s leads to another key", walk->path, walk->sid);
    }
    return ST_OK;
}

static enum status walk_to(const struct walk *walk, HKEY *out, struct err *err)
{
    wchar_t sid[AG_USER_SID_BYTES];
    wchar_t name[KEY_PATH_CHARS];
    HKEY key = NULL;
    const wchar_t *rest = walk->path;

    enum status st = wide_sid(walk->sid, sid, err);
    if (st != ST_OK) {
        return st;
    }
    LSTATUS error = step(HKEY_USERS, sid, access_at(walk, rest), false, &key);
    for (;;) {
        if (error != ERROR_SUCCESS) {
            st = error_set(err, (uint32_t)error, "cannot open %ls of %s", walk->path, walk->sid);
            break;
        }
        st = refuse_link(walk, key, rest, err);
        if (st != ST_OK || *rest == L'\0') {
            break;
        }
        HKEY parent = key;
        key = NULL;
        rest = split_name(rest, name);
        error = step(parent, name, access_at(walk, rest), walk->make, &key);
        ag_user_key_close(parent);
    }
    if (st == ST_OK) {
        st = check_name(walk, key, sid, err);
    }
    if (st == ST_OK) {
        *out = key;
        key = NULL;
    }
    ag_user_key_close(key);
    return st;
}

enum status ag_user_key_open(const char *sid, const wchar_t *path, enum ag_key_use use, HKEY *out,
                             struct err *err)
{
    struct walk walk = {.sid = sid, .path = path, .access = KEY_QUERY_VALUE};
    switch (use) {
    case AG_KEY_READ: break;
    case AG_KEY_NOTIFY: walk.access |= KEY_NOTIFY; break;
    case AG_KEY_WRITE:
        walk.access |= KEY_SET_VALUE;
        walk.make = true;
        break;
    }
    return walk_to(&walk, out, err);
}

void ag_user_key_close(HKEY key)
{
    if (key != NULL) {
        (void)RegCloseKey(key);
    }
}

enum status ag_user_value_read(HKEY key, const wchar_t *name, struct ag_value *out, struct err *err)
{
    struct ag_value value = {.present = true, .size = AG_VALUE_BYTES};
    DWORD type = REG_NONE;
    DWORD size = AG_VALUE_BYTES;

    LSTATUS error = RegQueryValueExW(key, name, NULL, &type, value.data, &size);
    if (error == ERROR_FILE_NOT_FOUND) {
        value = (struct ag_value){.present = false};
    } else if (error == ERROR_MORE_DATA) {
        value = (struct ag_value){.present = true, .truncated = true, .type = type};
    } else if (error == ERROR_SUCCESS && size <= AG_VALUE_BYTES) {
        value.type = type;
        value.size = size;
    } else {
        return error_set(err, (uint32_t)error, "cannot read the value %ls", name);
    }
    *out = value;
    return ST_OK;
}

enum status ag_user_value_write(HKEY key, const wchar_t *name, const struct ag_value *value,
                                struct err *err)
{
    struct ag_value now = {0};
    LSTATUS error = ERROR_SUCCESS;

    if (value->truncated || value->size > AG_VALUE_BYTES) {
        return err_set(err, ST_BUG, 0, "the value %ls is not known in full", name);
    }
    if (value->present) {
        error = RegSetValueExW(key, name, 0, value->type, value->data, value->size);
    } else {
        error = RegDeleteValueW(key, name);
        error = error == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : error;
    }
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot write the value %ls", name);
    }
    enum status st = ag_user_value_read(key, name, &now, err);
    if (st == ST_OK && !ag_value_same(&now, value)) {
        st = err_set(err, ST_IO, 0, "the value %ls is not what was written", name);
    }
    return st;
}

static bool has_keys_below(HKEY key)
{
    DWORD count = 0;
    LSTATUS error =
        RegQueryInfoKeyW(key, NULL, NULL, NULL, &count, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    return error == ERROR_SUCCESS && count > 0;
}

enum status ag_user_key_remove(const char *sid, const wchar_t *path, struct err *err)
{
    struct walk walk = {
        .sid = sid, .path = path, .access = KEY_QUERY_VALUE | DELETE, .link_is_fine = true};
    HKEY key = NULL;

    enum status st = walk_to(&walk, &key, err);
    if (st != ST_OK) {
        return st;
    }
    NTSTATUS result = NtDeleteKey(key);
    if (result < 0 && has_keys_below(key)) {
        st = err_set(err, ST_EXISTS, 0, "%ls of %s has keys below it", path, sid);
    } else if (result < 0) {
        st = error_set(err, RtlNtStatusToDosError(result), "cannot remove %ls of %s", path, sid);
    }
    ag_user_key_close(key);
    return st;
}
