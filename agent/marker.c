#include "agent/marker.h"

#include <string.h>

enum { HEAD_BYTES = 5 };
enum { STATE_ABSENT = 0, STATE_PRESENT = 1, STATE_LOST = 2 };

_Static_assert(HEAD_BYTES + AG_PRE_IMAGE_BYTES == AG_VALUE_BYTES, "a part must fit in a value");

void ag_marker_encode(const struct ag_value *value, struct ag_value *out)
{
    struct ag_value part = {.present = true, .type = AG_TYPE_BINARY, .size = HEAD_BYTES};
    if (value->present && (value->truncated || value->size > AG_PRE_IMAGE_BYTES)) {
        part.data[0] = STATE_LOST;
    } else if (value->present) {
        part.data[0] = STATE_PRESENT;
        for (unsigned i = 0; i < 4; i++) {
            part.data[1 + i] = (uint8_t)(value->type >> (8 * i));
        }
        memcpy(part.data + HEAD_BYTES, value->data, value->size);
        part.size += value->size;
    }
    *out = part;
}

static uint32_t read_type(const uint8_t *head)
{
    return (uint32_t)head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 |
           (uint32_t)head[4] << 24;
}

struct ag_marked ag_marker_decode(const struct ag_value *raw)
{
    struct ag_marked marked = {0};
    if (!raw->present || raw->truncated || raw->type != AG_TYPE_BINARY || raw->size < HEAD_BYTES ||
        raw->size > AG_VALUE_BYTES || raw->data[0] > STATE_LOST) {
        return marked;
    }
    if (raw->data[0] != STATE_PRESENT && (raw->size != HEAD_BYTES || read_type(raw->data) != 0)) {
        return marked;
    }
    marked.there = true;
    marked.lost = raw->data[0] == STATE_LOST;
    if (raw->data[0] == STATE_PRESENT) {
        marked.value.present = true;
        marked.value.type = read_type(raw->data);
        marked.value.size = raw->size - HEAD_BYTES;
        memcpy(marked.value.data, raw->data + HEAD_BYTES, marked.value.size);
    }
    return marked;
}

static enum status read_part(const struct ag_setting *setting, struct ag_hive *hive,
                             enum ag_marker_part part, struct ag_marked *out, struct err *err)
{
    struct ag_value raw = {0};
    enum status st = setting->read_marker(setting->ctx, hive, part, &raw, err);
    if (st == ST_OK) {
        *out = ag_marker_decode(&raw);
    }
    return st;
}

enum status ag_marker_read(const struct ag_setting *setting, struct ag_hive *hive,
                           struct ag_marker *out, struct err *err)
{
    struct ag_marker marker = {0};
    enum status st = read_part(setting, hive, AG_MARKER_PRE_IMAGE, &marker.pre_image, err);
    if (st == ST_OK) {
        st = read_part(setting, hive, AG_MARKER_WRITTEN, &marker.written, err);
    }
    if (st == ST_OK) {
        st = read_part(setting, hive, AG_MARKER_PREVIOUS, &marker.previous, err);
    }
    if (st == ST_OK) {
        *out = marker;
    }
    return st;
}

bool ag_marker_is_there(const struct ag_marker *marker)
{
    return marker->pre_image.there || marker->written.there;
}

static bool is_state(const struct ag_marked *marked, const struct ag_value *now)
{
    return marked->there && !marked->lost && ag_value_same(&marked->value, now);
}

bool ag_marker_is_ours(const struct ag_marker *marker, const struct ag_value *now)
{
    return is_state(&marker->written, now) || is_state(&marker->previous, now);
}

bool ag_value_same(const struct ag_value *a, const struct ag_value *b)
{
    if (a->present != b->present) {
        return false;
    }
    if (!a->present) {
        return true;
    }
    return !a->truncated && !b->truncated && a->type == b->type && a->size == b->size &&
           a->size <= AG_VALUE_BYTES && memcmp(a->data, b->data, a->size) == 0;
}
