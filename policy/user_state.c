#include "policy/user_state.h"

/* Was what a policy gives back given back, or was there nothing of ours to give? */
static bool is_done(const struct pol_user_view *view)
{
    return view->blocked_by == POL_BLOCKED_FOREIGN ||
           (!view->waiting && (view->hive_loaded || view->brought));
}

static bool is_unmanaged(const struct pol_user_view *view)
{
    bool unknown = view->blocked_by == POL_BLOCKED_UNKNOWN_FACT;
    switch (view->set) {
    case POL_SET_LEAVE: return true;
    case POL_SET_RELEASE:
    case POL_SET_RESTORE: return unknown || is_done(view);
    case POL_SET_BLOCK:
    case POL_SET_ALLOW:
    case POL_SET_ALLOW_EXPLICIT:
    case POL_SET_COUNT: break;
    }
    return unknown;
}

static bool is_blocked(enum pol_blocked by)
{
    switch (by) {
    case POL_BLOCKED_MAILBOX:
    case POL_BLOCKED_PREFLIGHT:
    case POL_BLOCKED_PREFLIGHT_PENDING:
    case POL_BLOCKED_CLIENT_VERSION:
    case POL_BLOCKED_SERVER: return true;
    case POL_BLOCKED_NOT:
    case POL_BLOCKED_UNKNOWN_FACT:
    case POL_BLOCKED_FOREIGN:
    case POL_BLOCKED_PRE_IMAGE_LOST:
    case POL_BLOCKED_COUNT: break;
    }
    return false;
}

static bool is_as_decided(enum pol_set set, enum pol_expect expect, enum pol_observed observed)
{
    if (set == POL_SET_BLOCK) {
        return observed == POL_OBSERVED_RPC_HTTP || observed == POL_OBSERVED_RPC_TCP;
    }
    return expect == POL_EXPECT_ANY || observed == POL_OBSERVED_MAPI_HTTP;
}

enum pol_answer pol_user_agrees(enum pol_set set, enum pol_expect expect,
                                enum pol_observed observed, enum pol_confidence confidence)
{
    bool conclusive =
        confidence == POL_CONFIDENCE_CONNECTED || confidence == POL_CONFIDENCE_CONFIGURED;
    bool decided = set == POL_SET_BLOCK || set == POL_SET_ALLOW || set == POL_SET_ALLOW_EXPLICIT;
    if (!decided || !conclusive || observed == POL_OBSERVED_UNKNOWN ||
        observed == POL_OBSERVED_MIXED) {
        return POL_NOT_KNOWN;
    }
    return is_as_decided(set, expect, observed) ? POL_YES : POL_NO;
}

/* The value is as decided: what did Outlook make of it? A contradiction is one for good only after two
 * starts or a day; and none at all as long as no start is known (processes cannot be listed): it may
 * date from before the write. */
static enum pol_state outcome(const struct pol_user_view *view)
{
    switch (pol_user_agrees(view->set, view->expect, view->observed, view->confidence)) {
    case POL_NOT_KNOWN: break;
    case POL_YES: return POL_STATE_COMPLIANT;
    case POL_NO:
        if (view->settled) {
            return POL_STATE_MISMATCH;
        }
        return view->outlook_running || view->started_since ? POL_STATE_CONVERGING
                                                            : POL_STATE_UNVERIFIED;
    }
    return POL_STATE_UNVERIFIED;
}

enum pol_state pol_user_state(const struct pol_user_view *view)
{
    if (view->failed) {
        return POL_STATE_ERROR;
    }
    if (view->contested) {
        return POL_STATE_CONTESTED;
    }
    if (view->paused) {
        return POL_STATE_PAUSED;
    }
    if (is_unmanaged(view)) {
        return POL_STATE_UNMANAGED;
    }
    if (!view->hive_loaded && !view->brought) {
        return POL_STATE_PENDING_LOGON;
    }
    if (view->waiting) {
        return POL_STATE_WAITING;
    }
    if (is_blocked(view->blocked_by)) {
        return POL_STATE_BLOCKED;
    }
    if (view->outlook_known && !view->outlook_running && !view->started_since) {
        return POL_STATE_IDLE;
    }
    if (view->outlook_known && view->outlook_running && view->written_at_s >= 0 &&
        view->outlook_started_s <= view->written_at_s) {
        return POL_STATE_PENDING_RESTART;
    }
    return outcome(view);
}
