/* test_client.c - which of several Outlooks is the one, and what a program file's head says. */
#include "tests/cmocka_all.h"

#include "agent/client.h"

#include <string.h>

#define VERSION(a, b, c, d)                                                                        \
    ((uint64_t)(a) << 48 | (uint64_t)(b) << 32 | (uint64_t)(c) << 16 | (uint64_t)(d))

static struct ag_client_search search;

static int set_up(void **state)
{
    (void)state;
    search = (struct ag_client_search){.dotnet_release = 528040};
    return 0;
}

static struct ag_client_image *add(uint64_t version, bool runs)
{
    struct ag_client_image *image = &search.images[search.count++];
    *image = (struct ag_client_image){
        .runs = runs, .readable = true, .version = version, .bitness = POL_BITNESS_X64};
    return image;
}

static struct ag_client choose(void)
{
    struct ag_client client;
    memset(&client, 0x55, sizeof client);
    ag_client_choose(&search, &client);
    assert_int_equal(client.dotnet_release, 528040);
    return client;
}

static void choose__nothing_found__is_known_to_be_none(void **state)
{
    struct ag_client client = choose();
    (void)state;
    assert_true(client.known);
    assert_string_equal(client.version, "");
    assert_int_equal(client.bitness, POL_BITNESS_UNKNOWN);
    assert_int_equal(client.install, POL_INSTALL_UNKNOWN);
}

static void choose__several_installed__is_the_first(void **state)
{
    (void)state;
    add(VERSION(16, 0, 17328, 20162), false)->click_to_run = true;
    add(VERSION(17, 0, 0, 0), false)->registered = true;
    struct ag_client client = choose();
    assert_true(client.known);
    assert_string_equal(client.version, "16.0.17328.20162");
    assert_int_equal(client.install, POL_INSTALL_CLICK_TO_RUN);
    assert_int_equal(client.bitness, POL_BITNESS_X64);
}

static void choose__one_runs__is_that_one(void **state)
{
    (void)state;
    add(VERSION(16, 0, 17328, 20162), false)->click_to_run = true;
    struct ag_client_image *old = add(VERSION(15, 0, 5571, 1000), true);
    old->registered = true;
    old->bitness = POL_BITNESS_X86;
    struct ag_client client = choose();
    assert_string_equal(client.version, "15.0.5571.1000");
    assert_int_equal(client.install, POL_INSTALL_MSI);
    assert_int_equal(client.bitness, POL_BITNESS_X86);
}

static void choose__several_run__is_the_newest(void **state)
{
    (void)state;
    add(VERSION(15, 0, 1, 1), true);
    add(VERSION(16, 0, 1, 2), true);
    add(VERSION(16, 0, 1, 1), true);
    add(VERSION(17, 0, 0, 0), false);
    assert_string_equal(choose().version, "16.0.1.2");
    assert_int_equal(choose().install, POL_INSTALL_UNKNOWN);
}

static void choose__what_runs_is_unreadable__is_one_that_is_not(void **state)
{
    (void)state;
    add(0, true)->readable = false;
    add(VERSION(14, 0, 7172, 5000), false)->registered = true;
    assert_true(choose().known);
    assert_string_equal(choose().version, "14.0.7172.5000");
}

static void choose__all_unreadable__is_not_known(void **state)
{
    (void)state;
    struct ag_client_image *image = add(0, false);
    image->readable = false;
    image->registered = true;
    search.bitness = POL_BITNESS_X86;
    search.click_to_run_version = VERSION(16, 0, 1, 2); /* of something else */
    struct ag_client client = choose();
    assert_false(client.known);
    assert_string_equal(client.version, "");
    assert_int_equal(client.install, POL_INSTALL_MSI);
}

static void choose__click_to_run_unreadable__is_what_its_installer_wrote_down(void **state)
{
    (void)state;
    struct ag_client_image *image = add(0, false);
    image->readable = false;
    image->click_to_run = true;
    assert_false(choose().known);
    search.bitness = POL_BITNESS_X86;
    search.click_to_run_version = VERSION(16, 0, 17328, 20162);
    struct ag_client client = choose();
    assert_true(client.known);
    assert_string_equal(client.version, "16.0.17328.20162");
    assert_int_equal(client.bitness, POL_BITNESS_X86);
    assert_int_equal(client.install, POL_INSTALL_CLICK_TO_RUN);
}

static void choose__largest_version__fits(void **state)
{
    (void)state;
    add(UINT64_MAX, true);
    assert_string_equal(choose().version, "65535.65535.65535.65535");
}

/* ---- heads of program files ---------------------------------------------------------------- */

enum { HEAD_BYTES = 256, PLACE = 0x80 };

static enum pol_bitness bitness_of(unsigned machine, uint32_t place, size_t size)
{
    uint8_t head[HEAD_BYTES] = {'M', 'Z'};
    for (size_t i = 0; i < 4; i++) {
        head[0x3c + i] = (uint8_t)(place >> (8 * i));
    }
    memcpy(head + PLACE, "PE\0", 4);
    head[PLACE + 4] = (uint8_t)machine;
    head[PLACE + 5] = (uint8_t)(machine >> 8);
    return ag_client_bitness((struct span){.data = head, .size = size});
}

static void bitness__known_processors__are_told(void **state)
{
    (void)state;
    assert_int_equal(bitness_of(0x14c, PLACE, HEAD_BYTES), POL_BITNESS_X86);
    assert_int_equal(bitness_of(0x8664, PLACE, HEAD_BYTES), POL_BITNESS_X64);
    assert_int_equal(bitness_of(0xaa64, PLACE, HEAD_BYTES), POL_BITNESS_ARM64);
    assert_int_equal(bitness_of(0x1c4, PLACE, HEAD_BYTES), POL_BITNESS_UNKNOWN);
}

static void bitness__head_cut_or_wrong__is_unknown(void **state)
{
    static const uint8_t TEXT[HEAD_BYTES] = "no program at all";
    (void)state;
    for (size_t size = 0; size < PLACE + 6; size++) {
        assert_int_equal(bitness_of(0x8664, PLACE, size), POL_BITNESS_UNKNOWN);
    }
    assert_int_equal(bitness_of(0x8664, PLACE, PLACE + 6), POL_BITNESS_X64);
    assert_int_equal(bitness_of(0x8664, PLACE + 1, HEAD_BYTES), POL_BITNESS_UNKNOWN);
    assert_int_equal(bitness_of(0x8664, HEAD_BYTES - 5, HEAD_BYTES), POL_BITNESS_UNKNOWN);
    assert_int_equal(bitness_of(0x8664, UINT32_MAX, HEAD_BYTES), POL_BITNESS_UNKNOWN);
    assert_int_equal(ag_client_bitness((struct span){.data = TEXT, .size = sizeof TEXT}),
                     POL_BITNESS_UNKNOWN);
}

static void bitness__words_of_installers__are_read(void **state)
{
    (void)state;
    assert_int_equal(ag_client_bitness_word("x64"), POL_BITNESS_X64);
    assert_int_equal(ag_client_bitness_word("X86"), POL_BITNESS_X86);
    assert_int_equal(ag_client_bitness_word("arm64"), POL_BITNESS_ARM64);
    assert_int_equal(ag_client_bitness_word(""), POL_BITNESS_UNKNOWN);
    assert_int_equal(ag_client_bitness_word("x"), POL_BITNESS_UNKNOWN);
}

#define SEARCHED(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEARCHED(choose__nothing_found__is_known_to_be_none),
        SEARCHED(choose__several_installed__is_the_first),
        SEARCHED(choose__one_runs__is_that_one),
        SEARCHED(choose__several_run__is_the_newest),
        SEARCHED(choose__what_runs_is_unreadable__is_one_that_is_not),
        SEARCHED(choose__all_unreadable__is_not_known),
        SEARCHED(choose__click_to_run_unreadable__is_what_its_installer_wrote_down),
        SEARCHED(choose__largest_version__fits),
        cmocka_unit_test(bitness__known_processors__are_told),
        cmocka_unit_test(bitness__head_cut_or_wrong__is_unknown),
        cmocka_unit_test(bitness__words_of_installers__are_read),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
