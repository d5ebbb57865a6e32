/* bytes.h - grow a byte buffer up to a cap that is fixed at birth.
 *
 * What comes from outside gets its bound here, before the first byte is read. The content is always
 * followed by a NUL that does not count, so text may be read as a C string.
 * Effects: none                            Units:  bytes
 * Owns:    data; bytes_free() frees it     Errors: ST_TOO_LARGE beyond the cap, ST_NO_MEMORY; the
 *                                                  content is then what it was before
 * Threads: one thread                      Source: docs/architecture.md "Ownership"
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. */
struct span {
    const uint8_t *data;
    size_t size;
};

struct bytes {
    uint8_t *data; /* NULL while empty */
    size_t size;
    size_t capacity; /* without the final NUL */
    size_t limit;
};

struct bytes bytes_with_limit(size_t limit);
enum status bytes_append(struct bytes *b, const void *data, size_t size) MUST_USE;
/* Room for so many bytes more, in one piece: a secret that grows leaves copies behind. */
enum status bytes_reserve(struct bytes *b, size_t extra) MUST_USE;
enum status bytes_append_text(struct bytes *b, const char *text) MUST_USE;
enum status bytes_append_format(struct bytes *b, const char *format, ...)
    PRINTF_LIKE(2, 3) MUST_USE;
enum status bytes_append_format_list(struct bytes *b, const char *format, va_list arguments)
    PRINTF_LIKE(2, 0) MUST_USE;
/* Text from outside, its control characters escaped (line ends, too): nothing in it moves a cursor. */
enum status bytes_append_visible(struct bytes *b, const char *text) MUST_USE;
void bytes_clear(struct bytes *b); /* size becomes 0, the memory is kept */
void bytes_free(struct bytes *b);  /* frees and leaves an empty buffer; NULL is fine */
void bytes_wipe(struct bytes *b);  /* the same, after overwriting: for secrets */

struct span bytes_span(const struct bytes *b);
struct span span_text(const char *text);
bool span_equal(struct span a, struct span b);
const char *bytes_text(const struct bytes *b); /* never NULL */

/* Overwrite memory in a way that the compiler keeps. */
void wipe(void *data, size_t size);

/* Compare secrets of equal length without telling by time where they differ. */
bool equal_in_constant_time(const void *a, const void *b, size_t size);

/* A copy that free() frees; NULL when memory is short. */
char *text_copy(const char *text);

/* Lower-case hexadecimal; out has room for 2 * size + 1 bytes. */
void hex_encode(const uint8_t *data, size_t size, char *out);
/* Exactly 2 * size digits, either case; false leaves out undefined. */
bool hex_decode(const char *text, uint8_t *out, size_t size);

#endif
