/* test_words.c - every word of every enumeration is there, once. */
#include "tests/cmocka_all.h"

#include "policy/policy.h"
#include "policy/words.h"

#include <string.h>

/* Words from `first` on; those before it have none. */
static void check_table(const char *const *words, size_t count, size_t first)
{
    for (size_t i = 0; i < count; i++) {
        if (i < first) {
            assert_null(words[i]);
            continue;
        }
        assert_non_null(words[i]);
        assert_true(words[i][0] != '\0');
        assert_int_equal(strspn(words[i], "abcdefghijklmnopqrstuvwxyz_"), strlen(words[i]));
        for (size_t k = first; k < i; k++) {
            assert_string_not_equal(words[i], words[k]);
        }
    }
}

static void words__of_each_enumeration__are_whole_and_distinct(void **state)
{
    (void)state;
    check_table(POL_SET_WORDS, POL_SET_COUNT, 0);
    check_table(POL_KIND_WORDS, POL_KIND_COUNT, 0);
    check_table(POL_EXPECT_WORDS, POL_EXPECT_COUNT, 0);
    check_table(POL_MAILBOX_WORDS, POL_MAILBOX_COUNT, 0);
    check_table(POL_BLOCKED_WORDS, POL_BLOCKED_COUNT, 1);
    check_table(POL_STATE_WORDS, POL_STATE_COUNT, 0);
    check_table(POL_ACTION_WORDS, POL_ACTION_COUNT, 0);
    check_table(POL_OBSERVED_WORDS, POL_OBSERVED_COUNT, 0);
    check_table(POL_CONFIDENCE_WORDS, POL_CONFIDENCE_COUNT, 0);
    check_table(POL_MATCH_WORDS, POL_MATCH_COUNT, 0);
    check_table(POL_VALUE_TYPE_WORDS, POL_VALUE_TYPE_COUNT, 0);
    check_table(POL_INSTALL_WORDS, POL_INSTALL_COUNT, 0);
    check_table(POL_VERDICT_WORDS, POL_VERDICT_COUNT, 0);
}

static void words__documented__stand_at_their_enumerator(void **state)
{
    (void)state;
    assert_string_equal(POL_SET_WORDS[POL_SET_ALLOW_EXPLICIT], "allow_explicit");
    assert_string_equal(POL_KIND_WORDS[POL_KIND_SAFE], "safe");
    assert_string_equal(POL_EXPECT_WORDS[POL_EXPECT_ANY], "any");
    assert_string_equal(POL_MAILBOX_WORDS[POL_MAILBOX_EXCHANGE_ONLINE], "exchange_online");
    assert_string_equal(POL_BLOCKED_WORDS[POL_BLOCKED_PRE_IMAGE_LOST], "pre_image_lost");
    assert_string_equal(POL_STATE_WORDS[POL_STATE_PENDING_RESTART], "pending_restart");
    assert_string_equal(POL_ACTION_WORDS[POL_ACTION_RESTORED], "restored");
    assert_string_equal(POL_OBSERVED_WORDS[POL_OBSERVED_RPC_TCP], "rpc_tcp");
    assert_string_equal(POL_CONFIDENCE_WORDS[POL_CONFIDENCE_OFFERED], "offered");
    assert_string_equal(POL_MATCH_WORDS[POL_MATCH_PERCENT], "percent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words__of_each_enumeration__are_whole_and_distinct),
        cmocka_unit_test(words__documented__stand_at_their_enumerator),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
