/* Register, Update and De-register: the requests that the client sends, and what their answers
 * say. */
#ifndef LN_CLIENT_REGISTER_H
#define LN_CLIENT_REGISTER_H

#include "client/registration.h"

/*
 * Write the request into server->request and start its exchange. False: it does not fit into a
 * datagram.
 */
bool ln_client__register(struct ln_client *client, struct ln_client_server *server);
bool ln_client__update(struct ln_client *client, struct ln_client_server *server);
bool ln_client__deregister(struct ln_client *client, struct ln_client_server *server);

/* An Update got no answer: what the server knows is not known, and the next one says all. */
void ln_client__untold(struct ln_client_server *server);

/* Whether an Update would have something to say. */
bool ln_client__differs(const struct ln_client *client, const struct ln_client_server *server);

/* What the answer to the request under way means for the registration; keeps the location. */
enum ln_registration_event ln_client__answered(const struct ln_client *client,
                                               struct ln_client_server *server,
                                               const struct ln_coap_message *answer);

#endif
