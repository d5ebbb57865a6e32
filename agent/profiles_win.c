#include "agent/profiles_win.h"

#include "agent/registry_win.h"

#include <string.h>

enum {
    VALUE_NAME_CHARS = 9, /* eight digits */
    /* Times of keys go in steps of the system's clock, 15.6 ms and less: what was written just now
     * may be written again in the same step. */
    YOUNG_MS = 2000,
};

static const wchar_t SOFTWARE[] = L"Software\\Microsoft";
static const wchar_t POLICIES[] = L"Software\\Policies\\Microsoft\\Exchange";
static const wchar_t ACCOUNTS[] = L"9375CFF0413111d3B88A00104B2A6676";

/* Where profiles are, from SOFTWARE on. */
static const struct place {
    const wchar_t *above; /* the key that has "Profiles" */
    bool default_above;   /* DefaultProfile is a value of that key, else of "Profiles" itself */
} PLACES[AG_LAYOUT_COUNT] = {
    [AG_LAYOUT_16] = {L"Office\\16.0\\Outlook", true},
    [AG_LAYOUT_15] = {L"Office\\15.0\\Outlook", true},
    [AG_LAYOUT_14] = {L"Windows NT\\CurrentVersion\\Windows Messaging Subsystem", false},
};

/* One way through all keys: for their names and times alone, or to read. */
struct look {
    struct ag_profiles_found *found; /* NULL: names and times alone */
    uint64_t print;
    uint64_t newest; /* of all times */
    size_t opened;   /* profiles */
    /* where it is */
    enum ag_layout layout;
    HKEY profiles;
    wchar_t default_name[AG_KEY_NAME_CHARS]; /* "": none is */
    HKEY profile;
    struct ag_profile *row; /* of found */
};

/* ---- names and times ----------------------------------------------------------------------- */

/* FNV-1a. A user who makes two states look alike gains that he is read ten minutes later. */
static void mix(struct look *look, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        look->print = (look->print ^ bytes[i]) * 0x100000001b3U;
    }
}

static void mix_key(struct look *look, const wchar_t *name, uint64_t written)
{
    mix(look, name, (wcslen(name) + 1) * sizeof *name);
    mix(look, &written, sizeof written);
    look->newest = written > look->newest ? written : look->newest;
}

static void mix_itself(struct look *look, HKEY key, const wchar_t *name)
{
    uint64_t written = 0;
    if (ag_user_key_written(key, &written, NULL) == ST_OK) {
        mix_key(look, name, written);
    }
}

/* ---- one section --------------------------------------------------------------------------- */

static void read_value(struct look *look, HKEY section, enum ag_profile_value which)
{
    uint8_t data[AG_PROFILE_VALUE_BYTES + 1];
    wchar_t name[VALUE_NAME_CHARS] = L"";
    uint32_t size = sizeof data;
    uint32_t type = 0;
    for (size_t i = 0; i + 1 < VALUE_NAME_CHARS && AG_PROFILE_VALUE_NAMES[which][i] != '\0'; i++) {
        name[i] = (wchar_t)AG_PROFILE_VALUE_NAMES[which][i]; /* all ASCII */
    }
    enum status st = ag_user_value_find(section, name, &type, data, &size, NULL);
    if (st == ST_OK) {
        struct span span = {.data = data, .size = size < sizeof data ? size : sizeof data};
        ag_profile_take(look->row, which, type, span);
    } else if (st != ST_NOT_FOUND) {
        look->row->cut_short = true;
    }
}

static void read_section(struct look *look, const wchar_t *name)
{
    HKEY section = NULL;
    enum status st = ag_user_key_below(look->profile, name, AG_KEY_READ, &section, NULL);
    if (st != ST_OK) {
        look->row->cut_short = look->row->cut_short || st != ST_NOT_FOUND;
        return;
    }
    for (int which = 0; which < AG_PROFILE_VALUE_COUNT; which++) {
        read_value(look, section, (enum ag_profile_value)which);
    }
    ag_user_key_close(section);
}

static void visit_section(void *ctx, const wchar_t *name, uint64_t written)
{
    struct look *look = ctx;
    if (CompareStringOrdinal(name, -1, ACCOUNTS, -1, TRUE) == CSTR_EQUAL) {
        return;
    }
    mix_key(look, name, written);
    if (look->row != NULL) {
        read_section(look, name);
    }
}

/* ---- one profile --------------------------------------------------------------------------- */

/* What is not there is no failure. */
static void fail(struct look *look, enum status st)
{
    if (look->found != NULL && st != ST_OK && st != ST_NOT_FOUND) {
        look->found->profiles.unreadable = true;
    }
}

static void cut_short(struct look *look)
{
    if (look->found != NULL) {
        look->found->profiles.cut_short = true;
    }
}

/* Counted once its sections were listed. */
static struct ag_profile *new_row(struct look *look, const wchar_t *name)
{
    struct ag_profile *row = &look->found->profiles.list[look->found->profiles.count];
    *row = (struct ag_profile){.layout = look->layout};
    row->is_default = *look->default_name != L'\0' &&
                      CompareStringOrdinal(name, -1, look->default_name, -1, TRUE) == CSTR_EQUAL;
    return row;
}

static void list_sections(struct look *look)
{
    const struct ag_key_visitor visitor = {.ctx = look, .visit = visit_section};
    bool more = false;
    enum status st =
        ag_user_key_names(look->profile, AG_PROFILE_SECTIONS_MOST, &visitor, &more, NULL);
    if (look->row != NULL && st != ST_NOT_FOUND) {
        look->row->cut_short = look->row->cut_short || more || st != ST_OK;
        look->found->profiles.count++;
    }
}

static void visit_profile(void *ctx, const wchar_t *name, uint64_t written)
{
    struct look *look = ctx;
    mix_key(look, name, written);
    if (look->opened++ >= AG_PROFILES_MOST) {
        cut_short(look);
        return;
    }
    look->row = look->found != NULL ? new_row(look, name) : NULL;
    enum status st = ag_user_key_below(look->profiles, name, AG_KEY_LIST, &look->profile, NULL);
    if (st == ST_OK) {
        list_sections(look);
        ag_user_key_close(look->profile);
    } else {
        fail(look, st);
    }
}

/* ---- one place ----------------------------------------------------------------------------- */

/* Its change shows in the time of its key. */
static void read_default(struct look *look, HKEY key)
{
    wchar_t name[AG_KEY_NAME_CHARS] = L"";
    uint32_t size = sizeof name - sizeof *name; /* its own final NUL may be missing */
    uint32_t type = REG_NONE;
    if (look->found == NULL) {
        return;
    }
    enum status st =
        ag_user_value_find(key, L"DefaultProfile", &type, (uint8_t *)name, &size, NULL);
    bool usable = st == ST_OK && type == REG_SZ && size <= sizeof name - sizeof *name &&
                  size % sizeof *name == 0;
    if (usable) {
        name[size / sizeof *name] = L'\0';
        memcpy(look->default_name, name, sizeof name);
    }
}

static void list_profiles(struct look *look, HKEY above)
{
    const struct ag_key_visitor visitor = {.ctx = look, .visit = visit_profile};
    bool more = false;
    enum status st = ag_user_key_below(above, L"Profiles", AG_KEY_LIST, &look->profiles, NULL);
    if (st != ST_OK) {
        fail(look, st);
        return;
    }
    mix_itself(look, look->profiles, L"Profiles");
    if (!PLACES[look->layout].default_above) {
        read_default(look, look->profiles);
    }
    st = ag_user_key_names(look->profiles, AG_PROFILES_MOST, &visitor, &more, NULL);
    fail(look, st);
    if (more) {
        cut_short(look);
    }
    ag_user_key_close(look->profiles);
}

static void look_at_place(struct look *look, HKEY software)
{
    const struct place *place = &PLACES[look->layout];
    HKEY above = NULL;
    look->default_name[0] = L'\0';
    enum status st = ag_user_key_below(software, place->above, AG_KEY_READ, &above, NULL);
    if (st != ST_OK) {
        fail(look, st);
        return;
    }
    mix_itself(look, above, place->above);
    if (place->default_above) {
        read_default(look, above);
    }
    list_profiles(look, above);
    ag_user_key_close(above);
}

static void look_at_policies(struct look *look, HKEY root)
{
    HKEY key = NULL;
    uint32_t size = 0;
    uint32_t type = REG_NONE;
    if (ag_user_key_below(root, POLICIES, AG_KEY_READ, &key, NULL) != ST_OK) {
        return;
    }
    mix_itself(look, key, POLICIES);
    if (look->found != NULL) {
        look->found->policy_value =
            ag_user_value_find(key, L"MapiHttpDisabled", &type, NULL, &size, NULL) == ST_OK;
    }
    ag_user_key_close(key);
}

/* ---- all of them --------------------------------------------------------------------------- */

static void look_at_all(struct look *look, HKEY root)
{
    HKEY software = NULL;
    look->print = 0xcbf29ce484222325U; /* FNV's own beginning */
    enum status st = ag_user_key_below(root, SOFTWARE, AG_KEY_READ, &software, NULL);
    fail(look, st);
    for (int layout = 0; st == ST_OK && layout < AG_LAYOUT_COUNT; layout++) {
        look->layout = (enum ag_layout)layout;
        look_at_place(look, software);
    }
    ag_user_key_close(software);
    look_at_policies(look, root);
}

/* Times to come are as good as old ones: a clock that was wrong must not make us read for ever. */
static bool is_young(uint64_t written, int64_t wall_ms)
{
    /* FILETIME counts 100 ns since 1601; 11644473600 s lie between that and 1970. */
    int64_t age_ms = wall_ms - ((int64_t)(written / 10000) - 11644473600000);
    return age_ms < YOUNG_MS && age_ms > -YOUNG_MS;
}

/* A hive that went in between looks like one without profiles. */
static enum status read_all(HKEY root, struct ag_profiles_found *out, struct err *err)
{
    struct ag_profiles_found found = {.profiles = {.count = 0}};
    struct look look = {.found = &found};
    uint64_t written = 0;
    look_at_all(&look, root);
    enum status st = ag_user_key_written(root, &written, err);
    if (st == ST_OK) {
        *out = found;
    }
    return st;
}

enum status ag_profiles_win_look(const char *sid, const struct ag_profiles_time *now,
                                 struct ag_profiles_mark *mark, bool *changed,
                                 struct ag_profiles_found *out, struct err *err)
{
    struct look look = {.found = NULL};
    HKEY root = NULL;
    enum status st = ag_user_key_open(sid, L"", AG_KEY_READ, &root, err);
    if (st != ST_OK) {
        return st;
    }
    /* First, so that what changes while it is read differs the next time. */
    look_at_all(&look, root);
    bool same = mark->print != 0 && look.print == mark->print &&
                now->monotonic_ms - mark->read_ms < AG_PROFILES_REREAD_MS;
    if (!same) {
        st = read_all(root, out, err);
        mark->print = st == ST_OK && !is_young(look.newest, now->wall_ms) ? look.print : 0;
        mark->read_ms = now->monotonic_ms;
    }
    ag_user_key_close(root);
    if (st == ST_OK) {
        *changed = !same;
    }
    return st;
}
