/* The sockets of linnet-device: one for each server, opened and closed as the client asks. */
#ifndef DEVICE_LINKS_H
#define DEVICE_LINKS_H

#include <linnet/client.h>
#include <linnet/net.h>

#include "options.h"

enum { ADDRESSES_MAX = 8, HOST_MAX = 256 };

struct device;
struct lookup; /* a name that is being resolved, in a thread of its own */

struct link {
    struct ln_udp udp;
    struct ln_address peer;
    struct lookup *lookup; /* NULL: none under way */
    size_t tries;          /* without success: each takes the next address of the host */
    struct device *device;
    ln_link number;
};

/* Takes "coap://host[:port]" apart. False: it is not of that form. */
bool uri_split(const char *uri, char host[HOST_MAX], uint16_t *port);

void link_init(struct link *link, struct device *device, ln_link number);
/* Resolves the host in a thread, opens the socket, and tells the client. */
void link_open(struct link *link, const char *uri);
void link_close(struct link *link);
/* To be called when the loop was woken: a look-up may have ended. */
void link_take_lookup(struct link *link);
void link_send(struct link *link, const uint8_t *bytes, size_t len);
/* The link works: the next look-up starts with the first address again. */
void link_works(struct link *link);

#endif
