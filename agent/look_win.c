#include "agent/look_win.h"

#include "agent/autodiscover_win.h"
#include "agent/client_win.h"
#include "agent/look_mark_win.h"
#include "agent/profile_folder_win.h"
#include "agent/profiles_win.h"
#include "agent/token_win.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* What one thread needs for itself. */
struct hand {
    enum ag_observe_level level;
    struct ag_sessions *sessions;
    char *own_sid; /* of this process; NULL: not known */
    struct ag_look_mark mark;
};

/* What one look leaves for the next at the same user. */
struct memory {
    struct ag_profiles_mark mark;
    struct ag_profiles_found found;
    struct ag_autodiscover_cache files;
};

static char *find_own_sid(const struct ag_session_calls *calls)
{
    HANDLE token = NULL;
    char *sid = NULL;
    if (!calls->own_token(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return NULL;
    }
    if (ag_token_user(calls, token, &sid, NULL) != ST_OK) {
        sid = NULL;
    }
    (void)calls->close(token);
    return sid;
}

static void *open_hand(enum ag_observe_level level, const struct ag_session_calls *sessions)
{
    struct hand *hand = calloc(1, sizeof *hand);
    if (hand == NULL || ag_sessions_new(sessions, &hand->sessions, NULL) != ST_OK) {
        free(hand);
        return NULL;
    }
    hand->level = level;
    hand->own_sid = find_own_sid(sessions);
    ag_look_mark_open(&hand->mark);
    return hand;
}

static void close_hand(void *ctx)
{
    struct hand *hand = ctx;
    if (hand != NULL) {
        ag_look_mark_close(&hand->mark);
        ag_sessions_free(hand->sessions);
        free(hand->own_sid);
        free(hand);
    }
}

/* ---- files --------------------------------------------------------------------------------- */

/* Without a session there is nobody's token to act with; whoever runs this needs none. */
static bool may_read(const struct hand *hand, const char *sid, const struct ag_identity *identity)
{
    return identity->token != NULL || (hand->own_sid != NULL && strcmp(hand->own_sid, sid) == 0);
}

static void look_at_files(const struct hand *hand, const char *sid,
                          struct ag_autodiscover_cache *cache, struct ag_autodiscover_files *out)
{
    wchar_t folder[AG_PROFILE_FOLDER_CHARS];
    struct ag_identity identity = {.asked = false};
    out->trouble = AG_FILES_UNREADABLE;
    if (ag_profile_folder_find(sid, folder, NULL) == ST_OK &&
        ag_identity_take(hand->sessions, sid, &identity, NULL) == ST_OK) {
        if (may_read(hand, sid, &identity)) {
            ag_autodiscover_collect(folder, cache, out);
        } else {
            out->trouble = AG_FILES_NO_SESSION;
        }
        ag_identity_drop(hand->sessions, &identity);
    }
    ag_identity_done(hand->sessions, &identity);
}

/* ---- one look ------------------------------------------------------------------------------ */

static void look_at_profiles(const char *sid, struct memory *memory, struct ag_sight *out)
{
    const struct ag_profiles_time now = {.wall_ms = clock_wall_ms(),
                                         .monotonic_ms = clock_monotonic_ms()};
    bool changed = false;
    if (ag_profiles_win_look(sid, &now, &memory->mark, &changed, &memory->found, NULL) == ST_OK) {
        out->profiles = memory->found.profiles;
        out->policy_value = memory->found.policy_value;
    } else {
        out->profiles.unreadable = true;
    }
}

static void look_at_user(void *ctx, const char *sid, void **memory, struct ag_sight *out)
{
    const struct hand *hand = ctx;
    if (*memory == NULL) {
        *memory = calloc(1, sizeof(struct memory));
    }
    if (hand == NULL || *memory == NULL) {
        out->profiles.unreadable = true;
        out->files.trouble = AG_FILES_UNREADABLE;
        return;
    }
    if (ag_look_mark_leaves_out(&hand->mark, sid)) {
        out->left_out = true;
        return;
    }
    struct memory *known = *memory;
    ag_look_mark_set(&hand->mark, sid);
    look_at_profiles(sid, known, out);
    if (hand->level == AG_OBSERVE_FULL) {
        look_at_files(hand, sid, &known->files, &out->files);
    } else {
        out->files.trouble = AG_FILES_NOT_ASKED;
    }
    ag_look_mark_clear(&hand->mark);
}

static void look_at_client(void *ctx, struct ag_client *out)
{
    (void)ctx;
    ag_client_win_read(out);
}

const struct ag_look_calls AG_LOOK_CALLS = {.open = open_hand,
                                            .close = close_hand,
                                            .user = look_at_user,
                                            .forget = free,
                                            .client = look_at_client};
