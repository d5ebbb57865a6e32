/* hold.c - keep a Wine prefix alive: `hold`; or a file open that nobody may replace then: `hold FILE`, which prints "held".
 * It ends when the prefix does.
 *
 * Wine ends every service, without telling it to stop, as soon as the last program that is no
 * service has left the prefix. This one never leaves.
 */
#include <stdio.h>

#include <windows.h>

int main(int argc, char **argv)
{
    if (argc > 1) {
        HANDLE file = CreateFileA(argv[1], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
        (void)puts(file != INVALID_HANDLE_VALUE ? "held" : "cannot open it");
        (void)fflush(stdout);
        if (file == INVALID_HANDLE_VALUE) {
            return 1;
        }
    }
    for (;;) {
        Sleep(INFINITE);
    }
}
