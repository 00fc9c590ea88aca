/* The DTLS session of a link. It may outlive the link's socket: see link_park(). */
#ifndef DEVICE_SECURE_H
#define DEVICE_SECURE_H

#include <linnet/dtls.h>
#include <linnet/objects.h>

#include "options.h"

struct link;

struct device;

struct secure {
    struct ln_dtls_client dtls;
    bool is_ready;       /* `dtls` was initialized */
    bool has_cid;        /* the session may go on from another address */
    bool looked;         /* for a session of the last run */
    bool goes_on;        /* it was found, and has to be told of */
    ln_time heard;       /* something in the session, the last time */
    unsigned generation; /* of the accounts that it is of */
    struct ln_bytes identity;
    char name[256]; /* of the server, in its certificate */
};

/* Whether keys and certificates parse and fit. */
bool secure_check(struct link *link, const struct ln_security *security);
/* Makes `dtls` ready, unless it is by keys that are still the same. False: they do not parse or fit. */
bool secure_init(struct link *link, const struct ln_security *security);
/* What a session with the keys of that account needs; all is borrowed, and `name` of the server. */
void secure_configure(const struct device *device, const struct ln_security *security,
                      const char *name, struct ln_dtls_client_config *config);
/* The link's socket is open: goes on with the session there is, or begins one. The client is told. */
void secure_begin(struct link *link);
void secure_receive(struct link *link, struct ln_bytes datagram);
void secure_send(struct link *link, struct ln_bytes plaintext);
/* Does what time has made due. */
void secure_turn(struct link *link);
ln_time secure_deadline(const struct link *link);
/* Whether the session can do without the socket that it has. */
bool secure_can_move(const struct link *link);
/* Tells the server that it is over. With --state, and at the program's end, it is kept instead. */
void secure_close(struct link *link);

#endif
