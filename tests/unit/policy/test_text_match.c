/* test_text_match.c - text_match.h: patterns, marks and distinguished names. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "policy/text_match.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- patterns ----------------------------------------------------------------------------- */

static void text_fits__of_patterns__folds_ascii_and_knows_two_wildcards(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        const char *text;
        bool fits;
    } ROWS[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "ABC", true},
        {"ABC", "abc", true},
        {"abc", "abcd", false},
        {"abcd", "abc", false},
        {"*", "", true},
        {"*", "anything", true},
        {"**", "", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "ab", false},
        {"??", "ab", true},
        {"*?", "", false},
        {"?*", "a", true},
        {"HQ-IT-*", "hq-it-7", true},
        {"HQ-IT-*", "HQ-IT-", true},
        {"HQ-IT-*", "HQ-I-7", false},
        {"*-7", "HQ-IT-7", true},
        {"*-7", "HQ-IT-77", false},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "a-c-b", false},
        {"*a", "a", true},
        {"a*b", "ab", true},
        {"*ab", "aab", true},
        {"*aab", "aaab", true},
        {"a*", "*", false},
        {"CONTOSO\\*", "contoso\\Alice", true},
        {"CONTOSO\\?lice", "CONTOSO\\alice", true},
        {"CONTOSO\\alice", "CONTOSO/alice", false},
        /* one code point, however many bytes */
        {"K?ln", "K\xc3\xb6ln", true},
        {"K??ln", "K\xc3\xb6ln", false},
        {"?", "\xe2\x82\xac", true},
        {"?", "\xf0\x9f\x98\x80", true},
        {"*?", "\xf0\x9f\x98\x80", true},
        {"*??", "\xf0\x9f\x98\x80", false},
        /* other letters keep their case, and have no halves */
        {"K\xc3\xb6ln", "K\xc3\xb6LN", true},
        {"K\xc3\xb6ln", "K\xc3\x96ln", false},
        {"*\xb6ln", "K\xc3\xb6ln", false},
        {"[a-z]", "a", false},
        {"@", "`", false},
        {"[", "{", false},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        if (pol_text_fits(ROWS[i].pattern, ROWS[i].text) != ROWS[i].fits) {
            fail_msg("\"%s\" and \"%s\"", ROWS[i].pattern, ROWS[i].text);
        }
    }
}

static void text_fits__of_many_stars_that_nearly_fit__comes_to_an_end(void **state)
{
    (void)state;
    char pattern[LIMIT_STRING_BYTES + 1];
    char text[LIMIT_STRING_BYTES + 1];
    for (size_t i = 0; i < LIMIT_STRING_BYTES; i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
        text[i] = 'a';
    }
    pattern[LIMIT_STRING_BYTES] = '\0';
    text[LIMIT_STRING_BYTES] = '\0';
    assert_true(pol_text_fits(pattern, text));
    pattern[LIMIT_STRING_BYTES - 1] = 'b';
    assert_false(pol_text_fits(pattern, text));
}

static void text_fits_marked__of_any_texts__answers_as_without_marks(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "a",
                                        "A",
                                        "*",
                                        "?",
                                        "ab",
                                        "aB",
                                        "a*",
                                        "?b",
                                        "**a",
                                        "*a*",
                                        "K\xc3\xb6ln",
                                        "K\xc3\x96ln",
                                        "k?ln",
                                        "k*",
                                        "@",
                                        "`",
                                        "CONTOSO\\MAPI-Pilot",
                                        "contoso\\mapi-pilos",
                                        "CONTOSO\\M*"};
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        struct pol_text_mark mark = pol_text_mark(TEXTS[i]);
        for (size_t k = 0; k < COUNT(TEXTS); k++) {
            if (pol_text_fits_marked(TEXTS[i], &mark, TEXTS[k], strlen(TEXTS[k])) !=
                pol_text_fits(TEXTS[i], TEXTS[k])) {
                fail_msg("\"%s\" and \"%s\"", TEXTS[i], TEXTS[k]);
            }
        }
    }
}

/* ---- marks -------------------------------------------------------------------------------- */

enum { TEXTS_MOST = 400 };

/* Found by an index over these texts. */
static const char *find(const char *const *texts, size_t count, const char *pattern)
{
    struct pol_text_mark marks[TEXTS_MOST];
    uint32_t slots[4 * TEXTS_MOST];
    struct pol_text_mark mark = pol_text_mark(pattern);
    struct pol_text_index index = {.texts = texts,
                                   .text_count = count,
                                   .marks = marks,
                                   .slots = slots,
                                   .slot_count = (uint32_t)pol_text_index_slots(count)};
    assert_in_range(index.slot_count, count + 1, COUNT(slots));
    for (size_t i = 0; i < count; i++) {
        marks[i] = pol_text_mark(texts[i]);
    }
    pol_text_index_fill(&index);
    return pol_text_index_find(&index, pattern, &mark);
}

static void text_index_find__of_any_text__answers_as_looking_at_all_does(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "a",
                                        "A",
                                        "ab",
                                        "aB",
                                        "b",
                                        "K\xc3\xb6ln",
                                        "K\xc3\x96ln",
                                        "@",
                                        "`",
                                        "CONTOSO\\MAPI-Pilot",
                                        "contoso\\mapi-pilot"};
    static const char *const PATTERNS[] = {
        "", "A", "AB", "c", "k\xc3\xb6LN", "@", "contoso\\MAPI-PILOT", "contoso\\mapi-pilos"};
    for (size_t count = 0; count <= COUNT(TEXTS); count++) {
        for (size_t k = 0; k < COUNT(PATTERNS); k++) {
            const char *expected = NULL;
            for (size_t i = 0; i < count && expected == NULL; i++) {
                expected = pol_text_fits(PATTERNS[k], TEXTS[i]) ? TEXTS[i] : NULL;
            }
            assert_ptr_equal(find(TEXTS, count, PATTERNS[k]), expected);
        }
    }
}

static void text_index_find__among_many__finds_each(void **state)
{
    (void)state;
    static char names[TEXTS_MOST][32];
    static const char *texts[TEXTS_MOST];
    for (size_t i = 0; i < TEXTS_MOST; i++) {
        (void)snprintf(names[i], sizeof names[i], "CONTOSO\\Group-%zu", i);
        texts[i] = names[i];
    }
    for (size_t i = 0; i < TEXTS_MOST; i++) {
        assert_ptr_equal(find(texts, TEXTS_MOST, names[i]), names[i]);
    }
    assert_null(find(texts, TEXTS_MOST, "CONTOSO\\Group-400"));
}

static void text_mark__of_a_text__folds_case_and_sees_wildcards(void **state)
{
    (void)state;
    assert_int_equal(pol_text_mark("CONTOSO\\A").hash, pol_text_mark("contoso\\a").hash);
    assert_int_not_equal(pol_text_mark("ab").hash, pol_text_mark("ba").hash);
    assert_int_equal(pol_text_mark("abc").size, 3);
    assert_false(pol_text_mark("abc").has_wild);
    assert_true(pol_text_mark("a*c").has_wild);
    assert_true(pol_text_mark("?").has_wild);
    assert_int_equal(pol_text_mark("abc").prefix, 3);
    assert_int_equal(pol_text_mark("ab*c?").prefix, 2);
}

/* ---- distinguished names ------------------------------------------------------------------ */

static void text_is_under__of_names__compares_whole_parts_from_the_right(void **state)
{
    (void)state;
    static const char PC[] = "CN=PC-1,OU=Laptops,OU=Berlin,DC=contoso,DC=com";
    static const struct {
        const char *wanted;
        const char *dn;
        bool under;
    } ROWS[] = {
        {"OU=Berlin,DC=contoso,DC=com", PC, true},
        {"ou=berlin,dc=CONTOSO,dc=com", PC, true},
        {"OU=Berlin, DC=contoso , DC=com", PC, true},
        {"DC=com", PC, true},
        {PC, PC, true},
        {"OU=Berlin,DC=contoso,DC=com", "OU=Berlin,DC=contoso,DC=com", true},
        {"U=Berlin,DC=contoso,DC=com", PC, false},
        {"OU=Laptops,DC=contoso,DC=com", PC, false},
        {"OU=Berlin", PC, false},
        {"OU=Berlin,DC=contoso,DC=com", "OU=Ost-Berlin,DC=contoso,DC=com", false},
        {"OU=X,CN=PC-1,OU=Laptops,OU=Berlin,DC=contoso,DC=com", PC, false},
        {"DC=com", "", false},
        /* an escaped comma is part of a name, a comma behind an escaped backslash is not */
        {"OU=b,DC=x", "OU=a\\,OU=b,DC=x", false},
        {"OU=a\\,OU=b,DC=x", "CN=p,OU=a\\,OU=b,DC=x", true},
        {"OU=b,DC=x", "OU=a\\\\,OU=b,DC=x", true},
        {"OU=a\\ ,DC=x", "OU=a\\ ,DC=x", true},
        {"OU=a,DC=x", "OU=a\\ ,DC=x", false},
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        if (pol_text_is_under(ROWS[i].wanted, ROWS[i].dn) != ROWS[i].under) {
            fail_msg("\"%s\" and \"%s\"", ROWS[i].wanted, ROWS[i].dn);
        }
    }
}

static void text_is_dn__of_texts__wants_a_type_and_a_value_in_each_part(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"DC=com", "OU=a,DC=b", "OU=a, DC=b", "OU=a\\,b,DC=c",
                                       "OU=a=b"};
    static const char *const BAD[] = {"",    "Berlin",     "OU=a,",       ",OU=a",  "=a",
                                      "OU=", "OU=a,,DC=b", "OU=a, ,DC=b", "OU=a,b", "OU=,DC=a"};
    for (size_t i = 0; i < COUNT(GOOD); i++) {
        if (!pol_text_is_dn(GOOD[i])) {
            fail_msg("\"%s\"", GOOD[i]);
        }
    }
    for (size_t i = 0; i < COUNT(BAD); i++) {
        if (pol_text_is_dn(BAD[i])) {
            fail_msg("\"%s\"", BAD[i]);
        }
    }
}

static void text_is_sid__of_texts__knows_how_windows_prints_them(void **state)
{
    (void)state;
    assert_true(pol_text_is_sid("S-1-5-18"));
    assert_false(pol_text_is_sid("s-1-5-18"));
    assert_false(pol_text_is_sid("CONTOSO\\S-1-5-18"));
    assert_false(pol_text_is_sid(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_fits__of_patterns__folds_ascii_and_knows_two_wildcards),
        cmocka_unit_test(text_fits__of_many_stars_that_nearly_fit__comes_to_an_end),
        cmocka_unit_test(text_fits_marked__of_any_texts__answers_as_without_marks),
        cmocka_unit_test(text_mark__of_a_text__folds_case_and_sees_wildcards),
        cmocka_unit_test(text_index_find__of_any_text__answers_as_looking_at_all_does),
        cmocka_unit_test(text_index_find__among_many__finds_each),
        cmocka_unit_test(text_is_under__of_names__compares_whole_parts_from_the_right),
        cmocka_unit_test(text_is_dn__of_texts__wants_a_type_and_a_value_in_each_part),
        cmocka_unit_test(text_is_sid__of_texts__knows_how_windows_prints_them),
    };
    return cmocka_run_group_tests_name("text_match", tests, NULL, NULL);
}
