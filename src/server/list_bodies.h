/* Object lists that come in blocks: put together, within bounds, before anybody reads them. */

#ifndef LN_SERVER_LIST_BODIES_H
#define LN_SERVER_LIST_BODIES_H

#include "recent.h"

#include <linnet/server.h>

struct request;

/* One list on its way, or just taken: then only the answer to its last block is kept. */
struct list_body {
    struct list_body *older;
    struct list_body *newer;
    struct ln_address remote;
    uint64_t session;
    struct ln_coap_block_receiver in;
    struct location location; /* of a 2.01 */
    uint64_t change;          /* that its answer tells of; 0: none */
    uint8_t *bytes;
    size_t size;
};

/*
 * Found by their peer and the key of their request. Each lives for EXCHANGE_LIFETIME after its last
 * block, so that the order of blocks is the order of ends.
 */
struct list_bodies {
    struct ln_map map;
    struct list_body *oldest;
    struct list_body *newest;
};

extern const struct ln_map_calls ln_server__list_body_calls;

/* The list of a Register or Update. */
struct gathered {
    struct ln_bytes list;   /* borrowed until ln_server__gathered() */
    bool is_whole;          /* else this was one block of it, and is answered */
    struct list_body *body; /* NULL: it came in one piece */
};

/* Everything else about the request has been found good. An error is the caller's to answer. */
LN_MUST_USE ln_err ln_server__gather(struct ln_server *server, const struct request *request,
                                     struct gathered *out);
/*
 * The whole list has been dealt with, and answered with this code; of this registration, or NULL
 * where it was refused.
 */
void ln_server__gathered(struct ln_server *server, const struct gathered *gathered,
                         uint8_t code, const struct ln_registration *registration);
/* Forgets what is too old. */
void ln_server__list_bodies_expire(struct ln_server *server);
ln_time ln_server__list_bodies_deadline(const struct ln_server *server);
void ln_server__list_bodies_free(struct ln_server *server);

#endif
