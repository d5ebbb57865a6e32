#include "admin/interrupt.h"

#include "base/error_win.h"

#include <windows.h>

/* Set by the thread that Windows makes for the handler, which has no other way in. */
static HANDLE came_event;

static BOOL WINAPI note(DWORD event)
{
    (void)event; /* Ctrl-C, Ctrl-Break, closing the window, logging off: all mean the same */
    (void)SetEvent(came_event);
    return TRUE;
}

enum status adm_interrupt_catch(struct err *err)
{
    came_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (came_event == NULL || !SetConsoleCtrlHandler(note, TRUE)) {
        return error_set(err, GetLastError(), "cannot catch Ctrl-C");
    }
    return ST_OK;
}

bool adm_interrupt_came(void)
{
    return came_event != NULL && WaitForSingleObject(came_event, 0) == WAIT_OBJECT_0;
}

void adm_interrupt_wait(uint32_t wait_ms)
{
    if (came_event == NULL || WaitForSingleObject(came_event, wait_ms) == WAIT_FAILED) {
        Sleep(wait_ms);
    }
}
