/* interrupt.h - let Ctrl-C end a command between two steps instead of in the middle of one.
 *
 * Until adm_interrupt_catch() it ends the program at once, which is right for most commands. Once
 * it came, it stays.
 * Effects: changes what Ctrl-C (and, on Linux, SIGTERM and SIGHUP) does to this program
 * Units:   _ms for waits    Owns:    nothing
 * Errors:  ST_IO            Threads: one thread
 * Source:  POSIX 2018 sigtimedwait(); SetConsoleCtrlHandler()
 */
#ifndef ADMIN_INTERRUPT_H
#define ADMIN_INTERRUPT_H

#include "base/err.h"

#include <stdbool.h>

enum status adm_interrupt_catch(struct err *err) MUST_USE;

bool adm_interrupt_came(void);

/* Rest so long, or until it comes. */
void adm_interrupt_wait(uint32_t wait_ms);

#endif
