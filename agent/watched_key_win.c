#include "agent/watched_key_win.h"

/* The event is reset by hand: a thread of the pool that is late may still wait for the number of an
 * event that is closed, and so for another one that has the number now, and with an automatic reset
 * it would take that one's signal away (seen in Wine's source). */
static void CALLBACK tell(void *argument, BOOLEAN timed_out)
{
    struct ag_watched_key *watched = argument;
    (void)timed_out;
    (void)ResetEvent(watched->event);
    atomic_store(&watched->told, true);
    (void)SetEvent(watched->signal);
}

bool ag_watched_key_arm(struct ag_watched_key *watched)
{
    return RegNotifyChangeKeyValue(watched->key, watched->subtree, watched->filter, watched->event,
                                   TRUE) == ERROR_SUCCESS;
}

bool ag_watched_key_open(struct ag_watched_key *watched, HKEY key, DWORD filter, BOOL subtree,
                         HANDLE signal)
{
    *watched =
        (struct ag_watched_key){.key = key, .signal = signal, .filter = filter, .subtree = subtree};
    atomic_init(&watched->told, false);
    watched->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (watched->event != NULL &&
        RegisterWaitForSingleObject(&watched->wait, watched->event, tell, watched, INFINITE,
                                    WT_EXECUTEINWAITTHREAD) &&
        ag_watched_key_arm(watched)) {
        return true;
    }
    (void)ag_watched_key_close(watched);
    return false;
}

bool ag_watched_key_take(struct ag_watched_key *watched)
{
    return watched->key != NULL && atomic_exchange(&watched->told, false);
}

/* The wait goes first, and what it did not get to is asked of the event: closing the key signals
 * that once more. */
bool ag_watched_key_close(struct ag_watched_key *watched)
{
    if (watched->wait != NULL) {
        (void)UnregisterWaitEx(watched->wait, INVALID_HANDLE_VALUE);
    }
    bool told = ag_watched_key_take(watched);
    if (watched->event != NULL) {
        told = WaitForSingleObject(watched->event, 0) == WAIT_OBJECT_0 || told;
    }
    if (watched->key != NULL) {
        (void)RegCloseKey(watched->key);
    }
    if (watched->event != NULL) {
        (void)CloseHandle(watched->event);
    }
    watched->key = NULL;
    watched->event = NULL;
    watched->wait = NULL;
    return told;
}
