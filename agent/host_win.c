#include "agent/host_win.h"

#include "base/error_win.h"
#include "base/text_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <lm.h>
#include <sddl.h>

enum {
    NAME_CHARS = 256,         /* a DNS name has at most 255 */
    SKU_MULTI_SESSION = 0xaf, /* PRODUCT_SERVERRDSH: Windows Enterprise multi-session */
};

NTSTATUS NTAPI RtlGetVersion(RTL_OSVERSIONINFOW *version); /* not the version the manifest claims */

/* NULL if it cannot be had, or is empty. */
static char *computer_name(COMPUTER_NAME_FORMAT format)
{
    wchar_t name[NAME_CHARS];
    DWORD chars = NAME_CHARS;
    char *text = NULL;
    if (!GetComputerNameExW(format, name, &chars) || chars == 0 ||
        text_from_wide(name, chars, &text) != ST_OK) {
        return NULL;
    }
    return text;
}

/* The NetBIOS name of the domain; NULL in a workgroup. */
static char *domain_name(void)
{
    wchar_t *name = NULL;
    NETSETUP_JOIN_STATUS joined = NetSetupUnknownStatus;
    char *text = NULL;
    if (NetGetJoinInformation(NULL, &name, &joined) != NERR_Success) {
        return NULL;
    }
    if (joined == NetSetupDomainName && text_from_wide(name, wcslen(name), &text) != ST_OK) {
        text = NULL;
    }
    (void)NetApiBufferFree(name);
    return text;
}

static char *machine_guid(void)
{
    wchar_t guid[64] = L"";
    DWORD size = sizeof guid - sizeof guid[0];
    char *text = NULL;
    LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Cryptography",
                                 L"MachineGuid", RRF_RT_REG_SZ, NULL, guid, &size);
    if (error != ERROR_SUCCESS || text_from_wide(guid, wcslen(guid), &text) != ST_OK) {
        return NULL;
    }
    return text;
}

static char *system_version(void)
{
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    char text[64];
    if (RtlGetVersion(&version) != 0) {
        return NULL;
    }
    (void)snprintf(text, sizeof text, "%lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
                   version.dwBuildNumber);
    return text_copy(text);
}

enum pol_answer ag_host_multi_session(uint32_t suites, uint32_t sku)
{
    bool terminal_server = (suites & VER_SUITE_TERMINAL) != 0;
    bool administration_only = (suites & VER_SUITE_SINGLEUSERTS) != 0;
    return (terminal_server && !administration_only) || sku == SKU_MULTI_SESSION ? POL_YES : POL_NO;
}

static enum pol_answer multi_session(void)
{
    RTL_OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof version};
    DWORD sku = PRODUCT_UNDEFINED;
    if (RtlGetVersion((RTL_OSVERSIONINFOW *)&version) != 0 ||
        !GetProductInfo(version.dwMajorVersion, version.dwMinorVersion, 0, 0, &sku)) {
        return POL_NOT_KNOWN;
    }
    return ag_host_multi_session(version.wSuiteMask, sku);
}

static const char *architecture(void)
{
    SYSTEM_INFO info;
    GetNativeSystemInfo(&info);
    switch (info.wProcessorArchitecture) {
    case PROCESSOR_ARCHITECTURE_AMD64: return "x64";
    case PROCESSOR_ARCHITECTURE_INTEL: return "x86";
    case 12: return "arm64"; /* PROCESSOR_ARCHITECTURE_ARM64 */
    default: return "unknown";
    }
}

/* The SID of the machine's own account database: an account's name is the computer's. */
static char *computer_sid(void)
{
    wchar_t name[NAME_CHARS];
    wchar_t domain[NAME_CHARS];
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD name_chars = NAME_CHARS;
    DWORD domain_chars = NAME_CHARS;
    DWORD sid_bytes = sizeof sid;
    SID_NAME_USE use = SidTypeUnknown;
    wchar_t *wide = NULL;
    char *text = NULL;
    if (GetComputerNameW(name, &name_chars) &&
        LookupAccountNameW(NULL, name, sid, &sid_bytes, domain, &domain_chars, &use) &&
        use == SidTypeDomain && ConvertSidToStringSidW(sid, &wide) &&
        text_from_wide(wide, wcslen(wide), &text) != ST_OK) {
        text = NULL;
    }
    (void)LocalFree(wide);
    return text;
}

enum status ag_host_win_read(struct ag_host *out, struct err *err)
{
    struct ag_host host = {
        .name = computer_name(ComputerNameNetBIOS),
        .fqdn = computer_name(ComputerNameDnsFullyQualified),
        .domain = domain_name(),
        .os = system_version(),
        .arch = text_copy(architecture()),
        .machine_guid = machine_guid(),
        .computer_sid = computer_sid(),
        .multi_session = multi_session(),
    };
    if (host.name == NULL || host.os == NULL || host.arch == NULL) {
        ag_host_win_done(&host);
        return err_set(err, ST_IO, 0, "this computer does not say its name");
    }
    *out = host;
    return ST_OK;
}

void ag_host_win_done(struct ag_host *host)
{
    free(host->name);
    free(host->fqdn);
    free(host->domain);
    free(host->os);
    free(host->arch);
    free(host->machine_guid);
    free(host->computer_sid);
    free(host->computer_ou);
    free(host->ad_site);
    *host = (struct ag_host){0};
}
