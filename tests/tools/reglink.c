/* reglink.c - plant registry links, as a hostile user would in his own hive.
 *
 *   reglink plant SID PATH TARGET   HKEY_USERS\SID\PATH becomes a link to TARGET, a native name
 *                                   such as \REGISTRY\MACHINE\Software\Victim
 *   reglink remove SID PATH         removes the link itself
 */
#include <windows.h>

#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>

enum { KEY_CHARS = 512 };

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

int main(void)
{
    wchar_t name[KEY_CHARS];
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL) {
        return 1;
    }

    LSTATUS failure = ERROR_SUCCESS;
    int planting = argc == 5 && wcscmp(argv[1], L"plant") == 0;
    if ((!planting && (argc != 4 || wcscmp(argv[1], L"remove") != 0)) ||
        swprintf(name, KEY_CHARS, L"%ls\\%ls", argv[2], argv[3]) < 0) {
        fputs("reglink: say plant SID PATH TARGET or remove SID PATH\n", stderr);
        return 2;
    }
    failure = planting ? plant(name, argv[4]) : unplant(name);
    if (failure != ERROR_SUCCESS) {
        fprintf(stderr, "reglink: %ls: error %ld\n", name, (long)failure);
        return 1;
    }
    return 0;
}
