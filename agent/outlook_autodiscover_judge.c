#include "agent/outlook_autodiscover.h"

enum { AHEAD_S = 86400 }; /* so far a clock may have been ahead when the file was written */

struct tally {
    bool exch;
    bool expr;
    bool stale; /* some answer is too old to count for the offer */
    bool malformed;
    bool too_large;
    bool unreadable;
    bool online;
    bool on_premises;
};

/* Old, or from a time that has not come: it says nothing of today. */
static bool is_of_today(int64_t modified_s, int64_t now_s)
{
    return modified_s >= now_s - AG_AUTODISCOVER_OLD_S && modified_s <= now_s + AHEAD_S;
}

static void take_answer(const struct ag_autodiscover *answer, bool counts, struct ag_offered *out,
                        struct tally *tally)
{
    tally->online = tally->online || answer->online || answer->microsoft_online == POL_YES;
    tally->on_premises = tally->on_premises || answer->on_premises;
    tally->stale = tally->stale || !counts;
    out->mapi_http = out->mapi_http || (counts && answer->mapi_http);
    tally->exch = tally->exch || (counts && answer->exch);
    tally->expr = tally->expr || (counts && answer->expr);
}

static void take_file(const struct ag_autodiscover_file *file, int64_t written_at_s, int64_t now_s,
                      struct ag_offered *out, struct tally *tally)
{
    if (file->answer.trouble == AG_XML_NO_SETTINGS) {
        return; /* Outlook keeps other files there, too */
    }
    if (!is_of_today(file->modified_s, now_s)) {
        tally->stale = true;
        return;
    }
    switch (file->answer.trouble) {
    case AG_XML_FINE:
        take_answer(&file->answer, file->modified_s > written_at_s, out, tally);
        break;
    case AG_XML_TOO_LARGE: tally->too_large = true; break;
    case AG_XML_MALFORMED: tally->malformed = true; break;
    case AG_XML_UNREADABLE: tally->unreadable = true; break;
    case AG_XML_NO_SETTINGS: break;
    }
}

static enum pol_mailbox mailbox_of(const struct tally *tally)
{
    if (tally->online) {
        return tally->on_premises ? POL_MAILBOX_MIXED : POL_MAILBOX_EXCHANGE_ONLINE;
    }
    return tally->on_premises ? POL_MAILBOX_ON_PREMISES : POL_MAILBOX_UNKNOWN;
}

static void add_if(bool so, const char *word, struct ag_evidence *evidence)
{
    if (so) {
        ag_evidence_add(evidence, "autodiscover:%s", word);
    }
}

static bool is_empty(const struct tally *tally, bool offers)
{
    return !offers && !tally->stale && !tally->malformed && !tally->too_large && !tally->unreadable;
}

static void say_files(const struct tally *tally, bool mapi_http, struct ag_evidence *evidence)
{
    add_if(mapi_http, "mapiHttp", evidence);
    add_if(tally->exch, "EXCH", evidence);
    add_if(tally->expr, "EXPR", evidence);
    add_if(tally->stale && !mapi_http && !tally->exch && !tally->expr, "stale", evidence);
    add_if(tally->malformed, "malformed", evidence);
    add_if(tally->too_large, "too_large", evidence);
    add_if(tally->unreadable, "unreadable", evidence);
}

static void say_folder(const struct ag_autodiscover_files *files, bool empty,
                       struct ag_evidence *evidence)
{
    switch (files->trouble) {
    case AG_FILES_FINE: add_if(empty && !files->cut_short, "none", evidence); break;
    case AG_FILES_NOT_ASKED: break;
    case AG_FILES_NO_SESSION: add_if(true, "no_session", evidence); break;
    case AG_FILES_NOT_LOCAL: add_if(true, "not_local", evidence); break;
    case AG_FILES_UNREADABLE: add_if(true, "unreadable", evidence); break;
    }
    add_if(files->cut_short, "too_many_files", evidence);
}

void ag_autodiscover_judge(const struct ag_autodiscover_files *files, int64_t written_at_s,
                           int64_t now_s, struct ag_offered *out, struct ag_evidence *evidence)
{
    struct ag_offered offered = {.mailbox = POL_MAILBOX_UNKNOWN};
    struct tally tally = {.stale = false};
    for (size_t i = 0; i < files->count; i++) {
        take_file(&files->list[i], written_at_s, now_s, &offered, &tally);
    }
    offered.rpc_http = tally.exch || tally.expr;
    offered.mailbox = mailbox_of(&tally);
    say_files(&tally, offered.mapi_http, evidence);
    say_folder(files, is_empty(&tally, offered.mapi_http || offered.rpc_http), evidence);
    *out = offered;
}
