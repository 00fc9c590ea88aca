/* What the files of the client share. */
#ifndef LN_CLIENT_CLIENT_H
#define LN_CLIENT_CLIENT_H

#include <linnet/client.h>
#include <linnet/limits.h>

enum { LN_CLIENT_TOKEN = 4 }; /* bytes of the tokens that we choose */

static inline const struct ln_coap_parameters *ln_client__coap(const struct ln_client *client)
{
    return client->coap;
}

static inline size_t ln_client__datagram_size(const struct ln_client *client)
{
    return client->datagram_size;
}

/* ---- version.c, or version_1_0.c in its place ---- */

/* Whether the client can speak it. */
bool ln_client__speaks(enum ln_version version);
/* The version of the enabler that is spoken with that server. */
enum ln_version ln_client__version_with(const struct ln_client_server *server);
/* /1/x/7 of that version; what 1.0 knows counts in all. */
ln_err ln_client__binding_of_text(struct ln_bytes text, enum ln_version version, uint8_t *out);
/* The version of an object that a registration with that server means where it says none. */
void ln_client__default_version(const struct ln_client_server *server, uint16_t object,
                                uint8_t *major, uint8_t *minor);

/* ---- client.c ---- */

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
