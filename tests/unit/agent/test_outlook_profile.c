/* test_outlook_profile.c - ag_profile_take(), ag_host_is_online(): values as Outlook, tools and hostile
 * users leave them in a hive. */
#include "tests/cmocka_all.h"

#include "agent/outlook_profile.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_NONE = 0, TYPE_SZ = 1, TYPE_EXPAND_SZ = 2, TYPE_BINARY = 3, TYPE_DWORD = 4 };
enum { TYPE_MULTI_SZ = 7, TYPE_QWORD = 11 };

/* In memory of its own size, so that the sanitizer sees who reads on. */
static struct ag_profile taken(enum ag_profile_value which, uint32_t type, const void *data,
                               size_t size)
{
    struct ag_profile profile = {0};
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    ag_profile_take(&profile, which, type, (struct span){.data = copy, .size = size});
    free(copy);
    return profile;
}

/* UTF-16LE of an ASCII text and so many NULs. */
static struct ag_profile taken_text(enum ag_profile_value which, uint32_t type, const char *text,
                                    size_t nuls)
{
    uint8_t data[2 * 1024] = {0};
    size_t length = strlen(text);
    assert_true(length + nuls <= sizeof data / 2);
    for (size_t i = 0; i < length; i++) {
        data[2 * i] = (uint8_t)text[i];
    }
    return taken(which, type, data, 2 * (length + nuls));
}

static void assert_good(const struct ag_profile *profile, enum ag_profile_value which)
{
    assert_int_equal(profile->seen, 1U << which);
    assert_int_equal(profile->damaged, 0);
}

static void assert_damaged(const struct ag_profile *profile, enum ag_profile_value which)
{
    struct ag_profile expected = {.damaged = 1U << which};
    assert_memory_equal(profile, &expected, sizeof expected);
}

static void assert_absent(const struct ag_profile *profile)
{
    struct ag_profile expected = {0};
    assert_memory_equal(profile, &expected, sizeof expected);
}

/* ---- how texts are stored ----------------------------------------------------------------- */

static void take__a_text__comes_as_either_type_and_with_any_end(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {TYPE_SZ, TYPE_BINARY};
    for (size_t i = 0; i < 2; i++) {
        for (size_t nuls = 0; nuls <= 3; nuls++) {
            struct ag_profile p =
                taken_text(AG_PROFILE_RPC_PROXY, TYPES[i], "mail.contoso.example", nuls);
            assert_good(&p, AG_PROFILE_RPC_PROXY);
            assert_true(p.on_premises);
            assert_false(p.online);
        }
    }
}

static void take__an_empty_text__is_none(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {TYPE_SZ, TYPE_BINARY};
    for (size_t i = 0; i < 2; i++) {
        for (size_t nuls = 0; nuls <= 2; nuls++) {
            struct ag_profile p = taken_text(AG_PROFILE_MAIL_INTERNAL, TYPES[i], "", nuls);
            assert_absent(&p);
        }
    }
}

static void take__of_another_type__is_damaged(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {TYPE_NONE,     TYPE_EXPAND_SZ, TYPE_DWORD,
                                     TYPE_MULTI_SZ, TYPE_QWORD,     0xffffffff};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        for (unsigned which = 0; which < AG_PROFILE_VALUE_COUNT; which++) {
            if (which != AG_PROFILE_RPC_FLAGS || TYPES[i] != TYPE_DWORD) {
                struct ag_profile p =
                    taken_text((enum ag_profile_value)which, TYPES[i], "mail.contoso.example", 1);
                assert_damaged(&p, (enum ag_profile_value)which);
            }
        }
    }
}

static void take__of_broken_utf_16__is_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } ROWS[] = {
        {"m", 1},               /* half a unit */
        {"m\0a\0i\0l", 7},      /* the last one cut */
        {"a\0\0\0b\0", 6},      /* a NUL within */
        {"\0\0b\0", 4},         /* at the beginning */
        {"a\0\x00\xd8", 4},     /* half a pair at the end */
        {"a\0\x00\xd8\0\0", 6}, /* before the NUL */
        {"\x00\xd8"             /* followed by something else */
         "a\0",
         4},
        {"\x00\xdc" /* the second half alone */
         "a\0",
         4},
        {"a\0\x00\xdc\x00\xd8", 6}, /* changed over */
        {"a\0\n\0b\0", 6},          /* a control character */
        {"a\0\x7f\0b\0", 6},
        {"mail.contoso.example", 20}, /* ANSI: reads as Chinese */
        {"\xff\xfem\0", 4},           /* a byte order mark */
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct ag_profile p = taken(AG_PROFILE_RPC_PROXY, TYPE_BINARY, ROWS[i].bytes, ROWS[i].size);
        assert_damaged(&p, AG_PROFILE_RPC_PROXY);
    }
}

static void take__beyond_the_bound__is_damaged_without_a_look_at_the_data(void **state)
{
    (void)state;
    static uint8_t data[AG_PROFILE_VALUE_BYTES + 2];
    static const char URL[] = "https://m/mapi/emsmdb/?MailboxId=";
    for (size_t i = 0; i < sizeof data; i += 2) {
        data[i] = (uint8_t)(i / 2 < sizeof URL - 1 ? URL[i / 2] : 'x');
    }
    struct ag_profile p = taken(AG_PROFILE_STORE, TYPE_BINARY, data, AG_PROFILE_VALUE_BYTES);
    assert_good(&p, AG_PROFILE_STORE);
    p = (struct ag_profile){0};
    for (unsigned which = 0; which < AG_PROFILE_VALUE_COUNT; which++) {
        struct span only_size = {.data = NULL, .size = AG_PROFILE_VALUE_BYTES + 1};
        ag_profile_take(&p, (enum ag_profile_value)which, TYPE_BINARY, only_size);
    }
    assert_int_equal(p.seen, 0);
    assert_int_equal(p.damaged, (1U << AG_PROFILE_VALUE_COUNT) - 1);
}

/* ---- what they say ------------------------------------------------------------------------ */

static void take__a_url_of_a_mailbox__is_https_with_host_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } ROWS[] = {
        {"https://mail.contoso.example/mapi/emsmdb/?MailboxId=0d1e@contoso.example", true},
        {"https://mail.contoso.example/mapi/emsmdb", true},
        {"https://mail.contoso.example/mapi/emsmdb?MailboxId=x", true},
        {"HTTPS://MAIL/MAPI/Emsmdb/", true},
        {"https://mail:444/mapi/emsmdb/", true},
        {"https://10.1.2.3/mapi/emsmdb/", true},
        {"https://[fd00::1]:443/mapi/emsmdb/", true},
        {"https://mail./mapi/emsmdb/", true},
        {"http://mail/mapi/emsmdb/", false},
        {"mail/mapi/emsmdb/", false},
        {"https:///mapi/emsmdb/", false},
        {"https://mail/mapi/nspi/", false},
        {"https://mail/mapi/emsmdbx", false},
        {"https://mail/mapi/emsmd", false},
        {"https://mail/x/mapi/emsmdb/", false},
        {"https://mail?/mapi/emsmdb/", false},
        {"https://mail/rpc/rpcproxy.dll", false},
        {"https://mail", false},
        {"https://", false},
        {"https://outlook.office365.com@mail/mapi/emsmdb/", false},
        {"https://mail\\@outlook.office365.com/mapi/emsmdb/", false},
        {"https://ma il/mapi/emsmdb/", false},
        {"https://mail:/mapi/emsmdb/", false},
        {"https://mail:x/mapi/emsmdb/", false},
        {"https://mail:123456/mapi/emsmdb/", false},
        {"https://.mail/mapi/emsmdb/", false},
        {"https://mail..contoso/mapi/emsmdb/", false},
        {"https://[fd00::1/mapi/emsmdb/", false},
        {"https://[]/mapi/emsmdb/", false},
        {"https://[mail]/mapi/emsmdb/", false},
        {"https://[::1]x/mapi/emsmdb/", false},
        {" https://mail/mapi/emsmdb/", false},
    };
    static const enum ag_profile_value URLS[] = {AG_PROFILE_MAIL_INTERNAL, AG_PROFILE_MAIL_EXTERNAL,
                                                 AG_PROFILE_STORE};
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        enum ag_profile_value which = URLS[i % 3];
        struct ag_profile p = taken_text(which, TYPE_BINARY, ROWS[i].text, 1);
        if (ROWS[i].good) {
            assert_good(&p, which);
            assert_true(p.on_premises);
        } else {
            assert_damaged(&p, which);
        }
    }
}

static void take__a_host_too_long__is_damaged(void **state)
{
    (void)state;
    char host[257];
    memset(host, 'h', sizeof host - 1);
    host[256] = '\0';
    struct ag_profile p = taken_text(AG_PROFILE_RPC_PROXY, TYPE_SZ, host, 1);
    assert_damaged(&p, AG_PROFILE_RPC_PROXY);
    p = taken_text(AG_PROFILE_RPC_PROXY, TYPE_SZ, host + 1, 1);
    assert_good(&p, AG_PROFILE_RPC_PROXY);
}

static void take__not_ascii__is_fine_behind_the_host_only(void **state)
{
    (void)state;
    /* https://m/mapi/emsmdb/?<U+00FC><U+1F4E7> */
    static const char BEHIND[] =
        "h\0t\0t\0p\0s\0:\0/\0/\0m\0/\0m\0a\0p\0i\0/\0e\0m\0s\0m\0d\0b\0/\0"
        "?\0\xfc\0\x3d\xd8\xe7\xdc";
    static const char HOST[] = "m\0\xfc\0";
    static const char *const NOT_EVEN_THERE[] = {"\x7f\0", "\x1f\0", "\x00\xdc", "\x00\xd8"};
    struct ag_profile p = taken(AG_PROFILE_MAIL_INTERNAL, TYPE_SZ, BEHIND, sizeof BEHIND - 1);
    assert_good(&p, AG_PROFILE_MAIL_INTERNAL);
    p = taken(AG_PROFILE_RPC_PROXY, TYPE_SZ, HOST, sizeof HOST - 1);
    assert_damaged(&p, AG_PROFILE_RPC_PROXY);
    for (size_t i = 0; i < 4; i++) {
        char url[sizeof BEHIND - 1];
        memcpy(url, BEHIND, sizeof url);
        memcpy(url + sizeof url - 6, NOT_EVEN_THERE[i], 2); /* in place of the first */
        p = taken(AG_PROFILE_MAIL_INTERNAL, TYPE_SZ, url, sizeof url);
        assert_damaged(&p, AG_PROFILE_MAIL_INTERNAL);
    }
}

static void take__a_url_of_the_address_book__has_a_path_of_its_own(void **state)
{
    (void)state;
    struct ag_profile p = taken_text(AG_PROFILE_BOOK_EXTERNAL, TYPE_BINARY,
                                     "https://outlook.office365.com/mapi/nspi/?MailboxId=1", 1);
    assert_good(&p, AG_PROFILE_BOOK_EXTERNAL);
    assert_true(p.online);
    assert_false(p.on_premises);
    p = taken_text(AG_PROFILE_BOOK_INTERNAL, TYPE_BINARY, "https://mail/mapi/emsmdb/", 1);
    assert_damaged(&p, AG_PROFILE_BOOK_INTERNAL);
}

static void take__the_last_good_autodiscover__is_kept_apart(void **state)
{
    (void)state;
    static const char *const PREMISES = "https://autodiscover.contoso.example/autodiscover.xml";
    struct ag_profile p = taken_text(AG_PROFILE_LAST_GOOD, TYPE_BINARY, PREMISES, 1);
    assert_good(&p, AG_PROFILE_LAST_GOOD);
    assert_true(p.last_premises && !p.last_online && !p.online && !p.on_premises);
    p = taken_text(AG_PROFILE_LAST_GOOD, TYPE_BINARY, "http://autodiscover-s.outlook.com/x", 1);
    assert_good(&p, AG_PROFILE_LAST_GOOD);
    assert_true(p.last_online && !p.last_premises && !p.online && !p.on_premises);
    p = taken_text(AG_PROFILE_LAST_GOOD, TYPE_BINARY, "file://c:/autodiscover.xml", 1);
    assert_damaged(&p, AG_PROFILE_LAST_GOOD);
}

static void take__a_server_named_by_guid_and_domain__says_no_place(void **state)
{
    (void)state;
    static const char *const NONSENSE[] = {
        "@contoso.example",
        "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f@",
        "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5@contoso.example",
        "alice@contoso.example",
        "\\\\server",
    };
    struct ag_profile p =
        taken_text(AG_PROFILE_HOME_SERVER, TYPE_BINARY,
                   "0A1B2C3D-0a1b-2c3d-4e5f-0a1b2c3d4e5f@outlook.office365.com", 1);
    assert_good(&p, AG_PROFILE_HOME_SERVER);
    assert_true(!p.online && !p.on_premises);
    p = taken_text(AG_PROFILE_HOME_SERVER, TYPE_BINARY, "exch01.contoso.example", 1);
    assert_good(&p, AG_PROFILE_HOME_SERVER);
    assert_true(!p.online && p.on_premises);
    for (size_t i = 0; i < sizeof NONSENSE / sizeof NONSENSE[0]; i++) {
        p = taken_text(AG_PROFILE_HOME_SERVER, TYPE_BINARY, NONSENSE[i], 1);
        assert_damaged(&p, AG_PROFILE_HOME_SERVER);
    }
}

static void take__flags__are_four_bytes_of_either_type(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {TYPE_BINARY, TYPE_DWORD};
    for (size_t i = 0; i < 2; i++) {
        struct ag_profile p = taken(AG_PROFILE_RPC_FLAGS, TYPES[i], "\x2f\0\0\0", 4);
        assert_good(&p, AG_PROFILE_RPC_FLAGS);
        assert_true(p.rpc_on);
        p = taken(AG_PROFILE_RPC_FLAGS, TYPES[i], "\x2e\x01\0\0", 4);
        assert_good(&p, AG_PROFILE_RPC_FLAGS);
        assert_false(p.rpc_on);
        p = taken(AG_PROFILE_RPC_FLAGS, TYPES[i], "\x2f\0\0\0\0", 5);
        assert_damaged(&p, AG_PROFILE_RPC_FLAGS);
        p = taken(AG_PROFILE_RPC_FLAGS, TYPES[i], "\x2f\0\0", 3);
        assert_damaged(&p, AG_PROFILE_RPC_FLAGS);
        p = taken(AG_PROFILE_RPC_FLAGS, TYPES[i], "", 0);
        assert_damaged(&p, AG_PROFILE_RPC_FLAGS);
    }
    struct ag_profile p = taken(AG_PROFILE_RPC_FLAGS, TYPE_SZ, "1\0\0\0", 4);
    assert_damaged(&p, AG_PROFILE_RPC_FLAGS);
}

static void take__from_several_sections__adds_up(void **state)
{
    (void)state;
    struct ag_profile p = taken(AG_PROFILE_RPC_FLAGS, TYPE_DWORD, "\1\0\0\0", 4);
    ag_profile_take(&p, AG_PROFILE_RPC_FLAGS, TYPE_DWORD,
                    (struct span){(const uint8_t *)"\0\0\0\0", 4});
    assert_true(p.rpc_on);
    ag_profile_take(&p, AG_PROFILE_RPC_FLAGS, TYPE_DWORD, (struct span){(const uint8_t *)"", 1});
    assert_true(p.rpc_on);
    assert_int_equal(p.seen, 1U << AG_PROFILE_RPC_FLAGS);
    assert_int_equal(p.damaged, 1U << AG_PROFILE_RPC_FLAGS);
}

static void host__of_each_cloud__is_online_on_the_border_of_a_label_only(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool online;
    } ROWS[] = {
        {"outlook.office365.com", true},
        {"Outlook.Office365.COM", true},
        {"outlook.office365.com.", true},
        {"outlook.office.com", true},
        {"outlook.cloud.microsoft", true},
        {"outlook.com", true},
        {"am6pr0102mb3159.eurprd01.prod.outlook.com", true},
        {"autodiscover-s.outlook.com", true},
        {"BN6PR01MB2468.prod.exchangelabs.com", true},
        {"autodiscover.contoso.mail.onmicrosoft.com", true},
        {"outlook.office365.us", true},
        {"outlook-dod.office365.us", true},
        {"webmail.apps.mil", true},
        {"partner.outlook.cn", true},
        {"autodiscover-s.partner.outlook.cn", true},
        {"outlook.office.de", true},
        {"evil-outlook.com", false},
        {"evilpartner.outlook.cn", false},
        {"outlook.com.contoso.example", false},
        {"outlook.office365.com.evil.example", false},
        {"outlook.office365.co", false},
        {"outlook.cn", false},
        {"apps.mil", false},
        {"office365.com", false},
        {"office.com", false},
        {"mail.contoso.example", false},
        {".", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        assert_int_equal(ag_host_is_online(ROWS[i].host, strlen(ROWS[i].host)), ROWS[i].online);
    }
    assert_true(ag_host_is_online("outlook.com/owa", strlen("outlook.com")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__a_text__comes_as_either_type_and_with_any_end),
        cmocka_unit_test(take__an_empty_text__is_none),
        cmocka_unit_test(take__of_another_type__is_damaged),
        cmocka_unit_test(take__of_broken_utf_16__is_damaged),
        cmocka_unit_test(take__beyond_the_bound__is_damaged_without_a_look_at_the_data),
        cmocka_unit_test(take__a_url_of_a_mailbox__is_https_with_host_and_path),
        cmocka_unit_test(take__a_host_too_long__is_damaged),
        cmocka_unit_test(take__not_ascii__is_fine_behind_the_host_only),
        cmocka_unit_test(take__a_url_of_the_address_book__has_a_path_of_its_own),
        cmocka_unit_test(take__the_last_good_autodiscover__is_kept_apart),
        cmocka_unit_test(take__a_server_named_by_guid_and_domain__says_no_place),
        cmocka_unit_test(take__flags__are_four_bytes_of_either_type),
        cmocka_unit_test(take__from_several_sections__adds_up),
        cmocka_unit_test(host__of_each_cloud__is_online_on_the_border_of_a_label_only),
    };
    return cmocka_run_group_tests_name("outlook_profile", tests, NULL, NULL);
}
