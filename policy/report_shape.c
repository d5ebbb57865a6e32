#include "policy/report_shape.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool pol_shape_is_sid(const char *text)
{
    static const char START[] = "S-1";
    const char *at = text + strlen(START);
    if (strncmp(text, START, strlen(START)) != 0) {
        return false;
    }
    while (*at == '-') {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits == 0) {
            return false;
        }
        at += 1 + digits;
    }
    return *at == '\0' && at > text + strlen(START);
}

bool pol_shape_object(const struct pol_at *at, const char *key, enum pol_need need,
                      const char *const *members, size_t member_count, struct pol_at *out)
{
    return pol_read_member(at, key, need, out) && pol_read_object(out, members, member_count);
}

bool pol_shape_list(const struct pol_at *at, const char *key, size_t most, struct pol_at *out,
                    size_t *out_count)
{
    if (!pol_read_array(at, key, POL_OPTIONAL, most, out, out_count)) {
        return false;
    }
    if (!pol_at_is_array(out)) {
        pol_at_problem(out, "wrong_type", "an array is expected");
        return false;
    }
    return true;
}

void pol_shape_count(const struct pol_at *at, const char *key, enum pol_need need, uint32_t *out)
{
    int64_t value = 0;
    if (pol_read_integer(at, key, need, 0, UINT32_MAX, &value)) {
        *out = (uint32_t)value;
    }
}

enum pol_answer pol_shape_answer(const struct pol_at *at, const char *key)
{
    bool yes = false;
    if (!pol_read_boolean(at, key, POL_OPTIONAL, &yes)) {
        return POL_NOT_KNOWN;
    }
    return yes ? POL_YES : POL_NO;
}

void pol_shape_texts(const struct pol_at *at, const char *key, struct pol_shape_room *room,
                     const char *const **out, size_t *out_count)
{
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    size_t first = room->count;
    if (!pol_shape_list(at, key, LIMIT_LIST_ITEMS, &list, &count)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &room->texts[room->count])) {
            room->count++;
        }
    }
    *out = &room->texts[first];
    *out_count = room->count - first;
}
