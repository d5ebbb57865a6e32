/* rawvalue.c - write and read registry values of any type and size below HKEY_USERS.
 *
 *   rawvalue put SID PATH NAME TYPE HEX     TYPE is the number of REG_...; HEX may be empty
 *   rawvalue fill SID PATH NAME TYPE SIZE   so many bytes, the second one being 0x41, and so on
 *   rawvalue get SID PATH NAME              prints "TYPE HEX", or "absent"
 *   rawvalue deny SID PATH SDDL             gives a key another DACL
 */
#include <windows.h>

#include <sddl.h>
#include <shellapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { KEY_CHARS = 512, BYTES_MOST = 1024 * 1024 };

static BYTE bytes[BYTES_MOST];

static LSTATUS open_key(wchar_t **argv, REGSAM access, HKEY *out)
{
    wchar_t name[KEY_CHARS];
    if (swprintf(name, KEY_CHARS, L"%ls\\%ls", argv[2], argv[3]) < 0) {
        return ERROR_BAD_LENGTH;
    }
    if (access == KEY_SET_VALUE) {
        return RegCreateKeyExW(HKEY_USERS, name, 0, NULL, 0, access, NULL, out, NULL);
    }
    return RegOpenKeyExW(HKEY_USERS, name, 0, access, out);
}

static bool read_hex(const wchar_t *hex, DWORD *size)
{
    size_t digits = wcslen(hex);
    if (digits % 2 != 0 || digits / 2 > BYTES_MOST) {
        return false;
    }
    for (size_t i = 0; i < digits / 2; i++) {
        const wchar_t pair[3] = {hex[2 * i], hex[2 * i + 1], L'\0'};
        wchar_t *end = NULL;
        bytes[i] = (BYTE)wcstoul(pair, &end, 16);
        if (*end != L'\0') {
            return false;
        }
    }
    *size = (DWORD)(digits / 2);
    return true;
}

static LSTATUS put(wchar_t **argv)
{
    HKEY key = NULL;
    DWORD type = wcstoul(argv[5], NULL, 0);
    DWORD size = 0;
    if (wcscmp(argv[1], L"fill") == 0) {
        size = wcstoul(argv[6], NULL, 0);
        if (size > BYTES_MOST) {
            return ERROR_BAD_LENGTH;
        }
        for (DWORD i = 0; i < size; i++) {
            bytes[i] = (BYTE)(i % 2 != 0 ? 0x41 : i / 2);
        }
    } else if (!read_hex(argv[6], &size)) {
        return ERROR_INVALID_DATA;
    }
    LSTATUS failure = open_key(argv, KEY_SET_VALUE, &key);
    if (failure == ERROR_SUCCESS) {
        failure = RegSetValueExW(key, argv[4], 0, type, bytes, size);
        RegCloseKey(key);
    }
    return failure;
}

static LSTATUS get(wchar_t **argv)
{
    HKEY key = NULL;
    DWORD type = 0;
    DWORD size = BYTES_MOST;
    LSTATUS failure = open_key(argv, KEY_QUERY_VALUE, &key);
    if (failure == ERROR_SUCCESS) {
        failure = RegQueryValueExW(key, argv[4], NULL, &type, bytes, &size);
        RegCloseKey(key);
    }
    if (failure == ERROR_FILE_NOT_FOUND) {
        puts("absent");
        return ERROR_SUCCESS;
    }
    if (failure == ERROR_SUCCESS) {
        printf("%lu ", type);
        for (DWORD i = 0; i < size; i++) {
            printf("%02x", bytes[i]);
        }
        putchar('\n');
    }
    return failure;
}

static LSTATUS deny(wchar_t **argv)
{
    HKEY key = NULL;
    PSECURITY_DESCRIPTOR access = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(argv[4], SDDL_REVISION_1, &access,
                                                              NULL)) {
        return (LSTATUS)GetLastError();
    }
    LSTATUS failure = open_key(argv, WRITE_DAC, &key);
    if (failure == ERROR_SUCCESS) {
        failure = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, access);
        RegCloseKey(key);
    }
    LocalFree(access);
    return failure;
}

int main(void)
{
    static const struct {
        const wchar_t *verb;
        int arguments;
        LSTATUS (*act)(wchar_t **argv);
    } acts[] = {{L"put", 7, put}, {L"fill", 7, put}, {L"get", 5, get}, {L"deny", 5, deny}};
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    for (size_t i = 0; argv != NULL && i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (argc == acts[i].arguments && wcscmp(argv[1], acts[i].verb) == 0) {
            LSTATUS failure = acts[i].act(argv);
            if (failure != ERROR_SUCCESS) {
                fprintf(stderr, "rawvalue: %ls %ls: error %ld\n", argv[1], argv[3], (long)failure);
            }
            return failure != ERROR_SUCCESS;
        }
    }
    fputs("rawvalue: say put, fill, get or deny, and what\n", stderr);
    return 2;
}
