#include "server/list.h"

#include "base/clock.h"
#include "base/time_text.h"
#include "policy/outlook_version.h"
#include "server/answer.h"
#include "server/compliance.h"
#include "server/rollout_parts.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for most of a million users; short enough for whoever waits behind. */
enum { PATIENCE_MS = 100, WORDS_BYTES = 512, KEYS_MOST = 32, DIGITS_MOST = 18 };

enum kind {
    KIND_WORD, /* of a table */
    KIND_TEXT,
    KIND_ANSWER, /* 0 or 1 */
    KIND_TIME,
    KIND_STAGE,
    KIND_VERSION,
    KIND_VALUE,
    KIND_OUTLOOK,
    KIND_CURSOR,
    KIND_LIMIT
};

struct key {
    const char *name;
    unsigned lists;
    enum kind kind;
    size_t offset; /* in struct srv_filter */
    const char *const *words;
    size_t word_count;
};

#define ALL                 (SRV_LIST_USERS | SRV_LIST_DEVICES | SRV_LIST_EXPORT)
#define USERS               (SRV_LIST_USERS | SRV_LIST_EXPORT)
#define AT(member)          offsetof(struct srv_filter, member)
#define WORDS(table, count) (table), (count)
#define NO_WORDS            NULL, 0

static const struct key KEYS[] = {
    {"state", USERS, KIND_WORD, AT(state), WORDS(POL_STATE_WORDS, POL_STATE_COUNT)},
    {"ring", USERS, KIND_TEXT, AT(ring), NO_WORDS},
    {"set", USERS, KIND_WORD, AT(set), WORDS(POL_SET_WORDS, POL_SET_COUNT)},
    {"protocol", USERS, KIND_WORD, AT(protocol), WORDS(POL_OBSERVED_WORDS, POL_OBSERVED_COUNT)},
    {"confidence", USERS, KIND_WORD, AT(confidence),
     WORDS(POL_CONFIDENCE_WORDS, POL_CONFIDENCE_COUNT)},
    {"mailbox", USERS, KIND_WORD, AT(mailbox), WORDS(POL_MAILBOX_WORDS, POL_MAILBOX_COUNT)},
    {"blocked_by", USERS, KIND_WORD, AT(blocked_by),
     WORDS(POL_BLOCKED_WORDS + 1, POL_BLOCKED_COUNT - 1)},
    {"outlook", USERS, KIND_OUTLOOK, AT(outlook), NO_WORDS},
    {"value", USERS, KIND_VALUE, AT(value), NO_WORDS},
    {"sid", USERS, KIND_TEXT, AT(sid), NO_WORDS},
    {"stage", ALL, KIND_STAGE, AT(versions), NO_WORDS},
    {"version", ALL, KIND_VERSION, AT(versions), NO_WORDS},
    {"device", ALL, KIND_TEXT, AT(device_id), NO_WORDS},
    {"host", ALL, KIND_TEXT, AT(host), NO_WORDS},
    {"q", ALL, KIND_TEXT, AT(text), NO_WORDS},
    {"stale", ALL, KIND_ANSWER, AT(stale), NO_WORDS},
    {"duplicate", ALL, KIND_ANSWER, AT(duplicate), NO_WORDS},
    {"failed", ALL, KIND_ANSWER, AT(failed), NO_WORDS},
    {"retired", SRV_LIST_DEVICES, KIND_ANSWER, AT(retired), NO_WORDS},
    {"seen_before", ALL, KIND_TIME, AT(seen_before_s), NO_WORDS},
    {"seen_after", ALL, KIND_TIME, AT(seen_after_s), NO_WORDS},
    {"cursor", SRV_LIST_USERS | SRV_LIST_DEVICES, KIND_CURSOR, AT(after), NO_WORDS},
    {"limit", SRV_LIST_USERS | SRV_LIST_DEVICES, KIND_LIMIT, AT(limit), NO_WORDS},
};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };
_Static_assert((int)KEY_COUNT <= (int)KEYS_MOST, "each key has its bit");

struct reading {
    struct srv_request *rq;
    const struct srv_rollout_view *rollout;
    enum srv_list list;
    struct srv_list_request *out;
    uint32_t seen; /* a bit for each key */
};

/* ---- refusing -------------------------------------------------------------------------------- */

static void list_words(const char *const *words, size_t count, char out[WORDS_BYTES])
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && used < WORDS_BYTES; i++) {
        used +=
            (size_t)snprintf(out + used, WORDS_BYTES - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
}

static bool refuse_value(struct reading *r, const struct key *key, const char *possible)
{
    srv_answer_problem(r->rq, 400, "filter_value", "%s may be %s", key->name, possible);
    return false;
}

static bool refuse_key(struct reading *r, const char *name)
{
    const char *names[KEY_COUNT];
    char possible[WORDS_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if ((KEYS[i].lists & (unsigned)r->list) != 0) {
            names[count++] = KEYS[i].name;
        }
    }
    list_words(names, count, possible);
    srv_answer_problem(r->rq, 400, "filter_unknown", "there is no %.64s here; there are %s", name,
                       possible);
    return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void *member(struct reading *r, const struct key *key)
{
    return (char *)&r->out->filter + key->offset;
}

static bool read_digits(const char *text, int64_t most, int64_t *out)
{
    size_t length = strlen(text);
    if (length == 0 || length > DIGITS_MOST || strspn(text, "0123456789") != length) {
        return false;
    }
    int64_t number = strtoll(text, NULL, 10);
    if (number > most) {
        return false;
    }
    *out = number;
    return true;
}

static bool read_word(struct reading *r, const struct key *key, const char *value)
{
    char possible[WORDS_BYTES];
    for (size_t i = 0; i < key->word_count; i++) {
        if (strcmp(key->words[i], value) == 0) {
            *(const char **)member(r, key) = key->words[i];
            return true;
        }
    }
    list_words(key->words, key->word_count, possible);
    return refuse_value(r, key, possible);
}

static bool read_text(struct reading *r, const struct key *key, const char *value)
{
    if (strlen(value) > LIMIT_STRING_BYTES) {
        return refuse_value(r, key, "a text of 256 bytes at most");
    }
    *(const char **)member(r, key) = value;
    return true;
}

static bool read_answer(struct reading *r, const struct key *key, const char *value)
{
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
        return refuse_value(r, key, "0, 1");
    }
    *(enum pol_answer *)member(r, key) = value[0] == '1' ? POL_YES : POL_NO;
    return true;
}

static bool read_time(struct reading *r, const struct key *key, const char *value)
{
    int64_t at_s = 0;
    if (!time_text_read(value, &at_s) || at_s == 0) {
        return refuse_value(r, key, "a time such as 2026-11-29T20:00:00Z");
    }
    *(int64_t *)member(r, key) = at_s;
    return true;
}

static bool read_value(struct reading *r, const struct key *key, const char *value)
{
    struct srv_filter *f = &r->out->filter;
    int64_t dword = 0;
    if (strcmp(value, "unknown") == 0) {
        f->value = SRV_VALUE_UNKNOWN;
    } else if (strcmp(value, "absent") == 0) {
        f->value = SRV_VALUE_ABSENT;
    } else if (strcmp(value, "other") == 0) {
        f->value = SRV_VALUE_OTHER;
    } else if (read_digits(value, UINT32_MAX, &dword)) {
        f->value = SRV_VALUE_DWORD;
        f->dword = (uint32_t)dword;
    } else {
        return refuse_value(r, key, "a number, absent, other, unknown");
    }
    return true;
}

static bool read_outlook(struct reading *r, const struct key *key, const char *value)
{
    static const char *const WORDS_TOO[] = {"none", "unknown", "invalid"};
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof WORDS_TOO / sizeof WORDS_TOO[0]; i++) {
        if (strcmp(WORDS_TOO[i], value) == 0) {
            r->out->filter.outlook = WORDS_TOO[i];
            return true;
        }
    }
    if (!pol_outlook_version_read(value, &v)) {
        return refuse_value(r, key, "a build such as 16.0.17328.20162, none, unknown, invalid");
    }
    (void)snprintf(r->out->outlook, sizeof r->out->outlook, "%u.%u.%u.%u", (unsigned)(v >> 48),
                   (unsigned)(v >> 32 & 0xffff), (unsigned)(v >> 16 & 0xffff),
                   (unsigned)(v & 0xffff));
    r->out->filter.outlook = r->out->outlook;
    return true;
}

/* ---- stages ---------------------------------------------------------------------------------- */

/* What is known of versions, and of which of them a name is the name. */
struct stages {
    const char *wanted; /* NULL: all */
    struct srv_list_request *out;
    char possible[WORDS_BYTES];
};

static void take_stage(struct stages *s, const struct pol_policy *policy)
{
    struct srv_list_request *out = s->out;
    size_t used = strlen(s->possible);
    if (strstr(s->possible, policy->stage) == NULL) {
        (void)snprintf(s->possible + used, WORDS_BYTES - used, "%s, ", policy->stage);
    }
    if (s->wanted == NULL || strcmp(s->wanted, policy->stage) == 0) {
        out->versions[out->filter.version_count++] = policy->version;
    }
}

static void take_bundle(struct stages *s, const struct srv_bundle *b)
{
    for (size_t i = 0; b != NULL && i < pol_bundle_stage_count(b->bundle); i++) {
        take_stage(s, pol_bundle_stage(b->bundle, i)->policy);
    }
    if (b != NULL) {
        take_stage(s, pol_bundle_safe(b->bundle)->policy);
    }
}

static bool versions_are_taken(struct reading *r)
{
    if (r->out->filter.versions == NULL) {
        r->out->filter.versions = r->out->versions;
        return false;
    }
    srv_answer_problem(r->rq, 400, "filter_value", "stage and version do not go together");
    return true;
}

static bool read_stage(struct reading *r, const struct key *key, const char *value)
{
    struct srv_list_request *out = r->out;
    const struct srv_rollout_view *view = r->rollout;
    bool other = strcmp(value, "other") == 0;
    struct stages stages = {.wanted = other ? NULL : value, .out = out};
    if (versions_are_taken(r)) {
        return false;
    }
    take_bundle(&stages, view->released);
    if (view->newest != view->released) {
        take_bundle(&stages, view->newest);
    }
    if (other || strcmp(value, "none") == 0) {
        out->versions[out->filter.version_count++] = 0;
    }
    out->filter.other_versions = other;
    if (out->filter.version_count == 0) {
        char possible[WORDS_BYTES + 16];
        (void)snprintf(possible, sizeof possible, "%snone, other", stages.possible);
        return refuse_value(r, key, possible);
    }
    return true;
}

static bool read_version(struct reading *r, const struct key *key, const char *value)
{
    if (versions_are_taken(r)) {
        return false;
    }
    r->out->filter.version_count = 1;
    return read_digits(value, INT64_MAX, &r->out->versions[0]) ||
           refuse_value(r, key, "the number of a policy, 0 for none");
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool read_cursor(struct reading *r, const struct key *key, const char *value)
{
    return read_digits(value, INT64_MAX, member(r, key)) ||
           refuse_value(r, key, "what the page before has as next");
}

static bool read_limit(struct reading *r, const struct key *key, const char *value)
{
    int64_t limit = 0;
    if (!read_digits(value, SRV_PAGE_MOST, &limit) || limit == 0) {
        return refuse_value(r, key, "a number from 1 to 500");
    }
    r->out->filter.limit = (size_t)limit;
    return true;
}

static bool read_key(struct reading *r, const struct key *key, const char *value)
{
    switch (key->kind) {
    case KIND_WORD: return read_word(r, key, value);
    case KIND_TEXT: return read_text(r, key, value);
    case KIND_ANSWER: return read_answer(r, key, value);
    case KIND_TIME: return read_time(r, key, value);
    case KIND_STAGE: return read_stage(r, key, value);
    case KIND_VERSION: return read_version(r, key, value);
    case KIND_VALUE: return read_value(r, key, value);
    case KIND_OUTLOOK: return read_outlook(r, key, value);
    case KIND_CURSOR: return read_cursor(r, key, value);
    case KIND_LIMIT: return read_limit(r, key, value);
    }
    return false;
}

/* A filter without a value is none, as forms send it. */
static bool take_query(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct key *key = &KEYS[i];
        if (strcmp(key->name, name) != 0 || (key->lists & (unsigned)r->list) == 0) {
            continue;
        }
        if ((r->seen >> i & 1) != 0) {
            srv_answer_problem(r->rq, 400, "filter_value", "%s is given twice", name);
            return false;
        }
        r->seen |= UINT32_C(1) << i;
        return value == NULL || value[0] == '\0' || read_key(r, key, value);
    }
    return refuse_key(r, name);
}

bool srv_list_read(struct srv_app *app, struct srv_request *rq, enum srv_list list,
                   struct srv_list_request *out)
{
    struct srv_rollout_view view;
    struct reading r = {.rq = rq, .rollout = &view, .list = list, .out = out};
    *out = (struct srv_list_request){.filter = {.limit = SRV_PAGE_USUAL}};
    out->filter.next = &out->next;
    srv_rollout_look(app->rollout, &view);
    out->filter.silent_since_s = srv_compliance_silent_since(&view, app->now_s());
    bool good = srv_request_each_query(rq, take_query, &r);
    srv_rollout_view_done(&view);
    return good;
}

enum status srv_list_walk(struct srv_list_request *request, struct srv_list_search *search,
                          struct err *err)
{
    struct srv_filter filter = request->filter;
    uint64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
    enum status st = ST_OK;
    do {
        filter.limit = request->filter.limit - search->rows;
        st = search->find(search, &filter, err);
        filter.after = request->next;
    } while (st == ST_OK && request->next != 0 && !search->full &&
             search->rows < request->filter.limit && clock_monotonic_ms() < until_ms);
    return st;
}
