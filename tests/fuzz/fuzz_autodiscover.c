/* Autodiscover: an answer as a user may have it in his cache, and what is made of it beside another. */
#include "tests/fuzz/fuzzing.h"

#include "agent/outlook_autodiscover.h"

#include <string.h>

enum { NOW = 1800000000, DAY = 86400 };

static bool same(const struct ag_autodiscover *a, const struct ag_autodiscover *b)
{
    return a->trouble == b->trouble && a->mapi_http == b->mapi_http && a->exch == b->exch &&
           a->expr == b->expr && a->microsoft_online == b->microsoft_online &&
           a->online == b->online && a->on_premises == b->on_premises;
}

static struct ag_autodiscover read_xml(const void *data, size_t size)
{
    struct ag_autodiscover found;
    memset(&found, 0xa5, sizeof found);
    ag_autodiscover_read((struct span){.data = data, .size = size}, &found);
    const struct ag_autodiscover nothing = {.trouble = found.trouble};
    HOLDS(found.trouble == AG_XML_FINE || same(&found, &nothing));
    HOLDS(found.mapi_http || found.expr || (!found.online && !found.on_premises));
    return found;
}

/* ---- what is left of an answer ------------------------------------------------------------- */

static size_t last_end_tag(const uint8_t *data, size_t size)
{
    while (size >= 2 && (data[size - 2] != '<' || data[size - 1] != '/')) {
        size--;
    }
    return size >= 2 ? size - 2 : 0;
}

/* Without its last end it is no answer any more. */
static void check_cut(const uint8_t *data, size_t size)
{
    size_t cut = last_end_tag(data, size);
    HOLDS(cut == 0 || read_xml(data, cut).trouble == AG_XML_MALFORMED);
}

/* Behind a DTD nothing is read. */
static void check_doctype(const uint8_t *data, size_t size)
{
    static const char DTD[] = "<!DOCTYPE a [<!ENTITY b 'EXCH'>]>";
    struct bytes xml = bytes_with_limit(sizeof DTD + size);
    if (size >= 2 && data[0] == '<' && data[1] != '?' &&
        size + sizeof DTD <= AG_AUTODISCOVER_BYTES) {
        HOLDS(bytes_append_text(&xml, DTD) == ST_OK && bytes_append(&xml, data, size) == ST_OK);
        HOLDS(read_xml(xml.data, xml.size).trouble == AG_XML_MALFORMED);
    }
    bytes_free(&xml);
}

/* ---- what is made of it -------------------------------------------------------------------- */

static bool is_of_today(int64_t modified_s)
{
    return modified_s >= NOW - 7 * DAY && modified_s <= NOW + DAY;
}

static struct ag_offered judge(const struct ag_autodiscover_files *files, int64_t written_at_s)
{
    struct ag_offered offered;
    struct ag_evidence evidence = {.count = 0};
    memset(&offered, 0xa5, sizeof offered);
    ag_autodiscover_judge(files, written_at_s, NOW, &offered, &evidence);
    HOLDS(evidence.count >= 1 && evidence.count <= AG_EVIDENCE_MOST);
    for (size_t i = 0; i < evidence.count; i++) {
        HOLDS(memchr(evidence.items[i], '\0', AG_EVIDENCE_BYTES) != NULL);
        HOLDS(strncmp(evidence.items[i], "autodiscover:", 13) == 0);
    }
    return offered;
}

static void check_offer(const struct ag_autodiscover_files *files, int64_t written_at_s)
{
    bool mapi_http = false;
    bool rpc_http = false;
    bool placed = false;
    for (size_t i = 0; i < files->count; i++) {
        const struct ag_autodiscover *answer = &files->list[i].answer;
        bool today = is_of_today(files->list[i].modified_s);
        bool counts = today && files->list[i].modified_s > written_at_s;
        mapi_http = mapi_http || (counts && answer->mapi_http);
        rpc_http = rpc_http || (counts && (answer->exch || answer->expr));
        placed = placed || (today && (answer->online || answer->on_premises ||
                                      answer->microsoft_online == POL_YES));
    }
    struct ag_offered offered = judge(files, written_at_s);
    HOLDS(offered.mapi_http == mapi_http && offered.rpc_http == rpc_http);
    HOLDS((offered.mailbox != POL_MAILBOX_UNKNOWN) == placed);
}

/* Beside one of Exchange Online; the order does not matter. Times come out of the input, too. */
static void check_judgement(struct ag_autodiscover answer, uint32_t dice)
{
    static const int64_t TIMES[] = {INT64_MIN, 0,         NOW - 7 * DAY - 1, NOW - 7 * DAY,
                                    NOW - DAY, NOW,       NOW + DAY,         NOW + DAY + 1,
                                    INT64_MAX, NOW - 3600};
    enum { TIME_COUNT = sizeof TIMES / sizeof TIMES[0] };
    const struct ag_autodiscover online = {.mapi_http = true, .microsoft_online = POL_YES};
    struct ag_autodiscover_files files = {.count = 2};
    files.list[0].answer = answer;
    files.list[0].modified_s = TIMES[dice % TIME_COUNT];
    files.list[1].answer = online;
    files.list[1].modified_s = TIMES[dice / TIME_COUNT % TIME_COUNT];
    int64_t written_at_s = dice % 3 == 0 ? -1 : NOW - DAY;
    check_offer(&files, written_at_s);
    struct ag_offered one_way = judge(&files, written_at_s);
    struct ag_autodiscover_file first = files.list[0];
    files.list[0] = files.list[1];
    files.list[1] = first;
    struct ag_offered other_way = judge(&files, written_at_s);
    HOLDS(one_way.mapi_http == other_way.mapi_http && one_way.rpc_http == other_way.rpc_http &&
          one_way.mailbox == other_way.mailbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t dice = 0;
    struct ag_autodiscover answer = read_xml(data, size);
    struct ag_autodiscover again = read_xml(data, size);
    HOLDS(answer.trouble != AG_XML_UNREADABLE);
    HOLDS(same(&answer, &again)); /* with another salt */
    for (size_t i = 0; i < size; i++) {
        dice = dice * 31 + data[i];
    }
    check_judgement(answer, dice);
    if (answer.trouble == AG_XML_FINE) {
        check_cut(data, size);
        check_doctype(data, size);
    }
    return 0;
}
