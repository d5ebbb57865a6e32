/* screen.h - what standard output is: a file, or a terminal of some width, and drawing on that in
 * place.
 *
 * Effects: asks the terminal and the environment (NO_COLOR, TERM, the locale); on Windows makes the
 *          console understand escape sequences, until adm_screen_close()
 * Units:   code points, lines                  Owns:    nothing
 * Errors:  none: what cannot be found out is   Source:  ECMA-48; https://no-color.org
 *          done without
 * Threads: one thread
 */
#ifndef ADMIN_SCREEN_H
#define ADMIN_SCREEN_H

#include "admin/look.h"

struct adm_screen {
    struct adm_look look; /* all 0: no terminal */
    bool is_terminal;
    bool draws;      /* it takes escape sequences: something can be drawn in place */
    uint32_t before; /* Windows: how the console was */
};

void adm_screen_open(struct adm_screen *out);
void adm_screen_close(const struct adm_screen *screen);

/* How large it is now; a window may have been made larger. */
void adm_screen_measure(struct adm_screen *screen);

/* Append what puts this text in the place of the one before: cut below the last line of the screen.
 * The text may hold styles of ours. */
enum status adm_screen_append_frame(const struct adm_screen *screen, const char *text,
                                    struct bytes *out) MUST_USE;

#endif
