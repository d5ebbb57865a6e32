/* heart.h - prove now and then that the server lives, say whether it is ready, look when its certificate
 * ends.
 *
 * Alive is: the store's writer answers, if only to say that it cannot write, and each listener takes
 * a connection and reacts to it. What hangs is not told to systemd, which then starts the server anew.
 * Effects: one thread; a write that changes nothing, a connection to each listener, the log
 * Units:   _ms                               Owns:    struct srv_heart; srv_heart_close()
 * Errors:  ST_NO_MEMORY                      Threads: its own
 * Source:  sd_watchdog_enabled(3); docs/operations-server.md "Installing and starting"
 */
#ifndef SERVER_HEART_H
#define SERVER_HEART_H

#include "server/daemon.h"
#include "server/notify.h"

struct srv_heart;

/* Both must outlive it. */
enum status srv_heart_open(struct srv_daemon *daemon, const struct srv_notify *notify,
                           struct srv_heart **out, struct err *err) MUST_USE;
void srv_heart_close(struct srv_heart *heart); /* NULL is fine */

/* What people read who ask systemd: where it serves and what is missing; missing "": nothing. */
enum { SRV_HEART_SENTENCE_BYTES = 1024 };
void srv_heart_sentence(const struct srv_daemon *daemon, const char *missing,
                        char out[SRV_HEART_SENTENCE_BYTES]);

/* Does whoever listens at that URL take a connection and react, within the time? */
bool srv_heart_knock(const char *url, uint32_t most_ms);

/* How a certificate that ends then is to be spoken of; NULL: not at all. */
const char *srv_heart_expiry_event(int64_t expires_s, int64_t now_s);

#endif
