/* hold.c - keep a Wine prefix alive: `hold`. It ends when the prefix does.
 *
 * Wine ends every service, without telling it to stop, as soon as the last program that is no
 * service has left the prefix. This one never leaves.
 */
#include <windows.h>

int main(void)
{
    for (;;) {
        Sleep(INFINITE);
    }
}
