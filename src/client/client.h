/* What the files of the client share. */
#ifndef LN_CLIENT_CLIENT_H
#define LN_CLIENT_CLIENT_H

#include <linnet/client.h>
#include <linnet/limits.h>

enum { LN_CLIENT_TOKEN = 4 }; /* bytes of the tokens that we choose */

const struct ln_coap_parameters *ln_client__coap(const struct ln_client *client);
size_t ln_client__datagram_size(const struct ln_client *client);

/* The Server object's instance of that server; NULL if it is gone. */
struct ln_server_account *ln_client__account(const struct ln_client *client,
                                             const struct ln_client_server *server);

/* Whether its requests are served. */
bool ln_client__is_registered(const struct ln_client_server *server);

/* ---- events.c ---- */

/* Tells of the registration: what it overtakes is forgotten. */
void ln_client__news(struct ln_client_server *server, enum ln_client_event_kind kind);
/* Whether there is room to tell what a server did. */
bool ln_client__can_tell(const struct ln_client *client);
/* Tells what a server did; there must be room. */
void ln_client__tell(struct ln_client *client, struct ln_client_server *server,
                     enum ln_client_event_kind kind, const struct ln_path *path);

#endif
