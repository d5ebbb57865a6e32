/* await_win.h - wait until nobody runs a program any more.
 *
 * A service says that it has stopped a moment before its process is gone. Until then its file cannot be
 * replaced, and Windows Installer would ask for a restart.
 * Effects: none                Units:  ms
 * Owns:    nothing             Errors: ST_BUSY: it still runs when the patience is over; ST_OK if there
 * Threads: one thread                  is no such file
 * Source:  CreateFileW: a running image is not opened for writing
 */
#ifndef INSTALLER_AWAIT_WIN_H
#define INSTALLER_AWAIT_WIN_H

#include "base/err.h"

enum status ins_await_end(const char *program, uint32_t patience_ms, struct err *err) MUST_USE;

#endif
