/* A request under way: what serving it in one piece and in blocks have in common. */
#ifndef LN_CLIENT_REQUESTS_H
#define LN_CLIENT_REQUESTS_H

#include "client/client.h"

enum { LN_CLIENT_AROUND = 48 }; /* bytes of header, token and options around a block, at most */

/* A request, and where its path leads. */
struct ln_client__request {
    struct ln_client *client;
    struct ln_client_server *server;
    ln_time now;
    const struct ln_coap_message *message;
    struct ln_coap_options options;
    struct ln_operation operation;
    const struct ln_object_entry *entry;
    void *instance;                /* from depth 2 on */
    const struct ln_resource *row; /* from depth 3 on */
    struct ln_coap_block block1;   /* the option of the answer */
};

static inline bool ln_client__changes(const struct ln_client__request *r)
{
    return r->operation.kind != LN_OPERATION_READ && r->operation.kind != LN_OPERATION_DISCOVER;
}

/* The answer is written into the server. */
struct ln_coap_builder ln_client__answer_begin(const struct ln_client__request *r,
                                               uint8_t code);
void ln_client__answer_end(const struct ln_client__request *r, const struct ln_coap_builder *b);
/* One without a body. */
void ln_client__answer(const struct ln_client__request *r, uint8_t code);
void ln_client__refuse(const struct ln_client__request *r, ln_err err);

/* Carries the operation out and answers it; an error is not answered yet. */
LN_MUST_USE ln_err ln_client__perform(struct ln_client__request *r);

#endif
