#include "agent/apply.h"

#include <string.h>

/* What to do with the value, after rule, guard and the policy's kind had their say. */
enum course {
    COURSE_NOTHING,
    COURSE_SET,       /* to a state of our own, marker first */
    COURSE_GIVE_BACK, /* the pre-image, if ours; the marker goes */
    COURSE_RELEASE,   /* removed, if ours; the marker goes */
};

struct task {
    const struct ag_setting *setting;
    struct ag_hive *hive;
    struct ag_marker marker;
    struct ag_applied done;
};

static enum course course_of_leave(const struct pol_policy *policy,
                                   const struct pol_decision *decision)
{
    bool said = decision->blocked_by != POL_BLOCKED_UNKNOWN_FACT && policy->kind != POL_KIND_SAFE;
    return said ? COURSE_GIVE_BACK : COURSE_NOTHING;
}

static enum course course_of(const struct pol_policy *policy, const struct pol_decision *decision)
{
    if (decision->blocked_by == POL_BLOCKED_PREFLIGHT ||
        decision->blocked_by == POL_BLOCKED_PREFLIGHT_PENDING) {
        return COURSE_NOTHING;
    }
    switch (decision->set) {
    case POL_SET_BLOCK:
        return decision->blocked_by == POL_BLOCKED_MAILBOX ? COURSE_RELEASE : COURSE_SET;
    case POL_SET_ALLOW:
    case POL_SET_ALLOW_EXPLICIT: return COURSE_SET;
    case POL_SET_LEAVE: return course_of_leave(policy, decision);
    case POL_SET_RELEASE: return COURSE_RELEASE;
    case POL_SET_RESTORE: return COURSE_GIVE_BACK;
    case POL_SET_COUNT: break;
    }
    return COURSE_NOTHING;
}

static struct ag_value wanted(enum pol_set set)
{
    if (set == POL_SET_ALLOW) {
        return (struct ag_value){.present = false};
    }
    return (struct ag_value){
        .present = true, .type = AG_TYPE_DWORD, .size = 4, .data = {set == POL_SET_BLOCK ? 1 : 0}};
}

static enum status read_all(struct task *t, struct err *err)
{
    enum status st = t->setting->read(t->setting->ctx, t->hive, &t->done.value, err);
    if (st == ST_OK) {
        st = ag_marker_read(t->setting, t->hive, &t->marker, err);
    }
    t->done.ours = st == ST_OK && ag_marker_is_ours(&t->marker, &t->done.value);
    t->done.pre_image = t->marker.pre_image;
    return st;
}

static enum status write_state(struct task *t, enum ag_marker_part part,
                               const struct ag_value *state, struct err *err)
{
    struct ag_value raw;
    ag_marker_encode(state, &raw);
    return t->setting->write_marker(t->setting->ctx, t->hive, part, &raw, err);
}

/* The first time only: what was there before us, and for which rollout we came. */
static enum status write_pre_image(struct task *t, const char *rollout, struct err *err)
{
    struct ag_value name = {.present = true, .type = AG_TYPE_SZ};
    size_t length = strlen(rollout); /* at most LIMIT_NAME_BYTES */
    name.size = (uint32_t)(length < AG_VALUE_BYTES ? length : AG_VALUE_BYTES - 1);
    memcpy(name.data, rollout, name.size);

    enum status st =
        t->setting->write_marker(t->setting->ctx, t->hive, AG_MARKER_ROLLOUT, &name, err);
    if (st == ST_OK) {
        struct ag_value raw;
        ag_marker_encode(&t->done.value, &raw);
        t->done.pre_image = ag_marker_decode(&raw);
        st = t->setting->write_marker(t->setting->ctx, t->hive, AG_MARKER_PRE_IMAGE, &raw, err);
    }
    return st;
}

/* Say in the marker what comes. `Previous` becomes what we wrote before, except when a kill left
 * the value there already: then it must stay, or the value would no longer be known as ours. */
static enum status write_intent(struct task *t, const struct ag_value *want, struct err *err)
{
    const struct ag_marked *written = &t->marker.written;
    enum status st = ST_OK;
    if (written->there && !written->lost && ag_value_same(&written->value, want)) {
        return ST_OK; /* said already, and flushed before the value was touched */
    }
    bool is_previous = t->done.ours && !ag_value_same(&written->value, &t->done.value);
    if (written->there && !written->lost && !is_previous) {
        st = write_state(t, AG_MARKER_PREVIOUS, &written->value, err);
    }
    if (st == ST_OK) {
        st = write_state(t, AG_MARKER_WRITTEN, want, err);
    }
    return st;
}

/* Write the value and look again. */
static enum status write_value(struct task *t, const struct ag_value *want, struct err *err)
{
    struct ag_value now = {0};
    enum status st = t->setting->flush(t->setting->ctx, t->hive, err);
    if (st == ST_OK) {
        st = t->setting->write(t->setting->ctx, t->hive, want, err);
    }
    if (st == ST_OK) {
        st = t->setting->read(t->setting->ctx, t->hive, &now, err);
    }
    if (st == ST_OK && !ag_value_same(&now, want)) {
        st = err_set(err, ST_IO, 0, "the value does not hold what was written");
    }
    if (st == ST_OK) {
        t->done.value = now;
    }
    return st;
}

static enum status set_value(struct task *t, const char *rollout, enum pol_set set, struct err *err)
{
    struct ag_value want = wanted(set);
    enum status st = ST_OK;
    if (!ag_marker_is_there(&t->marker)) {
        st = write_pre_image(t, rollout, err);
    }
    if (st == ST_OK) {
        st = write_intent(t, &want, err);
    }
    if (st == ST_OK) {
        st = write_value(t, &want, err);
    }
    if (st == ST_OK) {
        t->done.action = want.present ? POL_ACTION_WROTE : POL_ACTION_REMOVED;
        t->done.ours = true;
    }
    return st;
}

static enum status forget(struct task *t, struct err *err)
{
    enum status st = t->setting->forget_marker(t->setting->ctx, t->hive, err);
    if (st == ST_OK) {
        t->done.ours = false;
        t->done.pre_image = (struct ag_marked){0};
    }
    return st;
}

/* Ours goes, for good. The marker says so first: a kill before it is forgotten must not make the
 * outcome look like somebody else's. */
static enum status hand_over(struct task *t, const struct ag_value *want, enum pol_action action,
                             struct err *err)
{
    enum status st = ST_OK;
    if (!ag_value_same(&t->done.value, want)) {
        st = write_intent(t, want, err);
        if (st == ST_OK) {
            st = write_value(t, want, err);
        }
    }
    if (st == ST_OK) {
        st = forget(t, err);
    }
    if (st == ST_OK) {
        t->done.action = action;
    }
    return st;
}

/* Not ours: somebody else decided since; our marker has no business there any longer. */
static enum status leave_foreign(struct task *t, const struct pol_decision *decision,
                                 struct err *err)
{
    enum status st = forget(t, err);
    if (st == ST_OK && decision->set != POL_SET_LEAVE && decision->blocked_by == POL_BLOCKED_NOT) {
        t->done.blocked_by = POL_BLOCKED_FOREIGN;
    }
    return st;
}

static enum status give_back(struct task *t, struct err *err)
{
    bool lost = t->marker.pre_image.lost || !t->marker.pre_image.there;
    struct ag_value want = {.present = false};
    if (!lost) {
        want = t->marker.pre_image.value;
    }
    enum status st = hand_over(t, &want, POL_ACTION_RESTORED, err);
    if (st == ST_OK && lost) {
        t->done.blocked_by = POL_BLOCKED_PRE_IMAGE_LOST;
    }
    return st;
}

/* Is there anything to do? A marker is there to be forgotten on all courses but the first two. */
static bool differs(const struct task *t, enum course course, enum pol_set set)
{
    struct ag_value want = wanted(set);
    switch (course) {
    case COURSE_NOTHING: break;
    case COURSE_SET: return !ag_value_same(&t->done.value, &want);
    case COURSE_GIVE_BACK:
    case COURSE_RELEASE: return ag_marker_is_there(&t->marker);
    }
    return false;
}

static enum status follow(struct task *t, enum course course, const struct pol_policy *policy,
                          const struct pol_decision *decision, bool may_write, struct err *err)
{
    static const struct ag_value ABSENT = {.present = false};
    if (!differs(t, course, decision->set)) {
        return ST_OK;
    }
    if (!may_write) {
        t->done.withheld = true;
        return ST_OK;
    }
    if (course == COURSE_SET) {
        return set_value(t, policy->rollout, decision->set, err);
    }
    if (!t->done.ours) {
        return leave_foreign(t, decision, err);
    }
    return course == COURSE_RELEASE ? hand_over(t, &ABSENT, POL_ACTION_RELEASED, err)
                                    : give_back(t, err);
}

enum status ag_apply(const struct ag_setting *setting, struct ag_hive *hive,
                     const struct pol_policy *policy, const struct pol_decision *decision,
                     bool may_write, struct ag_applied *out, struct err *err)
{
    struct task t = {.setting = setting, .hive = hive};
    t.done.blocked_by = decision->blocked_by;
    enum status st = read_all(&t, err);
    if (st == ST_OK) {
        st = follow(&t, course_of(policy, decision), policy, decision, may_write, err);
    }
    if (st == ST_OK) {
        *out = t.done;
    }
    return st;
}

enum status ag_apply_look(const struct ag_setting *setting, struct ag_hive *hive,
                          struct ag_applied *out, struct err *err)
{
    struct task t = {.setting = setting, .hive = hive};
    enum status st = read_all(&t, err);
    if (st == ST_OK) {
        *out = t.done;
    }
    return st;
}
