/* test_rootstore_win.c - ag_rootstore_read(): which of the machine's roots count. */
#include "tests/cmocka_all.h"

#include "agent/rootstore_win.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include <wincrypt.h>

static struct err err;
static const CERT_CONTEXT *root; /* one of those that are there */

static HCERTSTORE open_store(const wchar_t *name)
{
    HCERTSTORE store =
        CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, name);
    assert_non_null(store);
    return store;
}

static int set_up(void **state)
{
    (void)state;
    HCERTSTORE store = open_store(L"ROOT");
    const CERT_CONTEXT *first = CertEnumCertificatesInStore(store, NULL);
    assert_non_null(first);
    root =
        CertCreateCertificateContext(X509_ASN_ENCODING, first->pbCertEncoded, first->cbCertEncoded);
    assert_non_null(root);
    (void)CertFreeCertificateContext(first);
    (void)CertCloseStore(store, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)CertFreeCertificateContext(root);
    return 0;
}

/* Is it among the roots that were read? */
static bool counts(void)
{
    static char pem[65536];
    DWORD chars = sizeof pem;
    struct bytes roots = {0};
    assert_int_equal(ag_rootstore_read(&roots, &err), ST_OK);
    assert_true(CryptBinaryToStringA(root->pbCertEncoded, root->cbCertEncoded,
                                     CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, pem, &chars));
    bool found = strstr(bytes_text(&roots), pem) != NULL;
    bytes_free(&roots);
    return found;
}

/* A NUL would hide all that come after it from a reader of PEM. */
static void read__all__are_as_many_as_the_machine_has_and_text(void **state)
{
    (void)state;
    HCERTSTORE store = open_store(L"ROOT");
    const CERT_CONTEXT *one = NULL;
    size_t expected = 0;
    while ((one = CertEnumCertificatesInStore(store, one)) != NULL) {
        expected++;
    }
    (void)CertCloseStore(store, 0);
    struct bytes roots = {0};
    size_t found = 0;
    assert_int_equal(ag_rootstore_read(&roots, &err), ST_OK);
    assert_null(memchr(roots.data, '\0', roots.size));
    for (const char *at = bytes_text(&roots); (at = strstr(at, "-----END CERT")) != NULL; at++) {
        found++;
    }
    assert_int_equal(found, expected);
    bytes_free(&roots);
}

static void read__root_of_the_machine__counts(void **state)
{
    (void)state;
    assert_true(counts());
}

static void read__root_that_is_disallowed__does_not_count(void **state)
{
    (void)state;
    HCERTSTORE disallowed = open_store(L"Disallowed");
    assert_true(CertAddCertificateContextToStore(disallowed, root, CERT_STORE_ADD_ALWAYS, NULL));
    assert_true(CertCloseStore(disallowed, 0));
    bool counted = counts();
    /* Wine's own way to delete from a store is forgotten when the store is closed. */
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE,
                                    L"SOFTWARE\\Microsoft\\SystemCertificates\\Disallowed\\"
                                    L"Certificates"),
                     ERROR_SUCCESS);
    assert_false(counted);
    assert_true(counts());
}

/* With its usages limited to one; NULL: not limited. */
static bool counts_with(const char *usage)
{
    static const wchar_t ROOTS[] = L"SOFTWARE\\Microsoft\\SystemCertificates\\ROOT\\Certificates";
    wchar_t key[256];
    BYTE hash[20];
    DWORD size = sizeof hash;
    char oid[64];
    assert_true(CertGetCertificateContextProperty(root, CERT_SHA1_HASH_PROP_ID, hash, &size));
    int chars = swprintf(key, sizeof key / sizeof key[0], L"%ls\\", ROOTS);
    for (size_t i = 0; i < sizeof hash; i++) {
        chars += swprintf(key + chars, 3, L"%02X", hash[i]);
    }
    assert_int_equal(RegDeleteTreeW(HKEY_LOCAL_MACHINE, key), ERROR_SUCCESS);
    HCERTSTORE store = open_store(L"ROOT");
    (void)snprintf(oid, sizeof oid, "%s", usage != NULL ? usage : "");
    LPSTR list[] = {oid};
    CERT_ENHKEY_USAGE left = {.cUsageIdentifier = 1, .rgpszUsageIdentifier = list};
    assert_true(CertSetEnhancedKeyUsage(root, usage != NULL ? &left : NULL));
    assert_true(
        CertAddCertificateContextToStore(store, root, CERT_STORE_ADD_REPLACE_EXISTING, NULL));
    (void)CertCloseStore(store, 0);
    return counts();
}

static void read__root_for_other_things_alone__does_not_count(void **state)
{
    (void)state;
    assert_false(counts_with(szOID_PKIX_KP_EMAIL_PROTECTION));
    assert_true(counts_with(szOID_PKIX_KP_SERVER_AUTH));
    assert_true(counts_with(NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(read__all__are_as_many_as_the_machine_has_and_text),
        TEST(read__root_of_the_machine__counts),
        TEST(read__root_that_is_disallowed__does_not_count),
        TEST(read__root_for_other_things_alone__does_not_count),
    };
    return cmocka_run_group_tests_name("rootstore", tests, NULL, NULL);
}
