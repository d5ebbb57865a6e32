/* test_outlook_profile_bindings.c - ag_profile_take() of 101e6613: a count, offsets, and texts behind them. */
#include "tests/cmocka_all.h"

#include "agent/outlook_profile.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_SZ = 1, TYPE_BINARY = 3 };

struct binary {
    uint8_t data[512];
    size_t size;
};

static void put_number(struct binary *b, size_t at, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++) {
        b->data[at + i] = (uint8_t)(number >> (8 * i));
    }
}

/* As Outlook writes it: texts in order, each with its NUL, offsets from the value's beginning. */
static struct binary list_of(const char *const *texts, size_t count)
{
    struct binary b = {.size = 4 + 4 * count};
    put_number(&b, 0, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_number(&b, 4 + 4 * i, (uint32_t)b.size);
        assert_true(b.size + strlen(texts[i]) < sizeof b.data);
        memcpy(b.data + b.size, texts[i], strlen(texts[i]) + 1);
        b.size += strlen(texts[i]) + 1;
    }
    return b;
}

/* In memory of its own size, so that the sanitizer sees who reads on. */
static struct ag_profile taken(uint32_t type, const struct binary *b)
{
    struct ag_profile profile = {0};
    uint8_t *copy = malloc(b->size > 0 ? b->size : 1);
    assert_non_null(copy);
    memcpy(copy, b->data, b->size);
    ag_profile_take(&profile, AG_PROFILE_BINDINGS, type,
                    (struct span){.data = copy, .size = b->size});
    free(copy);
    return profile;
}

static void assert_damaged(const struct binary *b)
{
    struct ag_profile p = taken(TYPE_BINARY, b);
    assert_int_equal(p.seen, 0);
    assert_int_equal(p.damaged, 1U << AG_PROFILE_BINDINGS);
    assert_false(p.rpc_tcp);
    assert_false(p.rpc_http);
}

/* The sample of a knowledge base article, "PR_NETWORK_ADDRS of the server". */
static const char *const OLD[] = {"ncalrpc:SERVER", "ncacn_ip_tcp:server.contoso.example",
                                  "ncacn_spx:SERVER", "ncacn_np:SERVER", "netbios:SERVER"};

static void take__bindings__says_which_protocols_are_among_them(void **state)
{
    (void)state;
    static const char *const NEW[] = {"ncalrpc:SERVER", "NCACN_HTTP:server.contoso.example"};
    static const char *const BOTH[] = {"ncacn_http:a", "ncacn_ip_tcp:b"};
    static const char *const NEITHER[] = {"", "ncacn_ip_tcp", "xncacn_http:a", "ncacn_ip_tc:p"};
    struct binary b = list_of(OLD, 5);
    struct ag_profile p = taken(TYPE_BINARY, &b);
    assert_int_equal(p.seen, 1U << AG_PROFILE_BINDINGS);
    assert_true(p.rpc_tcp && !p.rpc_http);
    b = list_of(NEW, 2);
    p = taken(TYPE_BINARY, &b);
    assert_true(!p.rpc_tcp && p.rpc_http);
    b = list_of(BOTH, 2);
    p = taken(TYPE_BINARY, &b);
    assert_true(p.rpc_tcp && p.rpc_http);
    b = list_of(NEITHER, 4);
    p = taken(TYPE_BINARY, &b);
    assert_int_equal(p.seen, 1U << AG_PROFILE_BINDINGS);
    assert_true(!p.rpc_tcp && !p.rpc_http);
    assert_true(!p.online && !p.on_premises);
}

static void take__no_bindings__is_none(void **state)
{
    (void)state;
    struct binary b = list_of(NULL, 0);
    struct ag_profile p = taken(TYPE_BINARY, &b);
    assert_int_equal(p.seen | p.damaged, 0);
}

static void take__bindings_cut_anywhere__are_damaged(void **state)
{
    (void)state;
    struct binary whole = list_of(OLD, 5);
    for (size_t size = 0; size < whole.size; size++) {
        struct binary b = whole;
        b.size = size;
        assert_damaged(&b);
    }
}

static void take__bindings_with_offsets_outside__are_damaged(void **state)
{
    (void)state;
    struct binary whole = list_of(OLD, 5);
    const uint32_t offsets[] = {0,
                                3,
                                4,
                                4 + 4 * 5 - 1, /* in the offsets */
                                (uint32_t)whole.size,
                                (uint32_t)whole.size + 1,
                                0x7fffffff,
                                0x80000000,
                                0xffffffff};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        for (size_t which = 0; which < 5; which++) {
            struct binary b = whole;
            put_number(&b, 4 + 4 * which, offsets[i]);
            assert_damaged(&b);
        }
    }
}

static void take__bindings_with_a_wrong_count__are_damaged(void **state)
{
    (void)state;
    static const uint32_t COUNTS[] = {6, 7, 100, 0x3fffffff, 0x40000000, 0xffffffff};
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        struct binary b = list_of(OLD, 5);
        put_number(&b, 0, COUNTS[i]);
        assert_damaged(&b);
    }
    struct binary count_alone = {.size = 4};
    put_number(&count_alone, 0, 1);
    assert_damaged(&count_alone);
}

static void take__bindings_as_text__are_damaged(void **state)
{
    (void)state;
    struct binary b = list_of(OLD, 5);
    struct ag_profile p = taken(TYPE_SZ, &b);
    assert_int_equal(p.damaged, 1U << AG_PROFILE_BINDINGS);
    assert_false(p.rpc_tcp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__bindings__says_which_protocols_are_among_them),
        cmocka_unit_test(take__no_bindings__is_none),
        cmocka_unit_test(take__bindings_cut_anywhere__are_damaged),
        cmocka_unit_test(take__bindings_with_offsets_outside__are_damaged),
        cmocka_unit_test(take__bindings_with_a_wrong_count__are_damaged),
        cmocka_unit_test(take__bindings_as_text__are_damaged),
    };
    return cmocka_run_group_tests_name("outlook_profile_bindings", tests, NULL, NULL);
}
