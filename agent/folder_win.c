#include "agent/folder_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdbool.h>
#include <stdlib.h>

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

/* Protected from inheritance: full control for SYSTEM and administrators, nothing for others. */
static const wchar_t FOLDER_ACCESS[] = L"O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
static const wchar_t FOLDER_ACCESS_OWN[] = L"D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
static const wchar_t FILE_ACCESS[] = L"D:P(A;;FA;;;SY)(A;;FA;;;BA)";

#define CHANGING_RIGHTS                                                                            \
    (FILE_ADD_FILE | FILE_ADD_SUBDIRECTORY | FILE_DELETE_CHILD | DELETE | WRITE_DAC |              \
     WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL)

static bool is_own_sid(PSID sid)
{
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } own;
    HANDLE token = NULL;
    DWORD size = 0;
    bool same = false;
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        same = GetTokenInformation(token, TokenUser, &own, sizeof own, &size) &&
               EqualSid(sid, own.user.User.Sid);
        (void)CloseHandle(token);
    }
    return same;
}

static bool is_trusted(PSID sid)
{
    return IsWellKnownSid(sid, WinLocalSystemSid) ||
           IsWellKnownSid(sid, WinBuiltinAdministratorsSid) || is_own_sid(sid);
}

/* TrustedInstaller owns what Windows' setup made: C:\ itself, for one. */
static bool is_trusted_above(PSID sid)
{
    PSID installer = NULL;
    if (is_trusted(sid)) {
        return true;
    }
    bool same =
        ConvertStringSidToSidW(L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
                               &installer) &&
        EqualSid(sid, installer);
    (void)LocalFree(installer);
    return same;
}

bool ag_owner_is_trusted(void *handle)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    DWORD error = GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL,
                                  NULL, NULL, &descriptor);
    bool trusted = error == ERROR_SUCCESS && owner != NULL && is_trusted_above(owner);
    (void)LocalFree(descriptor);
    return trusted;
}

/* Whether the entry lets somebody else change what is in the folder. */
static bool opens_door(const ACE_HEADER *header)
{
    /* ACCESS_ALLOWED_ACE and its relatives for callbacks share these members. */
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)(const void *)header;
    PSID sid = (PSID)(uintptr_t)&entry->SidStart;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) {
        return header->AceType != ACCESS_DENIED_ACE_TYPE;
    }
    return (entry->Mask & CHANGING_RIGHTS) != 0 && !is_trusted(sid) &&
           !IsWellKnownSid(sid, WinCreatorOwnerSid);
}

static bool only_trusted_write(PACL acl)
{
    if (acl == NULL) {
        return false; /* no list at all: everybody may do everything */
    }
    for (DWORD i = 0; i < acl->AceCount; i++) {
        void *entry = NULL;
        if (!GetAce(acl, i, &entry) || opens_door(entry)) {
            return false;
        }
    }
    return true;
}

static enum status check_access(HANDLE folder, const char *path, struct err *err)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL acl = NULL;
    enum status st = ST_OK;

    DWORD error = GetSecurityInfo(folder, SE_FILE_OBJECT,
                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                  NULL, &acl, NULL, &descriptor);
    if (error != ERROR_SUCCESS) {
        return error_set(err, error, "cannot see who owns %s", path);
    }
    if (!is_trusted(owner)) {
        st = err_set(err, ST_DENIED, 0, "%s belongs to somebody else; remove it first", path);
    } else if (!only_trusted_write(acl)) {
        st = err_set(err, ST_DENIED, 0, "%s can be changed by others; remove it first", path);
    }
    (void)LocalFree(descriptor);
    return st;
}

/* Whether the entry of a folder above lets somebody else put another folder in our path's place. To
 * make folders beside it is everybody's right in ProgramData and does no harm. */
static bool lets_exchange(const ACE_HEADER *header, DWORD rights)
{
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)(const void *)header;
    PSID sid = (PSID)(uintptr_t)&entry->SidStart;
    if ((header->AceFlags & INHERIT_ONLY_ACE) != 0) {
        return false;
    }
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) {
        return header->AceType != ACCESS_DENIED_ACE_TYPE;
    }
    return (entry->Mask & rights) != 0 && !is_trusted_above(sid);
}

static bool stays_in_place(PACL acl, DWORD rights)
{
    if (acl == NULL) {
        return false;
    }
    for (DWORD i = 0; i < acl->AceCount; i++) {
        void *entry = NULL;
        if (!GetAce(acl, i, &entry) || lets_exchange(entry, rights)) {
            return false;
        }
    }
    return true;
}

static enum status check_above(HANDLE folder, const wchar_t *path, bool root, struct err *err)
{
    /* A root cannot be renamed, and everybody has DELETE on those of data drives. */
    DWORD rights = FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_ALL | (root ? 0 : DELETE);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    PACL acl = NULL;
    enum status st = ST_OK;
    DWORD error = GetSecurityInfo(folder, SE_FILE_OBJECT,
                                  OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                  NULL, &acl, NULL, &descriptor);
    if (error != ERROR_SUCCESS) {
        return error_set(err, error, "cannot see who owns %ls", path);
    }
    if (!is_trusted_above(owner) || !stays_in_place(acl, rights)) {
        st = err_set(err, ST_DENIED, 0, "%ls lets others exchange the folders in it", path);
    }
    (void)LocalFree(descriptor);
    return st;
}

static bool is_link(HANDLE folder, const wchar_t *path)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    DWORD attributes = GetFileAttributesW(path); /* Wine shows links here, and only here */
    bool known = GetFileInformationByHandle(folder, &info);
    return !known || ((info.dwFileAttributes | attributes) & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

static HANDLE open_itself(const wchar_t *path)
{
    return CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

/* Each folder above in turn, the root first: a link in the path, or one that can be put there, would
 * lead all that comes later somewhere else. */
static enum status check_parents(wchar_t *path, struct err *err)
{
    enum status st = ST_OK;
    for (wchar_t *at = path + 3; st == ST_OK && at != NULL; at = wcschr(at + 1, L'\\')) {
        wchar_t kept = *at;
        bool root = at == path + 3;
        *at = L'\0';
        HANDLE folder = open_itself(path);
        if (folder == INVALID_HANDLE_VALUE) {
            st = error_set(err, (uint32_t)GetLastError(), "cannot open the folder %ls", path);
        } else if (!root && is_link(folder, path)) {
            st = err_set(err, ST_DENIED, 0, "%ls is a link; name the folder itself", path);
        } else {
            st = check_above(folder, path, root, err);
        }
        if (folder != INVALID_HANDLE_VALUE) {
            (void)CloseHandle(folder);
        }
        *at = kept;
    }
    return st;
}

/* All checks are on one handle, and whoever could exchange the folder afterwards is among those who
 * passed them, here and above. */
static enum status check_folder(const wchar_t *wide, const char *path, struct err *err)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    HANDLE folder = open_itself(wide);
    if (folder == INVALID_HANDLE_VALUE) {
        return error_set(err, (uint32_t)GetLastError(), "cannot open the folder %s", path);
    }
    enum status st = ST_OK;
    if (!GetFileInformationByHandle(folder, &info)) {
        st = error_set(err, (uint32_t)GetLastError(), "cannot look at the folder %s", path);
    } else if (is_link(folder, wide)) {
        st = err_set(err, ST_DENIED, 0, "%s is a link; name the folder itself", path);
    } else if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0) {
        st = err_set(err, ST_IO, 0, "%s is not a folder", path);
    } else {
        st = check_access(folder, path, err);
    }
    (void)CloseHandle(folder);
    return st;
}

static DWORD create_with(const wchar_t *path, const wchar_t *access)
{
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            access, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL)) {
        return GetLastError();
    }
    DWORD error = CreateDirectoryW(path, &attributes) ? ERROR_SUCCESS : GetLastError();
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return error;
}

static DWORD create_one(const wchar_t *path)
{
    DWORD error = create_with(path, FOLDER_ACCESS);
    if (error == ERROR_INVALID_OWNER) {
        /* An administrator at a console may not give to SYSTEM what he makes. */
        error = create_with(path, FOLDER_ACCESS_OWN);
    }
    return error == ERROR_ALREADY_EXISTS ? ERROR_SUCCESS : error;
}

/* Each missing part of the path in turn. */
static DWORD create_all(wchar_t *path)
{
    for (wchar_t *at = path + 3; *at != L'\0'; at++) {
        if (*at == L'\\') {
            *at = L'\0';
            DWORD there = GetFileAttributesW(path);
            DWORD error = there == INVALID_FILE_ATTRIBUTES ? create_one(path) : ERROR_SUCCESS;
            *at = L'\\';
            if (error != ERROR_SUCCESS) {
                return error;
            }
        }
    }
    return create_one(path);
}

static bool is_absolute(const wchar_t *path)
{
    bool letter = (path[0] >= L'A' && path[0] <= L'Z') || (path[0] >= L'a' && path[0] <= L'z');
    return letter && path[1] == L':' && path[2] == L'\\' && path[3] != L'\0';
}

enum status ag_folder_make(const char *path, struct err *err)
{
    wchar_t *wide = NULL;
    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    for (wchar_t *at = wide; *at != L'\0'; at++) {
        *at = *at == L'/' ? L'\\' : *at;
    }
    if (!is_absolute(wide)) {
        st = err_set(err, ST_IO, 0, "%s is not a full path such as C:\\folder", path);
    } else {
        DWORD error = create_all(wide);
        st = error == ERROR_SUCCESS ? check_folder(wide, path, err)
                                    : error_set(err, error, "cannot create %s", path);
    }
    if (st == ST_OK) {
        st = check_parents(wide, err);
    }
    free(wide);
    return st;
}

enum status ag_file_protect(const char *path, struct err *err)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    wchar_t *wide = NULL;
    BOOL present = FALSE;
    BOOL defaulted = FALSE;
    PACL acl = NULL;
    DWORD error = ERROR_SUCCESS;

    enum status st = text_to_wide(path, &wide);
    if (st != ST_OK) {
        return err_set(err, st, 0, "the path %s is not valid text", path);
    }
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(FILE_ACCESS, SDDL_REVISION_1,
                                                              &descriptor, NULL) ||
        !GetSecurityDescriptorDacl(descriptor, &present, &acl, &defaulted)) {
        error = GetLastError();
    } else {
        error = SetNamedSecurityInfoW(
            wide, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            NULL, NULL, acl, NULL);
    }
    (void)LocalFree(descriptor);
    free(wide);
    return error == ERROR_SUCCESS ? ST_OK : error_set(err, error, "cannot protect %s", path);
}
