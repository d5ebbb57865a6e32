/* text_win.h - carry text between UTF-8 (ours) and UTF-16 (Windows').
 *
 * Effects: none                                  Units:  bytes for UTF-8, chars for UTF-16
 * Owns:    results; free() frees them            Errors: ST_NO_MEMORY; ST_REFUSED is not used:
 *                                                        ST_IO for text that is not valid Unicode
 * Threads: safe                                  Source: MultiByteToWideChar
 */
#ifndef BASE_TEXT_WIN_H
#define BASE_TEXT_WIN_H

#include "base/status.h"

#include <stddef.h>
#include <wchar.h>

enum status text_to_wide(const char *utf8, wchar_t **out) MUST_USE;
/* chars: without a final NUL. */
enum status text_from_wide(const wchar_t *wide, size_t chars, char **out) MUST_USE;

#endif
