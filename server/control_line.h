/* control_line.h - how both sides of the control socket speak: one line in, one line out.
 *
 * Effects: those of sockets    Units:  bytes, seconds
 * Owns:    nothing             Errors: ST_IO; false where a line did not come or go in full
 * Threads: safe                Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_CONTROL_LINE_H
#define SERVER_CONTROL_LINE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/un.h>

enum { SRV_CONTROL_LINE_BYTES = 1024, SRV_CONTROL_TIMEOUT_S = 5 };

extern const char SRV_CONTROL_SOCKET[]; /* its name in the data directory */

/* From errno. */
enum status srv_control_fail(struct err *err, enum status st, const char *what);

/* Of the socket in the directory of that descriptor. */
struct sockaddr_un srv_control_address(int folder);
void srv_control_set_timeouts(int fd);

/* Without its line feed. */
bool srv_control_read_line(int fd, char out[SRV_CONTROL_LINE_BYTES]);
bool srv_control_send_line(int fd, const char *line);

#endif
