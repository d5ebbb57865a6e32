#include "agent/settings_watch_win.h"

#include <string.h>
#include <wchar.h>

enum { PATH_CHARS = 64 };

/* As config_win.c reads them. */
static const wchar_t PATHS[AG_SETTINGS_PLACES][PATH_CHARS] = {L"SOFTWARE\\Policies\\MapiRollout",
                                                              L"SOFTWARE\\MapiRollout\\Agent"};

static bool watch(struct ag_watched_key *watched, const wchar_t *path, DWORD filter, BOOL subtree,
                  HANDLE signal)
{
    HKEY key = NULL;
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_NOTIFY | KEY_WOW64_64KEY, &key) ==
               ERROR_SUCCESS &&
           ag_watched_key_open(watched, key, filter, subtree, signal);
}

/* Cut the last name off; false if there is only one. */
static bool go_up(wchar_t *path)
{
    wchar_t *last = wcsrchr(path, L'\\');
    if (last != NULL) {
        *last = L'\0';
    }
    return last != NULL;
}

static bool is_there(const wchar_t *path)
{
    HKEY key = NULL;
    LSTATUS error =
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key);
    if (error == ERROR_SUCCESS) {
        (void)RegCloseKey(key);
    }
    return error == ERROR_SUCCESS;
}

/* The nearest one that is there, and still is the nearest once it is armed. */
static void watch_above(struct ag_settings_place *place, const wchar_t *path, HANDLE signal)
{
    wchar_t above[PATH_CHARS];
    wchar_t below[PATH_CHARS];
    do {
        (void)ag_watched_key_close(&place->above);
        memcpy(above, path, sizeof above);
        do {
            memcpy(below, above, sizeof below);
        } while (go_up(above) &&
                 !watch(&place->above, above, REG_NOTIFY_CHANGE_NAME, FALSE, signal));
    } while (place->above.key != NULL && wcscmp(below, path) != 0 && is_there(below));
}

/* From above downwards: what is made in between is told of. */
static void open_place(struct ag_settings_place *place, const wchar_t *path, HANDLE signal)
{
    watch_above(place, path, signal);
    (void)watch(&place->key, path, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, TRUE,
                signal);
}

static void close_place(struct ag_settings_place *place)
{
    (void)ag_watched_key_close(&place->key);
    (void)ag_watched_key_close(&place->above);
}

void ag_settings_watch_open(struct ag_settings_watch *watch, HANDLE signal)
{
    *watch = (struct ag_settings_watch){.signal = signal};
    for (size_t i = 0; i < AG_SETTINGS_PLACES; i++) {
        open_place(&watch->places[i], PATHS[i], signal);
    }
}

void ag_settings_watch_close(struct ag_settings_watch *watch)
{
    for (size_t i = 0; i < AG_SETTINGS_PLACES; i++) {
        close_place(&watch->places[i]);
    }
}

/* A name above may be ours or a neighbour's. Ours went if it cannot be armed, came if it can now be
 * opened. */
static bool take_place(struct ag_settings_place *place, const wchar_t *path, HANDLE signal)
{
    bool was_there = place->key.key != NULL;
    bool told = ag_watched_key_take(&place->key);
    bool above = ag_watched_key_take(&place->above);
    if (told && !above && ag_watched_key_arm(&place->key)) {
        return true;
    }
    if (!told && !above && place->above.key != NULL) {
        return false;
    }
    bool gone = was_there && !ag_watched_key_arm(&place->key);
    close_place(place);
    open_place(place, path, signal);
    return told || gone || was_there != (place->key.key != NULL);
}

bool ag_settings_watch_take(struct ag_settings_watch *watch)
{
    bool changed = false;
    for (size_t i = 0; i < AG_SETTINGS_PLACES; i++) {
        changed = take_place(&watch->places[i], PATHS[i], watch->signal) || changed;
    }
    return changed;
}
