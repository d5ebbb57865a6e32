#include "policy/trust.h"

#include "policy/envelope.h"
#include "policy/json_read.h"
#include "policy/json_write.h"
#include "policy/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROLLOUTS_MAX = 64 };

struct pol_trust {
    uint32_t version;
    uint32_t threshold;
    char rollouts[ROLLOUTS_MAX][LIMIT_NAME_BYTES + 1];
    size_t rollout_count;
    struct pol_public_key keys[LIMIT_KEYS];
    size_t key_count;
};

static const char *const FORMATS[] = {"mapi-rollout/trust/1"};
static const char *const TYPES[] = {"EC"};
static const char *const CURVES[] = {"P-256"};

/* ---- reading ------------------------------------------------------------------------------ */

static bool is_name(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size >= 1 && size <= LIMIT_NAME_BYTES && text[size] == '\0';
}

static void read_rollout(const struct pol_at *item, struct pol_trust *out)
{
    const char *name = NULL;
    if (!pol_at_text(item, LIMIT_NAME_BYTES, &name)) {
        return;
    }
    if (!is_name(name)) {
        pol_at_problem(item, "out_of_range", "a name has 1 to %d of a-z, 0-9 and -",
                       LIMIT_NAME_BYTES);
    } else if (pol_trust_has_rollout(out, name)) {
        pol_at_problem(item, "duplicate_name", "the rollout \"%s\" is named twice", name);
    } else {
        memcpy(out->rollouts[out->rollout_count++], name, strlen(name) + 1);
    }
}

static bool read_coordinate(const struct pol_at *jwk, const char *key,
                            uint8_t out[KEY_COORDINATE_BYTES])
{
    struct pol_at member;
    const char *text = NULL;
    if (!pol_read_member(jwk, key, POL_REQUIRED, &member) ||
        !pol_at_text(&member, LIMIT_STRING_BYTES, &text)) {
        return false;
    }
    if (!pol_base64url_decode_exactly(span_text(text), out, KEY_COORDINATE_BYTES)) {
        pol_at_problem(&member, "out_of_range",
                       "%d bytes in base64url without padding are expected", KEY_COORDINATE_BYTES);
        return false;
    }
    return true;
}

static enum status read_key(const struct pol_at *item, struct pol_trust *out, struct err *err)
{
    static const char *const MEMBERS[] = {"kty", "crv", "x", "y"};
    struct pol_public_key key;
    struct err why = {0};
    uint8_t x[KEY_COORDINATE_BYTES];
    uint8_t y[KEY_COORDINATE_BYTES];
    size_t ignored = 0;

    if (!pol_read_object(item, MEMBERS, 4)) {
        return ST_OK; /* a problem was added */
    }
    bool good = pol_read_word(item, "kty", POL_REQUIRED, TYPES, 1, &ignored);
    good = pol_read_word(item, "crv", POL_REQUIRED, CURVES, 1, &ignored) && good;
    good = read_coordinate(item, "x", x) && good;
    good = read_coordinate(item, "y", y) && good;
    if (!good) {
        return ST_OK;
    }
    enum status st = pol_public_key_from_point(x, y, &key, &why);
    if (st == ST_REFUSED) {
        pol_at_problem(item, why.code, "%s", why.text);
        return ST_OK;
    }
    if (st != ST_OK) {
        return err_set(err, st, why.os_code, "%s", why.text);
    }
    if (pol_trust_find_key(out, key.kid) != NULL) {
        pol_at_problem(item, "duplicate_name", "the key %s stands here twice", key.kid);
        return ST_OK;
    }
    out->keys[out->key_count++] = key;
    return ST_OK;
}

static bool read_list(const struct pol_at *root, const char *key, size_t most, struct pol_at *out)
{
    size_t count = 0;
    if (!pol_read_array(root, key, POL_REQUIRED, most, out, &count)) {
        return false;
    }
    if (!pol_at_is_array(out)) {
        pol_at_problem(out, "wrong_type", "an array is expected");
        return false;
    }
    if (count == 0) {
        pol_at_problem(out, "out_of_range", "at least one entry is expected");
        return false;
    }
    return true;
}

static enum status read_lists(const struct pol_at *root, struct pol_trust *out, struct err *err)
{
    struct pol_at list;
    struct pol_at item;
    enum status st = ST_OK;
    if (read_list(root, "rollouts", ROLLOUTS_MAX, &list)) {
        for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
            read_rollout(&item, out);
        }
    }
    if (read_list(root, "keys", LIMIT_KEYS, &list)) {
        for (bool more = pol_first(&list, &item); more && st == ST_OK; more = pol_next(&item)) {
            st = read_key(&item, out, err);
        }
    }
    return st;
}

/* More than an envelope can hold could never be met. */
static void read_threshold(const struct pol_at *root, struct pol_trust *out)
{
    int64_t most = out->key_count < LIMIT_SIGNATURES ? (int64_t)out->key_count : LIMIT_SIGNATURES;
    int64_t threshold = 0;
    if (pol_read_integer(root, "threshold", POL_REQUIRED, 1, most > 0 ? most : 1, &threshold)) {
        out->threshold = (uint32_t)threshold;
    }
}

static enum status read_trust(const struct pol_json *json, struct pol_trust *out, struct err *err)
{
    static const char *const MEMBERS[] = {"format", "version", "threshold", "rollouts", "keys"};
    struct pol_problems problems = {0};
    struct pol_at root = pol_json_root(json, &problems);
    size_t ignored = 0;
    int64_t version = 0;
    enum status st = ST_OK;

    if (pol_read_object(&root, MEMBERS, 5)) {
        (void)pol_read_word(&root, "format", POL_REQUIRED, FORMATS, 1, &ignored);
        if (pol_read_integer(&root, "version", POL_REQUIRED, 1, UINT32_MAX, &version)) {
            out->version = (uint32_t)version;
        }
        st = read_lists(&root, out, err);
        read_threshold(&root, out);
    }
    return st == ST_OK ? pol_problems_status(&problems, err) : st;
}

enum status pol_trust_parse(struct span document, struct pol_trust **out, struct err *err)
{
    struct pol_json *json = NULL;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_TRUST_BYTES);
    struct pol_trust *trust = calloc(1, sizeof *trust);
    if (trust == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for trusted keys");
    }

    enum status st = pol_json_parse(document, &limits, &json, err);
    if (st == ST_OK) {
        st = read_trust(json, trust, err);
    }
    if (st == ST_OK) {
        *out = trust;
        trust = NULL; /* handed over */
    }
    pol_trust_free(trust);
    pol_json_free(json);
    return st;
}

void pol_trust_free(struct pol_trust *trust)
{
    free(trust);
}

/* ---- asking ------------------------------------------------------------------------------- */

uint32_t pol_trust_version(const struct pol_trust *trust)
{
    return trust->version;
}

uint32_t pol_trust_threshold(const struct pol_trust *trust)
{
    return trust->threshold;
}

size_t pol_trust_key_count(const struct pol_trust *trust)
{
    return trust->key_count;
}

const struct pol_public_key *pol_trust_key(const struct pol_trust *trust, size_t i)
{
    return &trust->keys[i];
}

const struct pol_public_key *pol_trust_find_key(const struct pol_trust *trust, const char *kid)
{
    for (size_t i = 0; i < trust->key_count; i++) {
        if (strcmp(trust->keys[i].kid, kid) == 0) {
            return &trust->keys[i];
        }
    }
    return NULL;
}

size_t pol_trust_rollout_count(const struct pol_trust *trust)
{
    return trust->rollout_count;
}

const char *pol_trust_rollout(const struct pol_trust *trust, size_t i)
{
    return trust->rollouts[i];
}

bool pol_trust_has_rollout(const struct pol_trust *trust, const char *rollout)
{
    for (size_t i = 0; i < trust->rollout_count; i++) {
        if (strcmp(trust->rollouts[i], rollout) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- changing ----------------------------------------------------------------------------- */

static enum status compare_versions(const struct pol_trust *old, const struct pol_trust *next,
                                    bool same, enum pol_trust_change *out, struct err *err)
{
    if (next->version == old->version && !same) {
        return err_refuse(err, "trust_rollback", "/version",
                          "version %" PRIu32 " is here already, with other bytes: a change needs"
                          " a higher version",
                          next->version);
    }
    if (next->version < old->version) {
        return err_refuse(err, "trust_rollback", "/version",
                          "version %" PRIu32 " is lower than %" PRIu32 ", which is here",
                          next->version, old->version);
    }
    *out = same ? POL_TRUST_UNCHANGED : POL_TRUST_TAKEN;
    return ST_OK;
}

enum status pol_trust_check_change(struct span old, struct span next, enum pol_trust_change *out,
                                   struct err *err)
{
    struct pol_trust *before = NULL;
    struct pol_trust *after = NULL;
    struct err why = {0};

    enum status st = pol_trust_parse(next, &after, err);
    if (st == ST_OK && old.size > 0) {
        st = pol_trust_parse(old, &before, &why);
        if (st == ST_REFUSED) {
            st = err_refuse(err, why.code, why.pointer, "the trust that is here: %s", why.text);
        } else if (st != ST_OK) {
            st = err_set(err, st, why.os_code, "%s", why.text);
        }
    }
    if (st == ST_OK && before != NULL) {
        st = compare_versions(before, after, span_equal(old, next), out, err);
    } else if (st == ST_OK) {
        *out = POL_TRUST_TAKEN;
    }
    pol_trust_free(before);
    pol_trust_free(after);
    return st;
}

/* ---- writing ------------------------------------------------------------------------------ */

static enum status write_coordinate(struct pol_json_writer *w, const char *name,
                                    const uint8_t coordinate[KEY_COORDINATE_BYTES])
{
    struct bytes text = bytes_with_limit((size_t)2 * KEY_COORDINATE_BYTES);
    enum status st = pol_base64url_encode((struct span){coordinate, KEY_COORDINATE_BYTES}, &text);
    if (st == ST_OK) {
        pol_json_text(w, name, bytes_text(&text));
    }
    bytes_free(&text);
    return st;
}

static enum status write_keys(struct pol_json_writer *w, const struct pol_public_key *keys,
                              size_t key_count)
{
    enum status st = ST_OK;
    pol_json_array(w, "keys");
    for (size_t i = 0; st == ST_OK && i < key_count; i++) {
        pol_json_object(w, NULL);
        pol_json_text(w, "kty", TYPES[0]);
        pol_json_text(w, "crv", CURVES[0]);
        st = write_coordinate(w, "x", keys[i].x);
        if (st == ST_OK) {
            st = write_coordinate(w, "y", keys[i].y);
        }
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
    return st;
}

enum status pol_trust_write(uint32_t version, uint32_t threshold, const char *const *rollouts,
                            size_t rollout_count, const struct pol_public_key *keys,
                            size_t key_count, struct bytes *out, struct err *err)
{
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    struct pol_json_writer w = pol_json_write_start(&document);
    struct pol_trust *trust = NULL;

    pol_json_object(&w, NULL);
    pol_json_text(&w, "format", FORMATS[0]);
    pol_json_integer(&w, "version", version);
    pol_json_integer(&w, "threshold", threshold);
    pol_json_array(&w, "rollouts");
    for (size_t i = 0; i < rollout_count; i++) {
        pol_json_text(&w, NULL, rollouts[i]);
    }
    pol_json_close_array(&w);
    enum status st = write_keys(&w, keys, key_count);
    pol_json_close_object(&w);
    if (st == ST_OK) {
        st = pol_json_write_end(&w);
    }
    if (st == ST_TOO_LARGE) {
        st = err_refuse(err, "too_large", "", "a trust document has at most %d bytes",
                        LIMIT_TRUST_BYTES);
    } else if (st != ST_OK) {
        st = err_set(err, st, 0, "no memory to write a trust document");
    }
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&document), &trust, err);
    }
    if (st == ST_OK && (st = bytes_append(out, document.data, document.size)) != ST_OK) {
        (void)err_set(err, st, 0, "no room to write a trust document");
    }
    pol_trust_free(trust);
    bytes_free(&document);
    return st;
}
