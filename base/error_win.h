/* error_win.h - translate Windows error codes into ours, by one readable table.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: an unknown code is ST_IO
 * Threads: safe       Source: winerror.h
 */
#ifndef BASE_ERROR_WIN_H
#define BASE_ERROR_WIN_H

#include "base/err.h"

/* os_code: what GetLastError() or a registry function said. */
enum status error_status(uint32_t os_code);

/* err_set() with the status that belongs to os_code. */
enum status error_set(struct err *err, uint32_t os_code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
