#include "agent/policy_store.h"

#include "base/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char POLICY_FILE[] = "accepted.jws";
static const char FLOOR_FILE[] = "accepted.floor";
static const char TRUST_FILE[] = "accepted.trust";
static const char ETAG_FILE[] = "accepted.etag";
static const char TIME_FILE[] = "accepted.at";

enum { TIME_FILE_BYTES = 64 };

/* ---- floors ------------------------------------------------------------------------------- */

static struct ag_floor_line *find_line(struct ag_policy_store *store, const char *rollout)
{
    for (size_t i = 0; i < store->line_count; i++) {
        if (strcmp(store->lines[i].rollout, rollout) == 0) {
            return &store->lines[i];
        }
    }
    return NULL;
}

/* The higher counts. False: there is no room for another rollout. */
static bool raise_floor(struct ag_policy_store *store, const struct ag_floor_line *line)
{
    struct ag_floor_line *place = find_line(store, line->rollout);
    if (place == NULL && store->line_count == AG_STORE_ROLLOUTS) {
        return false;
    }
    if (place == NULL) {
        place = &store->lines[store->line_count++];
        *place = *line;
    } else if (line->floor.version > place->floor.version) {
        *place = *line;
    }
    return true;
}

static bool read_floor_line(const char *text, struct ag_floor_line *out)
{
    struct ag_floor_line line = {0};
    uint8_t digest[DIGEST_BYTES];
    const char *at = text;
    bool whole = field_word(&at, line.rollout, sizeof line.rollout) &&
                 field_number(&at, 1, VERSION_MOST, &line.floor.version) &&
                 field_word(&at, line.floor.digest, sizeof line.floor.digest) &&
                 fields_end(text, at);
    if (!whole || !hex_decode(line.floor.digest, digest, sizeof digest)) {
        return false;
    }
    *out = line;
    return true;
}

/* False if a line made no sense. */
static bool read_floor_text(struct ag_policy_store *store, char *text)
{
    bool good = true;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        struct ag_floor_line floor;
        good = read_floor_line(line, &floor) && raise_floor(store, &floor) && good;
    }
    return good;
}

/* One place. ST_REFUSED: there is something, and it makes no sense. */
static enum status take_floor(struct ag_policy_store *store, enum status st, struct bytes *text,
                              struct err *err)
{
    if (st == ST_OK && text->data != NULL && !read_floor_text(store, (char *)text->data)) {
        st = err_refuse(err, "json_syntax", "", "the stored floor is damaged");
    }
    bytes_free(text);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status write_floors(const struct ag_policy_store *store, struct err *err)
{
    const struct ag_vault *vault = store->vault;
    struct bytes text = bytes_with_limit(AG_FLOOR_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < store->line_count; i++) {
        const struct ag_floor_line *line = &store->lines[i];
        st = bytes_append_format(&text, "%s %" PRId64 " %s\n", line->rollout, line->floor.version,
                                 line->floor.digest);
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the floor does not fit");
    } else {
        st = vault->write(vault->ctx, FLOOR_FILE, bytes_span(&text), err);
    }
    if (st == ST_OK) {
        st = vault->write_floor(vault->ctx, bytes_span(&text), err);
    }
    bytes_free(&text);
    return st;
}

struct pol_floor ag_policy_store_floor(const struct ag_policy_store *store, const char *rollout)
{
    for (size_t i = 0; i < store->line_count; i++) {
        if (strcmp(store->lines[i].rollout, rollout) == 0) {
            return store->lines[i].floor;
        }
    }
    return (struct pol_floor){0};
}

/* ---- open and done ------------------------------------------------------------------------ */

/* A stored trust that cannot be read is no trust: the present one decides alone. */
static void load_trust(struct ag_policy_store *store)
{
    const struct ag_vault *vault = store->vault;
    struct bytes document = {0};
    enum status st = vault->read(vault->ctx, TRUST_FILE, LIMIT_TRUST_BYTES, &document, NULL);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&document), &store->trust, NULL);
    }
    if (st != ST_OK) {
        store->trust = NULL;
    }
    bytes_free(&document);
}

enum status ag_policy_store_open(struct ag_policy_store *store, const struct ag_vault *vault,
                                 struct err *err)
{
    struct bytes text = {0};
    struct err first = {0};
    *store = (struct ag_policy_store){.vault = vault};
    enum status st = vault->read(vault->ctx, FLOOR_FILE, AG_FLOOR_BYTES, &text, &first);
    enum status here = take_floor(store, st, &text, &first);
    st = vault->read_floor(vault->ctx, &text, err);
    enum status there = take_floor(store, st, &text, err);
    load_trust(store);
    if (here != ST_OK && there != ST_OK && err != NULL) {
        *err = first;
    }
    return here == ST_OK || there == ST_OK ? ST_OK : here;
}

void ag_policy_store_done(struct ag_policy_store *store)
{
    pol_trust_free(store->trust);
    *store = (struct ag_policy_store){0};
}

/* ---- the policy --------------------------------------------------------------------------- */

static enum status verify_and_parse(const struct pol_trust *trust, struct span raw,
                                    struct pol_policy **out, struct err *err)
{
    struct pol_verified *verified = NULL;
    struct pol_policy *policy = NULL;
    enum status st = pol_verify(trust, raw, POL_DOCUMENT_POLICY, &verified, err);
    if (st == ST_OK) {
        st = pol_parse(verified, &policy, err);
    }
    if (st == ST_OK && !pol_trust_has_rollout(trust, policy->rollout)) {
        st = err_refuse(err, "rollout_mismatch", "/rollout", "trust does not name rollout %s",
                        policy->rollout);
    }
    if (st == ST_OK) {
        *out = policy;
        policy = NULL;
    }
    pol_policy_free(policy);
    pol_verified_free(verified);
    return st;
}

/* Is the stored policy what was accepted last? Newer than the floor is fine: a kill between storing
 * the two. */
static enum status check_stored(struct ag_policy_store *store, const char *rollout,
                                const struct pol_policy *policy, struct err *err)
{
    struct pol_floor floor = ag_policy_store_floor(store, policy->rollout);
    if (rollout != NULL && strcmp(rollout, policy->rollout) != 0) {
        return err_refuse(err, "rollout_mismatch", "/rollout",
                          "the stored policy belongs to rollout %s", policy->rollout);
    }
    if (policy->version < floor.version) {
        return err_refuse(err, "version_rollback", "/version",
                          "the stored policy is version %" PRId64 ", %" PRId64 " was accepted",
                          policy->version, floor.version);
    }
    if (policy->version == floor.version && strcmp(policy->digest, floor.digest) != 0) {
        return err_refuse(err, "version_conflict", "/version",
                          "the stored policy is not the version %" PRId64 " that was accepted",
                          policy->version);
    }
    return ST_OK;
}

static bool add_floor(struct ag_policy_store *store, const struct pol_policy *policy)
{
    struct ag_floor_line line = {.floor.version = policy->version};
    (void)snprintf(line.rollout, sizeof line.rollout, "%s", policy->rollout);
    (void)snprintf(line.floor.digest, sizeof line.floor.digest, "%s", policy->digest);
    return raise_floor(store, &line);
}

static void load_etag(const struct ag_vault *vault, char etag[AG_ETAG_BYTES])
{
    struct bytes text = {0};
    etag[0] = '\0';
    if (vault->read(vault->ctx, ETAG_FILE, AG_ETAG_BYTES - 1, &text, NULL) == ST_OK) {
        (void)snprintf(etag, AG_ETAG_BYTES, "%s", bytes_text(&text));
    }
    bytes_free(&text);
}

enum status ag_policy_store_load(struct ag_policy_store *store, const struct pol_trust *trust,
                                 const char *rollout, struct pol_policy **out,
                                 char etag[AG_ETAG_BYTES], struct err *err)
{
    struct bytes raw = {0};
    struct pol_policy *policy = NULL;
    const struct ag_vault *vault = store->vault;

    enum status st = vault->read(vault->ctx, POLICY_FILE, LIMIT_ENVELOPE_BYTES, &raw, err);
    if (st == ST_OK) {
        st = verify_and_parse(trust, bytes_span(&raw), &policy, err);
        if (st == ST_REFUSED && store->trust != NULL) {
            st = verify_and_parse(store->trust, bytes_span(&raw), &policy, err);
        }
    }
    if (st == ST_OK) {
        st = check_stored(store, rollout, policy, err);
    }
    if (st == ST_OK && !add_floor(store, policy)) {
        st = err_set(err, ST_TOO_LARGE, 0, "no room for the floor of another rollout");
    }
    if (st == ST_OK) {
        load_etag(vault, etag);
        *out = policy;
        policy = NULL;
    }
    pol_policy_free(policy);
    bytes_free(&raw);
    return st;
}

static enum status save_trust(struct ag_policy_store *store, const struct pol_trust *trust,
                              struct err *err)
{
    const char *rollouts[AG_STORE_ROLLOUTS];
    struct pol_public_key keys[LIMIT_KEYS];
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    size_t rollout_count = pol_trust_rollout_count(trust);
    size_t key_count = pol_trust_key_count(trust);

    if (rollout_count > AG_STORE_ROLLOUTS || key_count > LIMIT_KEYS) {
        return err_set(err, ST_TOO_LARGE, 0, "trust names more than %d rollouts",
                       AG_STORE_ROLLOUTS);
    }
    for (size_t i = 0; i < rollout_count; i++) {
        rollouts[i] = pol_trust_rollout(trust, i);
    }
    for (size_t i = 0; i < key_count; i++) {
        keys[i] = *pol_trust_key(trust, i);
    }
    enum status st = pol_trust_write(pol_trust_version(trust), pol_trust_threshold(trust), rollouts,
                                     rollout_count, keys, key_count, &document, err);
    if (st == ST_OK) {
        st = store->vault->write(store->vault->ctx, TRUST_FILE, bytes_span(&document), err);
    }
    bytes_free(&document);
    return st;
}

static bool read_time(const struct ag_policy_store *store, int64_t version, int64_t *out)
{
    struct bytes text = {0};
    int64_t of_version = 0;
    int64_t at_s = 0;
    enum status st = store->vault->read(store->vault->ctx, TIME_FILE, TIME_FILE_BYTES, &text, NULL);
    const char *start = st == ST_OK ? bytes_text(&text) : "";
    const char *at = start;
    bool known = field_number(&at, 1, VERSION_MOST, &of_version) &&
                 field_number(&at, 0, INT64_MAX, &at_s) && fields_end(start, at) &&
                 of_version == version;
    bytes_free(&text);
    if (known) {
        *out = at_s;
    }
    return known;
}

enum status ag_policy_store_accepted_at(const struct ag_policy_store *store, int64_t version,
                                        int64_t now_s, int64_t *out, struct err *err)
{
    char text[TIME_FILE_BYTES];
    int64_t at_s = now_s;
    if (read_time(store, version, &at_s) && at_s <= now_s) {
        *out = at_s;
        return ST_OK;
    }
    *out = now_s;
    (void)snprintf(text, sizeof text, "%" PRId64 " %" PRId64, version, now_s);
    return store->vault->write(store->vault->ctx, TIME_FILE, span_text(text), err);
}

enum status ag_policy_store_save(struct ag_policy_store *store, const struct pol_trust *trust,
                                 const struct pol_policy *policy, struct span raw, int64_t now_s,
                                 struct err *err)
{
    const struct ag_vault *vault = store->vault;
    /* The name of the bytes that go now comes first, trust last: after a kill in between, the new
     * policy still verifies by the trust in use. */
    enum status st = ag_policy_store_save_etag(store, "", err);
    if (st == ST_OK) {
        st = vault->write(vault->ctx, POLICY_FILE, raw, err);
    }
    if (st == ST_OK && !add_floor(store, policy)) {
        st = err_set(err, ST_TOO_LARGE, 0, "no room for the floor of another rollout");
    }
    if (st == ST_OK) {
        st = write_floors(store, err);
    }
    if (st == ST_OK) {
        int64_t at_s = 0;
        st = ag_policy_store_accepted_at(store, policy->version, now_s, &at_s, err);
    }
    if (st == ST_OK) {
        st = save_trust(store, trust, err);
    }
    return st;
}

enum status ag_policy_store_save_etag(struct ag_policy_store *store, const char *etag,
                                      struct err *err)
{
    const struct ag_vault *vault = store->vault;
    if (etag[0] != '\0') {
        return vault->write(vault->ctx, ETAG_FILE, span_text(etag), err);
    }
    struct err failure = {.st = ST_OK};
    enum status st = vault->remove(vault->ctx, ETAG_FILE, &failure);
    if (st == ST_NOT_FOUND) {
        return ST_OK;
    }
    if (st != ST_OK && err != NULL) {
        *err = failure;
    }
    return st;
}
