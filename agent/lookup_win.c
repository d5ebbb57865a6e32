#include "agent/lookup_win.h"

#include "base/text_win.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <windows.h>

#include <dsgetdc.h>
#include <lm.h>
#include <ntsecapi.h>
#include <sddl.h>

enum {
    NAME_CHARS = 513, /* domain, backslash, name: 256 each at most */
    DN_CHARS = 1025,
    NAME_FULLY_QUALIFIED_DN = 1, /* NameFullyQualifiedDN of EXTENDED_NAME_FORMAT */
};

/* secext.h declares it only with much else. */
BOOLEAN WINAPI GetComputerObjectNameW(int format, wchar_t *out, ULONG *chars);

/* ---- SIDs ---------------------------------------------------------------------------------- */

static PSID binary_sid(const char *text)
{
    wchar_t *wide = NULL;
    PSID sid = NULL;
    if (text_to_wide(text, &wide) != ST_OK || !ConvertStringSidToSidW(wide, &sid)) {
        sid = NULL;
    }
    free(wide);
    return sid;
}

/* Everybody who can be in a group, or be one. */
static bool is_account(SID_NAME_USE use)
{
    return use == SidTypeUser || use == SidTypeGroup || use == SidTypeAlias ||
           use == SidTypeWellKnownGroup || use == SidTypeComputer;
}

static char *name_of(const LSA_TRANSLATED_NAME *name, const LSA_REFERENCED_DOMAIN_LIST *domains)
{
    static const LSA_UNICODE_STRING NONE = {0};
    const LSA_UNICODE_STRING *domain = &NONE;
    wchar_t both[NAME_CHARS];
    char *text = NULL;
    if (!is_account(name->Use) || name->Name.Length == 0) {
        return NULL;
    }
    if (domains != NULL && name->DomainIndex >= 0 && (ULONG)name->DomainIndex < domains->Entries) {
        domain = &domains->Domains[name->DomainIndex].Name;
    }
    int domain_chars = domain->Length / (int)sizeof(wchar_t);
    int chars = swprintf(both, NAME_CHARS, L"%.*ls%ls%.*ls", domain_chars,
                         domain_chars > 0 ? domain->Buffer : L"", domain_chars > 0 ? L"\\" : L"",
                         name->Name.Length / (int)sizeof(wchar_t), name->Name.Buffer);
    if (chars <= 0 || text_from_wide(both, (size_t)chars, &text) != ST_OK) {
        return NULL;
    }
    return text;
}

static void ask(LSA_HANDLE policy, PSID *sids, size_t count, char **names)
{
    LSA_REFERENCED_DOMAIN_LIST *domains = NULL;
    LSA_TRANSLATED_NAME *found = NULL;
    /* Success with some of them; else none, or not even asked: the same to us. */
    NTSTATUS result = LsaLookupSids(policy, (ULONG)count, sids, &domains, &found);
    for (size_t i = 0; result >= 0 && found != NULL && i < count; i++) {
        names[i] = name_of(&found[i], domains);
    }
    if (domains != NULL) {
        (void)LsaFreeMemory(domains);
    }
    if (found != NULL) {
        (void)LsaFreeMemory(found);
    }
}

void ag_lookup_sids(const char *const *sids, size_t count, char **names)
{
    LSA_OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes};
    LSA_HANDLE policy = NULL;
    PSID *binary = calloc(count + 1, sizeof *binary);
    bool whole = binary != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        binary[i] = binary_sid(sids[i]);
        whole = binary[i] != NULL;
    }
    if (whole && LsaOpenPolicy(NULL, &attributes, POLICY_LOOKUP_NAMES, &policy) >= 0) {
        ask(policy, binary, count, names);
        (void)LsaClose(policy);
    }
    for (size_t i = 0; binary != NULL && i < count; i++) {
        (void)LocalFree(binary[i]);
    }
    free(binary);
}

/* ---- this computer ------------------------------------------------------------------------- */

char *ag_lookup_computer_ou(void)
{
    wchar_t name[DN_CHARS] = L"";
    ULONG chars = DN_CHARS;
    char *text = NULL;
    if (!GetComputerObjectNameW(NAME_FULLY_QUALIFIED_DN, name, &chars) ||
        text_from_wide(name, wcsnlen(name, DN_CHARS), &text) != ST_OK) {
        return NULL;
    }
    return text;
}

char *ag_lookup_ad_site(void)
{
    wchar_t *name = NULL;
    char *text = NULL;
    if (DsGetSiteNameW(NULL, &name) != ERROR_SUCCESS) {
        return NULL;
    }
    if (text_from_wide(name, wcslen(name), &text) != ST_OK) {
        text = NULL;
    }
    (void)NetApiBufferFree(name);
    return text;
}
