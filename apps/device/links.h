/* The sockets of linnet-device: one for each server, opened and closed as the client asks. */
#ifndef DEVICE_LINKS_H
#define DEVICE_LINKS_H

#include <linnet/client_bootstrap.h>
#include <linnet/net.h>

#include "lookup.h"
#include "options.h"
#include "secure.h"

struct device;

struct link {
    struct ln_udp udp;
    struct ln_address peer;
    struct lookup *lookup; /* NULL: none under way */
    size_t tries;          /* without success: each takes the next address of the host */
    bool works;            /* the server has answered, and was not given up since */
    bool sleeps;           /* the client said so: what the session can do without goes */
    bool is_secure;        /* all goes by the session */
    bool was_opened;       /* once: only the first time waits */
    ln_time opens_at;      /* if `opens` is not NULL */
    const struct ln_security *opens;
    struct secure secure;
    struct device *device;
    ln_link number;
    char uri[256]; /* of its server, since it was opened first */
};

/* Takes "coap://host[:port]" or "coaps://host[:port]" apart. False: it is not of that form. */
bool uri_split(const char *uri, bool *is_secure, char host[HOST_MAX], uint16_t *port);

void link_init(struct link *link, struct device *device, ln_link number);
/* Resolves the host in a thread, opens the socket, has a session where the URI is coaps, and tells the
 * client. */
void link_open(struct link *link, const struct ln_security *security);
/* The same once that time has come; link_turn() does it. */
void link_open_at(struct link *link, const struct ln_security *security, ln_time at);
/* Does what time has made due. */
void link_turn(struct link *link);
ln_time link_deadline(const struct link *link);
void link_close(struct link *link);
/* Closes the socket for a sleep; a session that does not hang on it stays. */
void link_park(struct link *link);
/* The session is over: closes the socket and tells the client. */
void link_fail(struct link *link, enum ln_link_reason reason, uint8_t alert);
/* To be called when the loop was woken: a look-up may have ended. */
void link_take_lookup(struct link *link);
void link_send(struct link *link, const uint8_t *bytes, size_t len);
/* As it is, past the session. */
void link_transmit(struct link *link, const uint8_t *bytes, size_t len);
/* The link works: the next look-up starts with the first address again. */
void link_works(struct link *link);

#endif
