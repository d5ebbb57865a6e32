/* notify.h - tell systemd how the server is, over the datagram socket that it names.
 *
 * Effects: sends datagrams to $NOTIFY_SOCKET     Units:  _ms
 * Owns:    struct srv_notify                     Errors: a message that cannot be sent is lost
 * Threads: safe                                  Source: sd_notify(3), sd_watchdog_enabled(3)
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct srv_notify;

/* Without $NOTIFY_SOCKET nobody is told anything. The variables are taken out of the environment. */
enum status srv_notify_open(struct srv_notify **out, struct err *err) MUST_USE;
void srv_notify_close(struct srv_notify *notify); /* NULL is fine */

/* How often systemd wants to hear that the server lives; 0: it does not. */
uint64_t srv_notify_watchdog_ms(const struct srv_notify *notify);

void srv_notify_ready(const struct srv_notify *notify, const char *sentence);
/* Another sentence; ready or not, as before. */
void srv_notify_status(const struct srv_notify *notify, const char *sentence);
void srv_notify_reloading(const struct srv_notify *notify); /* until the next ready */
/* Why it ends: systemctl status shows that until the next start, whatever else is in the journal. */
void srv_notify_failed(const struct srv_notify *notify, const struct err *err);
void srv_notify_stopping(const struct srv_notify *notify);
void srv_notify_alive(const struct srv_notify *notify);

#endif
