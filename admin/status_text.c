#include "admin/status_text.h"

#include "admin/gate_text.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>

enum { DAY_S = 86400, WARN_DAYS = 14, LINE_BYTES = 16 * 1024, INDENT = 10 };

/* Appends the line in a style and empties it. */
static enum status put_line(const struct adm_look *look, enum adm_style style, struct bytes *line,
                            enum status st, struct bytes *out)
{
    st = st == ST_OK ? adm_look_append_line(look, style, INDENT, bytes_text(line), out) : st;
    bytes_clear(line);
    return st;
}

static enum status append_rollout(const struct adm_status_view *view, const struct adm_look *look,
                                  struct bytes *line, struct bytes *out)
{
    const char *name = view->rollout.rollout;
    enum status st = bytes_append_text(line, "rollout   ");
    st = st == ST_OK ? bytes_append_visible(line, name[0] != '\0' ? name : "none yet") : st;
    return put_line(look, ADM_STYLE_HEAD, line, st, out);
}

static enum status append_released(const struct adm_status_view *view, const struct adm_look *look,
                                   struct bytes *line, struct bytes *out)
{
    const struct adm_rollout_view *rollout = &view->rollout;
    char time[TIME_TEXT_BYTES];
    enum adm_style style = rollout->is_safe ? ADM_STYLE_BAD : ADM_STYLE_PLAIN;
    if (rollout->released_version == 0) {
        return put_line(look, style, line, bytes_append_text(line, "released  nothing yet"), out);
    }
    enum status st = bytes_append_format(line, "released  %s, version %" PRId64 "%s",
                                         rollout->released_stage, rollout->released_version,
                                         rollout->is_safe ? "  *** THE BRAKE IS ON ***" : "");
    if (st == ST_OK && rollout->released_at_s >= 0) {
        time_text_write(rollout->released_at_s, time);
        st = bytes_append_format(line, ", %s", time);
    }
    if (st == ST_OK && rollout->released_by[0] != '\0') {
        st = bytes_append_text(line, " by ");
        st = st == ST_OK ? bytes_append_visible(line, rollout->released_by) : st;
    }
    if (st == ST_OK && rollout->reason[0] != '\0') {
        st = bytes_append_text(line, ": ");
        st = st == ST_OK ? bytes_append_visible(line, rollout->reason) : st;
    }
    return put_line(look, style, line, st, out);
}

static enum status append_stored(const struct adm_status_view *view, const struct adm_look *look,
                                 struct bytes *line, struct bytes *out)
{
    const struct adm_bundle_view *newest = &view->rollout.newest;
    if (newest->serial == 0) {
        return put_line(look, ADM_STYLE_PLAIN, line,
                        bytes_append_text(line, "stored    nothing yet"), out);
    }
    int64_t left_s = newest->expires_at_s - view->now_s;
    enum status st = bytes_append_format(line, "stored    serial %" PRIu32 ", %zu stages",
                                         newest->serial, newest->stage_count);
    if (st == ST_OK && newest->expires_at_s >= 0 && left_s <= 0) {
        st = bytes_append_text(line, ", EXPIRED");
    } else if (st == ST_OK && newest->expires_at_s >= 0) {
        st = bytes_append_format(line, ", expires in %" PRId64 " days", left_s / DAY_S);
    }
    return put_line(look, ADM_STYLE_PLAIN, line, st, out);
}

/* Of what agents have now: an expired policy keeps its effect, and no new machine takes it. */
static enum status append_expiry(const struct adm_status_view *view, const struct adm_look *look,
                                 struct bytes *line, struct bytes *out)
{
    const struct adm_rollout_view *rollout = &view->rollout;
    const struct adm_bundle_view *bundle =
        rollout->released.serial != 0 ? &rollout->released : &rollout->newest;
    int64_t left_s = bundle->expires_at_s - view->now_s;
    if (rollout->is_safe || bundle->expires_at_s < 0 || left_s >= (int64_t)WARN_DAYS * DAY_S) {
        return ST_OK;
    }
    enum status st = left_s <= 0
                         ? bytes_append_format(line, "expiry    *** serial %" PRIu32 " has expired",
                                               bundle->serial)
                         : bytes_append_format(
                               line, "expiry    *** serial %" PRIu32 " expires in %" PRId64 " days",
                               bundle->serial, left_s / DAY_S);
    st = st == ST_OK ? bytes_append_text(line, ": sign and publish the next serial ***") : st;
    return put_line(look, ADM_STYLE_BAD, line, st, out);
}

static enum status append_safe(const struct adm_status_view *view, const struct adm_look *look,
                               struct bytes *line, struct bytes *out)
{
    if (!view->rollout.is_safe) {
        return ST_OK;
    }
    enum status st = bytes_append_format(line,
                                         "brake     on until a stage of a serial above %" PRId64
                                         " is released: sign, publish, release",
                                         view->rollout.released_version / VERSION_STEP);
    return put_line(look, ADM_STYLE_BAD, line, st, out);
}

static enum status append_missing(const struct adm_status_view *view, const struct adm_look *look,
                                  struct bytes *line, struct bytes *out)
{
    if (!view->rollout.is_missing) {
        return ST_OK;
    }
    enum status st = bytes_append_format(
        line,
        "missing   *** the released policy is not at hand: agents that ask get nothing, and keep "
        "what they have; publish the bundle of serial %" PRId64 " or a later one, and release ***",
        view->rollout.released_version / VERSION_STEP);
    return put_line(look, ADM_STYLE_BAD, line, st, out);
}

static enum status append_ahead(const struct adm_behind_view *behind, struct bytes *line)
{
    char time[TIME_TEXT_BYTES];
    if (behind->devices <= 0) {
        return ST_OK;
    }
    enum status st = bytes_append_format(line, "; %" PRId64 " device%s ahead", behind->devices,
                                         behind->devices == 1 ? " is" : "s are");
    if (st == ST_OK && behind->versions > 1) {
        st = bytes_append_format(line, " with %" PRId64 " versions", behind->versions);
    }
    if (st == ST_OK && behind->seen_s >= 0) {
        time_text_write(behind->seen_s, time);
        st = bytes_append_format(line, ", last heard from %s", time);
    }
    return st;
}

static enum status append_behind(const struct adm_status_view *view, const struct adm_look *look,
                                 struct bytes *line, struct bytes *out)
{
    const struct adm_behind_view *behind = &view->rollout.behind;
    if (!behind->behind) {
        return ST_OK;
    }
    enum status st = bytes_append_text(line, "behind    *** machines have a newer version than is "
                                             "released here");
    if (st == ST_OK && behind->version > 0) {
        st = bytes_append_format(line, ": version %" PRId64, behind->version);
    }
    if (st == ST_OK && behind->device[0] != '\0') {
        st = bytes_append_text(line, " on device ");
        st = st == ST_OK ? bytes_append_visible(line, behind->device) : st;
    }
    st = st == ST_OK ? append_ahead(behind, line) : st;
    if (st == ST_OK && behind->stage[0] != '\0') {
        st = bytes_append_format(line, "; 'mapi-rollout release %s' ends it ***", behind->stage);
    } else if (st == ST_OK) {
        st = bytes_append_text(line, "; publishing its bundle and releasing it ends that ***");
    }
    return put_line(look, ADM_STYLE_BAD, line, st, out);
}

static enum status append_audit(const struct adm_status_view *view, const struct adm_look *look,
                                struct bytes *out)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    enum status st = adm_audit_view_text(&view->rollout.audit, &line);
    if (st == ST_OK && line.size > 0) {
        line.data[line.size - 1] = '\0'; /* its line end comes with the line */
        st = adm_look_append_line(look, ADM_STYLE_FAINT, 0, bytes_text(&line), out);
    }
    bytes_free(&line);
    return st;
}

static enum status append_head(const struct adm_status_view *view, const struct adm_look *look,
                               struct bytes *out)
{
    enum status (*const LINES[])(const struct adm_status_view *view, const struct adm_look *look,
                                 struct bytes *line, struct bytes *out) = {
        append_rollout, append_released, append_missing, append_safe,
        append_behind,  append_stored,   append_expiry,
    };
    struct bytes line = bytes_with_limit(LINE_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < sizeof LINES / sizeof LINES[0]; i++) {
        st = LINES[i](view, look, &line, out);
    }
    bytes_free(&line);
    st = st == ST_OK ? adm_hold_text(&view->rollout.hold, look, out) : st;
    return st == ST_OK ? append_audit(view, look, out) : st;
}

enum status adm_status_text(const struct adm_status_view *view, const struct adm_look *look,
                            struct bytes *out)
{
    enum status st = append_head(view, look, out);
    st = st == ST_OK ? adm_status_stages(view, look, out) : st;
    st = st == ST_OK ? adm_gate_text(&view->rollout.gate, look, out) : st;
    st = st == ST_OK ? adm_failing_text(&view->failing, &view->fleet, look, out) : st;
    st = st == ST_OK ? adm_status_states(view, look, out) : st;
    return st == ST_OK ? adm_status_builds(view, look, out) : st;
}
