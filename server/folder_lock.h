/* folder_lock.h - one server for one data directory.
 *
 * Effects: makes and locks DIR/server.lock    Units:  none
 * Owns:    *out; srv_folder_unlock()          Errors: ST_BUSY: another server runs on it; ST_IO
 * Threads: safe                               Source: flock(2): the lock dies with the process
 */
#ifndef SERVER_FOLDER_LOCK_H
#define SERVER_FOLDER_LOCK_H

#include "base/err.h"

enum status srv_folder_lock(const char *folder, int *out, struct err *err) MUST_USE;
void srv_folder_unlock(int lock); /* -1 is fine */

#endif
