#include "agent/ledger.h"

#include "base/fields.h"
#include "policy/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = AG_SID_BYTES + 280, FILE_LIMIT = AG_LEDGER_USERS * LINE_BYTES };

static const char FILE_NAME[] = "users.ledger";

struct ag_record ag_record_empty(void)
{
    return (struct ag_record){
        .written_at_s = -1,
        .action = POL_ACTION_NONE,
        .set = POL_SET_LEAVE,
        .last_start_s = -1,
        .rewritten_at_s = {-1, -1},
        .contested_at_s = -1,
        .mailbox = POL_MAILBOX_UNKNOWN,
        .state = POL_STATE_COUNT,
        .observed = POL_OBSERVED_UNKNOWN,
        .confidence = POL_CONFIDENCE_NONE,
    };
}

/* rewritten_at rewritten_at contested_at crashes crash_version away */
static bool read_trouble(const char **at, struct ag_record *out)
{
    int64_t crashes = 0;
    int64_t away = 0;
    bool whole = field_number(at, -1, INT64_MAX, &out->rewritten_at_s[0]) &&
                 field_number(at, -1, INT64_MAX, &out->rewritten_at_s[1]) &&
                 field_number(at, -1, INT64_MAX, &out->contested_at_s) &&
                 field_number(at, 0, UINT32_MAX, &crashes) &&
                 field_number(at, 0, VERSION_MOST, &out->crash_version) &&
                 field_number(at, 0, 1, &away);
    out->away = away != 0;
    out->crashes = (uint32_t)crashes;
    return whole;
}

/* mailbox state observed confidence settled */
static bool read_seen(const char **at, struct ag_record *out)
{
    int64_t mailbox = 0;
    int64_t state = 0;
    int64_t observed = 0;
    int64_t confidence = 0;
    int64_t settled = 0;
    bool whole = field_number(at, 0, POL_MAILBOX_COUNT - 1, &mailbox) &&
                 field_number(at, 0, POL_STATE_COUNT, &state) &&
                 field_number(at, 0, POL_OBSERVED_COUNT - 1, &observed) &&
                 field_number(at, 0, POL_CONFIDENCE_COUNT - 1, &confidence) &&
                 field_number(at, 0, 1, &settled);
    out->mailbox = (enum pol_mailbox)mailbox;
    out->state = (enum pol_state)state;
    out->observed = (enum pol_observed)observed;
    out->confidence = (enum pol_confidence)confidence;
    out->settled = settled != 0;
    return whole;
}

/* sid written_at action brought_version set corrections last_start starts, read_trouble() and
 * read_seen() */
static bool read_line(const char *line, struct ag_record *out)
{
    struct ag_record r = ag_record_empty();
    const char *at = line;
    int64_t action = 0;
    int64_t set = 0;
    int64_t corrections = 0;
    int64_t starts = 0;
    bool whole = field_word(&at, r.sid, sizeof r.sid) &&
                 field_number(&at, -1, INT64_MAX, &r.written_at_s) &&
                 field_number(&at, 0, POL_ACTION_COUNT - 1, &action) &&
                 field_number(&at, 0, VERSION_MOST, &r.brought_version) &&
                 field_number(&at, 0, POL_SET_COUNT - 1, &set) &&
                 field_number(&at, 0, UINT32_MAX, &corrections) &&
                 field_number(&at, -1, INT64_MAX, &r.last_start_s) &&
                 field_number(&at, 0, UINT32_MAX, &starts) && read_trouble(&at, &r) &&
                 read_seen(&at, &r) && fields_end(line, at);
    if (!whole || strncmp(r.sid, "S-1-", 4) != 0) {
        return false;
    }
    r.corrections = (uint32_t)corrections;
    r.starts = (uint32_t)starts;
    r.action = (enum pol_action)action;
    r.set = (enum pol_set)set;
    *out = r;
    return true;
}

static enum status write_line(const struct ag_record *r, struct bytes *out)
{
    enum status st = bytes_append_format(
        out, "%s %" PRId64 " %u %" PRId64 " %u %" PRIu32 " %" PRId64 " %" PRIu32, r->sid,
        r->written_at_s, (unsigned)r->action, r->brought_version, (unsigned)r->set, r->corrections,
        r->last_start_s, r->starts);
    if (st == ST_OK) {
        st = bytes_append_format(out,
                                 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " %" PRId64 " %d",
                                 r->rewritten_at_s[0], r->rewritten_at_s[1], r->contested_at_s,
                                 r->crashes, r->crash_version, r->away ? 1 : 0);
    }
    if (st == ST_OK) {
        st =
            bytes_append_format(out, " %u %u %u %u %d\n", (unsigned)r->mailbox, (unsigned)r->state,
                                (unsigned)r->observed, (unsigned)r->confidence, r->settled ? 1 : 0);
    }
    return st;
}

static bool reserve(struct ag_ledger *ledger)
{
    if (ledger->count < ledger->capacity) {
        return true;
    }
    size_t capacity = ledger->capacity == 0 ? 16 : ledger->capacity * 2;
    struct ag_record *records = realloc(ledger->records, capacity * sizeof *records);
    if (records != NULL) {
        ledger->records = records;
        ledger->capacity = capacity;
    }
    return records != NULL;
}

static struct ag_record *find(struct ag_ledger *ledger, const char *sid)
{
    for (size_t n = 0; n < ledger->count; n++) {
        size_t i = (ledger->next + n) % ledger->count;
        if (strcmp(ledger->records[i].sid, sid) == 0) {
            ledger->next = i + 1;
            return &ledger->records[i];
        }
    }
    return NULL;
}

struct ag_record *ag_ledger_find(struct ag_ledger *ledger, const char *sid)
{
    struct ag_record *known = find(ledger, sid);
    if (known != NULL) {
        return known;
    }
    if (strlen(sid) >= AG_SID_BYTES || ledger->count >= AG_LEDGER_USERS || !reserve(ledger)) {
        return NULL;
    }
    struct ag_record *r = &ledger->records[ledger->count++];
    *r = ag_record_empty();
    memcpy(r->sid, sid, strlen(sid) + 1);
    return r;
}

static bool same_trouble(const struct ag_record *a, const struct ag_record *b)
{
    return a->rewritten_at_s[0] == b->rewritten_at_s[0] &&
           a->rewritten_at_s[1] == b->rewritten_at_s[1] && a->contested_at_s == b->contested_at_s &&
           a->crashes == b->crashes && a->crash_version == b->crash_version && a->away == b->away;
}

static bool same_seen(const struct ag_record *a, const struct ag_record *b)
{
    return a->mailbox == b->mailbox && a->state == b->state && a->observed == b->observed &&
           a->confidence == b->confidence && a->settled == b->settled;
}

void ag_ledger_update(struct ag_ledger *ledger, struct ag_record *place,
                      const struct ag_record *content)
{
    bool same = place->written_at_s == content->written_at_s && place->action == content->action &&
                place->brought_version == content->brought_version && place->set == content->set &&
                place->corrections == content->corrections &&
                place->last_start_s == content->last_start_s && place->starts == content->starts;
    if (!same || !same_trouble(place, content) || !same_seen(place, content)) {
        *place = *content;
        ledger->changed = true;
    }
}

static void read_lines(struct ag_ledger *ledger, char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        struct ag_record r;
        struct ag_record *place = NULL;
        if (read_line(line, &r)) {
            place = ag_ledger_find(ledger, r.sid);
        }
        if (place != NULL) {
            *place = r;
        }
    }
}

enum status ag_ledger_load(struct ag_ledger *ledger, const struct ag_vault *vault, struct err *err)
{
    struct bytes content = {0};
    *ledger = (struct ag_ledger){0};
    enum status st = vault->read(vault->ctx, FILE_NAME, FILE_LIMIT, &content, err);
    if (st == ST_OK && content.data != NULL) {
        read_lines(ledger, (char *)content.data);
    }
    bytes_free(&content);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status ag_ledger_save(struct ag_ledger *ledger, const struct ag_vault *vault, struct err *err)
{
    struct bytes content = bytes_with_limit(FILE_LIMIT);
    enum status st = ST_OK;
    if (!ledger->changed) {
        return ST_OK;
    }
    for (size_t i = 0; st == ST_OK && i < ledger->count; i++) {
        st = write_line(&ledger->records[i], &content);
    }
    st = st == ST_OK ? vault->write(vault->ctx, FILE_NAME, bytes_span(&content), err)
                     : err_set(err, st, 0, "the ledger of users does not fit");
    if (st == ST_OK) {
        ledger->changed = false;
    }
    bytes_free(&content);
    return st;
}

void ag_ledger_done(struct ag_ledger *ledger)
{
    free(ledger->records);
    *ledger = (struct ag_ledger){0};
}
