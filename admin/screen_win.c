#include "admin/screen.h"
#include "admin/terminal.h"

#include <stdlib.h>
#include <windows.h>

enum { COLUMNS_USUAL = 80, COLUMNS_LEAST = 20, COLUMNS_MOST = 500 };

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

static bool is_set(const char *name)
{
    char *value = adm_environment(name);
    bool set = value != NULL;
    free(value);
    return set;
}

/* The window, not the buffer behind it that may be thousands of lines long. */
void adm_screen_measure(struct adm_screen *screen)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    size_t columns = COLUMNS_USUAL;
    size_t rows = 0;
    if (!screen->is_terminal) {
        return;
    }
    if (GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info) &&
        info.srWindow.Right >= info.srWindow.Left && info.srWindow.Bottom >= info.srWindow.Top) {
        /* A full last column would move on to the next line. */
        columns = (size_t)(info.srWindow.Right - info.srWindow.Left);
        rows = (size_t)(info.srWindow.Bottom - info.srWindow.Top) + 1;
    }
    screen->look.columns = columns < COLUMNS_LEAST  ? COLUMNS_LEAST
                           : columns > COLUMNS_MOST ? COLUMNS_MOST
                                                    : columns;
    screen->look.rows = rows;
}

/* Consoles that understand escape sequences (Windows 10 and later) have fonts with block elements,
 * too; an older one gets plain text. */
void adm_screen_open(struct adm_screen *out)
{
    struct adm_screen screen = {.is_terminal = adm_terminal_shows()};
    HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode = 0;
    if (screen.is_terminal && GetConsoleMode(console, &mode)) {
        screen.before = mode;
        screen.draws = SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
        screen.look.unicode = screen.draws;
        screen.look.colours = screen.draws && !is_set("NO_COLOR");
    }
    adm_screen_measure(&screen);
    *out = screen;
}

void adm_screen_close(const struct adm_screen *screen)
{
    if (screen->draws) {
        (void)SetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), screen->before);
    }
}
