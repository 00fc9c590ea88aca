/* Bodies in blocks: what the optional part does for the rest of the client. */
#ifndef LN_CLIENT_BLOCKS_H
#define LN_CLIENT_BLOCKS_H

#include "client/requests.h"

/* All of it is linked through this table only; what is for the object list through one of them. */
struct ln_client_blocks_calls {
    /* False: too little memory. */
    bool (*init)(const struct ln_client *client);
    /* Nothing more comes from this server. */
    void (*drop)(struct ln_client *client, struct ln_client_server *server);
    /* What time, or the app's ln_client_resume(), has made due; it may leave an answer. */
    void (*pursue)(struct ln_client *client, struct ln_client_server *server, ln_time now);
    ln_time (*deadline)(const struct ln_client *client, const struct ln_client_server *server);

    /*
     * Takes a request, found good but for its body, if that comes in blocks: then `served` is
     * true, or there is an error to answer.
     */
    ln_err (*serve)(struct ln_client__request *r, bool *served);

    /*
     * Adds the object list to a Register or Update, or one block of it. False, and nothing
     * added: it fits without blocks.
     */
    bool (*add_list)(struct ln_client *client, struct ln_client_server *server,
                     struct ln_coap_builder *b);
    /*
     * After an answer to our request, or none (`options` NULL). NEXT: another block has been
     * written. END: it was not sent in blocks, or is over by this answer. FAILED: it is over.
     */
    enum ln_coap_block_step (*go_on)(struct ln_client *client, struct ln_client_server *server,
                                     uint8_t code, const struct ln_coap_options *options);
};

/* NULL: the client has no part for blocks. */
static inline struct ln_client_transfer *
ln_client__transfer(const struct ln_client *client, const struct ln_client_server *server)
{
    const struct ln_client_blocks *blocks = client->config->blocks;

    return blocks == NULL ? NULL : &blocks->transfers[server->link];
}

/* The place for a body of that server. */
uint8_t *ln_client__body(const struct ln_client *client, const struct ln_client_server *server);

/* ---- blocks.c: what both tables share ---- */

bool ln_client__blocks_init(const struct ln_client *client);
void ln_client__blocks_pursue(struct ln_client *client, struct ln_client_server *server,
                              ln_time now);
ln_time ln_client__blocks_deadline(const struct ln_client *client,
                                   const struct ln_client_server *server);

/* ---- block_requests.c ---- */

ln_err ln_client__serve_block(struct ln_client__request *r, bool *served);
/* Gives a stream the block again that it could not take, and answers the request if it could. */
void ln_client__resume_block(struct ln_client *client, struct ln_client_server *server,
                             ln_time now);
void ln_client__drop_body(struct ln_client *client, struct ln_client_server *server);

#endif
