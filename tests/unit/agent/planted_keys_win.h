/* planted_keys_win.h - keys, values and links that a user puts into his own hive.
 *
 * Effects: those of the registry functions    Units:  none
 * Owns:    nothing                            Errors: failed assertions
 * Threads: safe                               Source: tests/unit/agent/scratch_hive_win.h
 */
#ifndef TESTS_UNIT_AGENT_PLANTED_KEYS_WIN_H
#define TESTS_UNIT_AGENT_PLANTED_KEYS_WIN_H

#include "tests/unit/agent/scratch_hive_win.h"

#include <aclapi.h>
#include <sddl.h>

#define PLANTED_SID    "S-1-5-21-71-72-73-1001"
#define PLANTED_OFFICE L"Software\\Microsoft\\Office\\"
#define PLANTED_16     PLANTED_OFFICE L"16.0\\Outlook\\Profiles\\"
#define PLANTED_15     PLANTED_OFFICE L"15.0\\Outlook\\Profiles\\"
#define PLANTED_14                                                                                 \
    L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Windows Messaging Subsystem\\Profiles"
#define PLANTED_POLICIES L"Software\\Policies\\Microsoft\\Exchange"
#define PLANTED_SECTION  L"13dbb0c8aa05101a9bb000aa002fc45a"
#define PLANTED_URL      L"https://mail.contoso.example/mapi/emsmdb/?MailboxId=1@contoso.example"

/* Paths begin below the root of the hive of PLANTED_SID. */
static inline void planted_path(const wchar_t *path, wchar_t out[1024])
{
    assert_true(swprintf(out, 1024, L"%hs\\%ls", PLANTED_SID, path) > 0);
}

static inline void plant_key(const wchar_t *path)
{
    wchar_t full[1024];
    planted_path(path, full);
    scratch_key_make(HKEY_USERS, full);
}

static inline void plant_value(const wchar_t *path, const wchar_t *name, DWORD type,
                               const void *data, DWORD size)
{
    wchar_t full[1024];
    HKEY key = NULL;
    planted_path(path, full);
    assert_int_equal(
        RegCreateKeyExW(HKEY_USERS, full, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL),
        ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, name, 0, type, data, size), ERROR_SUCCESS);
    (void)RegCloseKey(key);
}

static inline void plant_text(const wchar_t *path, const wchar_t *name, DWORD type,
                              const wchar_t *text)
{
    plant_value(path, name, type, text, (DWORD)((wcslen(text) + 1) * sizeof *text));
}

/* Nobody may do anything with it, but change that again. */
static inline void plant_denial(const wchar_t *path)
{
    PSECURITY_DESCRIPTOR nothing = NULL;
    wchar_t full[1024];
    HKEY key = NULL;
    planted_path(path, full);
    assert_int_equal(RegOpenKeyExW(HKEY_USERS, full, 0, WRITE_DAC, &key), ERROR_SUCCESS);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(
        L"D:P(A;;WDSD;;;WD)", SDDL_REVISION_1, &nothing, NULL));
    assert_int_equal(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, nothing), ERROR_SUCCESS);
    (void)RegCloseKey(key);
    (void)LocalFree(nothing);
}

#endif
