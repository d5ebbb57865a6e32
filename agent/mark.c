#include "agent/mark.h"

#include "base/fields.h"
#include "policy/limits.h"
#include "policy/report_shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CRASHES_MOST = 2 };

enum status ag_mark_set(const struct ag_vault *vault, const char *sid, int64_t version,
                        struct err *err)
{
    char mark[AG_MARK_BYTES];
    int length = snprintf(mark, sizeof mark, "%s %" PRId64, sid, version);
    if (length < 0 || (size_t)length >= sizeof mark) {
        return err_set(err, ST_BUG, 0, "the mark for %.80s is too long", sid);
    }
    return vault->write_mark(vault->ctx, mark, err);
}

enum status ag_mark_clear(const struct ag_vault *vault, struct err *err)
{
    return vault->write_mark(vault->ctx, NULL, err);
}

static void count(struct ag_ledger *ledger, const char *sid, int64_t version)
{
    struct ag_record *place = ag_ledger_find(ledger, sid);
    if (place == NULL) {
        return; /* no room to remember him: he is tried once more */
    }
    struct ag_record record = *place;
    record.crashes = record.crash_version == version ? record.crashes + 1 : 1;
    record.crash_version = version;
    ag_ledger_update(ledger, place, &record);
}

enum status ag_mark_take(const struct ag_vault *vault, struct ag_ledger *ledger, bool *found,
                         char sid[AG_SID_BYTES], struct err *err)
{
    char mark[AG_MARK_BYTES] = "";
    const char *at = mark;
    int64_t version = 0;
    enum status st = vault->read_mark(vault->ctx, mark, err);
    if (st != ST_OK) {
        return st;
    }
    bool whole = field_word(&at, sid, AG_SID_BYTES) && pol_shape_is_sid(sid) &&
                 field_number(&at, 0, VERSION_MOST, &version) && fields_end(mark, at);
    if (whole) {
        count(ledger, sid, version);
    }
    *found = whole;
    return mark[0] != '\0' ? ag_mark_clear(vault, err) : ST_OK;
}

bool ag_mark_is_skipped(const struct ag_record *record, int64_t version)
{
    return record->crashes >= CRASHES_MOST && record->crash_version == version;
}
