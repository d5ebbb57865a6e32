#include "policy/user_state.h"

static bool is_unmanaged(const struct pol_user_view *view)
{
    switch (view->set) {
    case POL_SET_LEAVE: return true;
    case POL_SET_RELEASE:
    case POL_SET_RESTORE: return view->hive_loaded || view->brought; /* else still to be done */
    case POL_SET_BLOCK:
    case POL_SET_ALLOW:
    case POL_SET_ALLOW_EXPLICIT:
    case POL_SET_COUNT: break;
    }
    return view->blocked_by == POL_BLOCKED_UNKNOWN_FACT;
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

static bool agrees(const struct pol_user_view *view)
{
    if (view->set == POL_SET_BLOCK) {
        return view->observed == POL_OBSERVED_RPC_HTTP || view->observed == POL_OBSERVED_RPC_TCP;
    }
    return view->expect == POL_EXPECT_ANY || view->observed == POL_OBSERVED_MAPI_HTTP;
}

/* The value is as decided: what did Outlook make of it? Only what it is configured for or connected
 * with says so, and that is contradicted for good only after two starts or a day. */
static enum pol_state outcome(const struct pol_user_view *view)
{
    bool conclusive = view->confidence == POL_CONFIDENCE_CONNECTED ||
                      view->confidence == POL_CONFIDENCE_CONFIGURED;
    if (!conclusive || view->observed == POL_OBSERVED_UNKNOWN ||
        view->observed == POL_OBSERVED_MIXED) {
        return POL_STATE_UNVERIFIED;
    }
    if (agrees(view)) {
        return POL_STATE_COMPLIANT;
    }
    return view->settled ? POL_STATE_MISMATCH : POL_STATE_CONVERGING;
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
    if (view->outlook_known && view->outlook_running &&
        view->outlook_started_s < view->written_at_s) {
        return POL_STATE_PENDING_RESTART;
    }
    return outcome(view);
}
