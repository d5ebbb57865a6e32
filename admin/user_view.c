#include "admin/user_view.h"

#include "policy/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MOST_BYTES = 1024, EVIDENCE_MOST = 16384 };

static const char *text_or_null(const struct pol_at *at, const char *key, enum pol_need need)
{
    const char *text = NULL;
    (void)pol_read_text(at, key, need, TEXT_MOST_BYTES, &text);
    return text;
}

static void read_value(const struct pol_at *user, char out[ADM_VALUE_BYTES])
{
    struct pol_at value = {.value = NULL};
    bool present = false;
    int64_t number = 0;
    const char *type = "?";

    (void)snprintf(out, ADM_VALUE_BYTES, "-");
    if (!pol_read_member(user, "value", POL_OPTIONAL, &value)) {
        return;
    }
    if (!pol_at_is_object(&value)) {
        pol_at_problem(&value, "wrong_type", "a value must be an object");
    } else if (pol_read_boolean(&value, "present", POL_REQUIRED, &present) && !present) {
        (void)snprintf(out, ADM_VALUE_BYTES, "absent");
    } else if (pol_read_integer(&value, "value", POL_OPTIONAL, 0, UINT32_MAX, &number)) {
        (void)snprintf(out, ADM_VALUE_BYTES, "%" PRId64, number);
    } else if (present) {
        (void)pol_read_text(&value, "type", POL_OPTIONAL, TEXT_MOST_BYTES, &type);
        (void)snprintf(out, ADM_VALUE_BYTES, "%.24s", type);
    }
}

/* An error is {"code", "os_code"}. */
static const char *read_error(const struct pol_at *user)
{
    struct pol_at error = {.value = NULL};
    if (!pol_read_member(user, "error", POL_OPTIONAL, &error)) {
        return NULL;
    }
    if (pol_at_is_object(&error)) {
        return text_or_null(&error, "code", POL_OPTIONAL);
    }
    const char *code = NULL;
    (void)pol_at_text(&error, TEXT_MOST_BYTES, &code);
    return code;
}

/* The first of the evidence that tells what to do. */
static const char *read_hint(const struct pol_at *user)
{
    static const char HINT[] = "hint:";
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    const char *text = NULL;
    if (!pol_read_array(user, "evidence", POL_OPTIONAL, EVIDENCE_MOST, &list, &count) ||
        !pol_at_is_array(&list)) {
        return NULL;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        if (pol_at_text(&item, TEXT_MOST_BYTES, &text) &&
            strncmp(text, HINT, sizeof HINT - 1) == 0) {
            return text + sizeof HINT - 1;
        }
    }
    return NULL;
}

void adm_user_read(const struct pol_at *at, struct adm_user_view *out)
{
    int64_t version = 0;

    *out = (struct adm_user_view){.value = "-"};
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "a user must be an object");
        return;
    }
    out->sid = text_or_null(at, "sid", POL_REQUIRED);
    out->account = text_or_null(at, "account", POL_OPTIONAL);
    out->host = text_or_null(at, "host", POL_OPTIONAL);
    out->set = text_or_null(at, "set", POL_OPTIONAL);
    out->state = text_or_null(at, "state", POL_REQUIRED);
    out->blocked_by = text_or_null(at, "blocked_by", POL_OPTIONAL);
    out->observed = text_or_null(at, "protocol", POL_OPTIONAL);
    out->confidence = text_or_null(at, "confidence", POL_OPTIONAL);
    out->hint = read_hint(at);
    out->error = read_error(at);
    read_value(at, out->value);
    if (pol_read_integer(at, "version", POL_OPTIONAL, 0, VERSION_MOST, &version)) {
        out->version = version;
    }
}

const char *adm_user_why(const struct adm_user_view *user)
{
    if (user->error != NULL) {
        return user->error;
    }
    return user->blocked_by != NULL ? user->blocked_by : user->hint;
}
