/* policy_feed.h - hold the polls of agents until another policy is released.
 *
 * [release] -> feed -> agents
 *
 * The policy that agents get stands in memory, so that serving it asks no disk and no lock but the
 * feed's own. It knows nothing of HTTP: a held poll is a waiter that is woken once.
 * Effects: one thread for the ends of waits    Units:  _ms monotonic, _s seconds
 * Owns:    bodies, by count; the waiter is     Errors: ST_NO_MEMORY
 *          the caller's
 * Threads: safe                                Source: docs/protocol.md "Agents"
 */
#ifndef SERVER_POLICY_FEED_H
#define SERVER_POLICY_FEED_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdatomic.h>

enum { SRV_ETAG_BYTES = 40 };

/* What agents get; it never changes. */
struct srv_body {
    atomic_uint users;
    int64_t version;
    char etag[SRV_ETAG_BYTES]; /* with its quotes */
    size_t size;
    uint8_t data[];
};

enum status srv_body_new(int64_t version, struct span envelope, struct srv_body **out,
                         struct err *err) MUST_USE;
struct srv_body *srv_body_share(struct srv_body *body);
void srv_body_drop(struct srv_body *body); /* NULL is fine */

struct srv_feed;

/* A held poll. The caller fills wake, ctx and device; wake is called exactly once, from any thread,
 * unless srv_feed_leave() gave true. */
struct srv_waiter {
    void (*wake)(struct srv_waiter *waiter);
    void *ctx;
    int64_t device; /* its number: one held poll each */

    /* the feed's own */
    bool held;
    uint64_t deadline_ms;
    struct srv_waiter *next; /* in the second of its deadline */
    struct srv_waiter **link;
    struct srv_waiter *device_next;
    struct srv_waiter **device_link;
};

enum srv_hold {
    SRV_HOLD_HELD,
    SRV_HOLD_CHANGED, /* another policy is there: answer now */
    SRV_HOLD_FULL     /* no room, or the server stops: answer now */
};

/* most: how many polls may be held at a time. */
enum status srv_feed_open(size_t most, struct srv_feed **out, struct err *err) MUST_USE;
void srv_feed_free(struct srv_feed *feed); /* nothing may be held any more */

/* Hand out another policy from now on and wake everybody. Returns once all were woken. */
enum status srv_feed_publish(struct srv_feed *feed, int64_t version, struct span envelope,
                             struct err *err) MUST_USE;
/* The same with a body that is made already: that asks for no memory, and cannot fail. */
void srv_feed_publish_body(struct srv_feed *feed, struct srv_body *take);

/* The policy, to be given back with srv_body_drop(); NULL before the first release. */
struct srv_body *srv_feed_take(struct srv_feed *feed);

/* Hold unless the policy's ETag differs from `seen` ("\"0\"": none seen). An older poll of the same
 * device is woken. */
enum srv_hold srv_feed_hold(struct srv_feed *feed, struct srv_waiter *waiter, const char *seen,
                            uint32_t wait_s);

/* The poll ends for another reason. True if it was still held: then it is not woken any more. */
bool srv_feed_leave(struct srv_feed *feed, struct srv_waiter *waiter);

/* Wake those of whom ends() is true; it is asked under the feed's lock. */
void srv_feed_end(struct srv_feed *feed, bool (*ends)(const struct srv_waiter *w, void *ctx),
                  void *ctx);

/* Wake everybody and hold nobody from now on. */
void srv_feed_close(struct srv_feed *feed);

size_t srv_feed_held(struct srv_feed *feed);

/* The ETag of an envelope: version and a part of the digest of exactly these bytes. */
enum status srv_etag_write(int64_t number, struct span bytes, char out[SRV_ETAG_BYTES]) MUST_USE;

#endif
