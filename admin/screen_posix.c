#include "admin/screen.h"
#include "admin/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_USUAL = 80, COLUMNS_LEAST = 20, COLUMNS_MOST = 500 };

/* The locale's character set, by the variables that name it (POSIX 2018 8.2): the first that is set
 * counts. */
static bool is_utf8_locale(void)
{
    static const char *const NAMES[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *value = getenv(NAMES[i]);
        if (value != NULL && value[0] != '\0') {
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

void adm_screen_measure(struct adm_screen *screen)
{
    struct winsize size = {.ws_col = 0};
    if (!screen->is_terminal) {
        return;
    }
    /* A terminal that does not know its size says 0. */
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        size = (struct winsize){.ws_col = COLUMNS_USUAL};
    }
    size_t columns = size.ws_col;
    screen->look.columns = columns < COLUMNS_LEAST  ? COLUMNS_LEAST
                           : columns > COLUMNS_MOST ? COLUMNS_MOST
                                                    : columns;
    screen->look.rows = size.ws_row;
}

void adm_screen_open(struct adm_screen *out)
{
    struct adm_screen screen = {.is_terminal = adm_terminal_shows()};
    const char *term = getenv("TERM");
    if (screen.is_terminal) {
        screen.draws = term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
        screen.look.unicode = is_utf8_locale();
        screen.look.colours = screen.draws && !is_set("NO_COLOR");
    }
    adm_screen_measure(&screen);
    *out = screen;
}

void adm_screen_close(const struct adm_screen *screen)
{
    (void)screen; /* nothing was changed */
}
