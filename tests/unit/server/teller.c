#include "tests/cmocka_all.h"

#include "server/ingest.h"
#include "server/rollout_parts.h"
#include "tests/unit/server/teller.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void teller_digest(struct rollout_place *p, int64_t version, char out[DIGEST_HEX_BYTES])
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    const struct pol_bundle_entry *entry = srv_bundle_find(view.newest, version);
    assert_non_null(entry);
    memcpy(out, entry->policy->digest, DIGEST_HEX_BYTES);
    srv_rollout_view_done(&view);
}

/* The number of a device whose id is 32 times that letter. */
static int64_t enroll(struct rollout_place *p, char letter)
{
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = NOW_S};
    w.u.enroll.machine.name = "PC-1";
    memset(w.u.enroll.device_id, letter, POL_ID_BYTES - 1);
    memset(w.u.enroll.new_digest, letter, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
    return w.u.enroll.device;
}

struct teller teller_new(struct rollout_place *p, char letter)
{
    struct teller t = {.device = {.number = enroll(p, letter)}};
    memset(t.device.device_id, letter, POL_ID_BYTES - 1);
    return t;
}

void teller_write(const struct teller *t, int64_t version, const char *digest,
                  char out[TELLER_BODY_BYTES])
{
    char quoted[DIGEST_HEX_BYTES + 2] = "null";
    if (digest != NULL) {
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", digest);
    }
    int length =
        snprintf(out, TELLER_BODY_BYTES,
                 "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032u\","
                 "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%u,\"part\":1,"
                 "\"parts\":1,\"full\":false,\"device_id\":\"%s\",\"sent_at\":"
                 "\"2026-01-01T00:00:00Z\",\"agent\":{\"version\":\"1.0.0\",\"started_at\":"
                 "\"2026-01-01T00:00:00Z\",\"formats\":[\"mapi-rollout/policy/1\"],"
                 "\"trust_version\":1},\"host\":{\"name\":\"PC-1\"},\"policy\":{\"rollout\":"
                 "\"test\",\"received\":%" PRId64 ",\"effective\":%" PRId64 ",\"digest\":%s,"
                 "\"failed\":null,\"stale\":false},\"users\":[]}",
                 t->reports, t->reports, t->device.device_id, version, version, quoted);
    assert_in_range(length, 1, TELLER_BODY_BYTES - 1);
}

enum status teller_send(struct rollout_place *p, struct teller *t, const char *body)
{
    struct srv_ingest *ingest = NULL;
    if (srv_ingest_open(span_text(body), &t->device, NOW_S, &ingest, &p->err) != ST_OK) {
        fail_msg("the report is refused: %s", p->err.text);
    }
    srv_ingest_hear(ingest, p->rollout, &t->device);
    enum status st = srv_store_write(&p->store, &ingest->write, &p->err);
    srv_ingest_heard(ingest);
    srv_ingest_free(ingest);
    return st;
}

void teller_tell(struct rollout_place *p, struct teller *t, int64_t version, const char *digest)
{
    char body[TELLER_BODY_BYTES];
    t->reports++;
    teller_write(t, version, digest, body);
    assert_int_equal(teller_send(p, t, body), ST_OK);
}

void teller_tell_version(struct rollout_place *p, struct teller *t, int64_t version)
{
    char digest[DIGEST_HEX_BYTES];
    teller_digest(p, version, digest);
    teller_tell(p, t, version, digest);
}

void teller_release_observe(struct rollout_place *p)
{
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_int_equal(rollout_released(p), 7001);
}
