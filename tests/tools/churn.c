/* churn.c - rewrite a user's value over and over: `churn SID COUNT`, or `churn SID flood MS`.
 *
 * Each round writes 0 and waits until somebody else has made it 1 again; ends with 1 if nobody does
 * within WAIT_MS. A flood waits for nobody. Both print "rounds=N ms=N".
 */
#include <windows.h>

#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

enum { NAME_CHARS = 256, WAIT_MS = 10000 };

static const wchar_t SETTING_VALUE[] = L"MapiHttpDisabled";

static bool is_one(HKEY key)
{
    DWORD number = 0;
    DWORD size = sizeof(number);
    DWORD type = 0;

    return RegQueryValueExW(key, SETTING_VALUE, NULL, &type, (BYTE *)&number, &size) == 0 &&
           type == REG_DWORD && number == 1;
}

/* Asked to be told before it looks, so that no write falls in between. */
static bool wait_for_one(HKEY key, HANDLE changed)
{
    ULONGLONG end_ms = GetTickCount64() + WAIT_MS;

    while (GetTickCount64() < end_ms) {
        if (RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, changed, TRUE) != 0) {
            return false;
        }
        if (is_one(key)) {
            return true;
        }
        WaitForSingleObject(changed, WAIT_MS);
    }
    return false;
}

static int churn(HKEY key, unsigned long rounds)
{
    const DWORD zero = 0;
    ULONGLONG began_ms = GetTickCount64();

    HANDLE changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (unsigned long i = 0; i < rounds; i++) {
        if (RegSetValueExW(key, SETTING_VALUE, 0, REG_DWORD, (const BYTE *)&zero, sizeof(zero)) ||
            !wait_for_one(key, changed)) {
            fprintf(stderr, "churn: not corrected in round %lu\n", i);
            return 1;
        }
    }
    CloseHandle(changed);
    printf("rounds=%lu ms=%llu\n", rounds, GetTickCount64() - began_ms);
    return 0;
}

static int flood(HKEY key, unsigned long ms)
{
    ULONGLONG began_ms = GetTickCount64();
    DWORD rounds = 0;

    while (GetTickCount64() - began_ms < ms) {
        if (RegSetValueExW(key, SETTING_VALUE, 0, REG_DWORD, (const BYTE *)&rounds,
                           sizeof(rounds)) != 0) {
            return 1;
        }
        rounds++;
    }
    printf("rounds=%lu ms=%llu\n", rounds, GetTickCount64() - began_ms);
    return 0;
}

int main(void)
{
    wchar_t name[NAME_CHARS];
    HKEY key = NULL;
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    bool flooding = argv != NULL && argc == 4 && wcscmp(argv[2], L"flood") == 0;
    if (argv == NULL || (argc != 3 && !flooding) ||
        swprintf(name, NAME_CHARS, L"%ls\\Software\\Microsoft\\Exchange", argv[1]) < 0) {
        fputs("churn: say a SID and how many rounds, or flood and for how long\n", stderr);
        return 2;
    }
    LSTATUS failure =
        RegOpenKeyExW(HKEY_USERS, name, 0, KEY_QUERY_VALUE | KEY_SET_VALUE | KEY_NOTIFY, &key);
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "churn: %ls: error %ld\n", name, (long)failure);
        return 1;
    }
    int status =
        flooding ? flood(key, wcstoul(argv[3], NULL, 10)) : churn(key, wcstoul(argv[2], NULL, 10));
    RegCloseKey(key);
    return status;
}
