#include "agent/control_win.h"

#include <stddef.h>

#include <windows.h>

static struct {
    SRWLOCK lock;
    bool stopping;
    const struct ag_listener *listener;
} control = {.lock = SRWLOCK_INIT};

void ag_control_attach(const struct ag_listener *listener)
{
    AcquireSRWLockExclusive(&control.lock);
    control.listener = listener;
    ReleaseSRWLockExclusive(&control.lock);
}

void ag_control_stop(void)
{
    AcquireSRWLockExclusive(&control.lock);
    control.stopping = true;
    if (control.listener != NULL) {
        control.listener->wake(control.listener->ctx);
    }
    ReleaseSRWLockExclusive(&control.lock);
}

bool ag_control_stopping(void)
{
    AcquireSRWLockShared(&control.lock);
    bool stopping = control.stopping;
    ReleaseSRWLockShared(&control.lock);
    return stopping;
}

void ag_control_session_changed(bool logged_off)
{
    AcquireSRWLockShared(&control.lock);
    if (control.listener != NULL) {
        control.listener->session_changed(control.listener->ctx, logged_off);
    }
    ReleaseSRWLockShared(&control.lock);
}

void ag_control_resumed(void)
{
    AcquireSRWLockShared(&control.lock);
    if (control.listener != NULL) {
        control.listener->resumed(control.listener->ctx);
    }
    ReleaseSRWLockShared(&control.lock);
}
