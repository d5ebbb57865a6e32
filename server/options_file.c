#include "server/options_parts.h"

#include <stdio.h>
#include <string.h>

enum { FLAG_BYTES = 64 };

static const char BLANKS[] = " \t\r";

static char *trim(char *text)
{
    text += strspn(text, BLANKS);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL) {
        length--;
    }
    text[length] = '\0';
    return text;
}

/* What is wrong with a line, or NULL. */
static const char *take_setting(struct srv_options *o, char *line, unsigned *seen)
{
    char flag[FLAG_BYTES];
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        return "is no \"key = value\"";
    }
    *equals = '\0';
    (void)snprintf(flag, sizeof flag, "--%s", trim(line));
    const char *value = trim(equals + 1);
    int i = srv_options_find_flag(flag);
    if (i < 0 || !srv_options_allow(SRV_COMMAND_SERVE, i)) {
        return "has a key that is no setting of the server";
    }
    if (value[0] == '\0' || (*seen & (1u << i)) != 0) {
        return value[0] == '\0' ? "has no value" : "says again what was said";
    }
    *seen |= 1u << i;
    if (srv_options_allow(o->command, i) && o->flags[i] == NULL) {
        o->flags[i] = value;
    }
    return NULL;
}

bool srv_options_add(struct srv_options *o, struct bytes *text, char usage[SRV_USAGE_BYTES])
{
    unsigned seen = 0;
    unsigned number = 0;
    char *at = text->size > 0 ? (char *)text->data : NULL;
    const char *wrong =
        at != NULL && strlen(at) != text->size ? "has a zero byte in it or behind it" : NULL;
    while (at != NULL && wrong == NULL) {
        char *next = strchr(at, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        char *line = trim(at);
        number++;
        if (line[0] != '\0' && line[0] != '#') {
            wrong = take_setting(o, line, &seen);
        }
        at = next;
    }
    if (wrong != NULL) {
        (void)snprintf(usage, SRV_USAGE_BYTES, "%.120s, line %u: %s", o->flags[SRV_FLAG_CONFIG],
                       number, wrong);
        return false;
    }
    return srv_options_is_complete(o, usage);
}
