#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

struct bytes bytes_with_limit(size_t limit)
{
    return (struct bytes){.limit = limit};
}

enum status bytes_reserve(struct bytes *b, size_t extra)
{
    if (extra > b->limit - b->size) {
        return ST_TOO_LARGE;
    }
    size_t needed = b->size + extra;
    if (b->data != NULL && needed <= b->capacity) {
        return ST_OK;
    }
    size_t capacity = b->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : b->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 4 ? needed : capacity * 2;
    }
    capacity = capacity < b->limit ? capacity : b->limit;
    uint8_t *data = realloc(b->data, capacity + 1);
    if (data == NULL) {
        return ST_NO_MEMORY;
    }
    b->data = data;
    b->capacity = capacity;
    return ST_OK;
}

enum status bytes_append(struct bytes *b, const void *data, size_t size)
{
    enum status st = bytes_reserve(b, size);
    if (st == ST_OK) {
        if (size > 0) {
            memcpy(b->data + b->size, data, size);
        }
        b->size += size;
        b->data[b->size] = '\0';
    }
    return st;
}

enum status bytes_append_text(struct bytes *b, const char *text)
{
    return bytes_append(b, text, strlen(text));
}

enum status bytes_append_format_list(struct bytes *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    enum status st = length < 0 ? ST_BUG : bytes_reserve(b, (size_t)length);
    if (st == ST_OK) {
        (void)vsnprintf((char *)b->data + b->size, (size_t)length + 1, format, again);
        b->size += (size_t)length;
    }
    va_end(again);
    return st;
}

enum status bytes_append_format(struct bytes *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status st = bytes_append_format_list(b, format, arguments);
    va_end(arguments);
    return st;
}

static bool is_c1_control(const unsigned char *p)
{
    return p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
}

enum status bytes_append_visible(struct bytes *b, const char *text)
{
    enum status st = ST_OK;
    for (const unsigned char *p = (const unsigned char *)text; st == ST_OK && *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            st = bytes_append_format(b, "\\x%02x", *p);
        } else if (is_c1_control(p)) {
            st = bytes_append_format(b, "\\u%04x", p[1]);
            p++;
        } else {
            st = bytes_append(b, p, 1);
        }
    }
    return st;
}

void bytes_clear(struct bytes *b)
{
    b->size = 0;
    if (b->data != NULL) {
        b->data[0] = '\0';
    }
}

void bytes_free(struct bytes *b)
{
    if (b != NULL) {
        free(b->data);
        *b = (struct bytes){.limit = b->limit};
    }
}

void bytes_wipe(struct bytes *b)
{
    if (b != NULL && b->data != NULL) {
        wipe(b->data, b->capacity);
    }
    bytes_free(b);
}

struct span bytes_span(const struct bytes *b)
{
    return (struct span){.data = b->data, .size = b->size};
}

struct span span_text(const char *text)
{
    return (struct span){.data = (const uint8_t *)text, .size = strlen(text)};
}

bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

const char *bytes_text(const struct bytes *b)
{
    return b->data != NULL ? (const char *)b->data : "";
}

void wipe(void *data, size_t size)
{
    if (size > 0) {
        memset(data, 0, size);
        /* Somebody may look at it, for all that the compiler knows. */
        __asm__ volatile("" : : "r"(data) : "memory");
    }
}

bool equal_in_constant_time(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    uint64_t difference = 0;
    size_t i = 0;
    for (; size - i >= sizeof difference; i += sizeof difference) {
        uint64_t word_x;
        uint64_t word_y;
        memcpy(&word_x, x + i, sizeof word_x);
        memcpy(&word_y, y + i, sizeof word_y);
        difference |= word_x ^ word_y;
    }
    for (; i < size; i++) {
        difference |= (uint64_t)(x[i] ^ y[i]);
    }
    return difference == 0;
}

char *text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

void hex_encode(const uint8_t *data, size_t size, char *out)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = DIGITS[data[i] >> 4];
        out[2 * i + 1] = DIGITS[data[i] & 0x0f];
    }
    out[2 * size] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

bool hex_decode(const char *text, uint8_t *out, size_t size)
{
    if (strlen(text) != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}
