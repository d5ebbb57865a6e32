#include "installer/msi/wish.h"

#include <stdlib.h>
#include <string.h>

enum { PROPERTY_MOST_BYTES = 2048, TAG_BYTES = 257, PLACE_BYTES = 64 };

const struct ins_property_entry INS_PROPERTIES[INS_PROPERTY_COUNT] = {
    [INS_SERVERURL] = {"SERVERURL", AG_SET_SERVER_URL, NULL, true},
    [INS_ENROLLSECRETFILE] = {"ENROLLSECRETFILE", AG_SET_ENROLL_SECRET_FILE, "enroll.secret", true},
    [INS_TRUSTFILE] = {"TRUSTFILE", AG_SET_TRUST_FILE, "trust.json", false},
    [INS_ROLLOUT] = {"ROLLOUT", AG_SET_ROLLOUT, NULL, true},
    [INS_CAFILE] = {"CAFILE", AG_SET_CA_FILE, "ca.pem", true},
    [INS_TAGS] = {"TAGS", AG_SET_TAGS, NULL, true},
    [INS_PROXY] = {"PROXY", AG_SET_PROXY, NULL, true},
    [INS_NOSTART] = {"NOSTART", AG_SET_COUNT, NULL, false},
    [INS_ONUNINSTALL] = {"ONUNINSTALL", AG_SET_COUNT, NULL, false},
};

/* As the agent's own sentences name it: "ServerUrl in the property SERVERURL is ...". */
static const char *const PLACES[INS_PROPERTY_COUNT] = {
    [INS_SERVERURL] = "the property SERVERURL",
    [INS_ENROLLSECRETFILE] = "the property ENROLLSECRETFILE",
    [INS_TRUSTFILE] = "the property TRUSTFILE",
    [INS_ROLLOUT] = "the property ROLLOUT",
    [INS_CAFILE] = "the property CAFILE",
    [INS_TAGS] = "the property TAGS",
    [INS_PROXY] = "the property PROXY",
    [INS_NOSTART] = "the property NOSTART",
    [INS_ONUNINSTALL] = "the property ONUNINSTALL",
};

void ins_wish_done(struct ins_wish *wish)
{
    for (int i = 0; i < INS_PROPERTY_COUNT; i++) {
        free(wish->values[i]);
        wish->values[i] = NULL;
    }
}

/* Lines travel; what could end one, or not be printed, is in none of these texts. */
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

enum status ins_wish_put(struct ins_wish *wish, enum ins_property property, const char *text,
                         struct err *err)
{
    const char *name = INS_PROPERTIES[property].name;
    if (text[0] == '\0') {
        return ST_OK;
    }
    if (strlen(text) > PROPERTY_MOST_BYTES) {
        return err_refuse(err, "too_large", name, "%s may have %d bytes at most", name,
                          PROPERTY_MOST_BYTES);
    }
    if (!is_printable(text)) {
        return err_refuse(err, "out_of_range", name, "%s has control characters in it", name);
    }
    char *copy = text_copy(text);
    if (copy == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the properties");
    }
    free(wish->values[property]);
    wish->values[property] = copy;
    return ST_OK;
}

bool ins_wish_takes_away(const struct ins_wish *wish, enum ins_property property)
{
    const char *value = wish->values[property];
    return value != NULL && strcmp(value, "-") == 0 && INS_PROPERTIES[property].can_go;
}

bool ins_wish_is_given(const struct ins_wish *wish, enum ins_property property)
{
    return wish->values[property] != NULL && !ins_wish_takes_away(wish, property);
}

bool ins_wish_next_tag(const struct ins_wish *wish, const char **at, char *out, size_t room)
{
    const char *from = *at != NULL ? *at : wish->values[INS_TAGS];
    if (from == NULL) {
        return false;
    }
    from += strspn(from, "; ");
    size_t length = strcspn(from, ";");
    *at = from + length;
    while (length > 0 && from[length - 1] == ' ') {
        length--;
    }
    size_t taken = length < room ? length : room - 1;
    memcpy(out, from, taken);
    out[taken] = '\0';
    return length > 0;
}

/* ---- checking ------------------------------------------------------------------------------ */

static enum status check_word(const struct ins_wish *wish, enum ins_property property,
                              const char *const *words, const char *allowed, struct err *err)
{
    const char *name = INS_PROPERTIES[property].name;
    const char *value = wish->values[property];
    for (; value != NULL && *words != NULL; words++) {
        if (strcmp(value, *words) == 0) {
            return ST_OK;
        }
    }
    return value == NULL ? ST_OK
                         : err_refuse(err, "out_of_range", name, "%s must be %s", name, allowed);
}

enum status ins_wish_check_leaving(const struct ins_wish *wish, struct err *err)
{
    static const char *const WAYS[] = {"restore", "allow", "leave", NULL};
    return check_word(wish, INS_ONUNINSTALL, WAYS, "restore, allow or leave", err);
}

static enum status overlay_tags(const struct ins_wish *wish, struct ag_config *config,
                                struct err *err)
{
    char tag[TAG_BYTES + 1]; /* one too long is seen to be */
    const char *at = NULL;
    enum status st = ST_OK;
    while (st == ST_OK && ins_wish_next_tag(wish, &at, tag, sizeof tag)) {
        st = ag_config_put(config, AG_SET_TAGS, PLACES[INS_TAGS], tag, err);
    }
    return st;
}

/* The agent's own reader says what it would say of the same text in the registry. */
static enum status overlay(const struct ins_wish *wish, struct ag_config *config, struct err *err)
{
    enum status st = ST_OK;
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        enum ins_property property = (enum ins_property)i;
        if (INS_PROPERTIES[i].setting == AG_SET_COUNT || !ins_wish_is_given(wish, property)) {
            continue;
        }
        st = property == INS_TAGS ? overlay_tags(wish, config, err)
                                  : ag_config_put(config, INS_PROPERTIES[i].setting, PLACES[i],
                                                  wish->values[i], err);
    }
    return st;
}

/* What stays from before matters only where it may be missing. */
static enum status take_over(const struct ins_wish *wish, const struct ag_config *set,
                             struct ag_config *config, struct err *err)
{
    enum status st = ag_config_put(config, AG_SET_DATA_DIR, "DataDir", set->data_dir, err);
    if (st == ST_OK && !ins_wish_is_given(wish, INS_TRUSTFILE) && set->trust_file != NULL) {
        st = ag_config_put(config, AG_SET_TRUST_FILE, "TrustFile", set->trust_file, err);
    }
    return st;
}

enum status ins_wish_check(const struct ins_wish *wish, const struct ag_config *set,
                           struct err *err)
{
    static const char *const SWITCH[] = {"0", "1", NULL};
    struct ag_config config = ag_config_defaults();
    enum status st = take_over(wish, set, &config, err);
    if (st == ST_OK) {
        st = overlay(wish, &config, err);
    }
    if (st == ST_OK && config.trust_file == NULL) {
        st = err_refuse(err, "missing_field", "TRUSTFILE",
                        "TRUSTFILE must name a trust file: without it no policy can be verified");
    }
    if (st == ST_OK) {
        st = ag_config_check(&config, err);
    }
    if (st == ST_OK) {
        st = check_word(wish, INS_NOSTART, SWITCH, "1 or 0", err);
    }
    ag_config_done(&config);
    return st == ST_OK ? ins_wish_check_leaving(wish, err) : st;
}

/* ---- travelling ---------------------------------------------------------------------------- */

enum status ins_wish_write(const struct ins_wish *wish, struct bytes *out)
{
    enum status st = ST_OK;
    for (int i = 0; i < INS_PROPERTY_COUNT && st == ST_OK; i++) {
        if (wish->values[i] != NULL) {
            st = bytes_append_format(out, "%s=%s\n", INS_PROPERTIES[i].name, wish->values[i]);
        }
    }
    return st;
}

static enum status read_line(char *line, struct ins_wish *wish, struct err *err)
{
    char *value = strchr(line, '=');
    for (int i = 0; value != NULL && i < INS_PROPERTY_COUNT; i++) {
        size_t length = strlen(INS_PROPERTIES[i].name);
        if ((size_t)(value - line) == length && memcmp(line, INS_PROPERTIES[i].name, length) == 0) {
            return ins_wish_put(wish, (enum ins_property)i, value + 1, err);
        }
    }
    return err_refuse(err, "unknown_field", NULL, "the installer's own data are damaged");
}

enum status ins_wish_read(const char *lines, struct ins_wish *out, struct err *err)
{
    struct ins_wish wish = {{NULL}};
    enum status st = strlen(lines) <= INS_WISH_BYTES
                         ? ST_OK
                         : err_refuse(err, "too_large", NULL, "the installer's data are too long");
    char *copy = st == ST_OK ? text_copy(lines) : NULL;
    if (st == ST_OK && copy == NULL) {
        st = err_set(err, ST_NO_MEMORY, 0, "no memory for the properties");
    }
    for (char *line = copy; st == ST_OK && line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        st = read_line(line, &wish, err);
        line = end;
    }
    free(copy);
    if (st == ST_OK) {
        *out = wish;
    } else {
        ins_wish_done(&wish);
    }
    return st;
}
