/* Marker: a user's hive as he may leave it, under each outcome that a policy can have.
 *
 * Input: one byte for the outcome, then for the value and each part of the marker a head of four bytes
 * (flags, type, size low, size high) and as many bytes. */
#include "tests/fuzz/fuzzing.h"

#include "agent/apply.h"

#include <string.h>

struct ag_hive {
    struct ag_value value;
    struct ag_value parts[AG_MARKER_PARTS];
    unsigned writes;
    bool dirty; /* the marker was written and not flushed */
    bool rash;  /* the value was written in that time */
};

/* ---- the hive ----------------------------------------------------------------------------- */

static enum status read_value(void *ctx, struct ag_hive *hive, struct ag_value *out, struct err *e)
{
    (void)ctx;
    (void)e;
    *out = hive->value;
    return ST_OK;
}

static enum status write_value(void *ctx, struct ag_hive *hive, const struct ag_value *value,
                               struct err *e)
{
    (void)ctx;
    (void)e;
    hive->value = *value;
    hive->writes++;
    hive->rash = hive->rash || hive->dirty;
    return ST_OK;
}

static enum status read_part(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                             struct ag_value *out, struct err *e)
{
    (void)ctx;
    (void)e;
    *out = hive->parts[part];
    return ST_OK;
}

static enum status write_part(void *ctx, struct ag_hive *hive, enum ag_marker_part part,
                              const struct ag_value *value, struct err *e)
{
    (void)ctx;
    (void)e;
    HOLDS(value->size <= AG_VALUE_BYTES);
    hive->parts[part] = *value;
    hive->writes++;
    hive->dirty = true;
    return ST_OK;
}

static enum status flush(void *ctx, struct ag_hive *hive, struct err *e)
{
    (void)ctx;
    (void)e;
    hive->dirty = false;
    return ST_OK;
}

static enum status forget(void *ctx, struct ag_hive *hive, struct err *e)
{
    (void)ctx;
    (void)e;
    memset(hive->parts, 0, sizeof hive->parts);
    hive->writes++;
    return ST_OK;
}

static const struct ag_setting SETTING = {.read = read_value,
                                          .write = write_value,
                                          .read_marker = read_part,
                                          .write_marker = write_part,
                                          .flush = flush,
                                          .forget_marker = forget};

/* ---- the input ---------------------------------------------------------------------------- */

enum { HEAD_BYTES = 4, FLAG_PRESENT = 1, FLAG_TRUNCATED = 2 };

static void take_value(struct span *rest, struct ag_value *out)
{
    *out = (struct ag_value){.present = false};
    if (rest->size < HEAD_BYTES) {
        rest->size = 0;
        return;
    }
    const uint8_t *head = rest->data;
    size_t size = (size_t)head[2] | (size_t)head[3] << 8;
    rest->data += HEAD_BYTES;
    rest->size -= HEAD_BYTES;
    size = size < rest->size ? size : rest->size;
    size = size < AG_VALUE_BYTES ? size : AG_VALUE_BYTES;
    out->present = (head[0] & FLAG_PRESENT) != 0;
    out->truncated = out->present && (head[0] & FLAG_TRUNCATED) != 0;
    if (out->present) {
        out->type = head[1];
    }
    if (out->present && !out->truncated) {
        out->size = (uint32_t)size;
        memcpy(out->data, rest->data, size);
    }
    rest->data += size;
    rest->size -= size;
}

/* ---- what must hold ------------------------------------------------------------------------ */

static bool same(const struct ag_value *a, const struct ag_value *b)
{
    return ag_value_same(a, b) || (a->truncated && b->truncated);
}

/* Whatever the marker claims, the value ends as one of four: as it was, as decided, what the marker
 * says was there before, or gone. */
static void check_value(const struct ag_hive *before, const struct ag_hive *after)
{
    struct ag_marked claimed = ag_marker_decode(&before->parts[AG_MARKER_PRE_IMAGE]);
    bool number = after->value.present && after->value.type == AG_TYPE_DWORD &&
                  after->value.size == 4 && after->value.data[0] <= 1 &&
                  after->value.data[1] + after->value.data[2] + after->value.data[3] == 0;
    HOLDS(same(&after->value, &before->value) || !after->value.present || number ||
          (claimed.there && same(&after->value, &claimed.value)));
}

static void check_decoding(const struct ag_value *part)
{
    struct ag_marked marked = ag_marker_decode(part);
    struct ag_value again;
    if (marked.there && !marked.lost) {
        ag_marker_encode(&marked.value, &again);
        HOLDS(ag_value_same(&again, part));
    }
}

static bool has_marker(const struct ag_hive *hive)
{
    struct ag_marker marker;
    HOLDS(ag_marker_read(&SETTING, (struct ag_hive *)(uintptr_t)hive, &marker, NULL) == ST_OK);
    return ag_marker_is_there(&marker);
}

static void check_outcome(struct ag_hive *hive, const struct pol_policy *policy,
                          const struct pol_decision *decision)
{
    struct ag_hive before = *hive;
    struct ag_applied applied = {0};
    HOLDS(ag_apply(&SETTING, hive, policy, decision, false, &applied, NULL) == ST_OK);
    HOLDS(hive->writes == 0);
    bool withheld = applied.withheld;
    HOLDS(ag_apply(&SETTING, hive, policy, decision, true, &applied, NULL) == ST_OK);
    HOLDS(withheld == (hive->writes > 0));
    HOLDS(!hive->rash);
    check_value(&before, hive);
    if (decision->set == POL_SET_RELEASE || decision->set == POL_SET_RESTORE) {
        HOLDS(!has_marker(hive));
    }
    /* Done is done: the same once more writes nothing. */
    unsigned writes = hive->writes;
    HOLDS(ag_apply(&SETTING, hive, policy, decision, true, &applied, NULL) == ST_OK);
    HOLDS(hive->writes == writes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ag_hive hive = {0};
    struct span rest = {.data = data, .size = size};
    struct pol_policy policy = {.rollout = "test", .version = 7002};
    struct pol_decision decision = {.rule = -1};
    if (size == 0) {
        return 0;
    }
    decision.set = (enum pol_set)(data[0] % POL_SET_COUNT);
    policy.kind = data[0] / POL_SET_COUNT % 2 == 0 ? POL_KIND_STAGE : POL_KIND_SAFE;
    if (decision.set <= POL_SET_ALLOW_EXPLICIT) { /* no guard stands before the others */
        decision.blocked_by =
            (enum pol_blocked)(data[0] / (2 * POL_SET_COUNT) % (POL_BLOCKED_CLIENT_VERSION + 1));
    }
    rest.data++;
    rest.size--;
    take_value(&rest, &hive.value);
    for (unsigned i = 0; i < AG_MARKER_PARTS; i++) {
        take_value(&rest, &hive.parts[i]);
        check_decoding(&hive.parts[i]);
    }
    check_outcome(&hive, &policy, &decision);
    return 0;
}
