/* outlook.c - stand in for Outlook: `OUTLOOK.EXE [EVENT]`.
 *
 * It does nothing but run, under the right name and with a version resource (outlook.rc), until
 * somebody sets the named event, or for ever.
 */
#include <windows.h>

#include <shellapi.h>

int main(void)
{
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    if (argv == NULL) {
        return 1;
    }
    HANDLE end = CreateEventW(NULL, TRUE, FALSE, argc > 1 ? argv[1] : NULL);
    if (end == NULL) {
        return 1;
    }
    return WaitForSingleObject(end, INFINITE) == WAIT_OBJECT_0 ? 0 : 1;
}
