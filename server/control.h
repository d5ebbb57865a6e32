/* control.h - let programs on this machine reach the running server: the brake, and news of tokens.
 *
 * A Unix socket in the data directory, which only its owner enters; one line in, one line out. Each
 * order has a thread of its own, so that the brake waits for nobody.
 * Effects: makes DIR/control.sock, threads        Units:  bytes
 * Owns:    struct srv_control                     Errors: ST_IO; ST_UNREACHABLE: no server runs
 * Threads: safe                                   Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_CONTROL_H
#define SERVER_CONTROL_H

#include "server/app.h"

struct srv_control;

enum status srv_control_open(const char *folder, struct srv_app *app, struct srv_control **out,
                             struct err *err) MUST_USE;
void srv_control_close(struct srv_control *control); /* NULL is fine */

/* Ask the server of a data directory. "reload" reads tokens again; "safe" releases the safe policy
 * for a reason. A refusal comes back as the server told it. */
enum status srv_control_reload(const char *folder, struct err *err) MUST_USE;

/* After tokens or devices were written: a server that runs learns of it at once; that none runs is
 * fine. A failure says that what was written stays written, and what to do. */
enum status srv_control_tell(const char *folder, struct err *err) MUST_USE;
enum status srv_control_safe(const char *folder, const char *reason, struct err *err) MUST_USE;

#endif
