/* Names: a look-up may take seconds, so it runs in a thread and wakes the loop. */
#ifndef DEVICE_LOOKUP_H
#define DEVICE_LOOKUP_H

#include <linnet/net.h>

enum { ADDRESSES_MAX = 8, HOST_MAX = 256 };

struct lookup; /* a name that is being resolved */

/* NULL, with errno: there is no memory or thread to be had. */
struct lookup *lookup_start(struct ln_loop *loop, const char *host, uint16_t port);
bool lookup_is_done(const struct lookup *lookup);
const char *lookup_host(const struct lookup *lookup);
/* Once it is done: the address for that try, each in turn. False: the host is not known. */
bool lookup_take(const struct lookup *lookup, size_t tries, struct ln_address *out);
/* Nobody waits for it any more. NULL is fine. */
void lookup_drop(struct lookup *lookup);

#endif
