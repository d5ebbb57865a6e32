/* test_rollout_signed.c - each bundle of tests/data/signed.tsv uploaded to a server that has its trust. */
#include "tests/cmocka_all.h"

#include "tests/signed_rows.h"
#include "tests/unit/server/rollout_place.h"

static void use_trust(struct rollout_place *p, const char *file)
{
    rollout_close_all(p);
    pol_trust_free(p->signer.trust);
    p->signer.trust = NULL;
    struct bytes text = signed_file(file);
    assert_int_equal(pol_trust_parse(bytes_span(&text), &p->signer.trust, NULL), ST_OK);
    bytes_free(&text);
    rollout_open_all(p);
}

static void check_row(struct rollout_place *p, const struct signed_row *row)
{
    bool good = signed_is(row->expected, "accept");
    enum status st = rollout_put(p, signed_file(row->file), true);
    const char *pointer = p->err.pointer[0] == '\0' ? "-" : p->err.pointer;
    if (good ? st != ST_OK
             : st != ST_REFUSED || !signed_is(rollout_code(p), row->expected) ||
                   !signed_is(pointer, row->pointer)) {
        fail_msg("%s: %s at %s, not %s at %s", row->file, rollout_code(p), pointer, row->expected,
                 row->pointer);
    }
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    bool stored = view.newest != NULL;
    srv_rollout_view_done(&view);
    assert_int_equal(stored, good);
    assert_int_equal(rollout_released(p), 0);
}

static void bundle__of_each_row_uploaded__is_stored_or_refused_as_listed(void **state)
{
    (void)state;
    struct bytes list = signed_rows_read();
    struct signed_row row;
    size_t count = 0;
    for (char *at = (char *)list.data; signed_rows_next(&at, &row);) {
        if (!signed_is(row.document, "bundle")) {
            continue;
        }
        void *place = NULL;
        assert_int_equal(rollout_setup(&place), 0);
        use_trust(place, row.trust);
        check_row(place, &row);
        assert_int_equal(rollout_teardown(&place), 0);
        count++;
    }
    assert_true(count >= 30);
    bytes_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle__of_each_row_uploaded__is_stored_or_refused_as_listed),
    };
    return cmocka_run_group_tests_name("rollout_signed", tests, NULL, NULL);
}
