/* service_setup_win.h - put the service into the service manager, take it out, start and stop it.
 *
 * Effects: changes the service manager's settings    Units:  none
 * Owns:    nothing                                   Errors: ST_DENIED: not an administrator;
 *                                                            ST_NOT_FOUND, ST_BUSY, ST_TIMED_OUT
 * Threads: one thread                                Source: docs/architecture.md "Windows"
 */
#ifndef AGENT_SERVICE_SETUP_WIN_H
#define AGENT_SERVICE_SETUP_WIN_H

#include "base/err.h"

#include <windows.h>

/* ChangeServiceConfig2W(), or what stands in for it. */
typedef BOOL WINAPI ag_service_change(SC_HANDLE service, DWORD level, void *value);

/* Description, recovery, SID, privileges and time to stop of a service that was made. Levels that
 * this Windows does not know are passed over. */
enum status ag_service_configure(SC_HANDLE service, ag_service_change *change,
                                 struct err *err) MUST_USE;

/* Automatic start of this executable, restart on failure, own SID, only the needed privileges, and
 * the source of its events. An existing service is brought to the same settings. */
enum status ag_service_install(struct err *err) MUST_USE;
/* Stops it first. Takes the events' source away, too, and what only a running agent needs; data,
 * settings and what was decided for users stay. */
enum status ag_service_uninstall(struct err *err) MUST_USE;

/* Both wait until it is done; ST_OK if it was so already. */
enum status ag_service_start(struct err *err) MUST_USE;
enum status ag_service_stop(struct err *err) MUST_USE;

/* *word becomes a literal: "running", "stopped", "start_pending", ..., "not_installed". */
enum status ag_service_state(const char **word, uint32_t *process_id, struct err *err) MUST_USE;

#endif
