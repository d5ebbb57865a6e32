/* watched_key_win.h - be told once that a registry key changed.
 *
 * One key, one event, one wait of the thread pool: RegNotifyChangeKeyValue resets the event that it
 * is given, so that with a shared one the change of one key is lost while the next is being armed;
 * and one wait takes 64 events, a terminal server has more users. What comes in is a flag and a
 * signal to one event that all keys share.
 * Effects: open keys, events, waits of the thread pool    Units:  none
 * Owns:    the key, from open() to close()                Errors: false: not watched
 * Threads: one thread, and the pool's, which sets flags   Source: RegNotifyChangeKeyValue
 */
#ifndef AGENT_WATCHED_KEY_WIN_H
#define AGENT_WATCHED_KEY_WIN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <windows.h>

struct ag_watched_key {
    HKEY key; /* NULL: not open */
    HANDLE event;
    HANDLE wait;
    HANDLE signal;
    DWORD filter; /* REG_NOTIFY_... */
    BOOL subtree;
    atomic_bool told;
};

/* Takes the key over, which must have been opened with KEY_NOTIFY, whatever comes of it; arms it.
 * The struct must stay where it is until close(). */
bool ag_watched_key_open(struct ag_watched_key *watched, HKEY key, DWORD filter, BOOL subtree,
                         HANDLE signal);

/* To be told of the next change; those since the last one are told of, too, or are not: arm first
 * and look then. False: the key is gone. */
bool ag_watched_key_arm(struct ag_watched_key *watched);

/* True once after it told. */
bool ag_watched_key_take(struct ag_watched_key *watched);

/* True if it had told and nobody took it. A key that is not open is fine. */
bool ag_watched_key_close(struct ag_watched_key *watched);

#endif
