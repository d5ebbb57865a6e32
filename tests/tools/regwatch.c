/* regwatch.c - say when somebody writes: `regwatch [--all] SID...`.
 *
 * Prints "UNIX_MS SID VALUE" once for each user at the start, then "ready", then one such line for
 * each write to the key of MapiHttpDisabled, the same value written again included (not under Wine,
 * which tells nobody of that). VALUE is absent, a number, type:N, no_key or no_hive. With --all any
 * write anywhere in the user's hive counts, and VALUE is "touched" where the value is as it was. Runs
 * until it is killed.
 */
#include <windows.h>

#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

/* A wait takes 64 handles at most. POLL_MS bounds how late a key that did not exist is found. */
enum { USERS_MAX = 60, TEXT_CHARS = 160, POLL_MS = 5 };

static const wchar_t SETTING_KEY[] = L"Software\\Microsoft\\Exchange";
static const wchar_t SETTING_VALUE[] = L"MapiHttpDisabled";

struct watched {
    const wchar_t *sid;
    HANDLE changed;
    HKEY key; /* NULL: not there (yet), looked for at every poll */
    wchar_t last[TEXT_CHARS];
};

static unsigned long long now_ms(void)
{
    static const unsigned long long UNIX_EPOCH = 116444736000000000ULL; /* in 100 ns since 1601 */
    FILETIME t;
    GetSystemTimePreciseAsFileTime(&t);
    return ((((unsigned long long)t.dwHighDateTime << 32) | t.dwLowDateTime) - UNIX_EPOCH) / 10000;
}

static void read_value(const wchar_t *sid, wchar_t *out)
{
    wchar_t name[TEXT_CHARS];
    DWORD type = 0;
    DWORD number = 0;
    DWORD size = sizeof(number);
    HKEY key = NULL;

    swprintf(name, TEXT_CHARS, L"%ls\\%ls", sid, SETTING_KEY);
    LSTATUS failure = RegOpenKeyExW(HKEY_USERS, name, 0, KEY_QUERY_VALUE, &key);
    if (failure != ERROR_SUCCESS) {
        wcscpy(out, RegOpenKeyExW(HKEY_USERS, sid, 0, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS
                        ? L"no_key"
                        : L"no_hive");
        RegCloseKey(key);
        return;
    }
    failure = RegQueryValueExW(key, SETTING_VALUE, NULL, &type, (BYTE *)&number, &size);
    RegCloseKey(key);
    if (failure == ERROR_FILE_NOT_FOUND) {
        wcscpy(out, L"absent");
    } else if (failure == ERROR_SUCCESS && type == REG_DWORD) {
        swprintf(out, TEXT_CHARS, L"%lu", number);
    } else {
        swprintf(out, TEXT_CHARS, L"type:%lu", type);
    }
}

static void print_line(const struct watched *w, const wchar_t *value)
{
    printf("%llu %ls %ls\n", now_ms(), w->sid, value);
    fflush(stdout);
}

static void drop_key(struct watched *w)
{
    if (w->key != NULL) {
        RegCloseKey(w->key);
        w->key = NULL;
    }
}

/* Asks to be told of the next write; a key that is not there, or no longer, is dropped. */
static void arm(struct watched *w, bool all)
{
    static const DWORD WRITES = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET;
    wchar_t name[TEXT_CHARS];

    swprintf(name, TEXT_CHARS, all ? L"%ls" : L"%ls\\%ls", w->sid, SETTING_KEY);
    if (w->key == NULL && RegOpenKeyExW(HKEY_USERS, name, 0, KEY_NOTIFY, &w->key) != 0) {
        w->key = NULL;
    }
    if (w->key != NULL && RegNotifyChangeKeyValue(w->key, all, WRITES, w->changed, TRUE) != 0) {
        drop_key(w);
    }
}

/* Armed first and read then, so that no write falls in between. */
static void look(struct watched *w, bool all, bool told)
{
    wchar_t value[TEXT_CHARS];

    arm(w, all);
    read_value(w->sid, value);
    bool differs = wcscmp(value, w->last) != 0;
    if (differs || told) {
        print_line(w, differs || !all ? value : L"touched");
    }
    wcscpy(w->last, value);
    if (wcscmp(value, L"no_hive") == 0) {
        drop_key(w);
    }
}

/* Asks to be told of the next logon or logoff. Those who watch a key are not told that its hive
 * went away, so everybody is looked at afresh. */
static void look_at_hives(struct watched *users, DWORD count, bool all, HANDLE changed)
{
    RegNotifyChangeKeyValue(HKEY_USERS, FALSE, REG_NOTIFY_CHANGE_NAME, changed, TRUE);
    for (DWORD i = 0; i < count; i++) {
        drop_key(&users[i]);
        look(&users[i], all, false);
    }
}

static bool is_missing_any(const struct watched *users, DWORD count)
{
    for (DWORD i = 0; i < count; i++) {
        if (users[i].key == NULL) {
            return true;
        }
    }
    return false;
}

static void watch_forever(struct watched *users, DWORD count, bool all)
{
    HANDLE events[USERS_MAX + 1];

    for (DWORD i = 0; i <= count; i++) {
        events[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        users[i].changed = events[i];
    }
    look_at_hives(users, count, all, events[count]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        DWORD wait_ms = is_missing_any(users, count) ? POLL_MS : INFINITE;
        DWORD i = WaitForMultipleObjects(count + 1, events, FALSE, wait_ms);
        if (i < count) {
            look(&users[i], all, true);
        } else if (i == count) {
            look_at_hives(users, count, all, events[count]);
        }
        for (DWORD k = 0; k < count; k++) {
            if (users[k].key == NULL) {
                look(&users[k], all, false);
            }
        }
    }
}

int main(void)
{
    static struct watched users[USERS_MAX + 1];
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL) {
        return 1;
    }
    bool all = argc > 1 && wcscmp(argv[1], L"--all") == 0;
    int first = all ? 2 : 1;
    DWORD count = 0;
    for (int i = first; i < argc && count < USERS_MAX && wcslen(argv[i]) < 100; i++) {
        users[count++].sid = argv[i];
    }
    if (count == 0 || (int)count != argc - first) {
        fputs("regwatch: say [--all] and up to 60 SIDs\n", stderr);
        return 2;
    }
    watch_forever(users, count, all);
    return 0;
}
