#include "agent/registry_win.h"

#include "agent/marker.h"
#include "base/error_win.h"

#include <string.h>
#include <wchar.h>

#include <winternl.h>

enum {
    NAME_CHARS = AG_KEY_NAME_CHARS,
    KERNEL_NAME_CHARS = 1280, /* \\REGISTRY\\USER, a SID, a path of ours and two names of a hive */
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

/* The name that the kernel gives a key. */
struct kernel_name {
    ULONG name_bytes;
    wchar_t name[KERNEL_NAME_CHARS];
};

/* Where we are going, and what for. */
struct walk {
    const wchar_t *above; /* the kernel's name of where the path begins */
    const wchar_t *path;
    const wchar_t *what; /* what messages call it: a hive's own names stay out of them */
    const wchar_t *whose;
    REGSAM access; /* to the last key */
    bool make;
    bool link_is_fine; /* as the last key: it is opened to be removed */
};

static REGSAM access_at(const struct walk *walk, const wchar_t *rest)
{
    return *rest == L'\0' ? walk->access : (REGSAM)KEY_QUERY_VALUE;
}

/* Take the first name off a path. */
static const wchar_t *split_name(const wchar_t *path, wchar_t name[NAME_CHARS])
{
    size_t chars = wcscspn(path, L"\\");
    if (chars >= NAME_CHARS) {
        chars = NAME_CHARS - 1; /* no key has such a name; the name check would refuse it */
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
    return err_set(err, ST_DENIED, 0, "a part of %ls of %ls is a registry link", walk->what,
                   walk->whose);
}

static enum status read_kernel_name(const struct walk *walk, HKEY key, struct kernel_name *out,
                                    struct err *err)
{
    ULONG need = 0;
    NTSTATUS result = NtQueryKey(key, KEY_INFORMATION_NAME, out, sizeof *out, &need);
    return result >= 0
               ? ST_OK /* else gone, if the hive is being unloaded; or a name that does not fit */
               : error_set(err, RtlNtStatusToDosError(result), "cannot tell where %ls of %ls leads",
                           walk->what, walk->whose);
}

/* The kernel's own name of the key must be the one that we meant. */
static enum status check_name(const struct walk *walk, HKEY key, struct err *err)
{
    struct kernel_name is = {0};
    wchar_t meant[KERNEL_NAME_CHARS] = L"";
    enum status st = read_kernel_name(walk, key, &is, err);
    if (st != ST_OK) {
        return st;
    }
    int length = swprintf(meant, KERNEL_NAME_CHARS, L"%ls%ls%ls", walk->above,
                          *walk->path != L'\0' ? L"\\" : L"", walk->path);
    if (length < 0) {
        return err_set(err, ST_BUG, 0, "the key %ls is too long", walk->what);
    }
    if (CompareStringOrdinal(is.name, (int)(is.name_bytes / sizeof(wchar_t)), meant, length,
                             TRUE) != CSTR_EQUAL) {
        return err_set(err, ST_DENIED, 0, "%ls of %ls leads to another key", walk->what,
                       walk->whose);
    }
    return ST_OK;
}

/* error, key: what came of opening the first key. The key is closed but if it is the last. */
static enum status walk_on(const struct walk *walk, const wchar_t *rest, LSTATUS error, HKEY key,
                           HKEY *out, struct err *err)
{
    wchar_t name[NAME_CHARS];
    enum status st = ST_OK;
    for (;;) {
        if (error != ERROR_SUCCESS) {
            st = error_set(err, (uint32_t)error, "cannot open %ls of %ls", walk->what, walk->whose);
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
        st = check_name(walk, key, err);
    }
    if (st == ST_OK) {
        *out = key;
        key = NULL;
    }
    ag_user_key_close(key);
    return st;
}

/* From the root of a user's hive, which is never made. */
static enum status walk_from_root(const char *sid, const struct walk *aim, HKEY *out,
                                  struct err *err)
{
    struct walk walk = *aim;
    wchar_t whose[AG_USER_SID_BYTES];
    wchar_t above[AG_USER_SID_BYTES + 16] = L"";
    HKEY key = NULL;
    enum status st = wide_sid(sid, whose, err);
    if (st != ST_OK) {
        return st;
    }
    (void)swprintf(above, sizeof above / sizeof above[0], L"\\REGISTRY\\USER\\%ls", whose);
    walk.above = above;
    walk.what = walk.path;
    walk.whose = whose;
    LSTATUS error = step(HKEY_USERS, whose, access_at(&walk, walk.path), false, &key);
    return walk_on(&walk, walk.path, error, key, out, err);
}

static void set_use(struct walk *walk, enum ag_key_use use)
{
    walk->access = KEY_QUERY_VALUE;
    switch (use) {
    case AG_KEY_READ: break;
    case AG_KEY_LIST: walk->access |= KEY_ENUMERATE_SUB_KEYS; break;
    case AG_KEY_NOTIFY: walk->access |= KEY_NOTIFY; break;
    case AG_KEY_WRITE:
        walk->access |= KEY_SET_VALUE;
        walk->make = true;
        break;
    }
}

enum status ag_user_key_open(const char *sid, const wchar_t *path, enum ag_key_use use, HKEY *out,
                             struct err *err)
{
    struct walk walk = {.path = path};
    set_use(&walk, use);
    return walk_from_root(sid, &walk, out, err);
}

void ag_user_key_close(HKEY key)
{
    if (key != NULL) {
        (void)RegCloseKey(key);
    }
}

/* ---- keys whose names only the hive knows --------------------------------------------------- */

enum status ag_user_key_below(HKEY above, const wchar_t *path, enum ag_key_use use, HKEY *out,
                              struct err *err)
{
    struct kernel_name from = {0};
    wchar_t name[NAME_CHARS];
    struct walk walk = {.path = path, .what = L"a key below another", .whose = L"a user"};
    HKEY key = NULL;
    set_use(&walk, use);
    enum status st = read_kernel_name(&walk, above, &from, err);
    if (st != ST_OK) {
        return st;
    }
    if (*path == L'\0' || from.name_bytes > sizeof from.name - sizeof(wchar_t)) {
        return err_set(err, ST_BUG, 0, "there is no such key below another");
    }
    from.name[from.name_bytes / sizeof(wchar_t)] = L'\0';
    walk.above = from.name;
    const wchar_t *rest = split_name(path, name);
    LSTATUS error = step(above, name, access_at(&walk, rest), walk.make, &key);
    return walk_on(&walk, rest, error, key, out, err);
}

static uint64_t ticks_of(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime;
}

enum status ag_user_key_written(HKEY key, uint64_t *out, struct err *err)
{
    FILETIME written = {0};
    LSTATUS error =
        RegQueryInfoKeyW(key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, &written);
    if (error != ERROR_SUCCESS) {
        return error_set(err, (uint32_t)error, "cannot tell when a user's key was written");
    }
    *out = ticks_of(written);
    return ST_OK;
}

enum status ag_user_key_names(HKEY key, size_t most, const struct ag_key_visitor *visitor,
                              bool *more, struct err *err)
{
    wchar_t name[AG_KEY_NAME_CHARS];
    LSTATUS error = ERROR_SUCCESS;
    bool found_more = false;
    for (DWORD i = 0; error == ERROR_SUCCESS && !found_more; i++) {
        FILETIME written = {0};
        DWORD chars = AG_KEY_NAME_CHARS;
        error = RegEnumKeyExW(key, i, name, &chars, NULL, NULL, NULL, &written);
        found_more = error == ERROR_SUCCESS && i >= most;
        /* A name with a NUL inside: Outlook's own functions cannot open it either. */
        if (error == ERROR_SUCCESS && !found_more && wcsnlen(name, chars) == chars) {
            visitor->visit(visitor->ctx, name, ticks_of(written));
        }
    }
    if (error != ERROR_SUCCESS && error != ERROR_NO_MORE_ITEMS) {
        return error_set(err, (uint32_t)error, "cannot list the keys below a user's key");
    }
    *more = found_more;
    return ST_OK;
}

/* ---- values -------------------------------------------------------------------------------- */

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

enum status ag_user_value_find(HKEY key, const wchar_t *name, uint32_t *type, uint8_t *data,
                               uint32_t *size, struct err *err)
{
    DWORD found_type = REG_NONE;
    DWORD found_size = *size;
    LSTATUS error = RegQueryValueExW(key, name, NULL, &found_type, data, &found_size);
    if (error != ERROR_SUCCESS && error != ERROR_MORE_DATA) {
        return error_set(err, (uint32_t)error, "cannot read the value %ls", name);
    }
    *type = found_type;
    *size = found_size;
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
    struct walk walk = {.path = path, .access = KEY_QUERY_VALUE | DELETE, .link_is_fine = true};
    HKEY key = NULL;

    enum status st = walk_from_root(sid, &walk, &key, err);
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
