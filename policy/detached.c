#include "policy/detached_parts.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- reading ------------------------------------------------------------------------------ */

static bool read_coordinate(const struct pol_at *key, const char *name,
                            uint8_t out[KEY_COORDINATE_BYTES])
{
    const char *text = NULL;
    if (!pol_read_text(key, name, POL_REQUIRED, LIMIT_STRING_BYTES, &text)) {
        return false;
    }
    if (!pol_base64url_decode_exactly(span_text(text), out, KEY_COORDINATE_BYTES)) {
        pol_at_problem(key, "out_of_range", "\"%s\" is %d bytes in base64url without padding", name,
                       KEY_COORDINATE_BYTES);
        return false;
    }
    return true;
}

static void read_key(const struct pol_at *item, struct pol_detached *out)
{
    static const char *const MEMBERS[] = {"kid", "x", "y"};
    struct pol_public_key key;
    struct err why = {0};
    uint8_t x[KEY_COORDINATE_BYTES];
    uint8_t y[KEY_COORDINATE_BYTES];
    const char *kid = NULL;
    if (!pol_read_object(item, MEMBERS, COUNT(MEMBERS)) ||
        !pol_read_text(item, "kid", POL_REQUIRED, LIMIT_STRING_BYTES, &kid) ||
        !read_coordinate(item, "x", x) || !read_coordinate(item, "y", y)) {
        return;
    }
    enum status st = pol_public_key_from_point(x, y, &key, &why);
    if (st == ST_REFUSED) {
        pol_at_problem(item, "key_unknown", "%s", why.text);
    } else if (st != ST_OK) {
        out->st = st;
    } else if (strcmp(key.kid, kid) != 0) {
        pol_at_problem(item, "key_unknown", "kid is not the thumbprint of this key");
    } else {
        out->keys[out->head.key_count++] = key;
    }
}

/* The lines are there for those who sign; what we say about them must be so. */
static void compare_item(const struct pol_at *item, size_t i, const char *const lines[3],
                         struct pol_detached *detached)
{
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    char digest[DIGEST_HEX_BYTES] = "";
    enum status st = pol_sign_header(detached->signatures[i].kid, detached->head.round, &header);
    if (st == ST_OK) {
        st = pol_detached_digest(bytes_text(&header),
                                 detached->documents[i / detached->head.key_count].payload_text,
                                 digest);
    }
    if (st != ST_OK) {
        detached->st = st;
    } else if (strcmp(lines[0], detached->names[i]) != 0 || strcmp(lines[1], digest) != 0 ||
               strcmp(lines[2], bytes_text(&header)) != 0) {
        pol_at_problem(item, "out_of_range", "this line does not belong to payload and key");
    }
    bytes_free(&header);
}

static void read_item(const struct pol_at *item, size_t i, struct pol_detached *out)
{
    static const char *const MEMBERS[] = {"item", "sha256", "protected"};
    const char *lines[3] = {"", "", ""};
    bool good = pol_read_object(item, MEMBERS, COUNT(MEMBERS));
    for (size_t k = 0; k < 3 && good; k++) {
        good = pol_read_text(item, MEMBERS[k], POL_REQUIRED, (size_t)2 * LIMIT_PROTECTED_BYTES,
                             &lines[k]);
    }
    if (good) {
        compare_item(item, i, lines, out);
    }
}

static void read_items(const struct pol_at *document, struct pol_detached *out)
{
    size_t index = out->document_count;
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_read_array(document, "signatures", POL_REQUIRED, LIMIT_SIGNATURES, &list, &count)) {
        return;
    }
    if (!pol_at_is_array(&list) || count != out->head.key_count) {
        pol_at_problem(&list, "out_of_range", "one signature of each key is expected");
        return;
    }
    size_t i = index * count;
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item), i++) {
        const char *kid = out->keys[i % count].kid;
        pol_detached_name(out->documents[index].name, kid, out->names[i]);
        out->signatures[i].kid = kid;
        read_item(&item, i, out);
    }
}

static void read_document(const struct pol_at *item, struct pol_detached *out)
{
    static const char *const MEMBERS[] = {"name", "what", "signatures", "payload"};
    struct pol_detached_document *document = &out->documents[out->document_count];
    const char *name = NULL;
    const char *payload = NULL;
    if (!pol_read_object(item, MEMBERS, COUNT(MEMBERS)) ||
        !pol_read_text(item, "name", POL_REQUIRED, DETACHED_NUMBER_BYTES - 1, &name) ||
        !pol_read_text(item, "what", POL_REQUIRED, LIMIT_STRING_BYTES, &document->what) ||
        !pol_read_text(item, "payload", POL_REQUIRED, LIMIT_BUNDLE_BYTES, &payload)) {
        return;
    }
    if (payload[0] == '\0' || !pol_base64url_is_canonical(span_text(payload))) {
        pol_at_problem(item, "envelope_malformed", "the payload is no base64url without padding");
        return;
    }
    memcpy(document->name, name, strlen(name) + 1);
    document->payload_text = span_text(payload);
    read_items(item, out);
    out->document_count++;
}

static void read_lists(const struct pol_at *root, struct pol_detached *out)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    if (!pol_read_array(root, "keys", POL_REQUIRED, LIMIT_SIGNATURES, &list, &count)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_key(&item, out);
    }
    if (out->head.key_count == 0) {
        pol_at_problem(&list, "key_unknown", "at least one key is expected");
    }
    if (root->problems->found > 0 ||
        !pol_read_array(root, "documents", POL_REQUIRED, DETACHED_DOCUMENTS, &list, &count)) {
        return;
    }
    /* Stages and the safe policy, or the bundle. */
    bool bundle = out->head.round == POL_DOCUMENT_BUNDLE;
    if (!pol_at_is_array(&list) || (bundle ? count != 1 : count < 2)) {
        pol_at_problem(&list, "out_of_range", "%s",
                       bundle ? "one bundle is expected" : "a stage and the safe policy at least");
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        read_document(&item, out);
    }
}

static void read_file(const struct pol_at *root, struct pol_detached *out)
{
    static const char *const MEMBERS[] = {"format", "how_to", "round",    "rollout",
                                          "serial", "keys",   "documents"};
    const char *const formats[] = {POL_DETACHED_FORMAT};
    size_t format = 0;
    size_t round = 0;
    int64_t serial = 0;
    if (!pol_read_object(root, MEMBERS, COUNT(MEMBERS)) ||
        !pol_read_word(root, "format", POL_REQUIRED, formats, 1, &format) ||
        !pol_read_word(root, "round", POL_REQUIRED, POL_DETACHED_ROUNDS, 2, &round) ||
        !pol_read_text(root, "rollout", POL_REQUIRED, LIMIT_NAME_BYTES, &out->head.rollout) ||
        !pol_read_integer(root, "serial", POL_REQUIRED, 1, LIMIT_SERIAL, &serial)) {
        return;
    }
    out->head.round = (enum pol_document)round;
    out->head.serial = (uint32_t)serial;
    out->head.keys = out->keys;
    read_lists(root, out);
}

enum status pol_detached_parse(struct span file, struct pol_detached **out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_envelope(DETACHED_FILE_BYTES);
    struct pol_problems problems = {0};
    struct pol_detached *detached = calloc(1, sizeof *detached);
    if (detached == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to read what is to be signed");
    }
    enum status st = pol_json_parse(file, &limits, &detached->json, err);
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(detached->json, &problems);
        read_file(&root, detached);
        st = detached->st == ST_OK ? pol_problems_status(&problems, err)
                                   : err_set(err, detached->st, 0,
                                             "no memory to read what is to"
                                             " be signed");
    }
    if (st == ST_OK) {
        *out = detached;
        detached = NULL; /* handed over */
    }
    pol_detached_free(detached);
    return st;
}

void pol_detached_free(struct pol_detached *detached)
{
    if (detached != NULL) {
        pol_json_free(detached->json);
        free(detached);
    }
}

/* ---- asking ------------------------------------------------------------------------------- */

enum pol_document pol_detached_round(const struct pol_detached *detached)
{
    return detached->head.round;
}

const char *pol_detached_rollout(const struct pol_detached *detached)
{
    return detached->head.rollout;
}

uint32_t pol_detached_serial(const struct pol_detached *detached)
{
    return detached->head.serial;
}

size_t pol_detached_key_count(const struct pol_detached *detached)
{
    return detached->head.key_count;
}

const char *pol_detached_kid(const struct pol_detached *detached, size_t i)
{
    return detached->keys[i].kid;
}

size_t pol_detached_item_count(const struct pol_detached *detached)
{
    return detached->document_count * detached->head.key_count;
}

const char *pol_detached_item_name(const struct pol_detached *detached, size_t i)
{
    return detached->names[i];
}

bool pol_detached_find_item(const struct pol_detached *detached, struct span name, size_t *out)
{
    for (size_t i = 0; i < pol_detached_item_count(detached); i++) {
        if (span_equal(span_text(detached->names[i]), name)) {
            *out = i;
            return true;
        }
    }
    return false;
}
