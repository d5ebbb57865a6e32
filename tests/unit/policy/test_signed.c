/* test_signed.c - the whole way from bytes to acceptance, on every row of tests/data/signed.tsv. */
#include "tests/cmocka_all.h"

#include "policy/bundle.h"
#include "policy/freshness.h"
#include "tests/signed_rows.h"
#include "tests/unit/policy/signing.h"

/* 2026-11-25; what is late or early in the vectors is so by years. */
enum { NOW_S = 1795564800, NAMES_MOST = 512, NAME_BYTES = 128 };

/* Every code of docs/policy-format.md that can come of signed bytes, or of a change of trust. */
static const char *const CODES[] = {
    "json_syntax",
    "json_duplicate_key",
    "unknown_field",
    "missing_field",
    "wrong_type",
    "out_of_range",
    "too_large",
    "unknown_ring",
    "ring_circle",
    "duplicate_name",
    "bad_time",
    "bad_version_range",
    "bad_url",
    "signature_invalid",
    "signature_threshold",
    "key_unknown",
    "envelope_malformed",
    "algorithm_refused",
    "type_mismatch",
    "version_rollback",
    "version_conflict",
    "kind_mismatch",
    "expired",
    "not_yet",
    "issued_in_future",
    "rollout_mismatch",
    "trust_rollback",
    "accept",
    "no_change",
};

/* What the chain gave: a word for the column "expected", and the place. */
struct outcome {
    const char *word;
    struct err err;
    bool verified;
};

static struct pol_trust *trust_of(const struct signed_row *row)
{
    struct bytes text = signed_file(row->trust);
    struct pol_trust *trust = NULL;
    assert_int_equal(pol_trust_parse(bytes_span(&text), &trust, NULL), ST_OK);
    bytes_free(&text);
    return trust;
}

/* ---- policies ----------------------------------------------------------------------------- */

static int64_t number_of(const char *text)
{
    return signed_is(text, "-") ? 0 : strtoll(text, NULL, 10);
}

static enum status accept_policy(const struct signed_row *row, const struct pol_trust *trust,
                                 const struct pol_policy *policy, struct outcome *out)
{
    enum pol_freshness freshness = POL_FRESH_NO_CHANGE;
    struct pol_freshness_rules rules = {.trust = trust,
                                        .floor.version = number_of(row->floor),
                                        .min_version = number_of(row->min_version),
                                        .stored_policy_usable = true,
                                        .now_s = NOW_S};
    const char *digest = strchr(row->floor, ':');
    if (digest != NULL) {
        assert_int_equal(strlen(digest + 1), 64);
        (void)snprintf(rules.floor.digest, sizeof rules.floor.digest, "%s", digest + 1);
    }
    enum status st = pol_freshness(policy, &rules, &freshness, &out->err);
    out->word = freshness == POL_FRESH_ACCEPT ? "accept" : "no_change";
    return st;
}

static enum status run_policy(const struct signed_row *row, struct span raw, struct outcome *out)
{
    struct pol_trust *trust = trust_of(row);
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    enum status st = pol_verify(trust, raw, POL_DOCUMENT_POLICY, &verified, &out->err);
    out->verified = st == ST_OK;
    if (st == ST_OK) {
        st = pol_parse(verified, &policy, &out->err);
    }
    if (st == ST_OK) {
        st = accept_policy(row, trust, policy, out);
    }
    assert_true(st != ST_OK || policy != NULL);
    pol_policy_free(policy);
    pol_verified_free(verified);
    pol_trust_free(trust);
    return st;
}

/* ---- bundles and trust -------------------------------------------------------------------- */

static enum status run_bundle(const struct signed_row *row, struct span raw, struct outcome *out)
{
    struct pol_trust *trust = trust_of(row);
    struct pol_verified *verified = NULL;
    struct pol_bundle *bundle = NULL;
    out->verified = pol_verify(trust, raw, POL_DOCUMENT_BUNDLE, &verified, NULL) == ST_OK;
    enum status st = pol_bundle_open(trust, raw, &bundle, &out->err);
    out->word = "accept";
    pol_bundle_free(bundle);
    pol_verified_free(verified);
    pol_trust_free(trust);
    return st;
}

static enum status run_trust(const struct signed_row *row, struct span raw, struct outcome *out)
{
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    struct bytes old = {0};
    if (!signed_is(row->trust, "-")) {
        old = signed_file(row->trust);
    }
    enum status st = pol_trust_check_change(bytes_span(&old), raw, &change, &out->err);
    out->word = change == POL_TRUST_TAKEN ? "accept" : "no_change";
    bytes_free(&old);
    return st;
}

static bool run_row(const struct signed_row *row)
{
    struct outcome out = {.word = ""};
    struct bytes raw = signed_file(row->file);
    bool of_trust = signed_is(row->document, "trust");
    enum status st = of_trust                             ? run_trust(row, bytes_span(&raw), &out)
                     : signed_is(row->document, "bundle") ? run_bundle(row, bytes_span(&raw), &out)
                                                          : run_policy(row, bytes_span(&raw), &out);
    bytes_free(&raw);
    const char *word = st == ST_OK ? out.word : st == ST_REFUSED ? out.err.code : "?";
    const char *pointer = st == ST_OK || out.err.pointer[0] == '\0' ? "-" : out.err.pointer;
    const char *verified = of_trust ? "-" : out.verified ? "yes" : "no";
    bool good = signed_is(word, row->expected) && signed_is(pointer, row->pointer) &&
                signed_is(verified, row->verified);
    if (!good) {
        print_error("%s with %s, floor %s, least %s: %s at %s, verified %s, not %s at %s, %s: %s\n",
                    row->file, row->trust, row->floor, row->min_version, word, pointer, verified,
                    row->expected, row->pointer, row->verified, out.err.text);
    }
    return good;
}

static void row__of_the_list__gives_what_it_says(void **state)
{
    (void)state;
    struct bytes list = signed_rows_read();
    struct signed_row row;
    size_t bad = 0;
    size_t count = 0;
    for (char *at = (char *)list.data; signed_rows_next(&at, &row); count++) {
        bad += run_row(&row) ? 0 : 1;
    }
    if (bad > 0) {
        fail_msg("%zu of %zu rows", bad, count);
    }
    assert_true(count >= 150);
    bytes_free(&list);
}

static void code__that_signed_bytes_can_give__has_a_row(void **state)
{
    (void)state;
    struct bytes list = signed_rows_read();
    struct signed_row row;
    bool seen[sizeof CODES / sizeof CODES[0]] = {false};
    for (char *at = (char *)list.data; signed_rows_next(&at, &row);) {
        size_t i = 0;
        while (i < sizeof CODES / sizeof CODES[0] && !signed_is(CODES[i], row.expected)) {
            i++;
        }
        if (i == sizeof CODES / sizeof CODES[0]) {
            fail_msg("%s: there is no code %s", row.file, row.expected);
        }
        seen[i] = true;
    }
    for (size_t i = 0; i < sizeof CODES / sizeof CODES[0]; i++) {
        if (!seen[i]) {
            fail_msg("no row gives %s", CODES[i]);
        }
    }
    bytes_free(&list);
}

/* ---- files and list ----------------------------------------------------------------------- */

struct names {
    const char *folder;
    char items[NAMES_MOST][NAME_BYTES];
    size_t count;
    size_t in_folder;
};

static bool find_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (signed_is(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static void add_name(struct names *names, const char *name)
{
    if (!find_name(names, name)) {
        assert_true(names->count < NAMES_MOST && strlen(name) < NAME_BYTES);
        (void)snprintf(names->items[names->count++], NAME_BYTES, "%s", name);
    }
}

static bool look_at_file(void *ctx, const char *name)
{
    struct names *names = ctx;
    char path[NAME_BYTES];
    (void)snprintf(path, sizeof path, "%s/%s", names->folder, name);
    if (strstr(name, ".json") != NULL) {
        names->in_folder++;
        if (!find_name(names, path)) {
            fail_msg("%s is not in the list", path);
        }
    }
    return true;
}

static void file__of_the_folders__is_in_the_list(void **state)
{
    (void)state;
    static const struct {
        const char *folder;
        size_t least;
    } FOLDERS[] = {{"envelope", 85}, {"bundle", 12}, {"trust", 8}};
    struct names *names = calloc(1, sizeof *names);
    struct bytes list = signed_rows_read();
    struct signed_row row;
    assert_non_null(names);
    for (char *at = (char *)list.data; signed_rows_next(&at, &row);) {
        add_name(names, row.file);
        add_name(names, row.trust);
    }
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        char path[SIGNED_PATH_BYTES];
        names->folder = FOLDERS[i].folder;
        names->in_folder = 0;
        signed_path(FOLDERS[i].folder, path);
        assert_int_equal(file_list(path, look_at_file, names, NULL), ST_OK);
        assert_true(names->in_folder >= FOLDERS[i].least);
    }
    bytes_free(&list);
    free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row__of_the_list__gives_what_it_says),
        cmocka_unit_test(code__that_signed_bytes_can_give__has_a_row),
        cmocka_unit_test(file__of_the_folders__is_in_the_list),
    };
    return cmocka_run_group_tests_name("signed", tests, signing_start, NULL);
}
