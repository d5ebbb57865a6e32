#include "policy/detached_parts.h"

#include "policy/bundle.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char POL_DETACHED_FORMAT[] = "mapi-rollout/to-sign/1";
const char *const POL_DETACHED_ROUNDS[2] = {"policies", "bundle"};

/* What the file says to whoever gets it with nothing else. */
static const char *const HOW_TO[] = {
    "What the keys below are to sign, so that mapi-rollout can make a bundle of it. No secrets.",
    "Each line of documents/signatures is one signature: ES256, that is ECDSA on P-256 over SHA-256.",
    "The bytes to sign are PROTECTED, a full stop, PAYLOAD, as they stand here and nothing behind"
    " them; sha256 is their digest. With --files DIR they are in files of their own: DIR/ITEM.",
    "OpenSSL: for f in DIR/*.KID; do openssl dgst -sha256 -sign key.pem -out $f.sig $f; done",
    "Answer with the folder of ITEM.sig files, or with a file {\"format\":"
    "\"mapi-rollout/signatures/1\",\"signatures\":{\"ITEM\":\"BASE64\"}}. 64 bytes r||s or DER.",
    "Then: mapi-rollout attach THIS_FILE ANSWER --out NEXT.json. From round \"policies\" comes the"
    " file for round \"bundle\", to be treated likewise; from that one the bundle.",
    "You need not trust this file: the same plan and keys, and the same answers, give the same bytes.",
};

/* White space between members, for readers. */
static void new_line(struct pol_json_writer *w)
{
    if (w->st == ST_OK) {
        w->st = bytes_append(w->out, "\n", 1);
    }
}

enum status pol_detached_digest(const char *header, struct span payload_text,
                                char out[DIGEST_HEX_BYTES])
{
    struct bytes input = bytes_with_limit((size_t)2 * LIMIT_BUNDLE_BYTES);
    enum status st = pol_sign_input(header, payload_text, &input);
    if (st == ST_OK) {
        st = pol_digest_hex(bytes_span(&input), out);
    }
    bytes_free(&input);
    return st;
}

void pol_detached_name(const char *document, const char *kid, char out[DETACHED_NAME_BYTES])
{
    (void)snprintf(out, DETACHED_NAME_BYTES, "%s.%s", document, kid);
}

static void write_coordinate(struct pol_json_writer *w, const char *name,
                             const uint8_t coordinate[KEY_COORDINATE_BYTES])
{
    struct bytes text = bytes_with_limit(KEY_ID_BYTES);
    enum status st = pol_base64url_encode((struct span){coordinate, KEY_COORDINATE_BYTES}, &text);
    if (w->st == ST_OK) {
        w->st = st;
    }
    pol_json_text(w, name, bytes_text(&text));
    bytes_free(&text);
}

static void write_head(const struct pol_detached_head *head, struct pol_json_writer *w)
{
    pol_json_text(w, "format", POL_DETACHED_FORMAT);
    new_line(w);
    pol_json_array(w, "how_to");
    for (size_t i = 0; i < sizeof HOW_TO / sizeof HOW_TO[0]; i++) {
        new_line(w);
        pol_json_text(w, NULL, HOW_TO[i]);
    }
    pol_json_close_array(w);
    new_line(w);
    pol_json_text(w, "round", POL_DETACHED_ROUNDS[head->round]);
    pol_json_text(w, "rollout", head->rollout);
    pol_json_integer(w, "serial", head->serial);
    new_line(w);
    pol_json_array(w, "keys");
    for (size_t i = 0; i < head->key_count; i++) {
        new_line(w);
        pol_json_object(w, NULL);
        pol_json_text(w, "kid", head->keys[i].kid);
        write_coordinate(w, "x", head->keys[i].x);
        write_coordinate(w, "y", head->keys[i].y);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
    new_line(w);
}

static void write_item(const struct pol_detached_head *head, size_t key,
                       const struct pol_detached_document *document, struct pol_json_writer *w)
{
    struct bytes header = bytes_with_limit((size_t)2 * LIMIT_PROTECTED_BYTES);
    char name[DETACHED_NAME_BYTES];
    char digest[DIGEST_HEX_BYTES] = "";

    pol_detached_name(document->name, head->keys[key].kid, name);
    enum status st = pol_sign_header(head->keys[key].kid, head->round, &header);
    if (st == ST_OK) {
        st = pol_detached_digest(bytes_text(&header), document->payload_text, digest);
    }
    if (w->st == ST_OK) {
        w->st = st;
    }
    new_line(w);
    pol_json_object(w, NULL);
    pol_json_text(w, "item", name);
    pol_json_text(w, "sha256", digest);
    pol_json_text(w, "protected", bytes_text(&header));
    pol_json_close_object(w);
    bytes_free(&header);
}

static void write_document(const struct pol_detached_head *head,
                           const struct pol_detached_document *document, struct pol_json_writer *w)
{
    struct bytes payload = bytes_with_limit(LIMIT_BUNDLE_BYTES);
    enum status st =
        bytes_append(&payload, document->payload_text.data, document->payload_text.size);
    if (w->st == ST_OK) {
        w->st = st;
    }
    new_line(w);
    pol_json_object(w, NULL);
    pol_json_text(w, "name", document->name);
    pol_json_text(w, "what", document->what);
    pol_json_array(w, "signatures");
    for (size_t i = 0; i < head->key_count; i++) {
        write_item(head, i, document, w);
    }
    pol_json_close_array(w);
    new_line(w);
    pol_json_text(w, "payload", bytes_text(&payload));
    pol_json_close_object(w);
    bytes_free(&payload);
}

enum status pol_detached_write(const struct pol_detached_head *head,
                               const struct pol_detached_document *documents, size_t count,
                               struct bytes *out, struct err *err)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    write_head(head, &w);
    pol_json_array(&w, "documents");
    for (size_t i = 0; i < count; i++) {
        write_document(head, &documents[i], &w);
    }
    pol_json_close_array(&w);
    pol_json_close_object(&w);
    new_line(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_TOO_LARGE) {
        return err_refuse(err, "too_large", "", "what is to be signed is over %d bytes",
                          DETACHED_FILE_BYTES);
    }
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "no memory to write what is to be signed");
}

enum status pol_detached_trust(const struct pol_detached_head *head, struct pol_trust **out,
                               struct err *err)
{
    struct bytes document = bytes_with_limit(LIMIT_TRUST_BYTES);
    enum status st = pol_trust_write(1, (uint32_t)head->key_count, &head->rollout, 1, head->keys,
                                     head->key_count, &document, err);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&document), out, err);
    }
    bytes_free(&document);
    return st;
}

/* ---- the first round ---------------------------------------------------------------------- */

static enum status describe_policy(const struct pol_plan *plan, int stage, struct bytes *text,
                                   struct pol_detached_document *out, struct err *err)
{
    struct bytes payload = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    uint32_t position = stage == POL_PLAN_SAFE ? VERSION_SAFE_POSITION : (uint32_t)stage + 1;
    int64_t version = (int64_t)pol_plan_serial(plan) * VERSION_STEP + position;

    *text = bytes_with_limit(LIMIT_ENVELOPE_BYTES);
    enum status st = pol_plan_write_policy(plan, stage, &payload, err);
    if (st == ST_OK && (st = pol_base64url_encode(bytes_span(&payload), text)) != ST_OK) {
        (void)err_set(err, st, 0, "no memory to write what is to be signed");
    }
    (void)snprintf(out->name, sizeof out->name, "%" PRId64, version);
    out->what = stage == POL_PLAN_SAFE ? "safe" : pol_plan_stage_name(plan, (size_t)stage);
    out->payload_text = bytes_span(text);
    bytes_free(&payload);
    return st;
}

enum status pol_detached_start(const struct pol_plan *plan, const char *through,
                               const struct pol_public_key *keys, size_t key_count,
                               struct bytes *out, struct err *err)
{
    struct bytes texts[DETACHED_DOCUMENTS] = {{0}};
    struct pol_detached_document documents[DETACHED_DOCUMENTS] = {{.what = NULL}};
    struct pol_trust *trust = NULL;
    size_t last = 0;
    const struct pol_detached_head head = {.round = POL_DOCUMENT_POLICY,
                                           .rollout = pol_plan_rollout(plan),
                                           .serial = pol_plan_serial(plan),
                                           .keys = keys,
                                           .key_count = key_count};

    /* Finds keys that are given twice, and too many. */
    enum status st = pol_detached_trust(&head, &trust, err);
    if (st == ST_OK) {
        st = pol_bundle_last_stage(plan, through, &last, err);
    }
    for (size_t i = 0; st == ST_OK && i <= last + 1; i++) {
        int stage = i <= last ? (int)i : POL_PLAN_SAFE;
        st = describe_policy(plan, stage, &texts[i], &documents[i], err);
    }
    if (st == ST_OK) {
        st = pol_detached_write(&head, documents, last + 2, out, err);
    }
    for (size_t i = 0; i < DETACHED_DOCUMENTS; i++) {
        bytes_free(&texts[i]);
    }
    pol_trust_free(trust);
    return st;
}
