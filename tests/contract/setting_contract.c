#include "tests/cmocka_all.h"

#include "tests/contract/setting_contract.h"

#include "agent/marker.h"

#include <string.h>

static const struct setting_subject *subject;
static const struct ag_setting *setting;
static struct ag_hive *hive;
static struct err err;

static int open_hive(void **state)
{
    (void)state;
    subject->reset(subject->ctx);
    return setting->open(setting->ctx, subject->sid, &hive, &err) == ST_OK ? 0 : -1;
}

static int close_hive(void **state)
{
    (void)state;
    setting->close(setting->ctx, hive);
    return 0;
}

static struct ag_value value_of(uint32_t type, uint32_t size, uint8_t fill)
{
    struct ag_value value = {.present = true, .type = type, .size = size};
    memset(value.data, fill, size);
    return value;
}

static struct ag_value dword(uint8_t number)
{
    return (struct ag_value){
        .present = true, .type = AG_TYPE_DWORD, .size = 4, .data = {number, 0, 0, 0}};
}

static void must_hold(const struct ag_value *expected)
{
    struct ag_value now = {.size = 77};
    assert_int_equal(setting->read(setting->ctx, hive, &now, &err), ST_OK);
    assert_true(ag_value_same(&now, expected));
}

static void must_write(const struct ag_value *value)
{
    assert_int_equal(setting->write(setting->ctx, hive, value, &err), ST_OK);
}

static void open_again(void)
{
    setting->close(setting->ctx, hive);
    assert_int_equal(setting->open(setting->ctx, subject->sid, &hive, &err), ST_OK);
}

static void open__nobody_has_that_sid__is_not_found(void **state)
{
    (void)state;
    struct ag_hive *none = NULL;
    assert_int_equal(setting->open(setting->ctx, subject->missing_sid, &none, &err), ST_NOT_FOUND);
    assert_null(none);
}

static void read__nothing_there__is_absent(void **state)
{
    (void)state;
    must_hold(&(struct ag_value){.present = false});
}

static void write__dword__is_read_back_and_stays(void **state)
{
    (void)state;
    struct ag_value one = dword(1);
    must_write(&one);
    must_hold(&one);
    open_again();
    must_hold(&one);
}

static void write__over_another_type__replaces_type_and_size(void **state)
{
    (void)state;
    struct ag_value binary = value_of(AG_TYPE_BINARY, 40, 0x5a);
    struct ag_value zero = dword(0);
    must_write(&binary);
    must_hold(&binary);
    must_write(&zero);
    must_hold(&zero);
}

static void write__absent__removes_the_value(void **state)
{
    (void)state;
    struct ag_value one = dword(1);
    struct ag_value absent = {.present = false};
    must_write(&one);
    must_write(&absent);
    must_hold(&absent);
}

static void write__absent_where_nothing_is__is_fine(void **state)
{
    (void)state;
    struct ag_value absent = {.present = false};
    must_write(&absent);
    must_hold(&absent);
}

static void write__bytes_that_are_no_text__come_back_unchanged(void **state)
{
    (void)state;
    struct ag_value odd = value_of(AG_TYPE_SZ, 7, 0xd8); /* odd size, lone surrogates, no end */
    must_write(&odd);
    must_hold(&odd);
}

static void write__empty_and_largest__come_back_unchanged(void **state)
{
    (void)state;
    struct ag_value empty = value_of(AG_TYPE_BINARY, 0, 0);
    struct ag_value largest = value_of(AG_TYPE_BINARY, AG_PRE_IMAGE_BYTES, 0x11);
    must_write(&empty);
    must_hold(&empty);
    must_write(&largest);
    must_hold(&largest);
}

static void read_marker__nothing_there__parts_are_absent(void **state)
{
    (void)state;
    for (int part = 0; part < AG_MARKER_PARTS; part++) {
        struct ag_value raw = {.present = true};
        assert_int_equal(
            setting->read_marker(setting->ctx, hive, (enum ag_marker_part)part, &raw, &err), ST_OK);
        assert_false(raw.present);
    }
}

static void must_have_part(enum ag_marker_part part, const struct ag_value *expected)
{
    struct ag_value raw = {0};
    assert_int_equal(setting->read_marker(setting->ctx, hive, part, &raw, &err), ST_OK);
    assert_true(ag_value_same(&raw, expected));
}

static void write_marker__parts__are_kept_apart_and_apart_from_the_value(void **state)
{
    (void)state;
    struct ag_value pre_image = value_of(AG_TYPE_BINARY, AG_VALUE_BYTES, 1);
    struct ag_value written = value_of(AG_TYPE_BINARY, 9, 2);
    assert_int_equal(
        setting->write_marker(setting->ctx, hive, AG_MARKER_PRE_IMAGE, &pre_image, &err), ST_OK);
    assert_int_equal(setting->write_marker(setting->ctx, hive, AG_MARKER_WRITTEN, &written, &err),
                     ST_OK);
    assert_int_equal(setting->flush(setting->ctx, hive, &err), ST_OK);
    open_again();
    must_have_part(AG_MARKER_PRE_IMAGE, &pre_image);
    must_have_part(AG_MARKER_WRITTEN, &written);
    must_have_part(AG_MARKER_PREVIOUS, &(struct ag_value){.present = false});
    must_hold(&(struct ag_value){.present = false});
}

static void write_marker__rollout__is_text(void **state)
{
    (void)state;
    struct ag_value name = {.present = true, .type = AG_TYPE_SZ, .size = 4, .data = "test"};
    struct ag_value raw = {0};
    assert_int_equal(setting->write_marker(setting->ctx, hive, AG_MARKER_ROLLOUT, &name, &err),
                     ST_OK);
    assert_int_equal(setting->read_marker(setting->ctx, hive, AG_MARKER_ROLLOUT, &raw, &err),
                     ST_OK);
    assert_true(raw.present);
    assert_int_equal(raw.type, AG_TYPE_SZ);
}

static void forget_marker__all_parts_go_and_the_value_stays(void **state)
{
    (void)state;
    struct ag_value one = dword(1);
    struct ag_value written = value_of(AG_TYPE_BINARY, 9, 2);
    must_write(&one);
    assert_int_equal(setting->write_marker(setting->ctx, hive, AG_MARKER_WRITTEN, &written, &err),
                     ST_OK);
    assert_int_equal(setting->forget_marker(setting->ctx, hive, &err), ST_OK);
    must_have_part(AG_MARKER_WRITTEN, &(struct ag_value){.present = false});
    must_hold(&one);
}

static void forget_marker__there_is_none__is_fine(void **state)
{
    (void)state;
    assert_int_equal(setting->forget_marker(setting->ctx, hive, &err), ST_OK);
}

static void write_marker__after_forgetting__starts_afresh(void **state)
{
    (void)state;
    struct ag_value written = value_of(AG_TYPE_BINARY, 9, 2);
    assert_int_equal(setting->write_marker(setting->ctx, hive, AG_MARKER_PREVIOUS, &written, &err),
                     ST_OK);
    assert_int_equal(setting->forget_marker(setting->ctx, hive, &err), ST_OK);
    assert_int_equal(setting->write_marker(setting->ctx, hive, AG_MARKER_WRITTEN, &written, &err),
                     ST_OK);
    must_have_part(AG_MARKER_WRITTEN, &written);
    must_have_part(AG_MARKER_PREVIOUS, &(struct ag_value){.present = false});
}

int setting_contract_run(const char *name, const struct setting_subject *s)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_hive, close_hive)
    const struct CMUnitTest tests[] = {
        TEST(open__nobody_has_that_sid__is_not_found),
        TEST(read__nothing_there__is_absent),
        TEST(write__dword__is_read_back_and_stays),
        TEST(write__over_another_type__replaces_type_and_size),
        TEST(write__absent__removes_the_value),
        TEST(write__absent_where_nothing_is__is_fine),
        TEST(write__bytes_that_are_no_text__come_back_unchanged),
        TEST(write__empty_and_largest__come_back_unchanged),
        TEST(read_marker__nothing_there__parts_are_absent),
        TEST(write_marker__parts__are_kept_apart_and_apart_from_the_value),
        TEST(write_marker__rollout__is_text),
        TEST(forget_marker__all_parts_go_and_the_value_stays),
        TEST(forget_marker__there_is_none__is_fine),
        TEST(write_marker__after_forgetting__starts_afresh),
    };
#undef TEST
    subject = s;
    setting = &s->setting;
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
